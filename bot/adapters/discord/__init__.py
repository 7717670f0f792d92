"""Discord: cards as embeds with a thread each, typed commands, direct messages. Nothing of Discord leaves this room."""
