"""Text: free text without secrets: titles, labels, search words, error messages, refused events.

Addresses inside it lose what any address loses (`links`), values named as secrets become
`[token]`, and the rest is masked (`masks`). It may be JSON, whole or cut, and stays as readable:
`\\/` and `\\u0026` are read as the slash and the ampersand that they stand for.
"""

import re
from functools import lru_cache

from desirepath.ingest.links import scrub_url
from desirepath.ingest.masks import EMAIL, TOKEN, mask

# 4,096 texts of at most 500 characters of at most 4 bytes, and as many results: 16 MB at the very
# worst. Longer ones are worked out each time.
LONGEST = 500
REMEMBERED = 4096

# An address ends at a space, a quote or an angle bracket; a stack's `:line:column` is no part of
# it, or it would go with the query.
_ADDRESS = re.compile(
    r"(?<![A-Za-z0-9+.-])[A-Za-z][A-Za-z0-9+.-]{0,30}+:(?://|\\/\\/)"
    r"(?:[^\s\"'<>\\`]|\\/|\\u00(?:26|3[dDfF]|2[bB]))++"
)
_POSITION = re.compile(r"(?::[0-9]+){1,2}[),.;]*$")
_ENCODED_EMAIL = re.compile(
    r"(?<![A-Za-z0-9._%+-])(?:[A-Za-z0-9._+-]|%(?!(?:25){0,3}40)[0-9A-Fa-f]{2})++%(?:25){0,3}40"
    r"(?:[A-Za-z0-9-]++\.)+[A-Za-z]{2,}+"
)
_NAMED = re.compile(
    r"((?:passw(?:or)?d|passwd|pwd|secret|token|api[_-]?key|authorization|bearer)"
    r"(?:=|\\?[\"']\s?:\s?\\?[\"']))([^\s\"'&,;}\\]++)",
    re.IGNORECASE,
)


def scrub_text(text: str) -> str:
    """`text` without secrets. Linear in its length; the same object where there are none."""
    if len(text) <= LONGEST:
        return _remembered(text)
    return _scrub(text)


def _scrub(text: str) -> str:
    if ":/" in text or ":\\/" in text:
        text = _ADDRESS.sub(_scrub_address, text)
    if "=" in text or '"' in text or "'" in text:
        text = _NAMED.sub(rf"\1{TOKEN}", text)
    if "40" in text and "%" in text:
        text = _ENCODED_EMAIL.sub(EMAIL, text)
    return mask(text)


_remembered = lru_cache(maxsize=REMEMBERED)(_scrub)


def _scrub_address(found: re.Match[str]) -> str:
    url = found[0]
    if "\\" in url:
        url = url.replace("\\/", "/").replace("\\u0026", "&").replace("\\u003d", "=")
    position = _POSITION.search(url)
    end = position[0] if position else ""
    return scrub_url(url[: len(url) - len(end)]).url + end
