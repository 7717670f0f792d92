"""What is left of a workspace and of a person that were erased: nothing, and all of the others'."""

from __future__ import annotations

from pathlib import Path

from slack_sdk.oauth.installation_store import Installation
from slack_sdk.oauth.installation_store.sqlalchemy import SQLAlchemyInstallationStore

from bot.store import Store
from tests.databases import sqlite
from tests.store.given import ACME, DEV, ELSEWHERE, OPS, Route, catalog, incident, reading, subscribe


def test_a_workspace_goes_with_all_its_channels(store: Store) -> None:
    catalog(store)
    for channel in (OPS, DEV, ELSEWHERE):
        subscribe(store, channel)
    store.records.record(reading(incident()), Route())
    assert store.erasure.workspace("list", "T1") == 2
    assert store.channels.subscriptions(OPS) == ()
    assert [s.subscription.vendor for s in store.channels.subscriptions(ELSEWHERE)] == [ACME]
    assert store.records.incident(ACME, "inc1") is not None
    assert store.erasure.workspace("list", "T1") == 0


def test_an_installation_goes_with_its_workspace(tmp_path: Path) -> None:
    store = Store(sqlite(tmp_path))
    installations = SQLAlchemyInstallationStore("client", store.engine)
    installations.metadata.create_all(store.engine)
    for team in ("T1", "T2"):
        installations.save(Installation(app_id="A1", user_id="U1", team_id=team, bot_token=f"xoxb-{team}"))
    org = Installation(app_id="A1", user_id="U9", enterprise_id="E1", is_enterprise_install=True, bot_token="xoxb-E1")
    installations.save(org)
    store.erasure.workspace("slack", "T1")
    assert installations.find_bot(enterprise_id="E1", team_id=None, is_enterprise_install=True) is not None
    store.erasure.workspace("slack", "E1")
    assert installations.find_bot(enterprise_id="E1", team_id=None, is_enterprise_install=True) is None
    assert installations.find_bot(enterprise_id=None, team_id="T1") is None
    assert installations.find_bot(enterprise_id=None, team_id="T2") is not None
    assert store.erasure.person("slack", "U1") == 1
    store.close()


def test_a_person_is_forgotten_and_what_they_made_stays(store: Store) -> None:
    catalog(store)
    subscribe(store, OPS, mention="<@U1>")
    subscribe(store, DEV, mention="<@U2>")
    assert store.erasure.person("other", "U1") == 0
    assert store.erasure.person("list", "U1") == 3
    [ops], [dev] = store.channels.subscriptions(OPS), store.channels.subscriptions(DEV)
    assert (ops.subscription.created_by, ops.subscription.mention) == ("erased", None)
    assert (dev.subscription.created_by, dev.subscription.mention) == ("erased", "<@U2>")
