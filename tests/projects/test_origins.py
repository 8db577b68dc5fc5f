import pytest
from hypothesis import given
from hypothesis import strategies as st

from desirepath.errors import Invalid
from desirepath.projects.origins import admits, parse_origin, parse_origins


@pytest.mark.parametrize(
    ("written", "as_browsers_send_it"),
    [
        ("https://example.com", "https://example.com"),
        ("HTTPS://Example.COM", "https://example.com"),
        ("https://example.com:443", "https://example.com"),
        ("http://example.com:80", "http://example.com"),
        ("http://example.com:443", "http://example.com:443"),
        ("http://localhost:03000", "http://localhost:3000"),
        ("http://[::1]:8000", "http://[::1]:8000"),
        ("http://127.0.0.1:5173", "http://127.0.0.1:5173"),
        ("https://xn--bcher-kva.example", "https://xn--bcher-kva.example"),
        ("capacitor://localhost", "capacitor://localhost"),
        ("chrome-extension://abcdefghijklmnop", "chrome-extension://abcdefghijklmnop"),
    ],
)
def test_an_origin(written: str, as_browsers_send_it: str) -> None:
    assert parse_origin(written, field="origins") == as_browsers_send_it


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("example.com", "scheme://host"),
        ("https://example.com/", "without a path"),
        ("https://example.com/shop", "without a path"),
        ("https://example.com?x=1", "a query"),
        ("https://user@example.com", "a user"),
        ("https://*.example.com", "wildcards"),
        ("*", "wildcards"),
        ("null", "sandboxed"),
        ("https://bücher.example", "xn--"),
        ("https://example.com:", "scheme://host"),
        ("https://example.com:0", "between 1 and 65535"),
        ("https://example.com:65536", "between 1 and 65535"),
        ("https://example..com", "scheme://host"),
        ("https://-example.com", "scheme://host"),
        ("https://[::zz]", "scheme://host"),
        ("https://[1.2.3.4]", "scheme://host"),
        ("https://", "scheme://host"),
        ("https://example.com\n", "scheme://host"),
        ("", "scheme://host"),
        ("https://" + "a" * 400, "scheme://host"),
    ],
)
def test_no_origin(written: str, said: str) -> None:
    with pytest.raises(Invalid, match=said) as caught:
        parse_origin(written, field="origins")

    assert caught.value.field == "origins"


@given(st.text(max_size=40))
def test_what_is_taken_stays_as_it_is(text: str) -> None:
    for written in (text, f"https://{text}", f"https://example.com:{text}"):
        try:
            once = parse_origin(written, field="origins")
        except Invalid:
            continue
        assert parse_origin(once, field="origins") == once
        assert once == once.lower()


def test_a_list_is_kept_in_order_and_once_each() -> None:
    written = ["https://b.example", "https://a.example", "https://B.example:443"]

    assert parse_origins(written, field="origins") == ("https://b.example", "https://a.example")
    with pytest.raises(Invalid, match="limit of 100"):
        parse_origins([f"https://{n}.example" for n in range(101)], field="origins")


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "https://evil-site.com",
        "https://site.com.evil",
        "https://site.com:8443",
        "http://site.com",
        "https://SITE.com",
        "https://www.site.com",
        "https://sité.com",
        "https://site.com/",
        "",
    ],
)
def test_only_the_exact_origin_passes_a_list(origin: str) -> None:
    allowed = ("https://site.com",)

    assert not admits(allowed, origin)
    assert admits((), origin)
    assert admits(allowed, "https://site.com")
    assert admits(allowed, None)  # no browser, so no filter
