"""Stack: the frames of a JavaScript error, in the words of any browser since Opera 8.

Read are the texts of Chrome, Edge, Internet Explorer and Node (`at f (url:1:2)`), of Firefox and
Safari (`f@url:1:2`), and of old Opera (`Line 1 of linked script url`, `called from line 1`).

Frames of the browser itself (`[native code]`, `<anonymous>`) are left out. A function without a
name is ''. Code made by `eval` has the file that called `eval`, where the browser says so.
Only the first `DEPTH` frames are read: what is below them tells the page, not the error.
"""

import re
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

DEPTH = 20
_LONGEST_STACK = 8000  # characters that are looked at


class Frame(NamedTuple):
    """One call. `line` and `col` are None where the browser does not say."""

    function: str
    file: str
    line: int | None = None
    col: int | None = None


_NAMELESS = frozenset(
    {"", "<anonymous>", "anonymous", "Anonymous function", "(anonymous function)", "(null)", "?"}
    | {"global code", "Global code", "module code", "eval code", "<anonymous function>"}
)
_NATIVE = frozenset({"[native code]", "<anonymous>", "native"})
_SAYS_AT = re.compile(r"\n[ \t]*at ").search
_SAYS_LINE = re.compile(r"\n[ \t]*(?:Line|called from line) \d").search
_CALLED = re.compile(r"(?:async )?(?:new )?(.*?)(?: \[as [^\]]*\])?$", re.DOTALL)
_EVAL_IN = re.compile(r"\(((?:[^()\s]+):\d+:\d+)\)")
_EVAL_LINE = re.compile(r"(\S.*?) line (\d+) > (?:eval|Function)")
_OPERA_NAMED = re.compile(r"<anonymous function: ([^>]*)>")
_OPERA_LINE = re.compile(r"Line (\d+) of .*?script (?:in )?(\S+?)(?:: In function (\S+))?$")
_OPERA_CALL = re.compile(r"(?:Error thrown at|called from) line (\d+), column (\d+) in (.+):$")


def frames(stack: str) -> Iterator[Frame]:
    """The frames of `stack`, top first; none where it is no stack."""
    text = "\n" + stack[:_LONGEST_STACK]
    if "at " in text and _SAYS_AT(text):
        read = _of_chrome
    elif "ine " in text and _SAYS_LINE(text):
        read = _of_opera
    else:
        read = _of_firefox
    return islice(filter(None, map(read, map(str.strip, text.split("\n")))), DEPTH)


def top_frame(stack: str) -> Frame | None:
    """Where the error was made; None where `stack` does not say."""
    return next(frames(stack), None)


def _of_chrome(line: str) -> Frame | None:
    if not line.startswith("at "):
        return None
    function, place = "", line[3:]
    if place.endswith(")"):
        function, bracket, rest = place.partition(" (")
        place = rest[:-1] if bracket else place
        if place.startswith("eval at "):
            origin = _EVAL_IN.search(place)
            place = origin[1] if origin else ""
    return _frame(function, place)


def _of_firefox(line: str) -> Frame | None:
    if not line or line.startswith("Error created at "):
        return None
    # A function's name may hold an @ between quotes, an address after its host.
    at = line.find("@", line.rfind('"') + 1)
    if at >= 0:
        return _frame(line[:at], line[at + 1 :])
    if "/" in line:
        return _frame("", line)
    # Safari tells no file for code made by eval; any other words are no frame.
    return None if " " in line and line not in _NAMELESS else _frame(line, "")


def _of_opera(line: str) -> Frame | None:
    if found := _OPERA_LINE.match(line):
        return Frame(_name(found[3] or ""), found[2], int(found[1]))
    if found := _OPERA_CALL.match(line):
        function, _, file = found[3].rpartition(" in ")
        if not function and file.startswith("in "):
            file = file[3:]
        return Frame(_name(function), file, int(found[1]), int(found[2]))
    return None


def _frame(function: str, place: str) -> Frame | None:
    if place in _NATIVE:
        return None
    if " > " in place and (made := _EVAL_LINE.match(place)):
        return Frame(_name(function), made[1], int(made[2]))
    file, line, col = _cut(place)
    return Frame(_name(function), "" if file in _NAMELESS else file, line, col)


def _cut(place: str) -> tuple[str, int | None, int | None]:
    rest, _, last = place.rpartition(":")
    if not (rest and last.isdecimal() and len(last) < 10):
        return place, None, None
    file, _, number = rest.rpartition(":")
    if file and number.isdecimal() and len(number) < 10:
        return file, int(number), int(last)
    return rest, int(last), None


def _name(function: str) -> str:
    if function.isidentifier():
        return "" if function in _NAMELESS else function
    if opera := _OPERA_NAMED.match(function):
        return opera[1]
    name = function
    if name.endswith(")") and "(" in name:  # old Firefox and Opera tell the arguments
        name = name[: name.index("(")] if not name.startswith("(") else ""
    called = _CALLED.match(name)
    name = called[1] if called else name
    if '"' not in name:
        name = name.rpartition(".")[2]
    if name.endswith("<") or name in _NAMELESS:  # Firefox: a function without a name, in another
        return ""
    return name
