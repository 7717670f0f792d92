"""``lookout status``, ``wait``, ``incidents``: how vendors stand, for people at a terminal and for scripts."""
