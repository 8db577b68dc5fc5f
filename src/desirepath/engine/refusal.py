"""ClickHouse's error numbers, their words, and the HTTP status of each.

Statuses are those of ClickHouse's own server (exceptionCodeToHTTPStatus), with one addition: 202,
TOO_MANY_SIMULTANEOUS_QUERIES, is 503, so that a client knows to try again.
"""

import re

_NAMES = {
    36: "BAD_ARGUMENTS",
    48: "NOT_IMPLEMENTED",
    62: "SYNTAX_ERROR",
    73: "UNKNOWN_FORMAT",
    117: "INCORRECT_DATA",
    164: "READONLY",
    202: "TOO_MANY_SIMULTANEOUS_QUERIES",
    216: "QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING",
    236: "ABORTED",
    243: "NOT_ENOUGH_SPACE",
    271: "CANNOT_DECOMPRESS",
    297: "REQUEST_ENTITY_TOO_LARGE",
    394: "QUERY_WAS_CANCELLED",
    452: "SETTING_CONSTRAINT_VIOLATION",
    497: "ACCESS_DENIED",
    516: "AUTHENTICATION_FAILED",
    1000: "POCO_EXCEPTION",
    1002: "UNKNOWN_EXCEPTION",
}

_STATUS = {
    **dict.fromkeys((6, 25, 26, 27, 36, 38, 41, 43, 44, 50, 53, 62, 69, 70, 72, 117, 130), 400),
    **dict.fromkeys((8, 15, 16, 167, 168, 223, 235, 376, 427, 441, 467, 675, 676), 400),
    **dict.fromkeys((46, 47, 56, 60, 63, 73, 78, 81, 115, 223, 336, 511), 404),
    **dict.fromkeys((192, 193, 495, 497, 512, 516), 403),
    48: 501,
    74: 503,
    76: 503,
    159: 408,
    194: 401,
    202: 503,
    209: 503,
    297: 413,
    381: 411,
    439: 503,
}

# chDB repeats itself: "Code: 164. DB::Exception: Code: 164. DB::Exception: ... (READONLY)
# (version 26.9.2.1). (READONLY)".
_HEAD = re.compile(r"Code: (\d+)\. DB::\w*Exception: (?:Code: \d+\. DB::\w*Exception: )*")
_TAIL = re.compile(r" \(version [^()]+\)\.? \([A-Z_0-9]+\)\s*$")


class Refusal(Exception):
    """What a client is told: ClickHouse's `code`, and why in a sentence."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message

    @property
    def status(self) -> int:
        """The HTTP status of the answer."""
        return _STATUS.get(self.code, 500)

    @property
    def text(self) -> str:
        """As ClickHouse words it: number, sentence, name."""
        name = _NAMES.get(self.code)
        ending = f". ({name})" if name and f"({name})" not in self.message else ""
        return f"Code: {self.code}. DB::Exception: {self.message.rstrip('.')}{ending}"


def from_engine(exc: Exception) -> Refusal:
    """What chDB raised, as a Refusal; 1002 (UNKNOWN_EXCEPTION) where it gave no number."""
    said = str(exc).strip()
    found = _HEAD.search(said)
    if found is None:
        return Refusal(1002, said or type(exc).__name__)
    return Refusal(int(found[1]), _TAIL.sub("", said[found.end() :]))
