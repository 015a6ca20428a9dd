"""Whether the daemon runs with what the files say."""

from edged.control.configuration import ConfigurationCheck
from edged.control.health import Health, HealthState


def test_a_start_with_good_files_is_well() -> None:
    """No reasons, no failure."""
    assert ConfigurationCheck(()).health() == Health()


def test_a_start_with_the_last_good_one_fails_until_a_reload_heals_it() -> None:
    """Every reason is told until then."""
    check = ConfigurationCheck(("refused", "edged.yaml:1: wrong"))
    assert check.health() == Health(state=HealthState.FAILING, reasons=("refused", "edged.yaml:1: wrong"))
    check.good()
    assert check.health() == Health()


def test_a_file_that_is_wrong_on_every_line_is_told_in_bearable_length() -> None:
    """Health is published: it names the first errors and how many more there are."""
    reasons = ConfigurationCheck([str(i) for i in range(500)]).health().reasons
    assert len(reasons) == 21
    assert reasons[-1].startswith("and 480 more")
