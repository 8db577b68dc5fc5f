"""Repair what would make a parser refuse a whole body: lone surrogates, NUL, a BOM, bad UTF-8.

A browser makes a lone surrogate when it cuts a text inside an emoji. JSON parsers refuse the
whole body for it, so one cut title would cost fifty events. It becomes U+FFFD and the event stays.
"""

import re

_BOM = b"\xef\xbb\xbf"
_REPLACEMENT = b"\\ufffd"

# Read from the left, so that an escaped backslash is never taken for the start of an escape.
_ESCAPES = re.compile(
    rb"\\\\"  # an escaped backslash
    rb"|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"  # a whole pair
    rb"|(\\u[dD][89a-fA-F][0-9a-fA-F]{2}|\\u0000)"  # half a pair, or NUL
)


def clean(body: bytes) -> bytes:
    """`body` as every parser reads it. Costs two searches where there is nothing to repair."""
    if body.startswith(_BOM):
        body = body[3:]
    if b"\\u" in body:
        body = _ESCAPES.sub(lambda m: _REPLACEMENT if m[1] else m[0], body)
    if b"\x00" in body:
        body = body.replace(b"\x00", "\ufffd".encode())
    if not body.isascii():
        try:
            body.decode()
        except UnicodeDecodeError:
            body = body.decode(errors="replace").encode()
    return body
