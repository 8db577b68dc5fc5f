import random
import string
from time import thread_time

import pytest

from desirepath.ingest.masks import mask

UUID = "550e8400-e29b-41d4-a716-446655440000"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("ann@mail.example", "[email]"),
        ("Ann.Smith+news@a.b-c.co.uk,", "[email],"),
        ("to:jürgen@münchen.de.", "to:[email]."),
        ("ann@xn--mnchen-3ya.xn--p1ai", "[email]"),
        ("ann@163.com", "[email]"),
        ("a%b@mail.example", "[email]"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", "[token]"),
        ("d41d8cd98f00b204e9800998ecf8427e", "[token]"),
        ("My-Page-1429989fe8ac4effbc8f57f56486db54", "My-Page-[token]"),
        ("PRmiXeptR36kaC0GEAetxp_TkvowlIOtbR7ePgFOpF4", "[token]"),
        ("k3j4h5g6f7d8s9a0k3j4h5g6f7d8s9a0z", "[token]"),
        ("4111111111111111", "[card]"),
        ("4111 1111 1111 1111", "[card]"),
        ("3782-822463-10005", "[card]"),
        ("378282246310005", "[card]"),
        ("2221 0000 0000 0009", "[card]"),
        ("+49 (30) 123-4567", "[phone]"),
        ("+15551234567", "[phone]"),
        ("(555) 123-4567", "[phone]"),
        ("1-555-123-4567", "[phone]"),
        ("06 12 34 56 78", "[phone]"),
        ("020 7946 0958", "[phone]"),
        ("call 555.123.4567.", "call [phone]."),
    ],
)
def test_secrets(text: str, masked: str) -> None:
    assert mask(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Red running shoes for summer 2026",
        UUID,
        f"order-{UUID}",
        f"Order-{UUID}",
        "507f1f77bcf86cd799439011",
        "01ARZ3NDEKTSV4RRFFQ69G5FAV",
        "dQw4w9WgXcQ",
        "12345678901",
        "1790000000123",
        "1234567812345678",  # no check digit
        "4111111111111112",  # a wrong one
        "9780306406157",  # a book
        "0134685997",  # another
        "2024-01-15",
        "2024-01-15T10:30:00+01:00",
        "10.120.130.140",
        "react@18.2.0",
        "logo@2x.png",
        "app@main.js",
        "@ann",
        "maps/@52.5,13.4,15z",
        "TransportMasterNodeOperationAction",
        "WikiPageNamesAreWrittenLikeThis",
        "List_of_WWE_Champions_2019",
        "how-to-set-the-mouse-position-under-x11-linux-desktop",
        "main.3f8a1b2c4d5e6f708192a3b4c5d6e7f8.js",
        "chunk-PRmiXeptR36kaC0GEAetxp.min.css",
        "C++ 20, 1.5 > 1.25 and 100 000 others",
    ],
)
def test_what_stays(text: str) -> None:
    assert mask(text) is text or mask(text) == text


@pytest.mark.parametrize(("length", "missed"), [(20, 0.015), (22, 0.01), (32, 0.002), (43, 0.001)])
def test_random_tokens_are_told_from_words(length: int, missed: float) -> None:
    dice = random.Random(length)
    alphabet = string.ascii_letters + string.digits + "-_"

    kept = sum(
        "[token]" not in mask("".join(dice.choices(alphabet, k=length))) for _ in range(5000)
    )

    assert kept / 5000 <= missed


@pytest.mark.parametrize(
    "unit",
    [
        "a@",
        "a@b.",
        "eyJa.",
        "aB3-",
        "4111-",
        "1 ",
        "+1 ",
        "([",
        "0 1 ",
        "3782 ",
        "[email]",
        "a" * 19 + " ",
    ],
)
def test_time_is_linear_in_length(unit: str) -> None:
    def seconds(text: str) -> float:
        best = 9.0
        for _ in range(3):
            start = thread_time()
            mask(text)
            best = min(best, thread_time() - start)
        return best

    short, long = (unit * (size // len(unit)) for size in (8192, 65_536))

    # Quadratic would be 64 times as long.
    assert seconds(long) <= 20 * max(seconds(short), 0.000_5)
