"""The key that the database's secrets are encrypted with: where it stands, how it is replaced, what is refused."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.keyring import Keyring, SecretKeyError

ONE, OTHER = "A" * 43 + "=", "B" * 42 + "A="


def test_a_key_is_made_when_it_is_first_needed_for_its_owners_eyes_alone(tmp_path: Path) -> None:
    file = tmp_path / "lookout.key"
    keyring = Keyring("", file)
    assert keyring.decrypt("xoxb-plain") == "xoxb-plain"
    assert not file.exists()
    sealed = keyring.encrypt("xoxb-1")
    assert "xoxb" not in sealed
    assert file.stat().st_mode & 0o777 == 0o600
    assert [p.name for p in tmp_path.iterdir()] == ["lookout.key"]
    assert Keyring("", file).decrypt(sealed) == "xoxb-1"
    assert keyring.seal(sealed) == sealed
    assert keyring.decrypt(keyring.seal("xoxb-2")) == "xoxb-2"


def test_the_first_of_several_keys_encrypts_and_all_decrypt(tmp_path: Path) -> None:
    file = tmp_path / "none"
    old, new = Keyring(ONE, file), Keyring(f"{OTHER}, {ONE}", file)
    assert new.decrypt(old.encrypt("a")) == "a"
    with pytest.raises(SecretKeyError, match="another key than that of LOOKOUT_SECRET_KEY: put the right one back"):
        old.decrypt(new.encrypt("a"))
    assert not file.exists()


@pytest.mark.parametrize("key", ["x", "=", "é" * 32, "A" * 44, "xoxb-1"])
def test_what_is_no_key_is_refused_by_a_sentence_that_does_not_repeat_it(key: str, tmp_path: Path) -> None:
    with pytest.raises(SecretKeyError, match=r"LOOKOUT_SECRET_KEY holds no key: make one with `openssl") as refused:
        Keyring(key, tmp_path / "none").encrypt("a")
    assert key not in str(refused.value).replace("LOOKOUT_SECRET_KEY", "")
    (tmp_path / "file").write_text(key)
    with pytest.raises(SecretKeyError, match="file "):
        Keyring("", tmp_path / "file").encrypt("a")


def test_what_openssl_makes_is_a_key(tmp_path: Path) -> None:
    key = "+/" + "A" * 41 + "="
    assert Keyring(key, tmp_path / "none").decrypt(Keyring(key, tmp_path / "none").encrypt("a")) == "a"
    try:
        made = subprocess.run(["openssl", "rand", "-base64", "32"], check=True, capture_output=True, text=True).stdout
    except FileNotFoundError:
        pytest.skip("openssl is not installed")
    assert Keyring(made, tmp_path / "none").encrypt("a")


def test_a_missing_file_is_not_replaced_where_something_is_encrypted(tmp_path: Path) -> None:
    sealed = Keyring("", tmp_path / "lost").encrypt("a")
    (tmp_path / "lost").unlink()
    keyring = Keyring("", tmp_path / "lost")
    with pytest.raises(SecretKeyError, match=r"another key than that of .*lost: put the right one back"):
        keyring.seal(sealed)
    assert not (tmp_path / "lost").exists()


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(SecretKeyError, match=r"cannot be written .* or set LOOKOUT_SECRET_KEY_FILE"):
        Keyring("", tmp_path / "no" / "folder").encrypt("a")
    with pytest.raises(SecretKeyError, match="cannot be read"):
        Keyring("", tmp_path).encrypt("a")


def test_rotating_leaves_one_new_key_and_a_running_process_follows(tmp_path: Path) -> None:
    file = tmp_path / "lookout.key"
    running, stored = Keyring("", file), []
    stored.append(running.encrypt("xoxb-1"))
    old = file.read_text()

    def change_all(change: Callable[[str], str]) -> int:
        assert file.read_text().endswith(old)
        assert running.decrypt(running.encrypt("meanwhile")) == "meanwhile"
        stored[0] = change(stored[0])
        return 1

    assert Keyring("", file).rotate(change_all) == 1
    assert old not in file.read_text()
    assert running.decrypt(stored[0]) == "xoxb-1"
    assert file.stat().st_mode & 0o777 == 0o600


def test_an_interrupted_rotation_leaves_what_opens_everything(tmp_path: Path) -> None:
    file = tmp_path / "lookout.key"
    before = Keyring("", file).encrypt("a")

    def die(change: Callable[[str], str]) -> int:
        change(before)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Keyring("", file).rotate(die)
    assert Keyring("", file).decrypt(before) == "a"
    assert Keyring("", file).rotate(lambda change: len(change(before))) > 0
    assert len(file.read_text().split()) == 1


def test_a_key_of_the_environment_is_rotated_by_naming_two(tmp_path: Path) -> None:
    file = tmp_path / "none"
    sealed = Keyring(ONE, file).encrypt("a")
    with pytest.raises(SecretKeyError, match="LOOKOUT_SECRET_KEY holds one key: make another"):
        Keyring(ONE, file).rotate(lambda change: 0)
    changed: list[str] = []
    Keyring(f"{OTHER},{ONE}", file).rotate(lambda change: changed.append(change(sealed)) or 1)  # type: ignore[func-returns-value]
    assert Keyring(OTHER, file).decrypt(changed[0]) == "a"
