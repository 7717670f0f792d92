"""The command line, an entry point a file."""
