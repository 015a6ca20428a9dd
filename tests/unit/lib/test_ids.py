"""Identities sort by time and never repeat."""

import uuid

from hypothesis import given
from hypothesis import strategies as st

from edged.lib.ids import IdMint, is_id, minted_ms


def test_an_id_is_a_uuid_of_version_7() -> None:
    """Any UUID library can read it."""
    parsed = uuid.UUID(IdMint().new_id(1_795_000_000_123, bytes(range(10))))
    assert (parsed.version, parsed.variant) == (7, uuid.RFC_4122)


def test_the_time_can_be_read_from_an_id() -> None:
    """The claim's time survives a restart in the file's name."""
    assert minted_ms(IdMint().new_id(1_795_000_000_123, b"\xff" * 10)) == 1_795_000_000_123


def test_all_random_bits_are_used() -> None:
    """Two boxes that mint in the same millisecond do not meet."""
    ids = {IdMint().new_id(1, (1 << bit).to_bytes(10)) for bit in range(80)}
    assert len(ids) == 75  # 74 bits, and the others give the id of zero


@given(st.lists(st.tuples(st.integers(0, 2**45), st.binary(min_size=10, max_size=10)), min_size=2, max_size=50))
def test_ids_only_grow_whatever_the_clock_does(steps: list[tuple[int, bytes]]) -> None:
    """A clock that stands still or is set back neither repeats nor reorders ids."""
    mint = IdMint()
    ids = [mint.new_id(now, random) for now, random in steps]
    assert ids == sorted(set(ids))
    assert all(is_id(text) for text in ids)


def test_other_text_is_no_id() -> None:
    """Nothing is taken for an id that we would not write."""
    good = IdMint().new_id(1, bytes(10))
    others = [
        "",
        "x" * 36,
        good.upper().replace("0", "A", 1),
        good[:-1],
        good + "0",
        str(uuid.uuid4()),
        "{" + good[1:],
        good.replace("-", "0"),
    ]
    assert not any(is_id(text) for text in others)
