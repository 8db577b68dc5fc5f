"""Cut `{"events": [...]}` into its events by strings and brackets alone.

Used only when the parser refused the body, so that one hostile event does not sink the others:
what lies between two commas of the array is decoded by itself afterwards. An event with a string
that is never closed takes all that follows it with it, and so does one that would keep the server
busy (`MARKS`); the events before it are whole.
"""

import re
from collections.abc import Callable
from itertools import islice
from typing import NamedTuple

import msgspec

from desirepath.errors import Malformed, TooLarge

#: Runs of brackets that one body is searched through: 20 ms. Trackers send five an event at most.
MARKS = 20_000

_SPACE = b" \t\r\n"
_TEXT = rb'[^"\[\]{}]++'
_STRING = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_SIMPLE = rb'"[^"\\\[\]{}]*+(?:\\[^\[\]{}][^"\\\[\]{}]*+)*+"'  # a string without brackets
_FLAT = rb"[\[{](?:" + _TEXT + rb"|" + _STRING + rb")*+[\]}]"  # brackets with none inside them
_AFTER = rb"(?:" + _TEXT + rb"|" + _SIMPLE + rb")*+"
# The next run of brackets, flat ones left out. All runs are possessive: linear on any input.
# A quote is only found where it opens a string without end.
_INSIDE = re.compile(
    rb"(?:" + _TEXT + rb"|" + _STRING + rb"|" + _FLAT + rb")*+"
    rb"((?:[\[{]" + _AFTER + rb")++|(?:[\]}]" + _AFTER + rb')++|"|\Z)',
    re.DOTALL,
).match
# The same outside of all brackets, where a comma ends an element.
_BETWEEN = re.compile(
    rb'(?:[^"\[\]{},]++|' + _STRING + rb"|" + _FLAT + rb')*+([\[\]{},"]|\Z)', re.DOTALL
).match
_OBJECT = re.compile(rb"[ \t\r\n]*\{").match
_MEMBER = re.compile(rb"[ \t\r\n]*(" + _STRING + rb")[ \t\r\n]*:[ \t\r\n]*", re.DOTALL).match
_CLOSING = re.compile(rb"[\]}]").finditer

_decode_text = msgspec.json.Decoder(str).decode

_Match = Callable[[bytes, int], re.Match[bytes] | None]


class Cut(NamedTuple):
    """The elements of the array, and the object without it. As sent: neither need be JSON."""

    elements: list[bytes]
    rest: bytes


def split(body: bytes, key: str, most: int) -> Cut:
    """Cut the array under `key` of a top-level object. Of equal keys the last one counts.

    Raises TooLarge over `most` elements, Malformed where there is no such array or it is cut off.
    """
    opened, search = _OBJECT(body), _Search(body)
    not_this = Malformed(f'the body is not JSON of the form {{"{key}": [...]}}', field=key)
    if opened is None:
        raise not_this
    elements: list[bytes] | None = None
    rest: list[bytes] = []
    at, mark = opened.end(), b","
    while mark == b",":
        member = _MEMBER(body, at)
        if member is None:
            raise not_this
        at = member.end()
        if _text(member[1]) != key:
            end = search.end(at)
            rest.append(body[member.start() : end])
        elif body[at : at + 1] == b"[":
            elements, at = _elements(search, at + 1, most, key)
            if at < 0:
                break
            end = search.end(at)
            if body[at:end].strip(_SPACE):
                raise not_this
        else:
            elements, end = None, search.end(at)
        mark, at = body[end : end + 1], end + 1
    if elements is None or (at >= 0 and body[at:].strip(_SPACE)):
        raise not_this
    return Cut(elements, b"{" + b",".join(rest) + b"}")


def _elements(search: "_Search", at: int, most: int, key: str) -> tuple[list[bytes], int]:
    """The elements of the array opened before `at`, and the place behind it; -1 without an end."""
    body, mark = search.body, b","
    found: list[bytes] = []
    while mark == b",":
        try:
            end = search.end(at)
        except _Endless:
            return [*found, body[at:]], -1
        found.append(body[at:end].strip(_SPACE))
        mark, at = body[end : end + 1], end + 1
        if len(found) > most:
            raise TooLarge(
                f"more than {most} {key} in one body: send them in several requests", field=key
            )
    return ([] if found == [b""] else found), at


class _Endless(Malformed):
    """The end of an element cannot be found, and yet the body does not look as if it was cut."""


class _Search:
    """Looks for the ends of elements in one body."""

    def __init__(self, body: bytes) -> None:
        self.body = body
        self._left = MARKS

    def end(self, at: int) -> int:
        """The place of the comma or bracket that ends the element at `at`."""
        while True:
            mark, at = self._next(_BETWEEN, at)
            if mark not in b"[{":
                return at - 1
            at = self._behind(at)

    def _behind(self, at: int) -> int:
        """The place behind the bracket that closes the one opened before `at`."""
        depth = 1
        while True:
            run, end = self._next(_INSIDE, at)
            if run[0] in b"[{":
                depth += run.count(b"[") + run.count(b"{")
            else:
                closed = run.count(b"]") + run.count(b"}")
                if closed >= depth:
                    last = next(islice(_CLOSING(run), depth - 1, None))
                    return end - len(run) + last.end()
                depth -= closed
            at = end

    def _next(self, match: _Match, at: int) -> tuple[bytes, int]:
        found = match(self.body, at)
        run = b"" if found is None else found[1]
        self._left -= 1
        if self._left < 0:
            raise _Endless("too many brackets to look for the fault among them")
        if found is None or run in (b"", b'"'):
            # A string without end, or a body that was cut? The first ends as bodies do.
            if run and self.body.rstrip(_SPACE).endswith(b"}"):
                raise _Endless("a string in the body has no end")
            raise Malformed("the body ends in the middle of an event: it was cut off on its way")
        return run, found.end()


def _text(quoted: bytes) -> str:
    try:
        return _decode_text(quoted)
    except msgspec.DecodeError:
        return ""  # no JSON, and so no name of ours
