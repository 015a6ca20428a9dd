"""What keeps us from the broker, named for the operator: everything that is not a reason code. Pure."""

import socket
import ssl

from edged.link import Fault, Suspicion

_TLS = "check mqtt.tls (ca_file, cert_file, key_file), the name in the broker's certificate, and this box's clock"
_BEYOND = "a broker beyond private networks needs IPAddressAllow= in the unit"
_NETWORK = f"check mqtt.host, the network and the firewall ({_BEYOND}); we try again"
_HUNG_UP = "look at the broker's log; if this repeats, another client may have our client id (mqtt.client_id)"
_LISTENS = "start the broker, or check mqtt.host and mqtt.port; we try again"

# The first that fits; certificate errors are TLS errors are OSErrors.
_LOCAL: tuple[tuple[type[Exception], str, str], ...] = (
    (socket.gaierror, "name_not_resolved", f"check mqtt.host and the name service of this box ({_BEYOND}); we try again"),
    (ConnectionRefusedError, "connection_refused", _LISTENS),
    (ssl.SSLCertVerificationError, "certificate_not_trusted", _TLS),
    (ssl.SSLError, "tls_error", _TLS),
    (TimeoutError, "connect_timeout", _NETWORK),
    (OSError, "unreachable", _NETWORK),
    (ValueError, "host_not_valid", "mqtt.host must be a name or an address"),
)

_DEAF = "puback_timeout"

INTERNAL = Fault(name="internal", message="the MQTT client failed; its traceback stands in the journal", hint="report it; we try again")
CLOSED = Fault(name="closed", message="we said goodbye to the broker", hint="")


def local_fault(error: OSError | ValueError, broker: str) -> Fault:
    """No connection came to be."""
    name, hint = next((name, hint) for kind, name, hint in _LOCAL if isinstance(error, kind))
    return Fault(name=name, message=f"{broker}: {error or name}", hint=hint)


def secret_fault(error: OSError | ValueError) -> Fault:
    """A password, certificate or key cannot be read."""
    return Fault(
        name="secret_unreadable",
        message=f"password or certificate: {error}",
        hint="it must exist, be readable by the service, and be what it says",
    )


def no_greeting(broker: str, seconds: float) -> Fault:
    """Something listens there, but does not answer a CONNECT."""
    message = f"{broker}: connected, but no answer to CONNECT within {seconds:g} s"
    return Fault(name="no_greeting", message=message, hint="is it an MQTT broker, and does this port want TLS?")


def silence(broker: str) -> Fault:
    """The keep-alive was not answered."""
    return Fault(name="keep_alive_timeout", message=f"{broker} does not answer any more", hint=_NETWORK)


def hung_up(broker: str, *, greeted: bool) -> Fault:
    """The connection ended without a word."""
    if not greeted:
        message = f"{broker} closed the connection before it answered CONNECT"
        return Fault(name="no_greeting", message=message, hint="does this port want TLS, or a client certificate (mqtt.tls)?")
    message = f"{broker} closed the connection without a reason"
    return Fault(name="connection_lost", message=message, hint=_HUNG_UP, suspicion=Suspicion.PERHAPS)


def hung_up_on(topic: str) -> Fault:
    """The broker closes the connection whenever it gets a certain row, or anything on its topic."""
    message = f"{topic}: the broker closed the connection when it was sent this alone"
    hint = "look at the broker's log: is the topic denied by its access list, or the packet too large (mosquitto: max_packet_size)?"
    return Fault(name="connection_closed_on_publish", message=message, hint=hint)


def nobody_subscribes(topic: str) -> Fault:
    """The broker took a message only to throw it away, and that is not wanted (mqtt.require_subscriber)."""
    message = f"{topic}: the broker says that nobody subscribes to it; its readings wait"
    return Fault(name="no_matching_subscribers", message=message, hint="start the consumer, or set mqtt.require_subscriber to false")


def deaf(what: str, seconds: float) -> Fault:
    """A publish was never acknowledged; we end such a connection ourselves."""
    message = f"{what}: no PUBACK within {seconds:g} s"
    return Fault(name=_DEAF, message=message, hint="look at the broker's log and load; it is sent again")


def too_much(broker: str, most: int) -> Fault:
    """Somebody sends us more than we take, and MQTT 3.1.1 knows no way to say so."""
    message = f"{broker} sends a message of more than {most} bytes to this box"
    return Fault(
        name="message_too_large", message=message, hint="who publishes on the topics `request` and `ack` of this box? send less at a time"
    )


def retained_too_much(topic: str, most: int) -> Fault:
    """As `too_much`, for a message that the broker sends again with each connection."""
    message = f"{topic}: a retained message of more than {most} bytes, thrown away"
    return Fault(name="message_too_large", message=message, hint=f"clear it: mosquitto_pub -r -n -t {topic}")


def hung_up_on_subscribing(topic: str) -> Fault:
    """The broker closes the connection when we subscribe; we stay without requests and confirmations then."""
    message = f"{topic}+: the broker closed the connection when we subscribed to it, so nothing reaches us over MQTT"
    return Fault(name="subscription_refused", message=message, hint="let the broker's access list allow this user to read there")


def may_be_ours(fault: Fault) -> bool:
    """Whether sending the same again may end the connection again, or be met with silence again."""
    return fault.suspicion is not Suspicion.NONE or fault.name == _DEAF
