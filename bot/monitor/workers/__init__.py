"""Large bodies are understood in a process of their own, with a limit of processor time: ``json.loads`` and ``re`` hold
the interpreter's lock, so on a thread they would hold up everybody."""

from bot.monitor.workers.pool import Workers

__all__ = ["Workers"]
