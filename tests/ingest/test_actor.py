import hashlib
import hmac

import pytest

from desirepath.ingest import STEPS, recognise, run
from desirepath.ingest.pseudonym import pseudonym_of
from tests.ingest.hits import CHROME, SALT, event, hit

DAILY = hmac.new(SALT, f"default\x00203.0.113.7\x00{CHROME}".encode(), hashlib.sha256).hexdigest()[
    :32
]


@pytest.mark.parametrize(
    ("said", "actor", "kind"),
    [
        pytest.param({"user_id": "ann", "anonymous_id": "x"}, "ann", "user", id="the user first"),
        pytest.param({"anonymous_id": "x"}, "x", "anonymous", id="then the browser"),
        pytest.param({}, DAILY, "daily", id="then the visitor of the day"),
        pytest.param({"user_id": "m", "actor_kind": "minted"}, "m", "minted", id="minted stays"),
    ],
)
def test_who(said: dict[str, str], actor: str, kind: str) -> None:
    asked, sent = hit(), event(**said)
    recognise(asked)

    run(sent, asked, STEPS)

    assert (sent.actor, sent.actor_kind) == (actor, kind)


def test_nobody() -> None:
    asked, sent = hit(ip="", user_agent=""), event()
    recognise(asked)

    run(sent, asked, STEPS)

    assert (sent.actor, sent.actor_kind) == ("", "")


@pytest.mark.parametrize(
    "other",
    [
        pytest.param((b"another day", "default", "203.0.113.7", CHROME), id="day"),
        pytest.param((SALT, "other", "203.0.113.7", CHROME), id="project"),
        pytest.param((SALT, "default", "203.0.113.8", CHROME), id="address"),
        pytest.param((SALT, "default", "203.0.113.7", "curl/8"), id="user agent"),
        pytest.param((SALT, "default2", "03.0.113.7", CHROME), id="no two run together"),
    ],
)
def test_a_pseudonym_is_of_one(other: tuple[bytes, str, str, str]) -> None:
    assert pseudonym_of(*other) != DAILY
    assert pseudonym_of(SALT, "default", "203.0.113.7", CHROME) == DAILY


def test_no_pseudonym_without_a_salt() -> None:
    assert pseudonym_of(b"", "default", "203.0.113.7", CHROME) == ""


def test_a_lone_surrogate_is_no_error() -> None:
    assert len(pseudonym_of(SALT, "default", "", "\ud800")) == 32
