"""Messages and forms as bodies of Discord's requests. Pure."""
