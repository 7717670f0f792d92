"""Commands as programs run them: typed values in, a frozen value out. The table is in :mod:`bot.commands.table`."""
