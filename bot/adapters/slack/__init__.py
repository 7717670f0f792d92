"""Slack as a chat platform: cards and answers as Block Kit, over Socket Mode or HTTP."""
