"""What is published: the README outside of the repository, the package's names, the files that run it elsewhere."""

from __future__ import annotations

import json
import re
import runpy
import tomllib
from collections import Counter
from pathlib import Path

import yaml

from bot.config import Settings
from bot.domain.role import ALL_ROLES, parse_roles

ROOT = Path(__file__).parent.parent
SETUP = runpy.run_path(str(ROOT / "setup.py"))


def test_links_of_the_published_readme_work_everywhere() -> None:
    text = SETUP["absolute"]((ROOT / "README.md").read_text(encoding="utf-8"))
    targets = re.findall(r"\]\(([^)\s]+)\)", text)
    assert targets
    assert [target for target in targets if not target.startswith(("https://", "#"))] == []
    pictures = re.findall(r"!\[[^\]]+\]\(([^)\s]+)\)", text)
    assert pictures
    for target in pictures:
        assert (ROOT / target.removeprefix(f"{SETUP['REPOSITORY']}/raw/main/")).is_file()
    assert SETUP["absolute"]("[a](https://b.example) [c](#d)") == "[a](https://b.example) [c](#d)"


def test_every_link_of_the_readme_leads_somewhere() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for path in re.findall(r"\]\((?!https?:|#)([^)#\s]+)", text):
        assert (ROOT / path).exists(), path


def test_the_program_has_the_name_of_the_package_too() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["scripts"][project["name"]] == project["scripts"]["lookout"]


def test_the_version_is_the_newest_of_the_changelog_wherever_it_stands() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    released = re.findall(
        r"^## \[(\d+\.\d+\.\d+)\] - \d{4}-\d\d-\d\d$", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.M
    )
    assert released[0] == version
    for path in (ROOT / "deploy" / "kubernetes").iterdir():
        assert set(re.findall(r"lookout:(\S+?)(?: |$)", path.read_text("utf-8"), re.M)) == {version}, path


DEPLOY = sorted(path for path in (ROOT / "deploy").rglob("*") if path.is_file())


def test_every_setting_that_is_named_for_deploying_exists() -> None:
    names = {f"LOOKOUT_{name.upper()}" for name in Settings.model_fields}
    named = {word for path in DEPLOY for word in re.findall(r"LOOKOUT_[A-Z_]+", path.read_text(encoding="utf-8"))}
    assert named
    assert named - names == set()


def test_every_metric_that_is_alerted_on_or_drawn_exists() -> None:
    source = (ROOT / "bot" / "web" / "metrics.py").read_text(encoding="utf-8")
    for path in (ROOT / "deploy" / "alerts.yaml", ROOT / "deploy" / "grafana.json"):
        named = re.findall(r"lookout_[a-z_]+", path.read_text(encoding="utf-8"))
        assert named
        for metric in named:
            assert f'"{re.sub("_(count|bucket|sum)$", "", metric)}"' in source, metric


def test_the_port_is_the_same_everywhere() -> None:
    port = str(Settings.model_fields["web_port"].default)
    for path in DEPLOY:
        for found in re.findall(
            r"(?:containerPort|127\.0\.0\.1|EXPOSE|WEB_PORT)[:= ](\d{4,5})", path.read_text("utf-8")
        ):
            assert found in {port, "3000"}, path


class Compose(yaml.SafeLoader):
    """Compose files have tags of their own, such as ``!reset``."""


Compose.add_multi_constructor("!", lambda loader, tag, node: None)


def test_where_the_work_is_shared_out_each_part_is_somebody_s() -> None:
    compose = yaml.load((ROOT / "deploy" / "compose.roles.yaml").read_text(encoding="utf-8"), Compose)
    commands = [service["command"] for service in compose["services"].values()]
    manifests = yaml.safe_load_all((ROOT / "deploy" / "kubernetes" / "roles.yaml").read_text(encoding="utf-8"))
    pods = [manifest["spec"]["template"]["spec"] for manifest in manifests if manifest["kind"] == "Deployment"]
    for words in (commands, [container["args"] for pod in pods for container in pod["containers"]]):
        assert {tuple(command[:-1]) for command in words} == {("run", "--role")}
        assert Counter(role for command in words for role in parse_roles(command[-1].split(","))) == Counter(ALL_ROLES)


def test_the_files_are_of_their_formats() -> None:
    json.loads((ROOT / "deploy" / "grafana.json").read_text(encoding="utf-8"))
    written = [*(ROOT / "deploy").rglob("*.yaml"), *(ROOT / ".github").rglob("*.yml")]
    assert len(written) >= 7
    for path in written:
        documents = list(yaml.load_all(path.read_text(encoding="utf-8"), Compose))
        assert all(isinstance(document, dict) for document in documents), path
