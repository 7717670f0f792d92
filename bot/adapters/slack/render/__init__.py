"""Messages, forms and the Home tab as Block Kit. Pure."""
