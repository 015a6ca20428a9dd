"""An RTSP camera on loopback, made of GStreamer: run with the system's Python, which has its bindings.

usage: rtsp_server.py PORT FOLDER [--fps 10] [--size 320x240] [--user NAME --password TEXT]

Shows the PNGs of FOLDER (0.png, 1.png, …) over and over at rtsp://127.0.0.1:PORT/part, in H.264, a key frame each half second. Says
`ready` on standard output once it listens; takes `size 640x480` on standard input, as a camera whose resolution is changed while it runs.
"""

import argparse
import sys
import threading
from pathlib import Path

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402 - the versions come first


def _caps(size: str) -> str:
    width, height = size.split("x")
    return f"video/x-raw,format=I420,width={width},height={height}"


class Part(GstRtspServer.RTSPMediaFactory):
    """What is shown; one pipeline for all who look."""

    def __init__(self, folder: Path, fps: int, size: str) -> None:
        super().__init__()
        self.size, self.media = size, None
        self.set_shared(True)
        last = len(list(folder.glob("*.png"))) - 1
        self._line = (
            f'( multifilesrc location="{folder}/%d.png" start-index=0 stop-index={last} loop=true caps=image/png,framerate={fps}/1 '
            "! pngdec ! videoconvert ! videoscale ! capsfilter name=size caps={caps} ! identity sync=true "
            f"! x264enc tune=zerolatency speed-preset=ultrafast threads=1 sliced-threads=false key-int-max={max(1, fps // 2)} bitrate=2000 "
            "! rtph264pay name=pay0 pt=96 config-interval=-1 )"
        )

    def do_create_element(self, url: object) -> Gst.Element:
        self.element = Gst.parse_launch(self._line.replace("{caps}", _caps(self.size)))
        return self.element

    def resize(self, size: str) -> None:
        """From now on."""
        self.size = size
        self.element.get_by_name("size").set_property("caps", Gst.Caps.from_string(_caps(size)))


def _guard(server: GstRtspServer.RTSPServer, factory: Part, user: str, password: str) -> None:
    """Nobody but *user* may look."""
    auth = GstRtspServer.RTSPAuth()
    token = GstRtspServer.RTSPToken()
    token.set_string(GstRtspServer.RTSP_TOKEN_MEDIA_FACTORY_ROLE, "user")
    auth.add_basic(GstRtspServer.RTSPAuth.make_basic(user, password), token)
    server.set_auth(auth)
    permissions = GstRtspServer.RTSPPermissions()
    permissions.add_permission_for_role("user", GstRtspServer.RTSP_PERM_MEDIA_FACTORY_ACCESS, True)
    permissions.add_permission_for_role("user", GstRtspServer.RTSP_PERM_MEDIA_FACTORY_CONSTRUCT, True)
    factory.set_permissions(permissions)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("port")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--fps", type=int, default=10)
    parser.add_argument("--size", default="320x240")
    parser.add_argument("--user")
    parser.add_argument("--password", default="")
    arguments = parser.parse_args()
    Gst.init(None)
    factory = Part(arguments.folder, arguments.fps, arguments.size)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(arguments.port)
    server.get_mount_points().add_factory("/part", factory)
    if arguments.user:
        _guard(server, factory, arguments.user, arguments.password)
    if not server.attach(None):
        sys.exit(f"port {arguments.port} is taken")
    print("ready", server.get_bound_port(), flush=True)
    loop = GLib.MainLoop()

    def obey() -> None:
        for line in sys.stdin:
            word, _, rest = line.strip().partition(" ")
            if word == "size":
                GLib.idle_add(factory.resize, rest)
        loop.quit()

    threading.Thread(target=obey, daemon=True).start()
    loop.run()


if __name__ == "__main__":
    main()
