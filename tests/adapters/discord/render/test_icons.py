"""A vendor's icon stands beside its name, and no private host is named for it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.adapters.discord.render.icons import icon_url, with_icon
from bot.adapters.discord.render.message import as_embed, as_text
from bot.wording import root_message
from tests.adapters.discord.spec import complaints
from tests.wording.test_cards import ROOT

TEMPLATE = "https://icons.example/{domain}.png"


@pytest.mark.parametrize(
    ("homepage", "url"),
    [
        ("https://github.com", "https://icons.example/github.com.png"),
        ("https://www.Stripe.com/de?a=1", "https://icons.example/stripe.com.png"),
        ("https://teams.microsoft.com:443", "https://icons.example/teams.microsoft.com.png"),
        ("https://shop.internal", None),
        ("https://intranet", None),
        ("https://10.0.0.1", None),
        ("https://[::1]/", None),
        ("", None),
        (None, None),
    ],
)
def test_the_icon_is_that_of_a_public_host(homepage: str | None, url: str | None) -> None:
    assert icon_url(homepage, TEMPLATE) == url
    assert icon_url(homepage, "") is None


def test_it_stands_in_the_line_above_the_title() -> None:
    message = root_message(replace(ROOT, homepage="https://github.com"))
    body = with_icon(as_embed(message, "key"), icon_url(message.homepage, TEMPLATE))
    (embed,) = body["embeds"]
    assert embed["author"] == {
        "name": "GitHub",
        "url": "https://www.githubstatus.com",
        "icon_url": "https://icons.example/github.com.png",
    }
    sent = {**body, "nonce": "n", "enforce_nonce": True}
    assert complaints("POST", "/channels/{channel_id}/messages", sent) == []
    assert with_icon(as_text(message, "key"), "https://icons.example/x.png")["embeds"] == []
