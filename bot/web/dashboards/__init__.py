"""Dashboards: what a channel or a workspace depends on, for who has a link or signs in."""
