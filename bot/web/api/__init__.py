"""The operations over HTTP: JSON for programs, from the store alone. What can be asked is the table of commands."""
