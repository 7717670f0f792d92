"""Digests: when a channel's next one comes, and what it tells. Pure."""
