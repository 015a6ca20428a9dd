"""What a real broker refuses, and what becomes of the readings."""

import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.doubles.broker import Broker, Listener
from tests.doubles.station import Station
from tests.doubles.wait import until

pytestmark = pytest.mark.skipif(
    not shutil.which("mosquitto_passwd") or not shutil.which("openssl"), reason="mosquitto or openssl is not installed"
)


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    """Ends what a test started, the last first."""
    with ExitStack() as made:
        yield made


def start(stack: ExitStack, broker: Broker) -> Broker:
    """A broker that ends with the test."""
    broker.start()
    stack.callback(broker.stop)
    return broker


def station(folder: Path, broker: Broker, stack: ExitStack, **options: object) -> Station:
    """A station that runs."""
    made = Station(folder, broker, **options)
    stack.callback(made.stop)
    return made.start()


def passwords(folder: Path, **users: str) -> str:
    """A broker configuration that asks for these passwords."""
    path = folder / "passwords"
    path.touch(mode=0o600)
    for user, word in users.items():
        subprocess.run(["mosquitto_passwd", "-b", str(path), user, word], check=True, capture_output=True)
    return f"allow_anonymous false\npassword_file {path}"


@pytest.mark.parametrize("quirk", ["", "max_queued_messages 0"], ids=["answers", "hangs up"])
def test_an_access_list_decides_by_topic(tmp_path: Path, stack: ExitStack, quirk: str) -> None:
    """A topic that is denied stays pending and is named; the others flow; it flows once the list allows it."""
    acl = tmp_path / "acl"
    acl.write_text("topic readwrite edged/line3/read/open\ntopic readwrite edged/line3/status\n")
    broker = start(stack, Broker(tmp_path, f"allow_anonymous true\nacl_file {acl}\n{quirk}"))  # mosquitto 2.0 then closes after its refusal
    made = station(tmp_path, broker, stack)
    made.add(5, source="closed")
    made.add(5, source="open")
    made.until_sent(5)
    until(lambda: any("read/closed" in fault.message for fault in made.relay.health().refused))
    assert made.outbox.stats().dead == 0
    acl.write_text("topic readwrite edged/#\n")
    broker.stop()
    broker.start()
    made.until_sent(10)
    until(lambda: made.relay.health().refused == ())


def test_a_poison_message_does_not_wedge_mqtt_5(tmp_path: Path, stack: ExitStack) -> None:
    """The broker tells its limit beforehand: no reconnect at all, and a dead letter with its event."""
    broker = start(stack, Broker(tmp_path, "allow_anonymous true\nmax_packet_size 4000"))
    listener = Listener(broker.port)
    stack.callback(listener.close)
    made = station(tmp_path, broker, stack)
    made.add(1)
    made.add(1, size=6000)
    made.add(1)
    made.until_sent(2)
    until(lambda: made.outbox.stats().dead == 1, 60)
    listener.until(lambda heard: heard.on("/event/dead_letter"))
    listener.until(lambda heard: len(heard.seqs()) == 2)
    assert listener.seqs() == [1, 3]
    assert made.relay.health().reconnects == 0
    assert listener.on("/event/dead_letter")[0]["seq"] == 2
    assert "packet_too_large" in made.outbox.dead()[0].reason


def test_a_poison_message_does_not_wedge_mqtt_311(tmp_path: Path, stack: ExitStack) -> None:
    """The broker only hangs up: at most three reconnects, and a later message is delivered."""
    broker = start(stack, Broker(tmp_path, "allow_anonymous true\nmax_packet_size 4000"))
    listener = Listener(broker.port)
    stack.callback(listener.close)
    made = station(tmp_path, broker, stack, protocol="3.1.1")
    until(lambda: made.relay.health().connected)
    listener.until(lambda heard: heard.on("/status"))
    made.add(1, size=6000)
    until(lambda: made.relay.health().reconnects)
    made.add(1)
    made.until_sent(1)
    before = made.relay.health().reconnects  # one, unless we were held up: without a control it is tried now and then
    until(lambda: made.outbox.stats().dead == 1, 60)
    made.add(1)
    made.until_sent(2)
    listener.until(lambda heard: len(heard.seqs()) == 2)
    assert listener.seqs() == [2, 3]
    assert made.relay.health().reconnects - before <= 2


def test_a_poison_message_in_a_crowd_dies_alone(tmp_path: Path, stack: ExitStack) -> None:
    """Twenty in flight, one of them poison: the nineteen arrive."""
    broker = start(stack, Broker(tmp_path, "allow_anonymous true\nmax_packet_size 4000"))
    made = Station(tmp_path, broker, protocol="3.1.1")
    stack.callback(made.stop)
    made.add(9)
    made.add(1, size=6000)
    made.add(30)
    made.start()
    made.until_sent(39)
    until(lambda: made.outbox.stats().dead == 1, 60)
    assert [letter.seq for letter in made.outbox.dead()] == [10]
    assert made.relay.health().reconnects <= 5


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
def test_a_wrong_password_is_named_and_a_corrected_one_is_taken(tmp_path: Path, stack: ExitStack, protocol: str) -> None:
    """The file is read at each connect: no restart is needed, and the password stands in no message."""
    broker = start(stack, Broker(tmp_path, passwords(tmp_path, edged="right horse")))
    secret = tmp_path / "secret"
    secret.write_text("wrong horse\n")
    made = station(tmp_path, broker, stack, username="edged", password_file=secret, protocol=protocol)
    made.add(3)
    made.until_fault("not_authorized")
    assert "horse" not in str(made.relay.health())
    secret.write_text("right horse\nsecond line\n")
    made.until_sent(3)


def test_a_systemd_credential_is_a_password(tmp_path: Path, stack: ExitStack) -> None:
    """Missing, it is named; there, it opens the door."""
    broker = start(stack, Broker(tmp_path, passwords(tmp_path, edged="right")))
    environ: dict[str, str] = {"OTHER": ""}
    made = station(tmp_path, broker, stack, username="edged", password_credential="mqtt", environ=environ)
    made.add()
    made.until_fault("secret_unreadable")
    assert made.relay.health().fault is not None
    assert "LoadCredential" in made.relay.health().fault.message
    (tmp_path / "mqtt").write_text("right")
    environ["CREDENTIALS_DIRECTORY"] = str(tmp_path)
    made.until_sent(1)


def test_another_client_with_our_id_does_not_make_a_loop(tmp_path: Path, stack: ExitStack) -> None:
    """This broker closes without a reason: the hint speaks of the client id, and both back off."""
    broker = start(stack, Broker(tmp_path))
    first = station(tmp_path, broker, stack)
    until(lambda: first.relay.health().connected)
    (tmp_path / "b").mkdir()
    second = station(tmp_path / "b", broker, stack)
    first.until_fault("connection_lost")
    fault = first.relay.health().fault
    assert fault is None or "client_id" in fault.hint
    first.add(50)
    second.add(50)
    first.until_sent(50)
    second.until_sent(50)
    assert first.outbox.stats().dead == second.outbox.stats().dead == 0


def test_a_port_that_is_no_broker_is_named(tmp_path: Path, stack: ExitStack) -> None:
    """Something that listens and says nothing is not waited for beyond the timeout."""
    silent = socket.create_server(("127.0.0.1", 0))
    stack.callback(silent.close)
    broker = Broker(tmp_path)
    broker.port = silent.getsockname()[1]
    made = station(tmp_path, broker, stack, connect_timeout_seconds=1.0)
    made.until_fault("no_greeting")


def test_a_broker_that_hangs_is_left(tmp_path: Path, stack: ExitStack) -> None:
    """A frozen broker is noticed by the keep-alive, and what was in flight goes out when it thaws or comes back."""
    broker = start(stack, Broker(tmp_path))
    made = station(tmp_path, broker, stack, keepalive_seconds=5, connect_timeout_seconds=1.0)
    until(lambda: made.relay.health().connected)
    broker.freeze()
    made.add(3)
    until(lambda: made.relay.health().reconnects == 1, 90)
    broker.kill()
    broker.start()
    made.until_sent(3)
    assert made.outbox.stats().dead == 0


class Certificates:
    """An authority, a broker and a client, made by openssl."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.run(
            "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=test ca", "-days", "2"
        )
        for name in ("broker", "client"):
            self.run("req", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}")
            (folder / f"{name}.ext").write_text("subjectAltName=IP:127.0.0.1\n")
            signed = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", f"{name}.ext"]
            self.run("x509", "-req", "-in", f"{name}.csr", "-out", f"{name}.pem", *signed)

    def run(self, *arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=self.folder, check=True, capture_output=True)

    def __getitem__(self, name: str) -> Path:
        return self.folder / name

    @property
    def listener(self) -> str:
        """Lines for the listener of the broker."""
        return (
            f"cafile {self['ca.pem']}\ncertfile {self['broker.pem']}\nkeyfile {self['broker.key']}\n"
            "require_certificate true\nuse_identity_as_username true"
        )


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """Certificates for all tests: keys take a moment."""
    return Certificates(tmp_path_factory.mktemp("certificates"))


class TestTls:
    @pytest.fixture
    def broker(self, tmp_path: Path, stack: ExitStack, made: Certificates) -> Broker:
        """A broker that wants our certificate."""
        return start(stack, Broker(tmp_path, listener=made.listener))

    def test_with_authority_and_client_certificate(self, tmp_path: Path, stack: ExitStack, made: Certificates, broker: Broker) -> None:
        """Both sides know each other; a backlog passes."""
        tls = {"ca_file": made["ca.pem"], "cert_file": made["client.pem"], "key_file": made["client.key"]}
        link = station(tmp_path, broker, stack, tls=tls)
        link.add(200)
        link.until_sent(200)

    # paho 2.2 leaves the socket of a failed handshake to the garbage collector.
    leaves_a_socket = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

    @leaves_a_socket
    def test_an_unknown_authority_is_named(self, tmp_path: Path, stack: ExitStack, broker: Broker) -> None:
        """Without the authority's certificate the broker is not trusted."""
        link = station(tmp_path, broker, stack, tls={})
        link.until_fault("certificate_not_trusted")

    @leaves_a_socket
    def test_a_name_that_is_not_in_the_certificate_is_named(
        self, tmp_path: Path, stack: ExitStack, made: Certificates, broker: Broker
    ) -> None:
        """The broker must be who we asked for."""
        link = station(tmp_path, broker, stack, tls={"ca_file": made["ca.pem"]}, host="localhost")
        link.until_fault("certificate_not_trusted")

    def test_a_missing_client_certificate_is_a_fault(self, tmp_path: Path, stack: ExitStack, made: Certificates, broker: Broker) -> None:
        """The broker closes the door, and the hint speaks of certificates."""
        link = station(tmp_path, broker, stack, tls={"ca_file": made["ca.pem"]})
        until(lambda: link.relay.health().fault)
        fault = link.relay.health().fault
        assert fault is not None
        assert "tls" in fault.hint

    def test_a_missing_file_is_named(self, tmp_path: Path, stack: ExitStack, broker: Broker) -> None:
        """A certificate that is not there is a fault of ours, not of the network."""
        link = station(tmp_path, broker, stack, tls={"ca_file": tmp_path / "nowhere.pem"})
        link.until_fault("secret_unreadable")

    def test_no_tls_against_a_tls_port_is_a_fault(self, tmp_path: Path, stack: ExitStack, broker: Broker) -> None:
        """The hint asks whether the port wants TLS."""
        link = station(tmp_path, broker, stack)
        link.until_fault("no_greeting")
