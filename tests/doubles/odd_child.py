"""A process that captures wrongly, by the word in its first argument; run as the child of a `Link`."""

import os
import sys
import time

from edged.capture.channel import Channel
from edged.capture.protocol import Memory, Opened, Ready, Shown


def main(word: str, number: str) -> None:
    import socket

    if word == "mute":  # it never says that it runs
        time.sleep(600)
    channel = Channel(socket.socket(fileno=int(number)))
    if word == "nonsense":
        os.write(channel.fileno(), b"\xffno message")
    channel.send(Ready())
    channel.receive()
    if word == "hanging":  # as a read() that holds the interpreter's lock
        time.sleep(600)
    if word == "crashing":
        print("[OPENCV:FFMPEG:16] the last words", flush=True)
        os.kill(os.getpid(), 11)
    channel.send(Opened(width=64, height=48, fps=10, format="odd"))
    memory = os.memfd_create("odd")
    os.ftruncate(memory, 10**6)
    if word == "unsealed":
        channel.send(Memory(width=64, height=48, slots=3), memory)
    if word == "huge":
        channel.send(Memory(width=100_000, height=100_000, slots=3), memory)
    channel.send(Shown(number=1, slot=0, stamp=2, at=time.monotonic(), digest=1, dark=False))
    time.sleep(600)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
