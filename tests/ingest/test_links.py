from time import thread_time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from desirepath.ingest import links
from desirepath.ingest.links import Link, scrub_url
from tests.shared_data import shared

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"
UUID = "550e8400-e29b-41d4-a716-446655440000"


@pytest.mark.parametrize(
    ("url", "clean"),
    [
        pytest.param("https://a.example/b/c", "https://a.example/b/c", id="nothing to do"),
        pytest.param("https://a.example", "https://a.example/", id="no path"),
        pytest.param("HTTPS://A.Example:8443/B", "https://a.example:8443/B", id="case"),
        pytest.param("https://a.example/b?q=ann&x=1", "https://a.example/b", id="query"),
        pytest.param("https://a.example/b#part", "https://a.example/b", id="fragment"),
        pytest.param(
            "https://a.example/#access_token=abc", "https://a.example/", id="a token's fragment"
        ),
        pytest.param("https://a.example/#/users/7", "https://a.example/#/users/7", id="route"),
        pytest.param(
            "https://a.example/#!/users/7", "https://a.example/#!/users/7", id="old route"
        ),
        pytest.param(
            "https://a.example/x#/reset/ann@mail.example?token=abc",
            "https://a.example/x#/reset/[email]",
            id="a route is scrubbed likewise",
        ),
        pytest.param(
            "https://ann:secret@a.example/b", "https://a.example/b", id="user name and password"
        ),
        pytest.param(
            "https:\\\\ann:secret@a.example\\b", "https://a.example/b", id="behind backslashes"
        ),
        pytest.param("https://a@b@c.example/", "https://c.example/", id="two at signs"),
        pytest.param(
            "https://ann%40x.example:pw%40@a.example/", "https://a.example/", id="encoded"
        ),
        pytest.param(
            "https://a.example/?utm_source=x&id=7&utm_id=9",
            "https://a.example/?utm_source=x&utm_id=9",
            id="campaigns stay",
        ),
        pytest.param(
            "https://a.example/?utm_source=ann%40mail.example",
            "https://a.example/?utm_source=[email]",
            id="a campaign that is a person",
        ),
        pytest.param(
            "https://a.example/?utm_term=red%20shoes&gclid=x",
            "https://a.example/?utm_term=red%20shoes",
            id="as it was encoded",
        ),
        pytest.param("https://a.example/?gclid=CjwKCAjw", "https://a.example/", id="click id"),
        pytest.param(
            "https://a.example/u/ann@mail.example/edit",
            "https://a.example/u/[email]/edit",
            id="e-mail",
        ),
        pytest.param(
            "https://a.example/u/ann%40mail.example", "https://a.example/u/[email]", id="encoded"
        ),
        pytest.param(
            "https://a.example/u/ann%2540mail.example", "https://a.example/u/[email]", id="twice"
        ),
        pytest.param(f"https://a.example/{JWT}", "https://a.example/[token]", id="JWT"),
        pytest.param(
            "https://a.example/t/d41d8cd98f00b204e9800998ecf8427e",
            "https://a.example/t/[token]",
            id="hexadecimal",
        ),
        pytest.param(
            "https://a.example/pay/4111-1111-1111-1111",
            "https://a.example/pay/[card]",
            id="card",
        ),
        pytest.param(
            "https://a.example/call/+4930123456", "https://a.example/call/[phone]", id="phone"
        ),
        pytest.param(
            "https://a.example/phone/5551234567",
            "https://a.example/phone/[phone]",
            id="a number that is called one",
        ),
        pytest.param("https://wa.me/15551234567", "https://wa.me/[phone]", id="WhatsApp"),
        pytest.param(
            f"https://a.example/{UUID}/orders/12345678901",
            f"https://a.example/{UUID}/orders/12345678901",
            id="ids stay",
        ),
        pytest.param(
            "https://a.example/507f1f77bcf86cd799439011",
            "https://a.example/507f1f77bcf86cd799439011",
            id="object ids stay",
        ),
        pytest.param(
            "https://a.example/caf%C3%A9/%E6%97%A5", "https://a.example/caf%C3%A9/%E6%97%A5", id="é"
        ),
        pytest.param("mailto:ann@localhost?cc=bob", "mailto:[email]", id="mailto"),
        pytest.param("tel:5551234567", "tel:[phone]", id="tel"),
        pytest.param("javascript:send('ann')", "javascript:", id="code"),
        pytest.param("data:text/html;base64,QW5u", "data:", id="data"),
        pytest.param("app://shop/item/7?who=ann", "app://shop/item/7", id="another scheme"),
        pytest.param("file:///C:/pages/a.html#x", "file:///C:/pages/a.html", id="file"),
        pytest.param("android-app://com.a.b/", "android-app://com.a.b/", id="app"),
        pytest.param("about:blank", "about:blank", id="about"),
        pytest.param(
            "blob:https://ann:pw@a.example/x", "blob:https://a.example/x", id="an address inside"
        ),
        pytest.param("/b/c?d=ann", "/b/c", id="relative"),
        pytest.param("?d=ann", "", id="only a query"),
        pytest.param("//b/c", "//b/c", id="two slashes are a path"),
        pytest.param("//ann:pw@b/c", "//b/c", id="without credentials"),
        pytest.param("mail ann@mail.example now", "mail [email] now", id="no address at all"),
        pytest.param("ht\ntps://a.example/\x00b\t", "https://a.example/b", id="unseen characters"),
        pytest.param("https://[2001:db8::1]:80/b", "https://[2001:db8::1]:80/b", id="IPv6"),
        pytest.param("https://[nonsense/b", "https://[nonsense/b", id="a broken host"),
        pytest.param("", "", id="empty"),
    ],
)
def test_what_stays_of_an_address(url: str, clean: str) -> None:
    assert scrub_url(url).url == clean


@pytest.mark.parametrize(
    ("url", "link"),
    [
        pytest.param(
            "https://User@Shop.Example:8443/a/b?utm_source=s&UTM_Medium=m&utm_campaign=c+d"
            "&utm_term=t%26t&utm_content=&utm_source=again&fbclid=1&gclid=2#top",
            Link(
                "https://shop.example:8443/a/b?utm_source=s&UTM_Medium=m&utm_campaign=c+d"
                "&utm_term=t%26t&utm_content=&utm_source=again",
                "shop.example",
                "/a/b",
                ("s", "m", "c d", "t&t", ""),
                "fbclid",
            ),
            id="everything",
        ),
        pytest.param(
            "https://a.example/app#/users/7?utm_source=s",
            Link(
                "https://a.example/app#/users/7?utm_source=s",
                "a.example",
                "/app#/users/7",
                ("s", "", "", "", ""),
                "",
            ),
            id="a route is part of the path",
        ),
        pytest.param(
            "https://a.example", Link("https://a.example/", "a.example", "/", None, ""), id="root"
        ),
        pytest.param("pricing", Link("pricing", "", "/pricing", None, ""), id="a bare name"),
        pytest.param(
            "app://shop/item", Link("app://shop/item", "shop", "/item", None, ""), id="an app"
        ),
        pytest.param(
            "https://[2001:db8::1]:80/",
            Link("https://[2001:db8::1]:80/", "[2001:db8::1]", "/", None, ""),
            id="IPv6",
        ),
        pytest.param(
            "https://a.example/?gclid=",
            Link("https://a.example/", "a.example", "/", None, ""),
            id="an empty click id",
        ),
    ],
)
def test_its_parts(url: str, link: Link) -> None:
    assert scrub_url(url) == link


@pytest.mark.parametrize(
    ("query", "stays"),
    [
        ("q=shoes&page=2&x=1", "?q=shoes&page=2"),
        ("q=ann%40mail.example", "?q=[email]"),
        ("q=call+%2B4930123456", "?q=call%20[phone]"),
        ("q=+4930123456", "?q=[phone]"),
        ("Q=shoes", ""),
        ("filter%5Ba%5D=1", "?filter%5Ba%5D=1"),
        ("q", "?q"),
        ("q=a=b", "?q=a=b"),
    ],
)
def test_parameters_that_the_project_keeps(query: str, stays: str) -> None:
    kept = ("q", "page", "filter[a]")

    assert scrub_url(f"https://a.example/?{query}", kept).url == f"https://a.example/{stays}"


anything = st.text(max_size=300) | st.text(
    "aA1@.:/\\?#&=%+-_ \t\n\x00[](){}éß日😀\ud800\u202eeyJutm_0x", max_size=300
)


@settings(deadline=None)  # a busy machine is no fault
@given(
    anything | anything.map("https://a.example/".__add__),
    st.lists(anything.filter(bool), max_size=2),
)
@example("http://[", [])
@example("http://a:99999999/", [])
@example("\ud800://\udfff@", ["\ud800"])
@example("%ff%fe/%", [])
def test_no_text_is_an_error(url: str, kept: list[str]) -> None:
    link = scrub_url(url, tuple(kept))

    assert link.path.startswith("/")
    again = scrub_url(link.url, tuple(kept))
    assert again.url.strip(" ") == link.url.strip(" ")  # what is scrubbed stays as it is


HOSTILE = [
    *("a", "a@", "@", "a@b.", "a.", "%25", "%2525", "%", "eyJ", "eyJa.", "1", "1 ", "+1 ", "4111-"),
    *(
        "/",
        "//",
        "a/",
        "?",
        "&",
        "&utm_a=",
        "utm_a%20b=%2525&",
        "#/",
        "aB3-",
        "a@b.c",
        "://",
        "a://",
    ),
    *(
        "/phone/1",
        "/tel/1234567 ",
        "%40",
        "a%40b.",
        "x@1x.",
        "é",
        "😀",
        "\ud800",
        "0 1",
        "\\",
        "x:",
    ),
]


@pytest.mark.parametrize(
    "start",
    ["https://a.example/", "https://a.example/@/eyJ/", "https://a.example/?q=", "", "http://"],
)
def test_time_is_linear_in_length(start: str) -> None:
    """What is quadratic takes 64 times as long for 8 times the text; linear, 8 times.

    The longest text that a body may hold, 8 KiB, takes at most 4 ms (bench/ingest_steps.py); a
    slower machine has 25.
    """
    slow = []
    for unit in HOSTILE:
        short, long = (
            seconds(start + unit * (size // len(unit)) + "\x00!") for size in (8192, 65_536)
        )
        if long > 20 * max(short, 0.000_5) or short > 0.025:
            slow.append((unit, short, long))

    assert slow == []


def seconds(url: str) -> float:
    """The best of three, without memory."""
    best = 9.0
    for _ in range(3):
        start = thread_time()
        links._scrub(url, ("q",))
        best = min(best, thread_time() - start)
    return best


def test_a_hostile_client_cannot_fill_the_memory() -> None:
    before = links._remembered.cache_info().currsize

    for number in range(100):
        scrub_url(f"https://a.example/{number}/" + "a" * links.LONGEST)
        scrub_url(f"https://a.example/{number}/日")

    after = links._remembered.cache_info()
    assert after.currsize == before
    assert after.maxsize == 8192


def test_the_paths_of_a_real_log_stay() -> None:
    """10,000 lines of a real server: every path is that of the log, without its query."""
    targets = {
        line.split('"')[1].split(" ")[1]
        for line in shared("elastic_apache_logs/apache_logs")
        .read_text(errors="replace")
        .splitlines()
        if line.count('"') >= 2 and line.split('"')[1].count(" ") >= 2
    }

    changed = {target for target in targets if scrub_url(target).path != target.partition("?")[0]}

    assert len(targets) > 1000
    assert changed == set()
