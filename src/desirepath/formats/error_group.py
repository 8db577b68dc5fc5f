"""Error group: one short name for one cause, the same in every browser and after a new build.

It is a hash of three things: the message without what varies, the file of the top frame, and the
first named function of the stack. Rules that a reader could get wrong:

- Lines and columns take no part: they move with every build, and an old error would look new.
- What browsers say in different words counts as the same message ('x is not a function').
- Host, query and build hash of the file take no part (`app.3f2a1c.js` is `app.js`).
- A function of one or two letters was named by a minifier: it counts as having no name.
"""

import re
from collections.abc import Iterator
from hashlib import blake2b

from desirepath.formats.stack import Frame, frames

_LONGEST = 300  # characters of a message that are looked at

_LEAD = re.compile(r"(?:Uncaught )?(?:\(in promise\) )?(?:([A-Z]\w*(?:Error|Exception)): )?")

# (the words of Chrome, Firefox, Safari, Internet Explorer and Opera, one name for all of them).
# The group, where there is one, is the member or variable: it keeps two causes apart.
_SAME: tuple[tuple[str, str], ...] = (
    (r"Cannot (?:read|set) property '?([^' ]*)'? of (?:null|undefined)", "no object"),
    (r"Cannot (?:read|set) properties of \w+ \((?:reading|setting) '([^']*)'\)", "no object"),
    (r"can't access property \"?([^\" ,]*)\"?, .+ is (?:null|undefined)", "no object"),
    (r"'?(?:null|undefined)'? is not an object \(evaluating '([^']*)'", "no object"),
    (r"Unable to [gs]et property '([^']*)' of", "no object"),
    (r"[\w.$\[\]]+ is (?:null|undefined)$", "no object"),
    (r"Object #?<?\w*>? ?has no method '([^']*)'", "no function"),
    (r"Object doesn't support (?:this )?property or method '([^']*)'", "no function"),
    (r"'?undefined'? is not a function \(evaluating '([^'(]*)", "no function"),
    (r"'?(?:\w+ )?([^' ]+)'? is not a function", "no function"),
    (r"Can't find variable: (.+)", "no variable"),
    (r"'([^']+)' is (?:undefined|not defined)", "no variable"),
    (r"(\S+) is not defined", "no variable"),
    (r"Maximum call stack|too much recursion|Out of stack space", "endless recursion"),
    (r"Failed to fetch|NetworkError when attempting to fetch|Load failed$", "no answer"),
    (r"Unexpected (?:token|end|non-whitespace).* JSON|JSON\.parse: |JSON Parse error", "no JSON"),
    (r"ResizeObserver loop", "resize loop"),
    (r"Type mismatch \(usually", "type mismatch"),
)
_ANY_OF_SAME = re.compile("|".join(f"(?:{words})" for words, _ in _SAME)).match
_NAMES = tuple((re.compile(words).match, name) for words, name in _SAME)

_VARYING = re.compile(
    r"(?P<query>(?<=\S)[?#](?=[\w%]+=)\S*)"
    r"|(?P<id>\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b"
    r"|\b(?=[a-fA-F]*\d)(?=\d*[a-fA-F])[0-9a-fA-F]{6,}\b)"
    r"|(?P<number>\d+(?:\.\d+)*)"
)
_ORIGIN = re.compile(r"^[a-z][a-z+.-]*://[^/]*")
_BUILD = re.compile(
    r"[.\-_~](?=[a-f]*\d)[0-9a-f]{6,64}(?=[.\-_~/]|$)"  # webpack, esbuild: main.3f2a1c.js
    r"|-(?=[\w-]{8}\.\w+$)(?=[\w-]*\d|[\w-]+?[A-Z])[\w-]{8}(?=\.\w+$)"  # Vite: index-BQx3k9Zt.js
)
_DIGITS = re.compile(r"\d+")


def error_group(
    name: str, message: str, stack: str, source: str, line: int | None, col: int | None
) -> str:
    """16 hex digits that stand for the cause. `line` and `col` are taken, and not used: see above.

    `name`, `message` and `stack` are those of the Error; `source` is the script's address, used
    where the stack names no file.
    """
    said, _, backtrace = message.partition("\nBacktrace:")  # Opera 8 and 9 say both in one
    file, function = _place(frames(stack or backtrace))
    key = "\n".join((_cause(name, said), _file(file or source), function))
    return blake2b(key.encode("utf-8", "replace"), digest_size=8).hexdigest()


def _cause(name: str, message: str) -> str:
    text = " ".join(message[:_LONGEST].split())
    if text.startswith("Statement on line "):  # Opera
        text = text.partition(": ")[2]
    lead = _LEAD.match(text)
    if lead is not None:
        name = name or lead[1] or ""
        text = text[lead.end() :]
    if _ANY_OF_SAME(text):
        for match, common in _NAMES:
            if found := match(text):
                # 'x.price' and 'price': browsers differ in how much of the way they tell.
                member = (found[1] or "").rpartition(".")[2] if found.lastindex else ""
                return f"{common} {member}"
    if name == "Error":
        name = ""
    return f"{name}: {_VARYING.sub(_without, text)}"


def _without(found: re.Match[str]) -> str:
    return "" if found.lastgroup == "query" else f"<{found.lastgroup}>"


def _place(stack: Iterator[Frame]) -> tuple[str, str]:
    file = function = ""
    for frame in stack:
        file = file or frame.file
        if len(frame.function) > 2:
            function = function or frame.function
        if file and function:
            break
    return file, function


def _file(address: str) -> str:
    path = _ORIGIN.sub("", address.partition("?")[0].partition("#")[0])
    return _DIGITS.sub("#", _BUILD.sub("", path))
