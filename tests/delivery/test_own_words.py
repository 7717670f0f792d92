"""What people of a workspace add to its cards appears there by an edit, and nowhere else."""

from __future__ import annotations

from bot.domain import Phase, VendorNote
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
