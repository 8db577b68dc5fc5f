"""Cut `{"events": [...]}` into its events by strings and brackets alone.

Used only when the parser refused the body, so that one hostile event does not sink the others:
what lies between two commas of the array is decoded by itself afterwards.
"""

import re
from typing import NamedTuple

from desirepath.errors import Malformed

# A whole string, or a bracket or comma outside strings. Possessive: linear on any input.
_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[\[\]{},]', re.DOTALL)
_OPENS = re.compile(rb"\s*:\s*\[")


class Cut(NamedTuple):
    """The elements, and the body with the array emptied."""

    elements: list[bytes]
    envelope: bytes


def split(body: bytes, key: bytes) -> Cut:
    """Cut the array under `key` of a top-level object. Raises Malformed where there is none."""
    start, depth = _array_of(body, key), 1
    begin, elements = start, []
    for token in _TOKEN.finditer(body, start):
        mark = token[0]
        if mark in b"[{":
            depth += 1
        elif mark in b"]}":
            depth -= 1
            if depth == 0:
                last = body[begin : token.start()].strip()
                if last or elements:
                    elements.append(last)
                return Cut(elements, body[:start] + body[token.start() :])
        elif mark == b"," and depth == 1:
            elements.append(body[begin : token.start()].strip())
            begin = token.end()
    raise Malformed("the body ends in the middle of an event: it was cut off on its way")


def _array_of(body: bytes, key: bytes) -> int:
    quoted, depth, found = b'"' + key + b'"', 0, -1
    for token in _TOKEN.finditer(body):
        mark = token[0]
        if mark in b"[{":
            depth += 1
        elif mark in b"]}":
            depth -= 1
        elif depth == 1 and mark == quoted and (opens := _OPENS.match(body, token.end())):
            found = opens.end()  # the last of equal keys wins, as in browsers
            break
    if found < 0:
        name = key.decode()
        raise Malformed(f'the body is not JSON of the form {{"{name}": [...]}}')
    return found
