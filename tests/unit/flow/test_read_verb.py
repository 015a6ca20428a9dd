"""`request/read`: a picture that comes with a question."""

import base64
import hashlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from edged.errors import UsageError
from edged.flow.pipeline import Lease
from edged.flow.read_verb import IMAGE_BYTES, ReadVerb
from edged.lib.clock import SystemClock
from edged.types import SourceName
from tests.unit.flow.test_reader import STEPS, reader


def read_verb(*names: str, prove: Callable[[bytes], None] = STEPS.prove, give_back: Callable[[], None] = lambda: None) -> ReadVerb:
    """The verb, with these sources."""
    subject = replace(reader(), steps=replace(STEPS, prove=prove))
    sources = [SourceName(name) for name in names]
    return ReadVerb(sources, lambda _: Lease(subject, give_back), device="line3", clock=SystemClock(), check=lambda: None)


def test_the_answer_is_the_reading(capsys: pytest.CaptureFixture[str]) -> None:
    """As the source would read it, without seq and epoch: it was never committed."""
    picture = b"any bytes"
    returned: list[bool] = []
    told = read_verb("inbox", give_back=lambda: returned.append(True))({"image": base64.b64encode(picture).decode(), "name": "a.png"})
    assert returned == [True]
    assert (told["schema"], told["source"], told["seq"], told["epoch"]) == ("edged.reading/1", "inbox", None, None)
    assert told["origin"]["name"] == "a.png"
    assert told["origin"]["sha256"] == hashlib.sha256(picture).hexdigest()


def test_it_is_decoded_in_a_child_first() -> None:
    """Whoever may ask must not be able to end the daemon."""
    proven: list[bytes] = []
    read_verb("inbox", prove=proven.append)({"image": base64.b64encode(b"x").decode()})
    assert proven == [b"x"]


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"image": 7},
        {"image": "%%"},
        {"image": "ö"},
        {"image": "A" * (IMAGE_BYTES * 2)},
        {"image": "", "source": "gate"},
        {"image": "", "source": []},
    ],
)
def test_what_is_no_picture_is_refused_with_what_was_found(arguments: dict[str, Any]) -> None:
    """And with what to send."""
    with pytest.raises(UsageError) as caught:
        read_verb("inbox")(arguments)
    assert caught.value.hint


def test_of_several_sources_one_must_be_named() -> None:
    """Each reads in its own way."""
    with pytest.raises(UsageError, match="source is None") as caught:
        read_verb("a", "b")({"image": ""})
    assert "a, b" in caught.value.hint
    assert read_verb("a", "b")({"image": "", "source": "b"})["source"] == "b"
