"""How the part lies in a frame."""

import math
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from edged.config import AlignSection, LimitsSection
from edged.errors import ConfigError
from edged.flow.regions import Reference, reference_of
from edged.flow.regions.align import similarity

PATCHES = ((30, 30, 40, 40), (230, 130, 40, 40))
CORNERS = ((100.0, 80.0), (200.0, 80.0), (200.0, 110.0), (100.0, 110.0))


def part() -> Any:
    """Something with marks in two corners, smooth enough for fractions of a pixel."""
    dice = np.random.default_rng(5)
    image = np.full((200, 300, 3), 180, np.uint8)
    for left, top, wide, tall in PATCHES:
        image[top : top + tall, left : left + wide] = dice.integers(0, 255, (tall // 8, wide // 8, 1), np.uint8).repeat(8, 0).repeat(8, 1)
    return cv2.GaussianBlur(image, (0, 0), 1.5)


def reference(patches: Any = PATCHES, **keys: Any) -> Reference:
    section = AlignSection.model_validate({"reference": Path("/box/master.png"), "patches": patches, **keys})
    return reference_of(section, cv2.imencode(".png", part())[1].tobytes(), LimitsSection())


def moved(x: float, y: float, degrees: float = 0.0, scale: float = 1.0) -> tuple[Any, Any]:
    """A frame, and the matrix that made it."""
    turn = cv2.getRotationMatrix2D((150, 100), degrees, scale)
    turn[:, 2] += (x, y)
    return cv2.warpAffine(part(), turn, (300, 200), borderValue=(180, 180, 180)), turn


def expected(turn: Any) -> Any:
    return (np.array(CORNERS) - 0.5) @ turn[:, :2].T + turn[:, 2] + 0.5


@pytest.mark.parametrize("shift", [(0, 0), (7, -12), (3.5, 2.25), (-20.7, 15.3)])
@pytest.mark.parametrize("patches", [PATCHES, PATCHES[:1]])
def test_a_shift_is_found_to_a_fraction_of_a_pixel(shift: tuple[float, float], patches: Any) -> None:
    """By one patch as by two."""
    frame, turn = moved(*shift)
    found = reference(patches).align(frame)
    assert found.doubts == ()
    assert np.abs(np.array(found.moved(CORNERS)) - expected(turn)).max() < 0.3


@pytest.mark.parametrize(("degrees", "scale"), [(2, 1), (-3, 1), (0, 1.03), (1.5, 0.97)])
def test_two_patches_tell_turn_and_scale(degrees: float, scale: float) -> None:
    """Corners between the patches are met to a pixel."""
    frame, turn = moved(5, -4, degrees, scale)
    found = reference().align(frame)
    assert found.doubts == ()
    assert np.abs(np.array(found.moved(CORNERS)) - expected(turn)).max() < 1


def test_a_patch_that_is_not_there_leaves_every_place() -> None:
    """The reason says which one, how near it came and what was wanted; the other does not move anything alone."""
    frame, _ = moved(7, -12)
    frame[110:, 200:] = 180
    found = reference().align(frame)
    assert found.moved(CORNERS) == CORNERS
    (doubt,) = found.doubts
    assert doubt.startswith("patch 2 of master.png was not found: its best score 0.")
    assert doubt.endswith(" < 0.6")


@pytest.mark.parametrize("frame", [np.full((200, 300, 3), 180, np.uint8), np.zeros((20, 20, 3), np.uint8)])
def test_an_empty_frame_has_no_patch(frame: Any) -> None:
    """Chance finds nothing where nothing is, nor where there is no room."""
    doubts = [doubt for doubt in reference().align(frame).doubts if doubt.startswith("patch")]
    assert len(doubts) == 2


@pytest.mark.parametrize("scale", [0.5, 1.5, 2])
def test_a_frame_of_another_size_is_told_as_the_reason(scale: float) -> None:
    """Patches have one scale: with another resolution of the camera nothing will ever be found."""
    found = reference().align(cv2.resize(part(), None, fx=scale, fy=scale))
    size = f"{round(300 * scale)} x {round(200 * scale)}"
    assert found.doubts[0] == f"the frame has {size} pixels, and master.png 300 x 200: take the reference picture as the frames are taken"


def test_a_frame_that_is_a_little_larger_is_no_other_size() -> None:
    """What is found is found; what is not is told by its patch alone."""
    frame = np.full((205, 306, 3), 180, np.uint8)
    frame[:200, :300] = part()
    assert reference().align(frame).doubts == ()
    assert all(doubt.startswith("patch") for doubt in reference().align(np.full_like(frame, 180)).doubts)


def test_a_patch_is_looked_for_no_farther_than_told() -> None:
    """What lies beyond is another part."""
    frame, _ = moved(15, 0)
    assert reference(search=20).align(frame).doubts == ()
    assert len(reference(search=10, min_score=0.9).align(frame).doubts) == 2


@pytest.mark.parametrize(
    ("patches", "data", "says"),
    [
        ([[290, 10, 20, 20]], None, r"patch 1 of .*/box/master\.png, \[290, 10, 20, 20\], is not inside of its 300 x 200 pixels"),
        ([[30, 30, 40, 40], [100, 20, 40, 40]], None, "patch 2 of .* shows nothing that it can be found by"),
        (PATCHES, b"no picture", r"the reference picture /box/master\.png cannot be read: "),
    ],
)
def test_a_reference_that_is_of_no_use_is_refused(patches: Any, data: bytes | None, says: str) -> None:
    """When the configuration is loaded, not with the first frame."""
    section = AlignSection.model_validate({"reference": Path("/box/master.png"), "patches": patches})
    with pytest.raises(ConfigError, match=says) as refused:
        reference_of(section, data or cv2.imencode(".png", part())[1].tobytes(), LimitsSection())
    assert refused.value.hint


def test_least_squares_meet_exact_points_and_average_others() -> None:
    """Umeyama's solution: exact where there is one, never a mirror image."""
    there = [(0.0, 0.0), (10.0, 0.0), (10.0, 5.0), (0.0, 5.0)]
    angle, scale = math.radians(20), 1.1
    turn = scale * np.array(((math.cos(angle), -math.sin(angle)), (math.sin(angle), math.cos(angle))))
    here = [tuple(turn @ point + (3, -2)) for point in np.array(there)]
    assert np.allclose(similarity(there, here), np.column_stack((turn, (3, -2))))
    mirrored = similarity(there, [(-x, y) for x, y in there])
    assert np.linalg.det(mirrored[:, :2]) >= 0
    assert np.allclose(similarity(there[:1], [(4.0, 5.0)]), ((1, 0, 4), (0, 1, 5)))
