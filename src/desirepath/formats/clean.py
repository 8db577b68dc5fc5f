"""Repair what would make a parser refuse a whole body: lone surrogates, NUL, a BOM, bad UTF-8.

A browser makes a lone surrogate when it cuts a text inside an emoji. JSON parsers refuse the
whole body for it, so one cut title would cost fifty events. It becomes U+FFFD and the event stays.
"""

import re

_BOM = b"\xef\xbb\xbf"
_REPLACEMENT = b"\\ufffd"

_HALF = rb"\\u[dD][89abAB][0-9a-fA-F]{2}"
_OTHER_HALF = rb"\\u[dD][c-fC-F][0-9a-fA-F]{2}"

# Most escapes are of other letters: only what could be a half or a NUL is worth a second look.
_SUSPECT = re.compile(rb"\\u(?:[dD][89a-fA-F]|0000)").search
# Backslashes before it, in pairs, are escaped ones and do not make it an escape.
_ESCAPES = re.compile(
    rb"(?<!\\)((?:\\\\)*+)"
    rb"(?:(" + _HALF + _OTHER_HALF + rb")|\\u[dD][89a-fA-F][0-9a-fA-F]{2}|\\u0000)"
)


def clean(body: bytes) -> bytes:
    """`body` as every parser reads it: UTF-8, no NUL, whole surrogates. The same where it was."""
    if body.startswith(_BOM):
        body = body[3:]
    # One character is found several times faster than two.
    if b"\\" in body and _SUSPECT(body):
        body = _ESCAPES.sub(_repaired, body)
    if b"\x00" in body:
        body = body.replace(b"\x00", "\ufffd".encode())
    if not body.isascii():
        try:
            body.decode()
        except UnicodeDecodeError:
            body = body.decode(errors="replace").encode()
    return body


def _repaired(found: re.Match[bytes]) -> bytes:
    return found[1] + (found[2] or _REPLACEMENT)
