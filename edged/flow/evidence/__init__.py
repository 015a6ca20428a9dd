"""Evidence: pictures of readings with what was read drawn in, on disk and on the broker, beside the data path and never in its way.

wanted.py   pure: whose pictures are asked for
drawn.py    from a reading and its small picture to the drawn one
album.py    where they lie, how much room they may take, and what was counted
worker.py   the thread that draws and files, behind a queue that never waits
"""

from edged.flow.evidence.album import Album, Kept, albums
from edged.flow.evidence.worker import EvidenceWorker

__all__ = ["Album", "EvidenceWorker", "Kept", "albums"]
