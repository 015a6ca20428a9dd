"""The course of a camera, played by hand: what is to be done at which time, and what is told."""

from typing import Any

import pytest

from edged.capture.protocol import Beat, Ending, Failed, Opened, Ready, Shown
from edged.flow.camera.course import Act, Course, Times
from edged.flow.camera.order import order_of
from tests.doubles.cameras import section_of

KEYS: dict[str, Any] = {"url": "rtsp://cam/1", "open_seconds": 6, "read_seconds": 4, "frozen_seconds": 30, "black_seconds": 20}


class Played:
    """A course whose clock stands until it is moved; the pause after a failure is half of its longest."""

    def __init__(self, **keys: Any) -> None:
        section = section_of(KEYS | keys)
        self.longest: list[float] = []
        self.course = Course(section, order_of(section), delay=self._delay, times=Times())
        self.now, self.frames = 100.0, 0

    def _delay(self, failures: int, first: float, longest: float) -> float:
        self.longest.append(longest)
        return longest / 2

    def due(self, after: float = 0.0) -> Act:
        self.now += after
        return self.course.due(self.now)

    def hear(self, *messages: Any, lines: tuple[str, ...] = ()) -> "Played":
        for message in messages:
            self.course.heard(message, lines, self.now)
        return self

    def frame(self, digest: int = -1, *, dark: bool = False, skip: int = 0) -> "Played":
        self.frames += 1 + skip
        shown = Shown(number=self.frames, slot=0, stamp=2, at=self.now, digest=digest if digest >= 0 else self.frames, dark=dark)
        return self.hear(shown)

    def streaming(self) -> "Played":
        """Started, opened, and its first frame shown."""
        assert self.due() is Act.SPAWN
        self.hear(Ready())
        assert self.due() is Act.ORDER
        self.hear(opened())
        self.frames = 0
        return self.frame()

    @property
    def told(self) -> tuple[str, int]:
        """Its state, and how often that began."""
        return str(self.course.state), self.course.counts.get(self.course.state, -1)


def opened(**keys: Any) -> Opened:
    return Opened(**({"width": 640, "height": 480, "fps": 25.0, "format": "h264"} | keys))


def test_it_is_started_opened_and_streams() -> None:
    """One process, one order; nothing is due then but while nothing comes."""
    played = Played().streaming()
    assert played.told == ("streaming", -1)
    assert (played.course.counts["connects"], played.course.counts["frames"], played.course.looked) == (1, 1, True)
    assert played.due(3.9) is Act.NOTHING
    assert played.course.pause(played.now) == pytest.approx(0.6)


def test_a_process_that_does_not_start_is_ended_and_started_again() -> None:
    """It has half a minute to load OpenCV."""
    played = Played()
    assert played.due() is Act.SPAWN
    assert played.due(29.9) is Act.NOTHING
    assert played.due(0.1) is Act.KILL
    assert played.told == ("failed", 1)
    assert (played.due(0.9), played.due(0.1)) == (Act.NOTHING, Act.SPAWN)


def test_a_camera_that_does_not_open_in_time_is_unreachable() -> None:
    """After open_seconds the child may still say so by itself, half a second later it is ended."""
    played = Played()
    played.due()
    played.hear(Ready()).due()
    assert played.hear(Beat()).due(6.4) is Act.NOTHING
    played.hear(Beat())
    assert played.due(0.1) is Act.KILL
    assert played.told == ("unreachable", 1)
    assert "open_seconds" in played.course.trouble


def test_frames_that_stop_are_silence() -> None:
    """The child lives and nothing comes: within five seconds of the last frame, by default, that is told and it is ended."""
    played = Played().streaming()
    played.now += 4.4
    played.hear(Beat())
    assert (played.due(), played.due(0.1)) == (Act.NOTHING, Act.KILL)
    assert played.told == ("silent", 1)
    assert "read_seconds" in played.course.trouble


def test_a_child_without_a_sign_of_life_hangs() -> None:
    """No beat: then it is the process, not the camera."""
    played = Played().streaming()
    assert played.due(4.5) is Act.KILL
    assert played.told == ("failed", 1)
    assert "hangs" in played.course.trouble


def test_the_same_child_opens_it_again_after_a_pause() -> None:
    """What failed in order needs no new process; the trouble stays until a frame comes, and is counted once."""
    played = Played().streaming()
    played.hear(Failed(ending=Ending.LOST))
    assert played.told == ("lost", 1)
    assert (played.due(0.9), played.due(0.2)) == (Act.NOTHING, Act.ORDER)
    played.hear(Failed(ending=Ending.UNOPENED), lines=("[OPENCV:FFMPEG:16] Connection to tcp://cam failed: Connection refused",))
    assert played.told == ("unreachable", 1)
    assert "Connection refused" in played.course.trouble
    played.due(2.0)
    played.hear(Failed(ending=Ending.UNOPENED))
    assert played.told == ("unreachable", 1)
    played.due(2.0)
    played.hear(opened())
    assert played.course.trouble
    played.frames = 0
    assert played.frame().told == ("streaming", -1)
    assert played.course.trouble == ""


def test_a_process_serves_a_hundred_orders() -> None:
    """What FFmpeg loses by an order goes with the process."""
    played = Played()
    played.due()
    played.hear(Ready())
    for _ in range(Times().orders):
        assert played.due(5.0) is Act.ORDER
        played.hear(Failed(ending=Ending.UNOPENED))
    assert played.due(5.0) is Act.KILL
    assert played.due(5.0) is Act.SPAWN


def test_a_refused_password_is_tried_seldom() -> None:
    """Cameras lock users: the pauses grow to a minute there, and to two seconds elsewhere."""
    played = Played(username="me", password_file="/dev/null")
    played.due()
    played.hear(Ready()).due()
    played.hear(Failed(ending=Ending.UNOPENED), lines=("[OPENCV:FFMPEG:16] method DESCRIBE failed: 401 (Unauthorized)",))
    assert played.told == ("refused", 1)
    played.due(40.0)
    played.hear(Failed(ending=Ending.UNOPENED))
    assert played.longest == [60.0, 2.0]


def test_a_process_waits_for_a_password_that_cannot_be_read() -> None:
    """Nothing is wrong with it: it is not started anew each second for that."""
    played = Played()
    played.due()
    played.hear(Ready()).due()
    played.course.fail("/secret: No such file or directory; correct it", played.now, keep=True)
    assert (played.told, played.due(0.9), played.due(0.2)) == (("failed", 1), Act.NOTHING, Act.ORDER)


def test_frozen_and_black_are_told_while_frames_come() -> None:
    """Equal frames for frozen_seconds, black ones for black_seconds; another frame ends it, and it is counted once."""
    played = Played().streaming()
    for _ in range(31):
        played.now += 1.0
        played.frame(digest=5)
    assert played.told == ("frozen", 1)
    assert played.frame(digest=6).told == ("streaming", -1)
    for _ in range(21):
        played.now += 1.0
        played.frame(dark=True)
    assert played.told == ("black", 1)
    assert "black_seconds" in played.course.trouble
    assert played.frame().told == ("streaming", -1)


def test_a_file_never_freezes() -> None:
    """A still film is no camera that hangs, and one that is slow is no silent one."""
    played = Played(url="file:///nowhere.mp4", frozen_seconds=1).streaming()
    for _ in range(5):
        played.now += 3.0
        played.hear(Beat()).frame(digest=5)
    assert played.told == ("streaming", -1)
    assert played.due(4.4) is Act.NOTHING


def test_the_end_of_a_file_is_no_trouble() -> None:
    """The process goes, and nothing is due any more."""
    played = Played(url="file:///nowhere.mp4").streaming()
    played.hear(Failed(ending=Ending.ENDED))
    assert (played.told, played.course.trouble) == (("ended", -1), "")
    assert (played.due(), played.due(100.0)) == (Act.KILL, Act.NOTHING)
    assert played.course.pause(played.now) is None


def test_a_film_goes_on_where_its_process_died() -> None:
    """What was shown is not shown again; of a camera nothing is left out."""
    film, camera = Played(url="file:///nowhere.mp4").streaming(), Played().streaming()
    for played in (film, camera):
        played.frame().frame()
        played.course.fail("it was ended by signal 9; it is started again", played.now)
    assert (film.course.skip, camera.course.skip) == (3, 0)


def test_what_the_camera_did_not_take_is_a_trouble_with_frames() -> None:
    """Frames come, and what differs is named."""
    played = Played(url="v4l2:///dev/video0")
    played.due()
    played.hear(Ready()).due()
    played.hear(opened(differs=["its format is YUYV, not MJPG"]))
    played.frame()
    assert played.told == ("differs", 1)
    assert "YUYV, not MJPG" in played.course.trouble


def test_numbers_grow_over_all_orders() -> None:
    """The child counts from one for each order, and may drop the word of a frame; the camera's numbers never go back."""
    played = Played().streaming()
    played.frame(skip=3)
    played.frames = 1
    played.frame()  # a number that was there: nobody believes it
    assert (played.course.number, played.course.counts["frames"]) == (5, 5)
    played.hear(Failed(ending=Ending.LOST))
    played.due(5.0)
    played.hear(opened())
    played.frames = 0
    played.frame()
    assert played.course.number == 6


def test_another_size_is_counted_and_a_stream_that_changes_its_own_is_opened_anew() -> None:
    """FFmpeg says so where OpenCV would scale the pictures to the size they had; the first word is that of the opening."""
    played = Played().streaming()
    for line in ("[OPENCV:FFMPEG:40] Reinit context to 640x480, pix_fmt: yuv420p", "anything", "Reinit context to 640x480"):
        played.course.printed(line, played.now)
    assert played.due() is Act.NOTHING
    played.course.printed("[OPENCV:FFMPEG:40] Reinit context to 1280x720, pix_fmt: yuv420p", played.now)
    assert (played.due(), played.due()) == (Act.KILL, Act.SPAWN)
    assert played.course.trouble == ""
    played.hear(Ready()).due()
    played.hear(opened(width=1280, height=720))
    assert played.course.counts["resized"] == 1


def test_another_order_begins_anew_and_other_limits_do_not() -> None:
    """A changed address ends the process; changed seconds are gone by from then on."""
    played = Played().streaming()
    section = section_of(KEYS | {"frozen_seconds": 2})
    played.course.change(section, order_of(section))
    assert played.due() is Act.NOTHING
    played.frame(digest=7)
    played.now += 2.0
    assert played.frame(digest=7).told == ("frozen", 1)
    section = section_of(KEYS | {"url": "rtsp://other/1"})
    played.course.change(section, order_of(section))
    assert (played.told[0], played.course.trouble) == ("connecting", "")
    assert (played.due(), played.due()) == (Act.KILL, Act.SPAWN)


def test_messages_at_the_wrong_time_are_nothing() -> None:
    """A frame of an order that is over, or an opening that nobody ordered, changes nothing."""
    played = Played()
    played.due()
    played.hear(opened(), Failed(ending=Ending.LOST)).frame()
    assert (played.told, played.course.counts["frames"], played.course.looked) == (("starting", -1), 0, False)
