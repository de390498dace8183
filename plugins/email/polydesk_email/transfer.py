"""Transfer encodings undone, however badly they were done."""

from __future__ import annotations

import binascii
import re

from polydesk_email.headers import base64
from polydesk_email.structure import Part

_UU = ("x-uuencode", "uuencode", "x-uue", "uue")
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/=\r\n]")
_PAD = re.compile(rb"=+\s*")


def decoded(part: Part) -> bytes:
    """The bytes of a part's body."""
    encoding = part.headers.first("content-transfer-encoding").lower().split(" ", 1)[0]
    data = part.body()
    if encoding == "base64" and not (part.main == "text" and _is_prose(data)):
        return _base64(data)
    if encoding in _UU:
        return _uudecoded(data)
    if encoding in ("8bit", "binary"):
        return data
    # Lines on the wire end in CRLF whatever they ended in at the sender's (RFC 2049, 4): here they end in LF.
    if encoding == "quoted-printable":
        return binascii.a2b_qp(data.replace(b"\r\n", b"\n") if part.main in ("text", "message") else data)
    return data.replace(b"\r\n", b"\n")


def _is_prose(data: bytes) -> bool:
    """Said to be base64, but plainly readable: some programs say so and send the text as it is."""
    sample = data[:2_000]
    return len(_NOT_BASE64.findall(sample)) * 20 > len(sample)


def _base64(data: bytes) -> bytes:
    first = data.find(b"=")
    if 0 <= first < len(data.rstrip()) - 2:  # several encodings one after another, each with its own padding
        return b"".join(base64(piece) for piece in _PAD.split(data))
    return base64(data)


def _uudecoded(data: bytes) -> bytes:
    begin = re.search(rb"^begin \d{3,4} [^\r\n]*\r?\n", data, re.MULTILINE)
    out: list[bytes] = []
    for line in data[begin.end() if begin else 0 :].splitlines():
        if line in (b"end", b"`"):
            break
        if not line:
            continue
        try:
            out.append(binascii.a2b_uu(line))
        except binascii.Error:  # trailing blanks lost or doubled: believe the length byte
            length = (((line[0] - 32) & 63) * 4 + 5) // 3
            try:
                out.append(binascii.a2b_uu(line[:length]))
            except binascii.Error:
                break
    return b"".join(out)
