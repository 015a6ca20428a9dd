"""Where labels find room."""

from hypothesis import given
from hypothesis import strategies as st

from edged.annotate.places import Rect, hull, room_beside, room_inside

PICTURE = Rect(0, 0, 200, 100)


def test_a_label_stands_above_its_box_where_there_is_room() -> None:
    """Left edges agree."""
    assert room_beside(Rect(50, 50, 90, 60), (30, 10), PICTURE, (), 2) == Rect(50, 38, 80, 48)


def test_at_an_edge_it_stands_below_or_moves_in() -> None:
    """Never beyond the picture."""
    assert room_beside(Rect(180, 5, 199, 15), (30, 10), PICTURE, (), 2) == Rect(170, 17, 200, 27)


def test_a_number_stands_at_a_side_only() -> None:
    """Above or below it could be taken for that of another line."""
    assert room_beside(Rect(50, 50, 90, 60), (8, 10), PICTURE, (), 2, sides=True) == Rect(92, 50, 100, 60)
    assert room_beside(Rect(0, 50, 200, 60), (8, 10), PICTURE, (), 2, sides=True) is None


def test_a_box_that_fills_the_picture_has_no_room_beside_it() -> None:
    """Its number stands in a corner of it, its text below the picture."""
    assert room_beside(PICTURE, (30, 10), PICTURE, (), 2) is None
    assert room_inside(PICTURE, (8, 10), PICTURE, ()) == Rect(0, 0, 8, 10)
    assert room_inside(PICTURE, (8, 10), PICTURE, (Rect(0, 0, 8, 10),)) == Rect(0, 90, 8, 100)


rects = st.tuples(st.integers(0, 180), st.integers(0, 90), st.integers(1, 60), st.integers(1, 30)).map(
    lambda r: Rect(r[0], r[1], min(200, r[0] + r[2]), min(100, r[1] + r[3]))
)


@given(st.lists(rects, min_size=1, max_size=20), st.tuples(st.integers(1, 80), st.integers(1, 20)), st.booleans())
def test_no_label_covers_anything_or_leaves_the_picture(boxes: list[Rect], size: tuple[int, int], sides: bool) -> None:
    """Whatever boxes there are; inside of its box a number may cover the box, and no label."""
    labels: list[Rect] = []
    for number, box in enumerate(boxes):
        others = [*boxes[:number], *boxes[number + 1 :]]
        place = room_beside(box, size, PICTURE, [*others, *labels], 2, sides=sides)
        if place is not None:
            assert not any(place.meets(other) for other in (*others, box))
        else:
            place = room_inside(box, size, PICTURE, labels)
        if place is not None:
            assert place.lies_in(PICTURE)
            assert not any(place.meets(label) for label in labels)
            labels.append(place)


def test_the_hull_of_a_tilted_box_holds_its_corners() -> None:
    """The last pixel that belongs to it is within."""
    assert hull(((10.2, 5.0), (30.0, 0.5), (31.9, 9.0), (12.0, 14.5))) == Rect(10, 0, 32, 15)
