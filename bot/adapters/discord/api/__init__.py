"""Discord's API: calls, limits, errors, permissions, and the cache of servers."""
