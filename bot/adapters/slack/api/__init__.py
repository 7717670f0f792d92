"""Slack's Web API, sockets and installations: what goes over the wire."""
