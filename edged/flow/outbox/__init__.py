"""The durable wall between reading and broker: SQLite, one process, one connection.

store.py     rows: what the pipeline and the relay ask for
rows.py      the statements about rows on their way to the broker
later.py     and about what it took: confirmed, sent again, replayed; retained topics
counts.py    how many rows are in which state
budget.py    the disk budget, and which rows are forgotten
database.py  the connection: durability read back, what storage errors mean
schema.py    the tables, and how an older database becomes a newer one
"""

from edged.flow.outbox.store import Outbox

__all__ = ["Outbox"]
