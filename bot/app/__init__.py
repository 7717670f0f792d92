"""The running bot: composes every room from the settings, and is what chat platforms talk to."""
