"""What the broker's reason codes mean for us. Pure.

Codes are those of MQTT 5 (section 2.4); paho translates the return codes of 3.1.1 into them.
"""

from edged.link import Fault, Suspicion

FAILURE = 0x80  # from here on a code says no
NO_SUBSCRIBER = 0x10  # success: taken, and thrown away
KEEP_ALIVE_TIMEOUT = 0x8D
TAKEN_OVER = 0x8E
TAKEN_OVER_NAME = "session_taken_over"
PACKET_TOO_LARGE = 0x95
QOS_NOT_SUPPORTED = 0x9B

_ACL = "let the broker's access list allow this user to write below the base topic"
_CREDENTIALS = "check mqtt.username and the password file or credential; both are read again at each connect"
_BROKER = "look at the broker's log; we try again"
_REPORT = "look at the broker's log and report it: neither side should have sent this"
_SIZE = "raise the broker's packet limit (mosquitto: max_packet_size)"

# name, what it means, what to do
_CODES: dict[int, tuple[str, str, str]] = {
    0x80: ("unspecified_error", "an error it does not name", _BROKER),
    0x81: ("malformed_packet", "a packet it could not parse", _REPORT),
    0x82: ("protocol_error", "a protocol error", _REPORT),
    0x83: ("implementation_specific_error", "an error of its own", _BROKER),
    0x84: ("unsupported_protocol_version", "that it does not speak this version of MQTT", "set mqtt.protocol to 3.1.1"),
    0x85: ("client_identifier_not_valid", "that it refuses our client id", "set mqtt.client_id to one that it allows"),
    0x86: ("bad_user_name_or_password", "that user name or password are wrong", _CREDENTIALS),
    0x87: ("not_authorized", "that we are not authorised", _ACL),
    0x88: ("server_unavailable", "that it is not available", _BROKER),
    0x89: ("server_busy", "that it is busy", _BROKER),
    0x8A: ("banned", "that this client is banned", "lift the ban on the broker"),
    0x8B: ("server_shutting_down", "that it is shutting down", "start it again; we try again"),
    0x8C: ("bad_authentication_method", "that it wants another way to authenticate", _CREDENTIALS),
    0x8D: ("keep_alive_timeout", "that it heard nothing from us for too long", "look at the network between this box and the broker"),
    TAKEN_OVER: (
        TAKEN_OVER_NAME,
        "that another client came with our client id",
        "give each box its own device name or mqtt.client_id",
    ),
    0x90: ("topic_name_invalid", "that it refuses this topic", "set mqtt.base to a topic that it allows"),
    0x91: ("packet_identifier_in_use", "that it still knows this packet identifier", _REPORT),
    0x93: ("receive_maximum_exceeded", "that we sent too much at once", _REPORT),
    0x95: ("packet_too_large", "that a packet is larger than it takes", _SIZE),
    0x96: ("message_rate_too_high", "that we send too fast", "raise the broker's rate limit for this client"),
    0x97: ("quota_exceeded", "that a quota is used up", "raise the broker's quota for this client"),
    0x98: ("administrative_action", "that an administrator ended the connection", _BROKER),
    0x99: ("payload_format_invalid", "that it refuses this payload", "look at the broker's schema or payload rules for this topic"),
    0x9A: ("retain_not_supported", "that it does not keep retained messages", "enable retained messages on the broker"),
    0x9B: ("qos_not_supported", "that it does not take QoS 1", "allow QoS 1 on the broker; edged sends nothing else"),
    0x9C: ("use_another_server", "that another broker is to be used", "set mqtt.host to that one"),
    0x9D: ("server_moved", "that it has moved", "set mqtt.host to where it moved"),
    0x9F: ("connection_rate_exceeded", "that we connect too often", "raise the broker's rate limit for connections"),
}

# The one code that speaks of a packet of ours and of nothing else.
_CERTAIN = frozenset({PACKET_TOO_LARGE})
# A PUBACK with one of these may speak of the payload, or of a plugin, rule or store of the broker that is down.
_PERHAPS_PAYLOAD = frozenset({0x80, 0x83, 0x99})
# A DISCONNECT with one of these may have been caused by a packet of ours.
_PERHAPS_PACKET = frozenset({0x80, 0x81, 0x82, 0x83, 0x90, 0x99})


def refused(code: int, broker: str) -> Fault:
    """The broker said no to our CONNECT."""
    name, text, hint = _meaning(code)
    return Fault(name=name, message=f"{broker} refuses the connection: it says {text} (0x{code:02X})", hint=hint)


def ended(code: int, broker: str) -> Fault:
    """The broker ended the connection and said why."""
    name, text, hint = _meaning(code)
    message = f"{broker} ended the connection: it says {text} (0x{code:02X})"
    return Fault(name=name, message=message, hint=hint, suspicion=_suspicion(code, _PERHAPS_PACKET))


def not_taken(code: int, topic: str) -> Fault:
    """The broker acknowledged a message by saying no; the suspicion is against its payload."""
    name, text, hint = _meaning(code)
    message = f"{topic}: {name}: the broker says {text} (0x{code:02X})"
    return Fault(name=name, message=message, hint=hint, suspicion=_suspicion(code, _PERHAPS_PAYLOAD))


def not_heard(code: int, topic: str) -> Fault:
    """The broker does not let us subscribe."""
    _, text, _ = _meaning(code)
    message = f"{topic}: the broker refuses the subscription: it says {text} (0x{code:02X})"
    return Fault(name="subscription_refused", message=message, hint=f"let the broker's access list allow this user to read {topic}")


def _suspicion(code: int, perhaps: frozenset[int]) -> Suspicion:
    if code in _CERTAIN:
        return Suspicion.CERTAIN
    return Suspicion.PERHAPS if code in perhaps else Suspicion.NONE


def _meaning(code: int) -> tuple[str, str, str]:
    return _CODES.get(code, (f"code_0x{code:02x}", "a code that MQTT does not define", _BROKER))
