r"""What a server wrote into its access log, as the client sent it.

Apache writes `\"`, `\\` and `\xe4`, nginx `\x22`; some write the bytes themselves. Texts come in as
Latin-1, one character a byte. In a URL, what is no ASCII leaves as `%E4`, as browsers send it, so
that one page has one name whoever asked for it; in a name it leaves as UTF-8.
"""

import re

_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|(.))", re.DOTALL)
_LETTERS = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v"}
_NOT_URL = re.compile(r"[^!-~]")  # spaces, controls, what is no ASCII
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_ADDRESS = re.compile(
    r"\[?((?:\d{1,3}\.){3}\d{1,3}|[0-9a-f]{0,4}:[0-9a-f:]{1,40}(?:\.\d{1,3}){0,3}(?:%\w+)?)\]?",
    re.ASCII | re.IGNORECASE,
).fullmatch


def as_url(text: str) -> str:
    """A request target or a referrer."""
    if "\\" in text:
        text = _unescape(text)
    if text.isascii() and text.isprintable() and " " not in text:
        return text
    return _NOT_URL.sub(lambda found: f"%{ord(found[0]):02X}", text)


def as_text(text: str) -> str:
    """A user agent or a user's name."""
    if "\\" in text:
        text = _unescape(text)
    if not text.isascii():
        text = text.encode("latin-1").decode("utf-8", "replace")
    return text if text.isprintable() else _CONTROL.sub("\ufffd", text)


def address(text: str) -> str:
    """`text` where it looks like an IP address, without brackets; else ''."""
    found = _ADDRESS(text)
    return found[1] if found else ""


def _unescape(text: str) -> str:
    return _ESCAPE.sub(
        lambda found: chr(int(found[1], 16)) if found[1] else _LETTERS.get(found[2], found[2]), text
    )
