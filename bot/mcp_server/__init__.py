"""The operations as tools of language models (Model Context Protocol), over standard input and output or over HTTP.

A process of its own, as its library is large; it reads the same database as the bot, and no status page.
"""
