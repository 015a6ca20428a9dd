"""Which layout a picture asks for."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edged.annotate import encoded
from edged.commands.shape import ByShape, is_line
from edged.commands.sources import reading_as
from edged.config import Config
from edged.errors import ModelError
from tests.doubles.pictures import jpeg
from tests.unit.flow.test_reader import delivery, reader


@pytest.mark.parametrize("size", [(271, 40), (33, 34), (20, 96), (2000, 96), (1024, 256)])
def test_low_or_long_pictures_are_lines(size: tuple[int, int]) -> None:
    """Crops of lines are up to 96 pixels high; higher ones are four times as wide at least."""
    assert is_line(*size)


@pytest.mark.parametrize("size", [(1000, 750), (200, 97), (300, 100), (1200, 257), (6000, 1200), (30, 900)])
def test_others_are_whole_pictures(size: tuple[int, int]) -> None:
    """Photographs, pages, and panoramas."""
    assert not is_line(*size)


def picture(wide: int, tall: int, ending: str = ".png") -> bytes:
    return encoded(np.zeros((tall, wide, 3), np.uint8), ending)


def by_shape(detect: Callable[[], Any]) -> ByShape:
    return ByShape(reader(), detect)


def test_the_model_that_finds_text_is_opened_for_the_first_whole_picture_only() -> None:
    """Lines need none."""
    opened: list[int] = []
    other = replace(reader(), config="other")

    def detect() -> Any:
        opened.append(1)
        return other

    subject = by_shape(detect)
    line, page = delivery(data=picture(300, 40)), delivery(data=picture(300, 300))
    assert subject(line).layout == "whole"
    assert opened == []
    assert [subject(page).layout, subject(line).layout, subject(page).reader] == ["detect", "whole", other]
    assert opened == [1]


def test_the_shape_is_that_of_the_upright_picture() -> None:
    """A line that a camera stored on its side is a line."""
    assert by_shape(lambda: pytest.fail("opened"))(delivery(data=jpeg.with_exif(picture(100, 400, ".jpg"), 6))).layout == "whole"


@pytest.mark.parametrize("data", [None, b"", b"%PDF-1.7", picture(300, 300)[:-20]])
def test_what_is_no_picture_is_read_as_a_line_would_be(data: bytes | None) -> None:
    """Its reading says what is wrong with it; no model is opened for that."""
    assert by_shape(lambda: pytest.fail("opened"))(delivery(data=data)).layout == "whole"


def test_without_a_model_that_finds_text_pictures_are_read_as_lines_and_that_is_said(caplog: pytest.LogCaptureFixture) -> None:
    """Once, with the remedy."""

    def missing() -> Any:
        raise ModelError("there is no model db", hint="edged models build")

    subject = by_shape(missing)
    page = delivery(data=picture(300, 300))
    assert [subject(page).layout, subject(page).layout] == ["whole", "whole"]
    (record,) = caplog.records
    assert "there is no model db; edged models build" in record.getMessage()


def config(**source: Any) -> Config:
    values = {"version": 1, "device": "a", "sources": {"inbox": {"path": Path("/in"), **source}}}
    return Config.model_validate(values)


def test_what_somebody_said_wins_over_the_shape() -> None:
    """A layout that was asked for, then the source that was named, then what the only source says itself."""
    fields = {"fields": {"lot": {"pattern": "A"}}}
    assert reading_as(config(), None, None)[1]
    assert not reading_as(config(), "inbox", None)[1]
    assert not reading_as(config(layout="whole"), None, None)[1]
    assert not reading_as(config(**fields), None, None)[1], "a field is a line"
    source, shaped = reading_as(config(**fields), None, "detect")
    assert (source.layout, source.fields, shaped) == ("detect", {}, False)
    assert reading_as(config(layout="detect"), None, "whole")[0].layout == "whole"
