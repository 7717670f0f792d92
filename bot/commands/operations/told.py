"""What a reply tells, as values, where it stands nowhere on record. Pure."""

from __future__ import annotations

from bot.commands.dashboard import GivenLink
from bot.commands.operations import channel_results as results
from bot.commands.operations.results import Answer
from bot.commands.preview import Previewed
from bot.commands.subscriptions import subscribe_arguments
from bot.domain.drill import Drill
from bot.wording.incidents import reference
from bot.wording.preview import Outlook, why_left_out


def dashboard(answer: Answer, told: GivenLink | None) -> results.Dashboard:
    url, until = (told.url, told.until) if told else (None, None)
    return results.Dashboard(answer.changed, answer.text, url, until)


def test(answer: Answer, told: Drill) -> results.MadeUpOutage:
    incident = f"{told.vendor}/{told.incident_id}"
    return results.MadeUpOutage(answer.changed, answer.text, incident, told.mode.value, told.started_at, told.over_at)


def preview(answer: Answer, told: Previewed | None) -> results.Preview:
    vendors = tuple(_vendor(one, told) for one in told.outlooks) if told else ()
    return results.Preview(answer.changed, answer.text, vendors)


def _vendor(outlook: Outlook, previewed: Previewed) -> results.PreviewedVendor:
    vendor = outlook.state.vendor
    return results.PreviewedVendor(
        vendor=vendor.slug,
        name=vendor.name,
        filter=subscribe_arguments(vendor, outlook.filter, None, outlook.wishes),
        days=outlook.days,
        known_since=outlook.known_since,
        messages=outlook.messages,
        of=outlook.possible,
        sent=tuple(
            results.SentIncident(reference(one.incident), one.incident.title, len(one.messages)) for one in outlook.sent
        ),
        left_out=tuple(
            results.LeftIncident(reference(one.incident), one.incident.title, why_left_out(one, outlook, previewed.now))
            for one in outlook.left_out
        ),
    )
