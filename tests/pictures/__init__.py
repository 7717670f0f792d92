"""Draws ``docs/pictures``: what the bot sends to Slack and Discord, as their clients show it, near enough.

``python -m tests.pictures``. The demo's outage day goes through the real poller, store, delivery and renderers; what
comes out is drawn as HTML of our own and photographed with a headless Chromium, which has to be there.
"""
