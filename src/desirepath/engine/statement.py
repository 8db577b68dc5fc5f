"""One statement: what kind it is, where its data begins, which format its answer has.

ClickHouse joins `?query=` and the body with a newline; an INSERT's data follows its FORMAT.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from desirepath.engine.lexer import Token, tokens
from desirepath.engine.refusal import Refusal

Kind = Literal["select", "insert", "other"]

_FORMAT_NAME = re.compile(r"\w{1,64}")
_SHORT = 16 << 10
_SELECTS = {"SELECT", "WITH", "FROM"}
_SPACE = re.compile(rb"[ \t\f]*(?:\r?\n)?")
_SETTINGS = re.compile(rb"\s*SETTINGS\s+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement without its FORMAT clause, trailing semicolon or data.

    `rest` is what came behind the head of an INSERT: the beginning of its data.
    """

    kind: Kind
    sql: bytes
    format: str | None = None  # as the statement says; None: it does not
    settings: bytes = b""  # the SETTINGS clause behind FORMAT; of an INSERT, wherever it stood
    rest: bytes = b""


def kind_of(text: bytes) -> Kind:
    """What kind of statement begins in `text`: an INSERT is `insert`, whatever follows.

    Raises Refusal where there is none.
    """
    for token in tokens(text):
        if text[token.start : token.end] != b"(":
            if token.word == "INSERT":
                return "insert"
            return "select" if token.word in _SELECTS else "other"
    raise Refusal(62, "Syntax error: Empty query")


def read(text: bytes) -> Statement:
    """Read a statement. Of an INSERT, `text` need not hold all the data.

    Raises Refusal for an empty one, and where it would read or write files of the engine's.
    """
    kind = kind_of(text)
    if kind == "insert":
        return _insert(text)
    # Reports say the same text again and again; their values are bound.
    return _remembered(text, kind) if len(text) < _SHORT else _answering(text, kind)


@lru_cache(maxsize=256)
def _remembered(text: bytes, kind: Kind) -> Statement:
    return _answering(text, kind)


def _answering(text: bytes, kind: Kind) -> Statement:
    every = list(tokens(text))
    while every and text[every[-1].start : every[-1].end] == b";":
        every.pop()
    if not every:
        raise Refusal(62, "Syntax error: Empty query")
    end = every[-1].end
    for at in range(len(every) - 1, 0, -1):
        token = every[at]
        if token.depth == 0 and token.word == "OUTFILE" and every[at - 1].word == "INTO":
            raise Refusal(497, "INTO OUTFILE is not allowed over HTTP")
    clause = _format_clause(text, every)
    if clause is None:
        return Statement(kind, text[:end])
    begins, name = every[clause].start, every[clause + 1]
    form = text[name.start : name.end].decode()
    return Statement(kind, text[:begins].rstrip(), form, text[name.end : end])


def _format_clause(text: bytes, every: list[Token]) -> int | None:
    """Index of the FORMAT that ends the statement; only SETTINGS may follow its name."""
    for at in range(len(every) - 2, 0, -1):
        token, name = every[at], every[at + 1]
        if token.word == "FORMAT" and token.depth == 0 and name.kind == "word":
            follows = every[at + 2].word if at + 2 < len(every) else ""
            return at if at + 2 == len(every) or follows == "SETTINGS" else None
    return None


def _insert(text: bytes) -> Statement:
    before: Token | None = None
    perhaps: int | None = None  # where the word SETTINGS stands; a table may be called so
    settings: int | None = None  # where the clause begins
    for token in tokens(text):
        if token.depth == 0 and before is not None:
            if before.word == "FORMAT" and token.kind == "word":
                return _with_data(text, before.start, settings, token)
            if before.word == "SETTINGS" and token.kind == "word":
                perhaps = before.start
            elif perhaps is not None and settings is None:
                settings = perhaps if text[token.start : token.end] == b"=" else None
                perhaps = None
            if token.word == "VALUES":
                head, clause = _cut(text, token.start, settings)
                return Statement("insert", head, "Values", clause, text[token.end :])
            if token.word == "INFILE" and before.word == "FROM":
                raise Refusal(497, "FROM INFILE is not allowed over HTTP")
            if token.word in ("SELECT", "WITH"):
                return _answering(text, "other")
        before = token
    head, clause = _cut(text.rstrip().rstrip(b";"), len(text), settings)
    return Statement("insert", head, "Values", clause)


def _cut(text: bytes, end: int, settings: int | None) -> tuple[bytes, bytes]:
    """What stands before the SETTINGS clause, and the clause."""
    cut = end if settings is None else settings
    clause = text[cut:end].strip()
    return text[:cut].rstrip(), b" " + clause if clause else b""


def _with_data(text: bytes, end: int, settings: int | None, name: Token) -> Statement:
    head, clause = _cut(text, end, settings)
    begin = name.end
    if found := _SETTINGS.match(text, begin):
        begin = _end_of_settings(text, found.end())
        clause = text[name.end : begin]
    if text[begin : begin + 1] == b";":
        raise Refusal(62, "You have excessive ';' symbol before data for INSERT")
    space = _SPACE.match(text, begin)
    rest = text[space.end() if space else begin :]
    return Statement("insert", head, text[name.start : name.end].decode(), clause, rest)


def _end_of_settings(text: bytes, start: int) -> int:
    """Where `a = 1, b = 'x'` ends."""
    end, wants = start, "name"
    for token in tokens(text, start):
        mark = text[token.start : token.end]
        if wants == "name" and token.kind == "word":
            wants = "="
        elif wants == "=" and mark == b"=":
            wants = "value"
        elif wants == "value" and mark in (b"-", b"+"):
            continue
        elif wants == "value":
            wants, end = ",", token.end
        elif wants == "," and mark == b",":
            wants = "name"
        else:
            return end
    return end


def format_name(name: str) -> str:
    """`name`, if it can be a format's; raises Refusal (UNKNOWN_FORMAT)."""
    if not _FORMAT_NAME.fullmatch(name):
        raise Refusal(73, f"Unknown format {name[:64]}")
    return name
