"""From a page on the web to recorded facts: fetch, detect, parse, diff, schedule, record."""
