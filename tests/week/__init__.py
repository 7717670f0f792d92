"""Days in virtual time: many pages, some of which misbehave all along, told to many channels.

Real poller, store and delivery; the web and the chat are made up, and count. ``python -m tests.week --hours 168``.
"""
