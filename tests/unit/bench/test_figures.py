"""What the bench makes of what it measured; nothing here measures."""

import json
import struct
import zlib
from xml.etree import ElementTree as ET

import numpy as np

from edged.bench import drawing, figures
from edged.bench.lines import pictures, png
from edged.config import LimitsSection
from edged.flow.decode import decode


def measured() -> figures.Figures:
    """Three rounds, of which the second was disturbed for all variants alike."""
    found = figures.Figures(setting="1 stream", model="m fp16", cores=2, pictures=10, pieces=12, versions={"edged": "1", "openvino": "2"})
    for name, rates in {"raw": [100, 50, 110], "stage": [95, 48, 99], "text": [80, 45, 88], "folder": [70, 20, 77]}.items():
        found.steps[name].rates += rates
        found.steps[name].cpu_ms += [10.0, 11.0, 12.0]
    found.latency_ms = [float(value) for value in range(1, 101)]
    found.memory_mib, found.idle_share, found.written_bytes = 180.0, 0.002, 9_999.6
    return found


def test_ratios_are_those_of_the_same_round() -> None:
    """A disturbed round disturbs both sides: the ratio stays what it is."""
    found = measured()
    assert (round(found.ratio("raw"), 3), found.ratio("stage"), found.ratio("text"), found.ratio("folder")) == (1.0, 0.95, 0.8, 0.7)
    assert (found.percentile(0.5), found.percentile(0.95), found.percentile(0.99)) == (51.0, 95.0, 99.0)


def test_the_table_and_the_json_say_the_same() -> None:
    """Every figure beside its goal; what could not be counted is told."""
    found = measured()
    text = "\n".join(figures.table(found))
    assert "bytes to text              80.0       66.7     80%   85%" in text
    assert "p50 51.0, p95 95.0, p99 99.0 ms" in text
    assert "10000 bytes written, not counted" in text
    told = json.loads(figures.as_json(found))
    assert told["steps"]["folder"] | {"rates": [], "cpu_ms": []} == {"rates": [], "cpu_ms": [], "per_second": 70, "ratio": 0.7, "goal": 0.7}
    assert told["latency_ms"]["p99"] == 99.0


def test_without_a_broker_the_reason_is_told() -> None:
    """The other figures stand."""
    found = measured()
    found.steps["folder"] = figures.Step()
    found.skipped = "mosquitto is not installed"
    text = "\n".join(figures.table(found))
    assert "folder to PUBACK was not measured: mosquitto is not installed" in text
    assert "recogniser stage" in text
    assert [name for name, _, _ in figures.shares(found)] == ["raw inference", "recogniser stage", "bytes to text"]


def test_the_drawing_is_svg_with_a_bar_for_each_step() -> None:
    """As long as its rate; texts are escaped."""
    root = ET.fromstring(drawing.bars("<title> & more", "note", figures.shares(measured())))
    bars = [float(rect.attrib["width"]) for rect in root.findall("{http://www.w3.org/2000/svg}rect")[1:]]
    assert bars == [400.0, 380.0, 320.0, 280.0]
    assert "<title> & more" in "".join(root.itertext())


def test_the_pictures_are_whole_and_of_mixed_widths() -> None:
    """Real PNG files, some wider than the model's shape once they have its height."""
    mix = pictures()
    for picture in mix:
        image = decode(picture.data, LimitsSection()).image
        assert image.shape == (picture.height, picture.width, 3)
    widths = {picture.width * 32 / picture.height for picture in mix}
    assert min(widths) < 160
    assert max(widths) > 480


def test_a_png_has_the_pixels_that_were_given() -> None:
    """Encoded here, decoded by OpenCV."""
    image = np.arange(5 * 7 * 3, dtype=np.uint8).reshape(5, 7, 3)
    data = png(image)
    assert struct.unpack(">I", data[-4:])[0] == zlib.crc32(b"IEND")
    assert (decode(data, LimitsSection()).image == image).all()
