"""``lookout demo``: an outage day of two invented vendors, played through the real bot on a fast clock."""
