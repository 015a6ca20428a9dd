"""Certificates that end are told in time."""

import datetime as dt
from pathlib import Path

import pytest

from edged.config import TlsSection
from edged.daemon.certificates import Certificates
from tests.doubles.clock import START, FakeClock
from tests.unit.lib.test_x509 import made


def watched(
    folder: Path, end: dt.datetime, *, synced: bool | None = True, seen: dt.datetime | None = None
) -> tuple[Certificates, FakeClock]:
    """A client certificate that ends then."""
    path = folder / "client.pem"
    path.write_text(made(folder, f"{end:%Y%m%d%H%M%SZ}"))
    clock = FakeClock()
    section = TlsSection(cert_file=path, key_file=path)
    check = Certificates(section, lambda: seen, clock=clock, synced=lambda: synced)
    check.look()
    return check, clock


@pytest.mark.parametrize(("days", "state"), [(40, "ok"), (29, "degraded"), (0.1, "degraded"), (-0.1, "failing")])
def test_the_client_certificate(tmp_path: Path, days: float, state: str) -> None:
    """A month before its end somebody is told, and past it nothing works."""
    check, _ = watched(tmp_path, START + dt.timedelta(days=days))
    health = check.health()
    assert health.state == state
    assert all("client.pem" in reason and "renew" in reason for reason in health.reasons)


def test_time_passes_and_a_renewed_one_is_seen(tmp_path: Path) -> None:
    """Without a restart."""
    check, clock = watched(tmp_path, START + dt.timedelta(days=40))
    clock.advance(15 * 86_400)
    assert check.health().state == "degraded"
    (tmp_path / "client.pem").write_text(made(tmp_path, "20300101000000Z"))
    check.look()
    assert check.health().state == "ok"


def test_the_brokers_own(tmp_path: Path) -> None:
    """As it was seen at the last connect."""
    check, _ = watched(tmp_path, START + dt.timedelta(days=400), seen=START + dt.timedelta(days=3))
    assert "broker" in check.health().reasons[0]


def test_nothing_is_judged_while_the_clock_was_never_set(tmp_path: Path) -> None:
    """In 1970 every certificate is good, in 2040 none is."""
    check, _ = watched(tmp_path, START - dt.timedelta(days=40), synced=False)
    assert check.health().state == "ok"


def test_a_file_that_cannot_be_read_is_not_its_business(tmp_path: Path) -> None:
    """The connection names it; and without TLS there is nothing to watch."""
    clock = FakeClock()
    for section in (None, TlsSection(), TlsSection(ca_file=tmp_path / "nowhere.pem")):
        check = Certificates(section, lambda: None, clock=clock, synced=lambda: True)
        check.look()
        assert check.health().state == "ok"
