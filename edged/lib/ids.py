"""Identities: UUIDv7 (RFC 9562), which sort by the time they were minted."""

import threading
import uuid

_RANDOM_BITS = 74  # rand_a and rand_b of a UUIDv7
_LENGTH = 36


class IdMint:
    """Mints ids that only grow within a process, whatever the clock does. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = -1

    def new_id(self, now_ms: int, random_bytes: bytes) -> str:
        """Mint the next id.

        Args:
            now_ms: Milliseconds since 1970, UTC.
            random_bytes: At least 10 random bytes.

        Returns:
            The canonical text form, 36 ASCII characters. Where the clock stood still or went back, the
            random part of the last id is counted up instead (RFC 9562, section 6.2, method 2).
        """
        value = now_ms << _RANDOM_BITS | int.from_bytes(random_bytes) & ((1 << _RANDOM_BITS) - 1)
        with self._lock:
            self._last = value = max(value, self._last + 1)
        rand_a, rand_b = value >> 62 & 0xFFF, value & ((1 << 62) - 1)
        return str(uuid.UUID(int=(value >> _RANDOM_BITS & (1 << 48) - 1) << 80 | 0x7 << 76 | rand_a << 64 | 0b10 << 62 | rand_b))


new_id = IdMint().new_id  # one mint per process: ids of all sources are distinct and grow together


def is_id(text: str) -> bool:
    """Tell whether *text* is the canonical form of a UUIDv7."""
    if len(text) != _LENGTH or text[14] != "7":
        return False
    try:
        return str(uuid.UUID(text)) == text
    except ValueError:
        return False


def minted_ms(text: str) -> int:
    """When an id was minted, in milliseconds since 1970, UTC."""
    return uuid.UUID(text).int >> 80
