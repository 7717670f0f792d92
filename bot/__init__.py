"""Lookout: watches official status pages and tells chat channels about incidents."""
