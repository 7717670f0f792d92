"""Signing in at the operator's OpenID provider, to see dashboards without a link."""
