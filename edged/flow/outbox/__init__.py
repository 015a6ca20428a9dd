"""The durable wall between reading and broker: SQLite, one process, one connection.

store.py     rows: what the pipeline and the relay ask for
rows.py      the statements
memory.py    what is remembered of files that stay where they are, and of equal bytes
counts.py    how many rows are in which state
budget.py    the disk budget, and which rows are forgotten
database.py  the connection: durability read back, what storage errors mean
schema.py    the tables, and how an older database becomes a newer one
"""

from edged.flow.outbox.store import Outbox

__all__ = ["Outbox"]
