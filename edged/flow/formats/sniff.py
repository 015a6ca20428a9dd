"""Which format the first bytes name, and what to do about files that are no pictures."""

from edged.errors import FrameIncomplete, FrameRejected
from edged.flow.formats.header import CUT, RESAVE, Format

_PICTURES: tuple[tuple[bytes, Format], ...] = (
    (b"\xff\xd8\xff", Format.JPEG),
    (b"\x89PNG\r\n\x1a\n", Format.PNG),
    (b"II*\0", Format.TIFF),
    (b"MM\0*", Format.TIFF),
    (b"II+\0", Format.TIFF),
    (b"MM\0+", Format.TIFF),
    (b"BM", Format.BMP),
)
_PDF = "convert its pages first: pdftoppm -png -r 300 FILE.pdf page"
_OFFICE = "export the pages as PNG, or as PDF and then with pdftoppm -png"
_ARCHIVE = "archives are never unpacked: drop the pictures themselves"
_VIDEO = "drop single pictures: ffmpeg -i FILE -vf fps=1 frame-%05d.png"
_DRAWING = "drawings have no pixels: export it as PNG"

# What a file starts with, what that is, what to do.
_OTHERS: tuple[tuple[bytes, str, str], ...] = (
    (b"%PDF", "a PDF document", _PDF),
    (b"%!PS", "a PostScript document", "convert its pages first: ghostscript with -sDEVICE=png16m -r300"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an Office document", _OFFICE),
    (b"{\\rtf", "an Office document", _OFFICE),
    (b"PK\x05\x06", "an empty zip archive", _ARCHIVE),
    (b"GIF8", "a GIF", "GIF is not read: save it as PNG"),
    (b"\x1f\x8b", "a gzip archive", _ARCHIVE),
    (b"BZh", "a bzip2 archive", _ARCHIVE),
    (b"7z\xbc\xaf'\x1c", "a 7z archive", _ARCHIVE),
    (b"Rar!", "a RAR archive", _ARCHIVE),
    (b"\xfd7zXZ\0", "an xz archive", _ARCHIVE),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive", _ARCHIVE),
    (b"8BPS", "a Photoshop document", RESAVE),
    (b"\0\0\0\x0cjP  ", "a JPEG 2000 picture", RESAVE),
    (b"\xff\x4f\xff\x51", "a JPEG 2000 picture", RESAVE),
    (b"\0\0\0\x0cJXL ", "a JPEG XL picture", RESAVE),
    (b"\xff\x0a", "a JPEG XL picture", RESAVE),
    (b"v/1\x01", "an OpenEXR picture", RESAVE),
    (b"\0\0\x01\0", "an icon", RESAVE),
    (b"\x1aE\xdf\xa3", "a video", _VIDEO),
    (b"\x7fELF", "a program", "only pictures belong here"),
    (b"MZ", "a program", "only pictures belong here"),
)
_HEAD = 4096  # bytes that are looked at to name what is no picture


def sniff(data: bytes) -> Format:
    """The format that *data* starts like.

    Raises:
        FrameRejected: It is no picture, or one of a format that is not read.
        FrameIncomplete: There are too few bytes to tell, or only zeros.
    """
    for magic, kind in _PICTURES:
        if data.startswith(magic):
            return kind
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return Format.WEBP
    _too_short(data)
    found, hint = _foreign(data[:_HEAD])
    msg = f"{found}, not a picture that is read (JPEG, PNG, BMP, TIFF, WebP)"
    raise FrameRejected(msg, hint=hint)


def _too_short(data: bytes) -> None:
    """Raise FrameIncomplete where a picture may still grow out of *data*."""
    if not data:
        # Scanners and network shares create the file first and write later.
        msg = "the file is empty"
        raise FrameIncomplete(msg, hint=CUT)
    # Copying programs reserve the whole length before they write: zeros at the end may become anything.
    written = data.rstrip(b"\0")
    if any(magic.startswith(written) for magic, _ in _PICTURES) or _starts_webp(written):
        msg = (
            f"the file ends after byte {len(data)}" if len(data) < 12 else f"of the {len(data)} bytes all are zero from byte {len(written)}"
        )
        raise FrameIncomplete(msg, hint=CUT)


def _starts_webp(data: bytes) -> bool:
    """Whether *data* is too short to say, but may become a WebP."""
    return len(data) < 12 and b"RIFF".startswith(data[:4]) and b"WEBP".startswith(data[8:])


def _foreign(head: bytes) -> tuple[str, str]:
    """What it is instead, and what to do."""
    for magic, found, hint in _OTHERS:
        if head.startswith(magic):
            return found, hint
    if head.startswith(b"PK\x03\x04"):
        office = any(name in head for name in (b"[Content_Types].xml", b"word/", b"xl/", b"ppt/", b"mimetypeapplication/vnd.oasis"))
        return ("an Office document", _OFFICE) if office else ("a zip archive", _ARCHIVE)
    if head[4:8] == b"ftyp":
        still = head[8:12] in (b"heic", b"heix", b"heif", b"mif1", b"msf1", b"avif", b"avis")
        return (
            ("a HEIC or AVIF picture", "set the camera to JPEG, or convert it: heif-convert FILE out.png") if still else ("a video", _VIDEO)
        )
    if head.startswith(b"RIFF"):
        return ("a sound or video file", _VIDEO)
    if b"%PDF-" in head[:1024]:
        return ("a PDF document", _PDF)
    return _text(head)


def _text(head: bytes) -> tuple[str, str]:
    """Tell drawings, pages and plain text from bytes that nobody knows."""
    lower = head.lower()
    if b"<svg" in lower:
        return ("an SVG drawing", _DRAWING)
    if b"<html" in lower or b"<!doctype html" in lower:
        return ("a web page", "perhaps a download that failed: look at it with a browser")
    printable = sum(byte >= 0x20 or byte in b"\t\n\r\f" for byte in head)
    if printable == len(head):
        return ("a text file", "only pictures belong here")
    return (f"an unknown file that starts with {head[:8].hex(' ')}", RESAVE)
