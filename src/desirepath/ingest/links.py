"""Links: an address without what identifies a person: the one reader of URLs.

Of the query stay `utm_` parameters and those that the project lists. The user name and password
before a host go, and the fragment, but for one that is a route (`#/users`, `#!/users`), which is
read as a path with a query of its own. What stays is masked (`masks`), percent-encoded or not. A
click id (`gclid`, ...) goes too; its name is told, because it says that an advertisement was
clicked, and whose.

Nothing is refused: what is no URL stays as a text, masked. An address without a scheme is a path,
also with two slashes in front, as access logs have them.
"""

import re
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote, unquote, unquote_plus

from desirepath.ingest.masks import EMAIL, PHONE, TOKEN, mask

#: Parameters by which advertising networks know one click of one person.
CLICK_IDS = frozenset(
    {
        *("gclid", "gbraid", "wbraid", "dclid", "gclsrc", "srsltid"),  # Google
        *("fbclid", "igshid", "igsh", "msclkid", "ttclid", "twclid", "li_fat_id", "rdt_cid"),
        *("yclid", "ysclid", "epik", "sccid", "scclid", "irclickid", "ob_click_id", "tblci"),
        *("qclid", "vmcid", "wickedid", "mc_eid", "_hsenc", "mkt_tok"),
    }
)

# What is remembered: 8,192 addresses of at most 1,000 ASCII characters, with at most two copies
# each (address and path): 25 MB at the very worst, 3 MB as sites are. Longer ones are worked out
# each time. Campaigns are few, whatever the pages.
LONGEST, REMEMBERED = 1000, 8192
_LONGEST_VALUE, _REMEMBERED_VALUES = 100, 2048

# Browsers take a backslash for a slash before the path, and so must we: it can hide a password.
_PARTS = re.compile(
    r"(?:([A-Za-z][A-Za-z0-9+.-]*+):)?"  # scheme
    r"(?:([/\\]{2})([^/\\?#]*+))?"  # authority
    r"([^?#]*+)(?:\?([^#]*+))?(?:\#(.*+))?",
    re.DOTALL,
)
_UNSEEN = re.compile(r"[\x00-\x1f\x7f]")  # browsers drop tabs and line ends, and so hide words
_CREDENTIALS = re.compile(r"[/\\]{2}[^/\\?#@\s]*+@")
_WORTH_READING = re.compile(rf"(?:^|&)(?:utm_|(?:{'|'.join(sorted(CLICK_IDS))})=)", re.IGNORECASE)
# A bare number is an id, but not after these words.
_CALLED = re.compile(
    r"(/(?:tel|phone|mobile|cell|sms|fax|whatsapp|msisdn)s?/)\+?[0-9][0-9 ().-]{5,}+", re.IGNORECASE
)
_ENCODED = re.compile(r"%[0-9A-Fa-f]{2}").search
_SAFE = "/[]:@!$'()*+,;=~|"
_OPAQUE = {"mailto": EMAIL, "tel": PHONE, "sms": PHONE, "callto": PHONE, "whatsapp": PHONE}
_CODE = frozenset({"data", "javascript", "vbscript"})  # may hold anything, at any length
_DECODINGS = 4  # '%2540' takes two; no browser needs more
_COLUMNS = frozenset({"utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content"})

Utm = tuple[str, str, str, str, str]  # source, medium, campaign, term, content


class Link(NamedTuple):
    """An address, scrubbed, and its parts."""

    url: str
    host: str  # lower case, without port
    path: str  # begins with '/'; with the route of the fragment, without any query
    utm: Utm | None
    click_id: str  # the name of the first one, never its value


def scrub_url(url: str, kept: tuple[str, ...] = ()) -> Link:
    """`url` without what identifies a person. `kept`: parameters to keep beside `utm_`."""
    if len(url) <= LONGEST and url.isascii():
        return _remembered(url, kept)
    return _scrub(url, kept)


def _scrub(url: str, kept: tuple[str, ...]) -> Link:
    text = url.strip(" ")
    if not text.isprintable():
        text = _UNSEEN.sub("", text)
    found = _PARTS.fullmatch(text)
    if found is None:  # it cannot be: every part may be empty
        return Link(TOKEN, "", "/", None, "")
    scheme, slashes, authority, path, query, fragment = found.groups()
    start = host = ""
    if scheme is not None:
        scheme = scheme.lower()
        start = f"{scheme}:"
        if scheme in _CODE or scheme in _OPAQUE:
            return Link(start + _OPAQUE.get(scheme, ""), "", "/", None, "")
    if slashes is not None and scheme is not None:
        authority = _scrub_authority(authority)
        host = _without_port(authority)
        start += f"//{authority}"
        path = f"/{PHONE}" if host == "wa.me" else f"/{path[1:]}"
    else:
        path = f"{slashes or ''}{authority or ''}{path}"
        if "@" in path:
            path = _CREDENTIALS.sub("//", path)
    path = _scrub_path(path)

    rest, utm, click_id = _scrub_query(query, kept) if query else _NOTHING
    route = ""
    if fragment and fragment.startswith(("/", "!/")):
        route, _, query = fragment.partition("?")
        route = f"#{_scrub_path(route)}"
        more, more_utm, more_click_id = _scrub_query(query, kept) if query else _NOTHING
        rest += route + more
        utm = utm or more_utm
        click_id = click_id or more_click_id
    clean = f"{start}{path}{rest}"
    if not path.startswith("/"):
        path = f"/{path}"
    # One text in memory, not two, where nothing changed.
    return Link(url if clean == url else clean, host, path + route, utm, click_id)


_remembered = lru_cache(maxsize=REMEMBERED)(_scrub)


def _scrub_authority(authority: str) -> str:
    if "%" in authority:
        authority = _decoded(authority) or TOKEN
    return authority.rpartition("@")[2].lower()


def _without_port(authority: str) -> str:
    host, colon, port = authority.rpartition(":")
    return host if colon and (not port or port.isdigit()) else authority


def _scrub_path(path: str) -> str:
    plain = _decoded(path) if "%" in path else path
    if plain is None:
        return f"/{TOKEN}"
    masked = mask(plain)
    if _CALLED.search(masked):
        masked = _CALLED.sub(rf"\1{PHONE}", masked)
    if masked == plain:
        return path  # as it was sent: '/a%20b' is the name of a page
    return quote(masked, safe=_SAFE, errors="replace") if "%" in path else masked


_Scrubbed = tuple[str, Utm | None, str]
_NOTHING: _Scrubbed = ("", None, "")


def _scrub_query(query: str, kept: tuple[str, ...]) -> _Scrubbed:
    """What stays of a query, with its question mark; its campaign; the click id's name."""
    if not kept and _WORTH_READING.search(query) is None:
        return _NOTHING
    stay: list[str] = []
    utm: dict[str, str] = {}
    click_id = ""
    for pair in query.split("&"):
        name, equals, value = pair.partition("=")
        if "%" in name or "+" in name:
            name = unquote_plus(name)
        known = name.lower()
        if known.startswith("utm_"):
            plain, shown = _scrub_value(value)
            utm.setdefault(known, plain)
            if known not in _COLUMNS:
                name = quote(mask(name), safe=_SAFE, errors="replace")
            stay.append(f"{name}{equals}{shown}")
        elif name in kept:
            stay.append(f"{quote(name, errors='replace')}{equals}{_scrub_value(value)[1]}")
        elif known in CLICK_IDS and value and not click_id:
            click_id = known
    of = utm.get
    return (
        "?" + "&".join(stay) if stay else "",
        (
            of("utm_source", ""),
            of("utm_medium", ""),
            of("utm_campaign", ""),
            of("utm_term", ""),
            of("utm_content", ""),
        )
        if utm
        else None,
        click_id,
    )


def _scrub_value(value: str) -> tuple[str, str]:
    """A parameter's value as a text and as it stands in a URL, both masked."""
    if len(value) <= _LONGEST_VALUE and value.isascii():
        return _remembered_value(value)
    return _mask_value(value)


def _mask_value(value: str) -> tuple[str, str]:
    spaced = value.replace("+", " ")
    plain = _decoded(spaced) if "%" in spaced else spaced
    if plain is None:
        return TOKEN, TOKEN
    masked = mask(plain)
    if masked == plain and "+" in value:
        # The plus of a phone number is often left as it is, and then reads as a space.
        literal = mask(_decoded(value) or "")
        if PHONE in literal:
            masked = literal
    if masked == plain:
        return plain, value
    return masked, quote(masked, safe=_SAFE, errors="replace")


_remembered_value = lru_cache(maxsize=_REMEMBERED_VALUES)(_mask_value)


def _decoded(text: str) -> str | None:
    """`text` without percent-encoding, however often applied; None where there is no end to it."""
    for _ in range(_DECODINGS):
        if not _ENCODED(text):
            return text
        text = unquote(text, errors="replace")
    return None if _ENCODED(text) else text
