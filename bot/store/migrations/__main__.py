"""``python -m bot.store.migrations WHAT`` writes the next migration: what ``tables`` has and the newest one has not.

What it writes is a draft: read it, and put plain column types in place of the tables' own.
"""

from __future__ import annotations

import sys

from alembic import command

from bot.store.database import Database
from bot.store.schema import bring_up_to_date, configuration, revisions

database = Database("sqlite://")
bring_up_to_date(database)
number = f"{len(revisions()) + 1:04}"
what = " ".join(sys.argv[1:])
database.write(lambda tx: command.revision(configuration(tx), what, autogenerate=True, rev_id=number))
