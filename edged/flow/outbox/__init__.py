"""The durable wall between reading and broker: SQLite, one process, one connection.

store.py     rows: what the pipeline and the relay ask for
rows.py      the statements about rows on their way to the broker
later.py     and about what it took: confirmed, sent again, replayed; retained topics
memory.py    what is remembered of files that stay where they are, and of equal bytes
counts.py    how many rows are in which state
budget.py    the disk budget, and which rows are forgotten
age.py       how old a row is, whatever the clock says
space.py     room on the file system, and the reserve
database.py  the connection: durability read back, the check at the start, what storage errors mean
salvage.py   a damaged database is set aside, and a new one made of what can be read
rebuild.py   ... by taking what proves itself, until rows and payloads agree
proof.py     ... what a payload proves of itself
carve.py     records out of its pages, without SQLite
record.py    how SQLite writes them
log.py       its write-ahead log, likewise
seal.py      payloads deflated, each with a checksum
schema.py    the tables, and how an older database becomes a newer one
look.py      a look at a database that somebody else has open
storage_errors.py  what SQLite's errors mean for the operator
"""

from edged.flow.outbox.store import Outbox

__all__ = ["Outbox"]
