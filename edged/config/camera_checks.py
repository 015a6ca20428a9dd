"""What no single key can tell of a camera: which keys go with which kind of address, and how its password comes."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from edged.config.document import Document, Finding, KeyPath, sections
from edged.config.passwords import password_findings

_NETWORK: Final = ("rtsp", "rtsps", "http", "https")
_GOES_WITH: Final[dict[str, tuple[str, ...]]] = {
    "username": _NETWORK,
    "password_file": _NETWORK,
    "password_credential": _NETWORK,
    "transport": ("rtsp", "rtsps"),
    "v4l2": ("v4l2",),
    "file": ("file",),
}


class CameraChecks:
    """Looks at one document."""

    def __init__(self, document: Document, environ: Mapping[str, str]) -> None:
        self._document, self._find, self._environ = document, document.finding, environ

    def findings(self) -> list[Finding]:
        """Everything that is wrong, in no order."""
        cameras = ((name, section) for name, section in sections(self._document.data.get("sources")) if section.get("kind") == "camera")
        return [finding for name, section in cameras for finding in self._camera(("sources", name), section)]

    def _camera(self, at: KeyPath, camera: dict[str, Any]) -> Iterator[Finding]:
        url = camera.get("url")
        scheme = url.partition("://")[0] if isinstance(url, str) and "://" in url else None
        if scheme in ("v4l2", "file") and not str(url).partition("://")[2].startswith("/"):
            example = "v4l2:///dev/video0" if scheme == "v4l2" else "file:///srv/edged/film.mp4"
            yield self._find((*at, "url"), f"expected a path from / on after {scheme}://, with three slashes in all: {example}")
        for key, schemes in _GOES_WITH.items():
            if camera.get(key) is not None and scheme is not None and scheme not in schemes:
                yield self._find((*at, key), f"goes with {' and '.join(f'{one}://' for one in schemes)}, and url is another; remove it")
        yield from password_findings(self._document, at, camera, self._environ, user="username")
        device = camera.get("v4l2")
        for one, other in (("width", "height"), ("height", "width")):
            if isinstance(device, dict) and device.get(one) is not None and device.get(other) is None:
                yield self._find((*at, "v4l2", one), f"stands without {other}; a size needs both")
