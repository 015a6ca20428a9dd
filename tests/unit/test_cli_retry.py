"""`edged retry` takes times as people write them."""

import pytest

from edged import cli


@pytest.mark.parametrize(("text", "seconds"), [("0s", 0), ("90s", 90), ("30m", 1800), ("2h", 7200), ("7d", 604_800)])
def test_a_time_has_its_unit(text: str, seconds: float) -> None:
    """Seconds, minutes, hours and days."""
    assert cli._duration(text) == seconds


@pytest.mark.parametrize("text", ["", "2", "h", "-1h", "2w", "1e3s", "٣h", "9" * 12 + "d"])
def test_what_is_no_time_is_a_usage_error(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    """With what was expected."""
    with pytest.raises(SystemExit) as ended:
        cli.main(["retry", f"--since={text}"])
    assert ended.value.code == 2
    assert "expected a duration such as" in capsys.readouterr().err
