"""Keeps every channel's cards equal to the facts: claim a channel, reconcile its due cards, act, record."""
