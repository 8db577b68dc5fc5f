r"""Access logs of Apache and nginx, common and combined: one line, one event, or a named refusal.

Read as well: a virtual host in front (`vhost_combined`), more fields at the end, a line that its
writer cut inside the last quotes, escapes (`\"`, `\x22`), IPv6, `-` for what is not known.

A line becomes a `page_view` where a page was shown: GET, status 2xx or 304, and no static file by
its extension (`STATIC`; `include_static` counts those too). Every other line becomes a `request`
(assets, errors, redirects, POST, HEAD, what is no HTTP at all), so that nothing is lost: the
paths of both types together are the paths of the file, as `awk | sort | uniq -c` counts them.

The path is the one in the line, without its query, and is not decoded. A line has no id and no
session of its own: whoever reads the file knows what came before it.
"""

import re
from datetime import datetime, timedelta, timezone
from typing import NamedTuple

from desirepath.formats import limits
from desirepath.formats.lines import LineReason
from desirepath.formats.log_text import address, as_text, as_url
from desirepath.model.event import Event, Refusal, Surface

NAME = Surface.TRACKFLOW
FORBIDS: frozenset[str] = frozenset()  # no ingest step

LINE_LENGTH = 64 * 1024  # bytes; servers refuse a request long before this

_STATIC = """
    css js mjs map json xml rss atom txt wasm
    png jpg jpeg gif webp avif svg ico bmp tif tiff woff woff2 ttf otf eot
    mp3 mp4 m4a m4v ogg ogv oga wav webm avi mov flv swf
    zip gz tgz bz2 xz zst 7z rar tar jar war exe msi dmg pkg deb rpm apk iso bin
    pdf doc docx xls xlsx ppt pptx csv
"""
#: Extensions of what a page is made of, or of what is fetched rather than read.
STATIC = frozenset(_STATIC.split())

# Anything but a quote, or an escaped character. Possessive: linear on any input.
_QUOTED = r'"((?:[^"\\]++|\\.)*+)'
_LINE = re.compile(
    rf'(\S+) (\S+) ([^\[]*?) ?\[([^\]]*)\] {_QUOTED}" (\d{{3}}|-) (\d+|-)'
    rf'(?: {_QUOTED}(?:"|\Z)(?: {_QUOTED}(?:"|\Z))?)?(?=\s|\Z)'
)
_TIME = re.compile(
    r"(\d\d)/([A-Z][a-z]{2})/(\d{4}):(\d\d):(\d\d):(\d\d)(\.\d{1,9})? ([+-])(\d\d)(\d\d)", re.ASCII
)
_MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec"
_METHOD = re.compile(r"[A-Z][A-Z_-]{0,19}").fullmatch
_SHOWN = frozenset({304, *range(200, 300)})


class Line(NamedTuple):
    """A line read: its event, or why there is none, and who asked."""

    row: Event | Refusal
    ip: str = ""  # or the name, where the server looked names up
    user_agent: str = ""


class AccessLog:
    """Reads the lines of one log.

    `host` is the site's where the lines do not say it: `shop.example`, `http://shop.example`.
    """

    def __init__(self, *, host: str = "", include_static: bool = False) -> None:
        scheme, _, name = host.rstrip("/").rpartition("://")
        self._site = (name.lower(), f"{scheme or 'https'}://{name.lower()}" if name else "")
        self._static = frozenset[str]() if include_static else STATIC
        self._minutes: dict[str, float] = {}

    def read(self, raw: bytes, number: int) -> Line:
        """Read line `number` (the first is 1), without its line end."""
        # Latin-1 knows every byte, so no line is lost to its encoding.
        found = _LINE.match(raw.decode("latin-1")) if len(raw) <= LINE_LENGTH else None
        if found is None:
            return Line(_why_not(raw, number))
        first, second, rest, moment, request, status, size, referrer, agent = found.groups()
        try:
            time = self._time(moment)
        except ValueError:
            message = f"the time [{moment[:40]}] is not like [17/May/2015:10:05:03 +0000]"
            return Line(_refusal(LineReason.BAD_TIME, number, message))

        ip, user, (host, origin) = first, rest, self._site
        if " " in rest and address(second):  # a virtual host stands before the address
            host, origin = _virtual_host(first)
            ip, user = second, rest.partition(" ")[2]
        method, target, protocol = _request(request)
        path, url = _place(target, origin)
        code = 0 if status == "-" else int(status)
        extra: dict[str, int | str] = {"bytes": 0 if size == "-" else int(size)}
        if protocol:
            extra["protocol"] = protocol
        shown = method == "GET" and code in _SHOWN and _extension(path) not in self._static
        event = Event(
            surface="trackflow",
            type="page_view" if shown else "request",
            event_id="",
            time=time,
            user_id="" if user in ("-", '""') else as_text(user),
            page_url=url,
            host=host,
            path=path,
            referrer="" if referrer is None or referrer == "-" else as_url(referrer),
            http_method=method,
            http_status=code,
            properties=_properties(extra["bytes"], protocol),
            extra=extra,
        )
        ip = address(ip) or ("" if ip == "-" else ip)
        return Line(event, ip, "" if agent is None or agent == "-" else as_text(agent))

    def _time(self, text: str) -> float:
        # Lines come a few hundred a minute: a minute is worked out once. The text has its
        # seconds at 18:20 where it is as long as usual.
        if len(text) == 26 and text[17] == ":" and text[18:20].isdecimal():
            key = text[:17] + text[20:]
            minute = self._minutes.get(key)
            if minute is not None and text[18:20] < "61":
                return minute + int(text[18:20])
        time = _seconds(text)
        if len(text) == 26:
            if len(self._minutes) >= 4096:
                self._minutes.clear()
            self._minutes[text[:17] + text[20:]] = time - int(text[18:20])
        return time


def _seconds(text: str) -> float:
    found = _TIME.fullmatch(text)
    if found is None:
        raise ValueError("not a time")
    day, month, year, hour, minute, second, fraction, sign, hours, minutes = found.groups()
    offset = timedelta(hours=int(hours), minutes=int(minutes))
    zone = timezone(-offset if sign == "-" else offset)
    number = _MONTHS.index(month) // 3 + 1
    start = datetime(int(year), number, int(day), int(hour), int(minute), tzinfo=zone)
    if int(second) > 60:  # 60 is a leap second
        raise ValueError("not a second")
    time = round(start.timestamp() + int(second) + float(fraction or 0), 3)
    if not limits.EARLIEST <= time < limits.LATEST:
        raise ValueError("a time is between 1970 and 2100")
    return time


def _virtual_host(text: str) -> tuple[str, str]:
    """`shop.example:443` as its name and its origin."""
    name, colon, port = text.lower().rpartition(":")
    if not (colon and port.isdecimal()):
        return text.lower(), f"https://{text.lower()}"
    if port in ("80", "443"):
        return name, f"{'https' if port == '443' else 'http'}://{name}"
    return name, f"https://{name}:{port}"


def _request(text: str) -> tuple[str, str, str]:
    """Method, target and protocol; all empty where it is no HTTP request."""
    parts = text.split(" ")
    if len(parts) == 3 and parts[2].startswith("HTTP/"):
        method, target, protocol = parts
    else:
        method, target, protocol = parts[0], " ".join(parts[1:]), ""
        if len(parts) > 3 and parts[-1].startswith("HTTP/"):
            target, protocol = " ".join(parts[1:-1]), parts[-1]
    if not target or not _METHOD(method):
        return "", "", ""
    return method, as_url(target), protocol[:20] if protocol.isascii() else ""


def _place(target: str, origin: str) -> tuple[str, str]:
    """The path of a request, and the address of its page."""
    if not target.startswith("/"):
        # To a proxy a client sends the whole address; only its path is ours to believe.
        _, scheme, rest = target.partition("://")
        if not scheme or not rest:
            return target.partition("?")[0], ""
        target = "/" + rest.partition("/")[2]
    return target.partition("?")[0], origin + target


def _extension(path: str) -> str:
    name = path[path.rfind("/") + 1 :]
    return name[name.rfind(".") + 1 :].lower() if "." in name else ""


def _properties(count: int | str, protocol: str) -> str:
    return f'{{"bytes":{count},"protocol":"{protocol}"}}' if protocol else f'{{"bytes":{count}}}'


def _why_not(raw: bytes, number: int) -> Refusal:
    if len(raw) > LINE_LENGTH:
        return _refusal(LineReason.TOO_LONG, number, f"longer than {LINE_LENGTH} bytes")
    return _refusal(LineReason.BAD_LINE, number, "not in common or combined log format")


def _refusal(reason: LineReason, number: int, message: str) -> Refusal:
    return Refusal(
        reason=reason, message=f"line {number}: {message}", surface=NAME, position=number
    )
