"""The running bot: builds every part from the settings and answers the chat platforms."""
