"""From a frame to the lines of its fields."""

from typing import Any

import cv2
import numpy as np

from edged.config import AlignSection, FieldSection, LimitsSection, PreprocessSection, QualitySection
from edged.flow.quality import Gate
from edged.flow.regions import Reference, Regions, reference_of

HEIGHT = 32
SILENT = {"min_sharpness": 0.0, "max_clipped": 100.0, "max_glare": 100.0, "max_noise": 100.0}


def frame() -> Any:
    """Two texts on grey, and a mark to find them by."""
    image = np.full((240, 400, 3), 200, np.uint8)
    cv2.putText(image, "LOT A17", (60, 90), cv2.FONT_HERSHEY_SIMPLEX, 1.2, (20, 20, 20), 3, cv2.LINE_AA)
    cv2.putText(image, "EXP 2027", (60, 170), cv2.FONT_HERSHEY_SIMPLEX, 0.6, (20, 20, 20), 2, cv2.LINE_AA)
    cv2.circle(image, (340, 60), 22, (0, 0, 0), 5)
    cv2.line(image, (320, 50), (365, 80), (90, 0, 0), 6)
    return image


def regions(
    places: dict[str, list[Any]], *, mode: str = "off", reference: Reference | None = None, limits: dict[str, float] | None = None
) -> Regions:
    fields = {name: FieldSection.model_validate({"box" if not isinstance(p[0], list) else "quad": p}) for name, p in places.items()}
    section = QualitySection.model_validate({"mode": mode} | SILENT | (limits or {}))
    return Regions(fields=fields, preprocess=PreprocessSection(), height=HEIGHT, gate=Gate(section), reference=reference)


PLACES: dict[str, list[Any]] = {"date": [50, 145, 150, 40], "lot": [50, 50, 200, 56]}


def test_each_field_is_a_line_in_the_order_of_the_fields() -> None:
    """Not in that of the picture; of the model's height, with the place in pixels of the frame."""
    laid = regions(PLACES)(frame())
    assert [line.field for line in laid.lines] == ["date", "lot"]
    assert [line.image.shape for line in laid.lines] == [(HEIGHT, 120, 3), (HEIGHT, 115, 3)]
    assert laid.lines[0].box == laid.places["date"] == ((50, 145), (200, 145), (200, 185), (50, 185))
    assert (laid.reasons, laid.refusals, laid.lines[0].reasons) == ((), (), ())


def test_a_place_beyond_the_frame_is_told_and_the_others_are_read() -> None:
    """The reason names the field, its place as it was typed, the size of the frame and the remedy."""
    laid = regions(PLACES | {"far": [350, 10, 100, 30]})(frame())
    assert [line.field for line in laid.lines] == ["date", "lot"]
    assert laid.reasons == (
        "field far: its box [350, 10, 100, 30] is not inside of the frame of 400 x 240 pixels; correct the place, or the camera",
    )
    assert laid.places["far"] == ((350, 10), (450, 10), (450, 40), (350, 40))


def test_a_place_that_is_no_line_is_told() -> None:
    """One of absurd proportions does not take the others with it."""
    laid = regions(PLACES | {"slit": [0, 10, 400, 1]})(frame())
    assert len(laid.lines) == 2
    assert laid.reasons[0].startswith("field slit: not one text line: 400 x 1 pixels")


def reference() -> Reference:
    section = AlignSection.model_validate({"reference": "/box/master.png", "patches": ((305, 25, 70, 70),)}, strict=False)
    return reference_of(section, cv2.imencode(".png", frame())[1].tobytes(), LimitsSection())


def test_the_places_follow_the_part() -> None:
    """What is cut out of a shifted frame is what was cut out of the reference, and the box says where it was."""
    still = regions(PLACES, reference=reference())(frame())
    moved = regions(PLACES, reference=reference())(np.roll(frame(), (9, -14), axis=(0, 1)))
    assert moved.reasons == ()
    for one, other in zip(still.lines, moved.lines, strict=True):
        assert np.abs(one.image.astype(int) - other.image).mean() < 1
        assert np.abs(np.array(other.box) - np.array(one.box) - (-14, 9)).max() < 0.1


def test_a_part_that_is_not_found_is_read_where_it_was() -> None:
    """The reading says that it may be wrong."""
    image = frame()
    image[20:100, 300:] = 200
    laid = regions(PLACES, reference=reference())(image)
    assert laid.reasons[0].startswith("patch 1 of master.png was not found: its best score ")
    assert laid.places["date"] == ((50, 145), (200, 145), (200, 185), (50, 185))
    assert len(laid.lines) == 2


def test_a_place_that_was_moved_out_says_so() -> None:
    """Else the operator would look for a mistake in the box."""
    laid = regions({"edge": [2, 145, 150, 40]}, reference=reference())(np.roll(frame(), (0, -20), axis=(0, 1)))
    assert laid.reasons[0].startswith("field edge: its box [2, 145, 150, 40], moved to [[-18, 145], [132, 145], [132, 185], [-18, 185]],")


def test_a_poor_line_is_doubted_or_refused() -> None:
    """Warn keeps the doubt with its line; reject gives all of them, each with its field."""
    limits = {"min_height": 20}
    warned = regions(PLACES, mode="warn", limits=limits)(frame())
    assert [len(line.reasons) for line in warned.lines] == [1, 0]
    assert warned.lines[0].reasons[0].startswith("height 1")
    assert warned.refusals == ()
    refused = regions(PLACES, mode="reject", limits=limits)(frame())
    (refusal,) = refused.refusals
    assert refusal.startswith("field date: height 1")
    assert refusal.endswith(" < 20")
    assert regions(PLACES, limits=limits)(frame()).lines[0].reasons == ()
