"""One picture that came with a question, read as a source reads its own: `request/read`.

It is no input: it has no row, no seq and no file. Its reading is the answer, and goes nowhere else. It is decoded in a
child process first, as an input that was in work when a process died: whoever may ask must not be able to end the daemon.
"""

import base64
import binascii
import datetime as dt
import hashlib
import json
import os
import threading
from collections.abc import Callable, Collection, Mapping
from typing import Any

from edged.errors import UsageError
from edged.flow.payload import encode_reading
from edged.flow.pipeline import Lease
from edged.flow.reader import Job
from edged.lib.clock import Clock
from edged.lib.ids import new_id
from edged.types import Delivery, FrameId, Origin, SourceName

IMAGE_BYTES = 2**20
_ANSWER_SECONDS = 30.0
_NAME_CHARACTERS = 255


class ReadVerb:
    """The verb `read`."""

    def __init__(
        self,
        sources: Collection[SourceName],
        lease: Callable[[SourceName], Lease],
        *,
        device: str,
        clock: Clock,
        check: Callable[[], None],
    ) -> None:
        """Take a *lease* of the current reader of a source; *check* looks for lost answers of the recogniser."""
        self._sources, self._lease = tuple(sources), lease
        self._device, self._clock, self._check = device, clock, check

    def __call__(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """The reading of the picture in `image` (base64), as `source` would read it.

        Raises:
            UsageError: There is no picture, or no such source.
        """
        delivery = self._delivery(arguments)
        completed = threading.Event()
        reader, give_back = self._lease(delivery.source)

        def complete(_: Job) -> None:
            give_back()
            completed.set()

        job: Job = reader.begin(delivery, complete)
        deadline = self._clock.monotonic() + _ANSWER_SECONDS
        while not completed.wait(1.0):
            self._check()
            if self._clock.monotonic() > deadline:
                message = f"the recogniser did not answer within {_ANSWER_SECONDS:g} s"
                raise UsageError(message, hint="look at the journal of the daemon, and ask again")
        reading: dict[str, Any] = json.loads(encode_reading(reader.conclude(job), device=self._device, seq=None, epoch=None))
        return reading

    def _delivery(self, arguments: Mapping[str, Any]) -> Delivery:
        data = _picture(arguments.get("image"))
        now = self._clock.now()
        name = arguments.get("name", "request")
        return Delivery(
            id=FrameId(new_id(int(now.timestamp() * 1000), os.urandom(10))),
            source=self._source(arguments.get("source")),
            captured_at=now.astimezone(dt.UTC),
            origin=Origin(name=str(name)[:_NAME_CHARACTERS], sha256=hashlib.sha256(data).hexdigest(), bytes=len(data), modified_at=None),
            attempt=2,  # proven in a child process
            data=data,
        )

    def _source(self, name: Any) -> SourceName:
        if name is None and len(self._sources) == 1:
            return self._sources[0]
        if name not in self._sources:
            message = f"source is {name!r}"
            raise UsageError(message, hint=f"name one of {', '.join(self._sources)}")
        return SourceName(name)


def _picture(text: Any) -> bytes:
    if not isinstance(text, str):
        message = f"image is {type(text).__name__}, expected a text"
        raise UsageError(message, hint="send the bytes of a picture in base64")
    if len(text) > IMAGE_BYTES * 4 // 3 + 4:
        message = f"image has {len(text)} characters, which is more than {IMAGE_BYTES} bytes"
        raise UsageError(message, hint="drop large pictures into the folder of the source")
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        message = f"image is no base64: {error}"
        raise UsageError(message, hint="send the bytes of a picture in base64, without line breaks") from error
