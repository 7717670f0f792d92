"""Limits that several processes keep together: what each may use, and what is closed for all of them. No I/O."""
