"""The how-manyth of equal lines a line is.

A log line has no id. Its text and this number make one, which is the same whenever the file, or a
renamed or compressed copy of it, is imported: a second import counts nothing twice, and two equal
requests in one second still count as two.

Only so many lines before a line are remembered. A log line holds its second, so equal lines that
lie further apart are a piece of log pasted in twice.
"""

from hashlib import blake2b
from typing import NamedTuple

REMEMBERED = 50_000  # lines; at least as many before a line are known, at most twice as many


class Mark(NamedTuple):
    """A place in the file."""

    offset: int
    number: int  # lines before it


class Repeats:
    """Two generations of lines. `marks` are their beginnings: from the first of them on, the lines
    must be counted again to go on where somebody stopped."""

    def __init__(self, start: Mark) -> None:
        self.marks = [start, start]
        self._before: dict[bytes, int] = {}
        self._now: dict[bytes, int] = {}
        self._seen = 0

    def count(self, raw: bytes, end: Mark) -> tuple[bytes, int]:
        """Digest of `raw`, and how many equal lines were remembered before it. `end` is its end."""
        digest = blake2b(raw, digest_size=16).digest()
        now = self._now.get(digest, 0)
        self._now[digest] = now + 1
        found = now + self._before.get(digest, 0)
        self._seen += 1
        if self._seen == REMEMBERED:
            self._before, self._now, self._seen = self._now, {}, 0
            self.marks = [self.marks[1], end]
        return digest, found
