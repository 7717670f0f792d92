"""Every platform that Lookout reads, in the order in which a page is probed. A new one: its file, and a line here."""

from __future__ import annotations

from bot.monitor.page import Provider
from bot.monitor.providers import (
    apple,
    aws,
    azure,
    feed,
    google,
    heroku,
    incidentio,
    infomaniak,
    instatus,
    m365,
    pagerduty,
    salesforce,
    slack,
    statusio,
    statuspage,
    stripe,
    zendesk,
)

PROVIDERS: tuple[Provider, ...] = (
    statuspage.PROVIDER,
    incidentio.PROVIDER,
    instatus.PROVIDER,
    statusio.PROVIDER,
    aws.PROVIDER,
    google.PROVIDER,
    azure.PROVIDER,
    m365.PROVIDER,
    slack.PROVIDER,
    heroku.PROVIDER,
    salesforce.PROVIDER,
    apple.PROVIDER,
    zendesk.PROVIDER,
    stripe.PROVIDER,
    pagerduty.PROVIDER,
    infomaniak.PROVIDER,
    feed.PROVIDER,
)

BY_KIND = {provider.kind: provider for provider in PROVIDERS}
