"""Thousands of addresses with a secret in them, and as many without: none kept, few masked."""

import random
import re
import string
import sys
from base64 import urlsafe_b64encode
from collections.abc import Callable
from urllib.parse import quote, unquote

import pytest

from desirepath.ingest import STEPS, recognise, run
from desirepath.model.event import Event
from tests.ingest.hits import event, hit

ADDRESSES = 6_000
DICE = random.Random(20_260_921)
KEPT = ("q",)

WORDS = re.findall(
    r"[a-z-]+",
    """
about account alpine apparel article autumn basket beginners bicycle blog boots brand careers
cart category checkout city classic coffee collection comfort contact cotton dashboard delivery
design docs download edition electric evening events family faq features garden guide help home
how-to index insights invoice jackets kitchen landing leather lighting living login mountain
news office orders outdoor packages page partner people photos pricing privacy product profile
project projects red release report review running sale search section security settings shipping
shoes shop signup size smart spring store stories style summer support table team terms tour
travel trends ultra update users vintage warranty water weather weekend winter wool workshop
""",
)
NAMES = [
    "Anna",
    "Bernhard",
    "Chidi",
    "Dolores",
    "Eirik",
    "Fatima",
    "Georg",
    "Hanako",
    "Ines",
    "Jürgen",
    "Kofi",
    "Lucía",
]


def letters(count: int, of: str = string.ascii_lowercase) -> str:
    return "".join(DICE.choices(of, k=count))


def digits(count: int) -> str:
    return letters(count, string.digits)


def slug() -> str:
    return "-".join(DICE.choices(WORDS, k=DICE.randint(1, 7)))


# What identifies a person or opens a door: the text, and what of it must not be found again.


def email() -> tuple[str, str]:
    local = letters(9)
    shape = DICE.choice(["{}", "{}.smith", "j.{}", "{}+news", "{}_99", "{}%tag"])
    domain = DICE.choice(["mail.example", "uni.ac.example", "b-c.io", "163.com", "münchen.de"])
    return f"{shape.format(local)}@{domain}", local


def jwt() -> tuple[str, str]:
    def part(text: str) -> str:
        return urlsafe_b64encode(text.encode()).decode().rstrip("=")

    claim = part(f'{{"sub":"{letters(12)}"}}')
    head = part('{"alg":"HS256"}')
    return f"{head}.{claim}.{part(letters(32))}", claim


def hexadecimal() -> tuple[str, str]:
    token = letters(DICE.choice([32, 40, 64]), "0123456789abcdef")
    token = DICE.choice([token, token.upper()])
    return token, token


def base64() -> tuple[str, str]:
    token = urlsafe_b64encode(DICE.randbytes(DICE.choice([24, 32, 48]))).decode().rstrip("=")
    return token, token


def card() -> tuple[str, str]:
    start, length = DICE.choice(
        [("4", 16), ("51", 16), ("55", 16), ("2221", 16), ("37", 15), ("6011", 16)]
    )
    body = start + digits(length - len(start) - 1)
    doubled = [int(d) * (2 - at % 2) for at, d in enumerate(reversed(body))]
    number = body + str(-sum(d // 10 + d % 10 for d in doubled) % 10)
    if length == 16 and DICE.random() < 0.5:
        gap = DICE.choice("- ")
        return gap.join(number[at : at + 4] for at in range(0, 16, 4)), number
    return number, number


def phone() -> tuple[str, str]:
    number = f"{DICE.randint(2, 9)}{digits(9)}"
    a, b, c = number[:3], number[3:6], number[6:]
    return DICE.choice([f"+1{number}", f"+1 {a} {b} {c}", f"({a}) {b}-{c}", f"{a}-{b}-{c}"]), number


SECRETS: list[Callable[[], tuple[str, str]]] = [email, jwt, hexadecimal, base64, card, phone]


def typed() -> tuple[str, str]:
    """What a form sends: nothing that a pattern knows."""
    text = letters(10)
    return DICE.choice([text, f"{DICE.choice(NAMES)} {text}"]), text


def encoded(text: str) -> str:
    how = DICE.random()
    if how < 0.5:
        return quote(text, safe="@+()")
    return quote(text, safe="") if how < 0.9 else quote(quote(text, safe=""), safe="")


def in_the_path(secret: Callable[[], tuple[str, str]]) -> tuple[str, str]:
    text, core = secret()
    end = DICE.choice(["", "/", "/edit", "?tab=1", "#top"])
    return f"https://{letters(6)}.example/{slug()}/{encoded(text)}{end}", core


def in_a_query(_: object) -> tuple[str, str]:
    text, core = DICE.choice([*SECRETS, typed])()
    name = DICE.choice(["email", "token", "name", "tel", "cc", "key", "redirect", "gclid"])
    return f"https://{letters(6)}.example/{slug()}?{name}={quote(text)}&page=2", core


def in_a_parameter_that_stays(secret: Callable[[], tuple[str, str]]) -> tuple[str, str]:
    text, core = secret()
    name = DICE.choice(["utm_content", "utm_term", "q", "utm_id"])
    return f"https://{letters(6)}.example/?a=1&{name}={quote(text, safe='')}", core


def in_a_fragment(_: object) -> tuple[str, str]:
    text, core = DICE.choice([*SECRETS, typed])()
    return f"https://{letters(6)}.example/#id_token={quote(text)}", core


def in_a_route(secret: Callable[[], tuple[str, str]]) -> tuple[str, str]:
    text, core = secret()
    return f"https://{letters(6)}.example/app#{DICE.choice(['', '!'])}/u/{encoded(text)}?x=1", core


def before_the_host(_: object) -> tuple[str, str]:
    text, core = DICE.choice([email, base64, typed])()
    return f"https://{quote(text)}:{letters(8)}@{letters(6)}.example/{slug()}", core


PLACES = [
    *[in_the_path] * 4,
    in_a_query,
    in_a_parameter_that_stays,
    in_a_fragment,
    in_a_route,
    before_the_host,
]


def taken(**columns: str) -> Event:
    asked, sent = hit(project_query_allowlist=KEPT), event(**columns)
    recognise(asked)
    assert run(sent, asked, STEPS) is None
    return sent


def holds(sent: Event, core: str) -> bool:
    """Whether the secret can be read out of any column, however it is encoded."""
    columns = (
        *(sent.page_url, sent.path, sent.host, sent.referrer, sent.referrer_host, sent.title),
        *(sent.element_href, sent.element_text, sent.utm_content, sent.utm_term, sent.utm_source),
        *(sent.error_message, sent.query),
    )
    for column in columns:
        text = unquote(unquote(unquote(column))).lower()
        if core.lower() in text:
            return True
        if core.isdigit() and core in "".join(filter(str.isdigit, text)):
            return True
    return False


def test_the_search_finds_what_was_not_scrubbed() -> None:
    for at in range(600):
        url, core = PLACES[at % len(PLACES)](SECRETS[at % len(SECRETS)])

        assert holds(event(page_url=url), core), (url, core)


def test_no_secret_is_kept() -> None:
    leaks = []
    for at in range(ADDRESSES):
        url, core = PLACES[at % len(PLACES)](SECRETS[at % len(SECRETS)])
        sent = taken(
            page_url=url,
            referrer=url,
            element_href=url,
            title=f"Read {url} now",
            error_message=f"GET {url} failed",
        )
        if holds(sent, core):
            leaks.append((url, sent.page_url, sent.title))

    sys.stdout.write(f"\n{len(leaks)} of {ADDRESSES} secrets kept\n")
    assert leaks == []


@pytest.mark.parametrize("secret", SECRETS)
def test_no_secret_in_a_text_is_kept(secret: Callable[[], tuple[str, str]]) -> None:
    for _ in range(300):
        text, core = secret()
        title = DICE.choice(["{} | Shop", "Order {}", "Welcome, {}!", "({})", "{}"]).format(text)

        sent = taken(title=title, element_text=title, query=title)

        assert not holds(sent, core), (title, sent.title)


# What reports are about.


def uuid() -> str:
    return "-".join(letters(n, "0123456789abcdef") for n in (8, 4, 4, 4, 12))


def ordinary() -> str:
    """A path as sites have them."""
    shapes: list[Callable[[], str]] = [
        slug,
        lambda: digits(DICE.randint(1, 12)),
        uuid,
        lambda: f"{slug()}-{digits(DICE.randint(1, 9))}",
        lambda: f"{slug()}-{uuid()}",
        lambda: letters(24, "0123456789abcdef"),
        lambda: letters(11, string.ascii_letters + string.digits + "-_"),
        lambda: f"{DICE.randint(2000, 2030)}/{DICE.randint(1, 12):02}/{DICE.randint(1, 28):02}",
        lambda: f"{DICE.randint(2000, 2030)}-{DICE.randint(1, 12):02}-{DICE.randint(1, 28):02}",
        lambda: f"v{DICE.randint(1, 9)}.{DICE.randint(0, 20)}.{DICE.randint(0, 9)}",
        lambda: "_".join(w.title() for w in DICE.choices(WORDS, k=5)),
        lambda: "".join(w.title() for w in DICE.choices(WORDS, k=4)),
        lambda: f"@{letters(8)}",
        lambda: f"{letters(6)}@{DICE.randint(1, 20)}.{DICE.randint(0, 9)}.{DICE.randint(0, 9)}",
        lambda: f"main.{letters(20, '0123456789abcdef')}.js",
        lambda: f"photo-{digits(4)}@2x.png",
        lambda: f"{quote(DICE.choice(NAMES))}-{digits(3)}",
        lambda: f"9780{digits(9)}",
        lambda: f"0{digits(9)}",
        lambda: f"17{digits(11)}",
    ]
    return "/" + "/".join([*DICE.choices(WORDS, k=DICE.randint(0, 3)), DICE.choice(shapes)()])


def test_what_reports_are_about_stays() -> None:
    changed = []
    for _ in range(ADDRESSES):
        path = ordinary()
        sent = taken(page_url=f"https://shop.example{path}", title=unquote(path[1:]))
        if sent.path != path or sent.title != unquote(path[1:]):
            changed.append((path, sent.path, sent.title))

    share = len(changed) / ADDRESSES
    sys.stdout.write(f"\n{len(changed)} of {ADDRESSES} ordinary addresses masked ({share:.2%})\n")
    assert share <= 0.01, changed
