"""Until when a certificate is good: the one field of X.509 that we read. Pure, without OpenSSL.

The `ssl` module tells it only of certificates of a peer or of an authority. A certificate (RFC 5280, 4.1) begins with
SEQUENCE { SEQUENCE { [0] version, serial number, signature, issuer, SEQUENCE { notBefore, notAfter } … } … }, in DER.
"""

import datetime as dt
import re
import ssl

_SEQUENCE, _UTC_TIME, _GENERALIZED_TIME, _VERSION = 0x30, 0x17, 0x18, 0xA0
_PEM = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
_CENTURY = 50  # two digits below it are 20xx (RFC 5280, 4.1.2.5.1)


def good_until(text: str) -> list[dt.datetime]:
    """The ends of all certificates in a PEM file, in their order.

    Raises:
        ValueError: One of them is damaged, or there is none.
    """
    found = [_not_after(ssl.PEM_cert_to_DER_cert(pem)) for pem in _PEM.findall(text)]
    if not found:
        message = "there is no certificate in it"
        raise ValueError(message)
    return found


def _not_after(der: bytes) -> dt.datetime:
    certificate = _value(der, 0, _SEQUENCE)[0]
    body = _value(certificate, 0, _SEQUENCE)[0]
    at = _value(body, 0, None)[1] if body[:1] == bytes([_VERSION]) else 0
    for _ in range(3):  # serial number, signature, issuer
        at = _value(body, at, None)[1]
    validity = _value(body, at, _SEQUENCE)[0]
    at = _value(validity, 0, None)[1]  # notBefore
    text = _value(validity, at, None)[0].decode("ascii")
    if validity[at] == _UTC_TIME:
        text = ("20" if int(text[:2]) < _CENTURY else "19") + text
    elif validity[at] != _GENERALIZED_TIME:
        message = f"its end is no time but 0x{validity[at]:02x}"
        raise ValueError(message)
    return dt.datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=dt.UTC)


def _value(data: bytes, at: int, tag: int | None) -> tuple[bytes, int]:
    """The content of the element at this place, and where the next begins."""
    head = data[at : at + 2]
    if len(head) < 2 or (tag is not None and head[0] != tag):
        message = f"it is damaged at byte {at}"
        raise ValueError(message)
    begin, length = at + 2, head[1]
    if length & 0x80:
        begin += length & 0x7F
        length = int.from_bytes(data[at + 2 : begin])
    if begin + length > len(data):
        message = f"it ends too early, at byte {len(data)}"
        raise ValueError(message)
    return data[begin : begin + length], begin + length
