"""What several pictures of one part say together. Pure.

`lines.py` says which lines are the same one, `characters.py` which characters, `rover.py` lets them vote.
"""

from edged.flow.vote.rover import fuse

__all__ = ["fuse"]
