"""The web pages of an installation, in Lookout's words and look. Pure."""

from __future__ import annotations

from html import escape

_STYLE = (
    "body{margin:0;font:17px/1.5 system-ui,sans-serif;background:#eef3f5;color:#17303c}"
    "main{max-width:32rem;margin:12vh auto;padding:2.5rem;background:#fff;border-radius:12px;"
    "border-top:6px solid #1a3a4a}"
    "h1{margin:0 0 1rem;font-size:1.5rem}a.button{display:inline-block;margin-top:1rem;padding:.7rem 1.4rem;"
    "border-radius:8px;background:#1a3a4a;color:#fff;text-decoration:none}code{background:#eef3f5;padding:.1rem .3rem}"
)
_REASONS = {
    "access_denied": "You cancelled the installation. Nothing was changed.",
    "invalid_state": "This page was open too long, or in another browser.",
    "invalid_browser": "This page was opened in another browser than the installation.",
    "storage_error": "The installation could not be saved.",
}


def install_page(url: str, scopes: dict[str, str]) -> str:
    """``url``: where Slack asks for consent. ``scopes``: what is asked for, each with its reason."""
    reasons = "".join(f"<li><code>{escape(scope)}</code> {escape(reason)}</li>" for scope, reason in scopes.items())
    return _page(
        "Add Lookout to Slack",
        "<p>Lookout tells your channels about outages of the vendors you use, one message per incident.</p>"
        f'<a class="button" href="{escape(url)}">Add to Slack</a>'
        f"<p>What it asks for, and why:</p><ul>{reasons}</ul>",
    )


def installed_page(team: str, command: str) -> str:
    """``team``: the workspace's name, may be empty; ``command``: with its slash."""
    where = f" in {escape(team)}" if team else ""
    return _page(
        f"Lookout is installed{where}",
        f"<p>Go back to Slack and type <code>{escape(command)} subscribe github</code> in a channel. "
        "For a private channel, type <code>/invite @lookout</code> there first.</p>",
    )


def failed_page(reason: str, install_path: str) -> str:
    """``reason``: Slack's or Bolt's code."""
    said = _REASONS.get(reason, "Slack did not complete the installation.")
    return _page(
        "Lookout was not installed",
        f'<p>{escape(said)} <small>({escape(reason)})</small></p><a class="button" href="{escape(install_path)}">'
        "Try again</a>",
    )


def _page(title: str, body: str) -> str:
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<style>{_STYLE}</style></head><body><main><h1>{escape(title)}</h1>{body}</main></body></html>"
    )
