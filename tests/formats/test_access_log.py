import subprocess
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desirepath.formats.access_log import LINE_LENGTH, AccessLog, Line
from desirepath.model.event import Event, Refusal
from tests.shared_data import shared

TEN_PAST = 1431857103.0  # 17/May/2015:10:05:03 +0000

COMBINED = (
    '83.149.9.216 - - [17/May/2015:10:05:03 +0000] "GET /blog/a.html?page=2 HTTP/1.1" 200 203023'
    ' "http://example.org/" "Mozilla/5.0 (X11)"'
)


def read(text: str | bytes, **options: object) -> Line:
    raw = text if isinstance(text, bytes) else text.encode()
    return AccessLog(**options).read(raw, 7)  # type: ignore[arg-type]


def event(text: str | bytes, **options: object) -> Event:
    row = read(text, **options).row
    assert isinstance(row, Event), row
    return row


def request(line: str, status: int = 200, size: str = "5") -> str:
    return f'192.0.2.1 - - [17/May/2015:10:05:03 +0000] "{line}" {status} {size} "-" "-"'


def test_a_combined_line() -> None:
    assert read(COMBINED, host="Shop.example") == Line(
        Event(
            surface="trackflow",
            type="page_view",
            event_id="",
            time=TEN_PAST,
            page_url="https://shop.example/blog/a.html?page=2",
            host="shop.example",
            path="/blog/a.html",
            referrer="http://example.org/",
            http_method="GET",
            http_status=200,
            properties='{"bytes":203023,"protocol":"HTTP/1.1"}',
            extra={"bytes": 203023, "protocol": "HTTP/1.1"},
        ),
        "83.149.9.216",
        "Mozilla/5.0 (X11)",
    )


def test_a_common_line_has_no_referrer_and_no_user_agent() -> None:
    found = read('192.0.2.1 - frank [17/May/2015:10:05:03 +0000] "GET / HTTP/1.0" 200 -')

    assert found == Line(
        Event(
            surface="trackflow",
            type="page_view",
            event_id="",
            time=TEN_PAST,
            user_id="frank",
            page_url="/",
            path="/",
            http_method="GET",
            http_status=200,
            properties='{"bytes":0,"protocol":"HTTP/1.0"}',
            extra={"bytes": 0, "protocol": "HTTP/1.0"},
        ),
        "192.0.2.1",
        "",
    )


@pytest.mark.parametrize(
    ("line", "status", "type_"),
    [
        pytest.param("GET /a HTTP/1.1", 200, "page_view", id="a page"),
        pytest.param("GET /a.html?x=b.png HTTP/1.1", 200, "page_view", id="the query is no name"),
        pytest.param("GET /v1.2/ HTTP/1.1", 200, "page_view", id="a dot in a folder"),
        pytest.param("GET /a HTTP/1.1", 304, "page_view", id="not modified was shown too"),
        pytest.param("GET /a HTTP/1.1", 301, "request", id="a redirect shows nothing"),
        pytest.param("GET /a HTTP/1.1", 404, "request", id="an error"),
        pytest.param("GET /a.PNG HTTP/1.1", 200, "request", id="a static file"),
        pytest.param("POST /a HTTP/1.1", 200, "request", id="POST"),
        pytest.param("HEAD /a HTTP/1.1", 200, "request", id="HEAD"),
        pytest.param("-", 408, "request", id="nothing was asked"),
    ],
)
def test_what_is_a_page_view(line: str, status: int, type_: str) -> None:
    assert event(request(line, status)).type == type_


def test_static_files_are_page_views_where_asked_for() -> None:
    assert event(request("GET /a.png HTTP/1.1"), include_static=True).type == "page_view"


@pytest.mark.parametrize(
    ("line", "method", "path", "url"),
    [
        pytest.param("GET /a b c HTTP/1.1", "GET", "/a%20b%20c", "/a%20b%20c", id="spaces"),
        pytest.param("GET /old", "GET", "/old", "/old", id="HTTP/0.9"),
        pytest.param("GET http://x.example/a?b HTTP/1.1", "GET", "/a", "/a?b", id="whole address"),
        pytest.param("GET http://x.example HTTP/1.1", "GET", "/", "/", id="whole address, no path"),
        pytest.param("OPTIONS * HTTP/1.1", "OPTIONS", "*", "", id="the server itself"),
        pytest.param("CONNECT x.example:443 HTTP/1.1", "CONNECT", "x.example:443", "", id="tunnel"),
        pytest.param(r"\x16\x03\x01\x02", "", "", "", id="TLS sent to the plain port"),
        pytest.param("", "", "", "", id="empty"),
        pytest.param("get / HTTP/1.1", "", "", "", id="no method"),
        pytest.param(r"GET /\"q\" HTTP/1.1", "GET", '/"q"', '/"q"', id="escaped quotes"),
        pytest.param(r"GET /\xe4\x22 HTTP/1.1", "GET", '/%E4"', '/%E4"', id="escaped bytes"),
        pytest.param("GET /ä HTTP/1.1", "GET", "/%C3%A4", "/%C3%A4", id="bytes as they are"),
        pytest.param("GET /%C3%A4 HTTP/1.1", "GET", "/%C3%A4", "/%C3%A4", id="never decoded"),
    ],
)
def test_request_lines(line: str, method: str, path: str, url: str) -> None:
    found = event(request(line))

    assert (found.http_method, found.path, found.page_url) == (method, path, url)


@pytest.mark.parametrize(
    ("head", "ip", "host", "url", "user"),
    [
        pytest.param("192.0.2.1 - -", "192.0.2.1", "", "/", "", id="IPv4"),
        pytest.param("2001:db8::1 - -", "2001:db8::1", "", "/", "", id="IPv6"),
        pytest.param("::ffff:192.0.2.1 - -", "::ffff:192.0.2.1", "", "/", "", id="IPv4 in IPv6"),
        pytest.param("[2001:db8::1] - -", "2001:db8::1", "", "/", "", id="in brackets"),
        pytest.param("- - -", "", "", "/", "", id="no address"),
        pytest.param("a.example - -", "a.example", "", "/", "", id="a name, looked up"),
        pytest.param("192.0.2.1 - Ann Lee", "192.0.2.1", "", "/", "Ann Lee", id="spaces in a name"),
        pytest.param('192.0.2.1 - ""', "192.0.2.1", "", "/", "", id="an empty name"),
        pytest.param(
            "A.example:443 192.0.2.1 - -",
            "192.0.2.1",
            "a.example",
            "https://a.example/",
            "",
            id="443",
        ),
        pytest.param(
            "a.example:80 2001:db8::1 - u",
            "2001:db8::1",
            "a.example",
            "http://a.example/",
            "u",
            id="80",
        ),
        pytest.param(
            "a.example 192.0.2.1 - -",
            "192.0.2.1",
            "a.example",
            "https://a.example/",
            "",
            id="no port",
        ),
        pytest.param(
            "a.example:8443 192.0.2.1 - -",
            "192.0.2.1",
            "a.example",
            "https://a.example:8443/",
            "",
            id="another port",
        ),
    ],
)
def test_who_asked_whom(head: str, ip: str, host: str, url: str, user: str) -> None:
    found = read(f'{head} [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 5 "-" "-"')

    assert isinstance(found.row, Event)
    assert (found.ip, found.row.host, found.row.page_url, found.row.user_id) == (
        ip,
        host,
        url,
        user,
    )


def test_the_host_in_the_line_wins_over_the_one_that_was_told() -> None:
    line = 'a.example:80 192.0.2.1 - - [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 5'

    assert event(line, host="http://b.example").page_url == "http://a.example/"
    assert event(request("GET / HTTP/1.1"), host="http://b.example").page_url == "http://b.example/"


@pytest.mark.parametrize(
    ("end", "referrer", "agent"),
    [
        pytest.param('"http://r.example/" "A"', "http://r.example/", "A", id="combined"),
        pytest.param('"-" "A" "198.51.100.7" 0.003', "", "A", id="more fields"),
        pytest.param('"-" "A (\\"q\\") \\\\"', "", 'A ("q") \\', id="escaped quotes"),
        pytest.param('"-" "Bot \\x22\\xc3\\xa4"', "", 'Bot "ä', id="escaped bytes"),
        pytest.param('"-" "\\xe4"', "", "\ufffd", id="bytes that are no UTF-8"),
        pytest.param('"http://r/\\xe4" "-"', "http://r/%E4", "", id="bytes in a referrer"),
        pytest.param('"-" "Mozilla (compatible; cut', "", "Mozilla (compatible; cut", id="cut"),
        pytest.param('"http://r.example/cu', "http://r.example/cu", "", id="cut earlier"),
        pytest.param("0.003", "", "", id="common with more fields"),
    ],
)
def test_the_end_of_a_line(end: str, referrer: str, agent: str) -> None:
    line = f'192.0.2.1 - - [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 5 {end}'

    found = read(line)

    assert isinstance(found.row, Event)
    assert (found.row.referrer, found.user_agent) == (referrer, agent)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        pytest.param("17/May/2015:10:05:03 +0000", TEN_PAST, id="UTC"),
        pytest.param("17/May/2015:15:50:03 +0545", TEN_PAST, id="east, quarter hours"),
        pytest.param("17/May/2015:06:35:03 -0330", TEN_PAST, id="west, half hours"),
        pytest.param("31/Dec/2016:23:59:60 +0000", 1483228800.0, id="a leap second"),
        pytest.param("17/May/2015:10:05:03.25 +0000", TEN_PAST + 0.25, id="a fraction"),
    ],
)
def test_times(text: str, seconds: float) -> None:
    assert event(COMBINED.replace("17/May/2015:10:05:03 +0000", text)).time == seconds


def test_a_minute_is_remembered_with_its_zone() -> None:
    log = AccessLog()
    rows = [
        log.read(COMBINED.replace("05:03 +0000", end).encode(), 1).row
        for end in ("05:03 +0000", "05:04 +0100", "05:59 +0000", "05:60 +0000", "05:00 +0000")
    ]

    assert [row.time - TEN_PAST for row in rows if isinstance(row, Event)] == [
        0, 1 - 3600, 56, 57, -3,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        pytest.param(b"", "bad_line", id="empty"),
        pytest.param(b"hello", "bad_line", id="another text"),
        pytest.param(b"#Fields: date time", "bad_line", id="another format"),
        pytest.param(COMBINED.encode()[:60], "bad_line", id="cut inside the request"),
        pytest.param(COMBINED.replace(" 200 ", " OK ").encode(), "bad_line", id="no status"),
        pytest.param(b"\x00" * 100, "bad_line", id="a hole in the file"),
        pytest.param(COMBINED.replace("17/May", "31/Feb").encode(), "bad_time", id="no such day"),
        pytest.param(COMBINED.replace("May", "Mai").encode(), "bad_time", id="another language"),
        pytest.param(COMBINED.replace("05:03", "05:61").encode(), "bad_time", id="no such second"),
        pytest.param(COMBINED.replace("2015", "1969").encode(), "bad_time", id="before 1970"),
        pytest.param(COMBINED.replace(":", "").encode(), "bad_time", id="another way to write it"),
        pytest.param(COMBINED.replace("+0000", "+9999").encode(), "bad_time", id="no such zone"),
        pytest.param(b"a" * (LINE_LENGTH + 1), "too_long", id="without end"),
    ],
)
def test_a_refused_line_says_why_and_where(raw: bytes, reason: str) -> None:
    row = read(raw).row

    assert isinstance(row, Refusal)
    assert (row.reason, row.position, row.message[:7]) == (reason, 7, "line 7:")


@given(st.binary(max_size=300) | st.from_regex(r'\S+ \S+ \S+ \[.*\] ".*" \d{3} \d+ ".*'))
def test_no_line_breaks_the_reader(raw: bytes | str) -> None:
    read(raw if isinstance(raw, bytes) else raw.encode("utf-8", "surrogateescape"))


EVERY_PATH = '{split($7, path, "?"); print path[1]}'
PAGES = r"""{
    split($7, path, "?"); file = tolower(path[1]); sub(".*/", "", file)
    static = "\\.(css|js|xml|txt|png|jpe?g|gif|svg|ico|ttf|woff|pdf|jar|exe|gz|deb|doc|swf)$"
    if ($6 == "\"GET" && ($9 ~ /^2/ || $9 == 304) && file !~ static) print path[1]
}"""


def test_ten_thousand_real_lines() -> None:
    path = shared("elastic_apache_logs/apache_logs")
    log = AccessLog()
    rows = [
        found
        for number, raw in enumerate(path.read_bytes().splitlines(), 1)
        if isinstance(found := log.read(raw, number).row, Event)
    ]

    assert len(rows) == 10_000
    assert sum(row.http_status == 404 for row in rows) == 213
    assert Counter(row.path for row in rows) == awk(EVERY_PATH, path)
    assert Counter(row.path for row in rows if row.type == "page_view") == awk(PAGES, path)


def awk(program: str, path: Path) -> Counter[str]:
    counted = subprocess.run(
        f"LC_ALL=C awk '{program}' {path} | LC_ALL=C sort | uniq -c",
        shell=True,
        check=True,
        capture_output=True,
        text=True,
    )
    lines = [line.split(None, 1) for line in counted.stdout.splitlines()]
    return Counter({name: int(count) for count, name in lines})
