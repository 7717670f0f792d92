"""The crash story: a bot that is killed at random moments, and a chat that must not show it.

``python -m tests.crash --points 50``
"""
