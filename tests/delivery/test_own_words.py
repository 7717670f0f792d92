"""What people of a workspace add to its cards appears there by an edit, and nowhere else."""

from __future__ import annotations

from bot.domain import Ack, Channel, Dependency, Filter, Phase, Service, VendorNote
from bot.routing import route
from tests.delivery.story import ACME, channel, incident, story
from tests.text import read

OPS, DEV, ELSEWHERE = channel("ops"), channel("dev"), channel("ops", "w2")


def test_a_note_comes_and_goes_by_edits_in_its_workspace_alone(database_url: str) -> None:
    with story(database_url) as told:
        told.subscribe(OPS, DEV, ELSEWHERE)
        told.record(incident("one", told.clock(), "Hm."))
        told.deliver()
        told.store.vendor_notes.put(OPS, VendorNote(ACME.slug, "ask ann", "ann", told.clock()))
        told.deliver()
        for where in (OPS, DEV):
            assert [call.verb for call in told.chat.sent(where)] == ["post", "edit"]
            assert "Our note: ask ann" in read(told.chat.sent(where)[-1].message)
        assert [call.verb for call in told.chat.sent(ELSEWHERE)] == ["post"]
        told.store.vendor_notes.remove(OPS, ACME.slug, told.clock())
        told.deliver()
        assert "Our note" not in read(told.chat.sent(OPS)[-1].message)
        told.deliver()
        assert len(told.chat.sent(OPS)) == 3


def test_a_note_is_on_the_card_from_its_opening_and_leaves_it_at_the_end(database_url: str) -> None:
    with story(database_url) as told:
        told.subscribe(OPS)
        told.store.vendor_notes.put(OPS, VendorNote(ACME.slug, "ask ann", "ann", told.clock()))
        start = told.clock()
        told.record(incident("one", start, "Hm."))
        told.deliver()
        assert "Our note: ask ann" in read(told.chat.sent(OPS)[0].message)
        told.clock.turn(minutes=9)
        told.record(incident("one", start, "Hm.", "Done.", phase=Phase.RESOLVED))
        told.deliver()
        edited = told.chat.sent(OPS)[-1]
        assert edited.verb == "edit"
        assert "Our note" not in read(edited.message)


def test_a_card_says_which_services_it_hits_as_long_as_that_is_so(database_url: str) -> None:
    def lines(where: Channel) -> list[str]:
        return [line for line in read(told.chat.sent(where)[-1].message).splitlines() if "hit" in line.casefold()]

    def define(where: Channel, name: str, *parts: str) -> None:
        needs = Dependency(ACME.slug, Filter(components=parts))
        told.store.services.define(where, Service(name, (needs,), "ann", told.clock()), route)
        told.deliver()

    with story(database_url) as told:
        told.subscribe(OPS, DEV, ELSEWHERE)
        define(OPS, "invoices")
        told.record(incident("one", told.clock(), "Hm."))
        told.deliver()
        assert lines(OPS) == lines(DEV) == ["Hits: invoices"]
        assert told.chat.sent(OPS)[-1].message.summary.endswith("Hits: invoices")
        define(DEV, "checkout")
        assert lines(OPS) == lines(DEV) == ["Hits: checkout, invoices"]
        assert [call.verb for call in told.chat.sent(OPS)] == ["post", "edit"]
        define(OPS, "invoices", "API")
        assert lines(OPS) == ["Hits: checkout; may hit: invoices"], "the incident names no part"
        told.store.services.remove(OPS, "checkout", route, told.clock())
        told.store.services.remove(OPS, "invoices", route, told.clock())
        told.deliver()
        assert lines(OPS) == []
        assert [call.verb for call in told.chat.sent(ELSEWHERE)] == ["post"]
        assert lines(ELSEWHERE) == []
        define(ELSEWHERE, "theirs")
        assert lines(ELSEWHERE) == ["Hits: theirs"]
        assert lines(OPS) == []


def test_a_card_that_is_over_says_no_more_what_it_hit_and_is_left_alone(database_url: str) -> None:
    with story(database_url) as told:
        told.subscribe(OPS)
        needs = Dependency(ACME.slug, Filter())
        told.store.services.define(OPS, Service("invoices", (needs,), "ann", told.clock()), route)
        start = told.clock()
        told.record(incident("one", start, "Hm."))
        told.deliver()
        told.clock.turn(minutes=9)
        told.record(incident("one", start, "Hm.", "Done.", phase=Phase.RESOLVED))
        told.deliver()
        sent = len(told.chat.sent(OPS))
        assert "Hits" not in read(told.chat.sent(OPS)[-1].message)
        told.store.services.define(OPS, Service("checkout", (needs,), "ann", told.clock()), route)
        told.deliver()
        assert len(told.chat.sent(OPS)) == sent


def test_who_is_on_it_appears_by_an_edit_in_that_channel_alone(database_url: str) -> None:
    with story(database_url) as told:
        told.subscribe(OPS, DEV)
        told.record(incident("one", told.clock(), "Hm."))
        told.deliver()
        assert told.store.acks.put(OPS, ACME.slug, "one", Ack("ada", told.clock()), told.clock())
        told.deliver()
        assert [call.verb for call in told.chat.sent(OPS)] == ["post", "edit"]
        assert "On it: ada, since 09:00" in read(told.chat.sent(OPS)[-1].message)
        assert [call.verb for call in told.chat.sent(DEV)] == ["post"]
        told.store.erasure.person("list", "ada")
        told.deliver()
        assert "On it" not in read(told.chat.sent(OPS)[-1].message)
        assert not told.store.acks.put(ELSEWHERE, ACME.slug, "one", Ack("ada", told.clock()), told.clock())
