"""A broker that answers with the bytes a test gives it: reason codes that no broker at hand sends."""

import socket
import struct
import threading
from collections.abc import Callable

CONNECT, PUBLISH, SUBSCRIBE, PINGREQ = 0x10, 0x30, 0x80, 0xC0


def connack(code: int = 0, properties: bytes = b"") -> bytes:
    """CONNACK of MQTT 5."""
    body = bytes([0, code, len(properties)]) + properties
    return bytes([0x20, len(body)]) + body


def puback(mid: int, code: int = 0) -> bytes:
    """PUBACK of MQTT 5."""
    return bytes([0x40, 3]) + struct.pack("!HB", mid, code)


def disconnect(code: int) -> bytes:
    """DISCONNECT of MQTT 5, after which a broker closes."""
    return bytes([0xE0, 1, code])


class ScriptedBroker:
    """Speaks just enough MQTT 5.

    The script gets topic and packet identifier of each PUBLISH; bytes that begin with a DISCONNECT, and an
    empty answer, are followed by the end of the connection.
    """

    def __init__(self, on_publish: Callable[[str, int], bytes] = lambda _topic, mid: puback(mid), greeting: bytes = b"") -> None:
        self.on_publish, self.greeting = on_publish, greeting or connack()
        self.connects = 0
        self.connect = b""  # the last CONNECT, behind its length
        self.topics: list[str] = []
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._server.getsockname()[1])
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._server.close()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            with client, client.makefile("rb") as packets:
                client.settimeout(10)
                try:
                    while self._answer(client, packets):
                        pass
                except OSError:
                    continue

    def _answer(self, client: socket.socket, packets: "socket.SocketIO") -> bool:
        head = packets.read(1)
        if not head:
            return False
        length = shift = 0
        while True:
            (byte,) = packets.read(1)
            length |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
        body = packets.read(length)
        reply = self._reply(head[0] & 0xF0, body)
        client.sendall(reply)
        return bool(reply) and reply[0] != 0xE0

    def _reply(self, kind: int, body: bytes) -> bytes:
        if kind == CONNECT:
            self.connects += 1
            self.connect = body
            return self.greeting
        if kind == PUBLISH:
            size = struct.unpack("!H", body[:2])[0]
            topic = body[2 : 2 + size].decode()
            self.topics.append(topic)
            return self.on_publish(topic, struct.unpack("!H", body[2 + size : 4 + size])[0])
        if kind == SUBSCRIBE:
            return self._subscribed(body)
        return b"\xd0\x00" if kind == PINGREQ else b""

    def _subscribed(self, body: bytes) -> bytes:
        """SUBACK: granted, each of them."""
        at, topics = 3 + body[2], 0
        while at < len(body):
            at += 3 + struct.unpack("!H", body[at : at + 2])[0]
            topics += 1
        return bytes([0x90, 3 + topics]) + body[:2] + bytes([0, *([1] * topics)])
