"""ClickHouse's tokens, as far as needed to find a statement's clauses.

Checked against ClickHouse's own lexer (`tokenizeQuery`) in the tests. What a reader may *not* say
is never decided from these tokens alone: access.py asks ClickHouse itself.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

_TOKEN = re.compile(
    rb"""
      (?P<space> [\s\x00]++ | --[^\n]*+ | //[^\n]*+ | \#[!\ ][^\n]*+ )
    | (?P<comment> /\* )
    | (?P<text> '(?:[^'\\]++|\\.|'')*+' | \xe2\x80\x98.*?\xe2\x80\x99 )
    | (?P<quoted> `(?:[^`\\]++|\\.|``)*+` | "(?:[^"\\]++|\\.|"")*+" | \xe2\x80\x9c.*?\xe2\x80\x9d )
    | (?P<heredoc> \$(?P<tag>\w*)\$.*?\$(?P=tag)\$ )
    | (?P<word> (?:[A-Za-z_]|\$[A-Za-z0-9_])[A-Za-z0-9_$]*+ )
    | (?P<number> [0-9][0-9A-Za-z_]*+ )
    | (?P<mark> \\G | . )
    """,
    re.VERBOSE | re.DOTALL,
)
_COMMENT = re.compile(rb"/\*|\*/")


class Token(NamedTuple):
    """A token that is neither space nor comment. `depth`: of brackets around it."""

    kind: str  # word, quoted, text, heredoc, number or mark
    start: int
    end: int
    depth: int
    word: str  # upper case; '' for what is no word


def tokens(sql: bytes, start: int = 0) -> Iterator[Token]:
    """The tokens of `sql` from `start` on. An unclosed quote ends in lone marks."""
    depth, at = 0, start
    while found := _TOKEN.match(sql, at):
        kind = found.lastgroup or "mark"
        first, at = found.span()
        if kind == "space":
            continue
        if kind == "comment":
            at = _end_of_comment(sql, at)
            continue
        if kind == "word":
            yield Token(kind, first, at, depth, found[0].decode().upper())
            continue
        mark = sql[first]
        if kind == "mark" and mark in b")]}":
            depth = max(0, depth - 1)
        yield Token(kind, first, at, depth, "")
        if kind == "mark" and mark in b"([{":
            depth += 1


def _end_of_comment(sql: bytes, start: int) -> int:
    """Comments are nested. One that is not closed goes to the end."""
    open_ones = 1
    for found in _COMMENT.finditer(sql, start):
        open_ones += 1 if found[0] == b"/*" else -1
        if not open_ones:
            return found.end()
    return len(sql)
