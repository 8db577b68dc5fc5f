"""Rows of a CSV file from its lines: a quoted cell may hold line ends.

A quote that was never closed must not swallow the file. So a row of several lines is believed only
if it `fits`; otherwise its first line is a row by itself, to be refused, and reading goes on with
the second.
"""

from collections import deque
from collections.abc import Callable, Iterator
from typing import NamedTuple

ROW_LINES = 256  # of one row
ROW_LENGTH = 1 << 20  # bytes


class Row(NamedTuple):
    """One row, with the line ends that are inside it."""

    number: int  # of its first line, from 1
    end: int  # bytes of the file up to here
    raw: bytes


def rows(lines: Iterator[Row], fits: Callable[[bytes], bool]) -> Iterator[Row]:
    """Join the lines that belong to one row."""
    ahead: deque[Row] = deque()
    while True:
        first = ahead.popleft() if ahead else next(lines, None)
        if first is None:
            return
        yield first if first.raw.count(b'"') % 2 == 0 else _joined(first, ahead, lines, fits)


def _joined(
    first: Row, ahead: deque[Row], lines: Iterator[Row], fits: Callable[[bytes], bool]
) -> Row:
    length = len(first.raw)
    for count in range(1, ROW_LINES):
        if len(ahead) < count:
            line = next(lines, None)
            if line is None:
                return first
            ahead.append(line)
        last = ahead[count - 1]
        length += 1 + len(last.raw)
        if length > ROW_LENGTH:
            return first
        if last.raw.count(b'"') % 2:
            raw = b"\n".join([first.raw, *(ahead[at].raw for at in range(count))])
            if not fits(raw):
                return first
            for _ in range(count):
                ahead.popleft()
            return Row(first.number, last.end, raw)
    return first
