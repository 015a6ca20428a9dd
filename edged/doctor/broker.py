"""The broker, by really going there: name, network, TLS, login, and a probe on each kind of topic.

The visitor has a client id of its own, so a running daemon keeps its connection. Probes are JSON on topics that no
source has (`…/doctor`). What subscribers take for a reading is probed only where no daemon has proven yet that its
readings are taken; the one message that is retained forgets itself after seconds.
"""

import datetime as dt
import os
import socket
import ssl
from collections.abc import Callable, Iterator
from typing import Final

from edged.config import MqttSection, TlsSection
from edged.daemon.certificates import WARNING_DAYS, ends_of
from edged.doctor.case import Case
from edged.doctor.finding import Finding, bad, doubt, good
from edged.errors import TransientPublishError
from edged.flow import link_faults
from edged.flow.broker_access import tls_context
from edged.flow.mqtt_codes import FAILURE, NO_SUBSCRIBER
from edged.flow.visitor import Visitor, meaning

_SOON: Final = dt.timedelta(days=WARNING_DAYS)
_PROBE: Final = b'{"schema":"edged.probe/1"}'
_EXPIRY_SECONDS: Final = 3
_LISTENED: Final = ("ack", "request/health")
_PACKET_BYTES: Final = 64 * 1024  # more than a reading of a few lines takes
_SECONDS: Final = 3.0


def check(case: Case) -> Iterator[Finding]:
    """From the name to the topics; what cannot be reached ends it."""
    section = case.config.mqtt
    reached = list(_reach(section))
    yield from reached
    if any(finding.level == "bad" for finding in reached):
        return
    name = f"{case.config.client_id}-doctor-{os.getpid()}"
    try:
        with Visitor(section, name, environ=case.environ) as visitor:
            user = f"as {section.username}" if section.username else "without a user"
            yield good(f"the broker greets us {user} (as {name}: the daemon's own client id was not tried)")
            yield from _limits(visitor)
            yield from _topics(visitor, case)
    except TransientPublishError as error:
        yield bad(str(error), error.hint)


def _reach(section: MqttSection) -> Iterator[Finding]:
    where = f"{section.host}:{section.port}"
    try:
        context = tls_context(section.tls) if section.tls is not None else None
    except (OSError, ValueError) as error:
        fault = link_faults.secret_fault(error)
        yield bad(fault.message, fault.hint)
        return
    yield from _own_certificates(section.tls)
    try:
        found = {entry[4][0] for entry in socket.getaddrinfo(section.host, section.port, type=socket.SOCK_STREAM)}
        with socket.create_connection((section.host, section.port), section.connect_timeout_seconds) as connection:
            yield good(f"{where} is {', '.join(sorted(map(str, found)))}, and accepts a connection")
            if context is not None:
                with context.wrap_socket(connection, server_hostname=section.host) as secured:
                    yield _certificate(where, secured)
    except OSError as error:
        fault = link_faults.local_fault(error, where)
        yield bad(fault.message, fault.hint)


def _own_certificates(section: TlsSection | None) -> Iterator[Finding]:
    """Ours and the authority's, as far as they are files."""
    now, remedy = dt.datetime.now(dt.UTC), "renew it in time: afterwards no reading leaves this box"
    for what, end in ends_of(section):
        if end <= now:
            yield bad(f"{what} ended on {end:%Y-%m-%d}", "renew it: no reading leaves this box")
        elif end - now < _SOON:
            yield doubt(f"{what} is good until {end:%Y-%m-%d}", remedy)
        else:
            yield good(f"{what} is good until {end:%Y-%m-%d}")


def _certificate(where: str, secured: ssl.SSLSocket) -> Finding:
    told = secured.getpeercert() or {}
    ends = dt.datetime.fromtimestamp(ssl.cert_time_to_seconds(str(told["notAfter"])), dt.UTC)
    text = f"{where} speaks {secured.version()}, its certificate is good until {ends:%Y-%m-%d}"
    if ends - dt.datetime.now(dt.UTC) < _SOON:
        return doubt(text, "renew it in time: afterwards no reading leaves this box")
    return good(text)


def _limits(visitor: Visitor) -> Iterator[Finding]:
    greeting = visitor.greeting
    if greeting.qos < 1:
        yield bad("the broker takes QoS 0 only", "allow QoS 1 on the broker; edged sends nothing else")
    if not greeting.retains:
        yield doubt("the broker keeps no retained messages: nobody learns the daemon's status later", "enable retained messages on it")
    if greeting.packet_bytes is None:
        yield good(f"the broker names no limit of its packets; {greeting.window} may be unacknowledged")
    elif greeting.packet_bytes < _PACKET_BYTES:
        yield doubt(
            f"the broker takes packets of at most {greeting.packet_bytes} bytes: larger readings become dead letters",
            f"raise its limit to {_PACKET_BYTES} (mosquitto: max_packet_size)",
        )
    else:
        yield good(f"the broker takes packets of up to {greeting.packet_bytes} bytes")


def _topics(visitor: Visitor, case: Case) -> Iterator[Finding]:
    base, section = case.config.base, case.config.mqtt
    echo = visitor.subscribe(f"{base}/event/doctor")
    kinds = ("event", "read") if _unproven(case) else ("event",)
    codes = {topic: visitor.publish(topic, _PROBE) for topic in (f"{base}/{kind}/doctor" for kind in kinds)}
    refused = {topic: code for topic, code in codes.items() if code is None or code >= FAILURE}
    if refused:
        yield from (_refusal(topic, code, bad if _unproven(case) else doubt) for topic, code in refused.items())
        return
    heard = echo is not None and echo < FAILURE and visitor.until(lambda: visitor.heard, _SECONDS)
    if heard or section.protocol == "5":
        yield good(f"the broker takes what is published below {base}{' and brings it back' if heard else ''}")
    else:
        yield doubt(
            f"whether the broker takes what is published below {base} cannot be told: MQTT 3.1.1 knows no refusal, and nothing came back",
            f"look with mosquitto_sub -t '{base}/#', or set mqtt.protocol to 5",
        )
    reading = codes.get(f"{base}/read/doctor")
    if reading is not None and section.protocol == "5":
        yield good(f"{'nobody' if reading == NO_SUBSCRIBER else 'somebody'} listens on {base}/read now")
    if section.protocol == "5" and visitor.greeting.retains:
        yield _retained(visitor, f"{base}/event/doctor")
    yield from _listening(visitor, base)


def _unproven(case: Case) -> bool:
    """Whether no daemon shows that its own topics are taken, as with an access list that names each of them."""
    broker = case.daemon["broker"] if case.daemon else None
    return not broker or not broker["connected"] or bool(broker["refused"]) or not broker["sent"]


def _refusal(topic: str, code: int | None, level: Callable[[str, str], Finding]) -> Finding:
    if code is None:
        return level(f"{topic}: no PUBACK for a probe, or the broker hung up", "look at the broker's log and at its access list")
    fault = meaning(code, topic)
    return level(fault.message, fault.hint)


def _retained(visitor: Visitor, topic: str) -> Finding:
    """Let the broker keep a message that forgets itself, and subscribe again."""
    visitor.heard.clear()
    code = visitor.publish(topic, _PROBE, retain_seconds=_EXPIRY_SECONDS)
    if code is None or code >= FAILURE:
        return doubt(
            f"{topic}: a retained message was refused", "let the broker's access list allow retained messages below the base topic"
        )
    visitor.subscribe(topic)
    if visitor.until(lambda: any(message.retained for message in visitor.heard), _SECONDS):
        return good("the broker keeps retained messages")
    return doubt("a retained message did not come back", f"may this user read {topic}? Else nobody learns the daemon's status later")


def _listening(visitor: Visitor, base: str) -> Iterator[Finding]:
    codes = {f"{base}/{kind}": visitor.subscribe(f"{base}/{kind}") for kind in _LISTENED}
    refused = [topic for topic, code in codes.items() if code is None or code >= FAILURE]
    if refused:
        yield doubt(
            f"we may not subscribe to {', '.join(refused)}",
            "only acknowledgements and requests over MQTT need that; allow it on the broker",
        )
    else:
        yield good(f"we may subscribe to {', '.join(codes)}")
