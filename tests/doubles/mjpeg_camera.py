"""A camera that streams MJPEG over HTTP, as cheap ones do: one JPEG after the other in a multipart answer."""

import base64
import threading
import time
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PAUSE = 0.05  # between two pictures


class MjpegCamera:
    """Shows JPEGs over and over at `url`, to who knows user and password where it has some."""

    def __init__(self, pictures: Sequence[bytes], user: str = "", password: str = "") -> None:
        wanted = f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}" if user else None
        stop = self._stop = threading.Event()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if wanted is not None and self.headers.get("Authorization") != wanted:
                    self.send_response(401)
                    self.send_header("WWW-Authenticate", 'Basic realm="camera"')
                    self.end_headers()
                    return
                self.send_response(200)
                self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
                self.end_headers()
                try:
                    while not stop.is_set():
                        for picture in pictures:
                            head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(picture)}\r\n\r\n"
                            self.wfile.write(head.encode() + picture + b"\r\n")
                            time.sleep(PAUSE)
                except OSError:
                    return

            def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/video"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    def close(self) -> None:
        """End it, and every answer under way."""
        self._stop.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
