"""Discord's API: calls, limits, errors, and what is known of servers."""
