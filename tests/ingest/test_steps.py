from pathlib import Path

import pytest

from desirepath.ingest import FORBIDDABLE, HEADERS, STEPS, pipeline, recognise, run
from desirepath.ingest.base import Dropped, Place
from desirepath.model.event import Event
from tests.ingest.hits import CHROME, NOW, event, hit

PAGE = Path(__file__).parents[2] / "docs" / "ingest.md"


def everything() -> Event:
    return event(
        anonymous_id="x",
        page_url="https://a.example/b?utm_source=s&gclid=1",
        title="b",
        referrer="https://c.example/",
    )


def test_all_of_ingest() -> None:
    asked = hit(project_ip_mode="truncate", locate=lambda ip: Place("DE", "DE-BE", "Berlin"))
    sent = everything()
    recognise(asked)

    assert run(sent, asked, STEPS) is None

    assert sent == event(
        received_at=NOW,
        expires_at="2027-09-22",
        actor="x",
        actor_kind="anonymous",
        anonymous_id="x",
        page_url="https://a.example/b?utm_source=s",
        host="a.example",
        path="/b",
        title="b",
        referrer="https://c.example/",
        referrer_host="c.example",
        utm_source="s",
        ua_device="desktop",
        ua_os="Windows",
        ua_os_version="10",
        ua_browser="Chrome",
        ua_browser_version="126.0",
        ip="203.0.113.0",
        country="DE",
        region="DE-BE",
        city="Berlin",
        extra={"click_id": "gclid"},
    )


def test_what_interactions_forbids_is_empty_whatever_was_sent() -> None:
    """No address, place, user agent, page or referrer, and no pseudonym made of them."""
    steps = pipeline(frozenset({"ip", "place", "user_agent", "page", "referrer"}))
    asked = hit(project_ip_mode="store", locate=lambda ip: Place("DE", "DE-BE", "Berlin"))
    sent = everything()
    sent.anonymous_id, sent.ip, sent.country, sent.utm_term = "", "203.0.113.7", "DE", "x"
    recognise(asked)

    assert run(sent, asked, steps) is None

    assert sent == event(received_at=NOW, expires_at="2027-09-22")


def test_urls_are_page_and_referrer() -> None:
    names = [step.__name__ for step in pipeline(frozenset({"urls"}))]

    assert names == [
        "forbidden",
        *(s.__name__ for s in STEPS if s.__name__ not in ("page", "referrer")),
    ]


def test_a_format_that_forbids_nothing() -> None:
    assert pipeline(frozenset()) == STEPS


@pytest.mark.parametrize("name", ["consent", "clock", "retention", "texts", "user agent", ""])
def test_what_cannot_be_forbidden(name: str) -> None:
    with pytest.raises(ValueError, match="no ingest step to forbid"):
        pipeline(frozenset({name}))


@pytest.mark.parametrize("name", [*FORBIDDABLE, "urls"])
def test_each_can_be_forbidden_alone(name: str) -> None:
    columns = FORBIDDABLE.get(name, ())
    asked, sent = hit(project_ip_mode="store"), everything()
    for column in columns:
        setattr(sent, column, "sent by the client")
    recognise(asked)

    assert run(sent, asked, pipeline(frozenset({name}))) is None

    assert [getattr(sent, column) for column in columns] == [""] * len(columns)


def test_a_step_that_says_no_is_the_last() -> None:
    def refuse(event: Event, hit: object) -> Dropped:
        return Dropped.CONSENT

    def never(event: Event, hit: object) -> None:
        pytest.fail("a step after the one that said no")

    assert run(event(), hit(), (refuse, never)) is Dropped.CONSENT


def test_a_long_user_agent_is_cut() -> None:
    one, other = hit(user_agent=CHROME + "a" * 8000), hit(user_agent=CHROME + "a" * 7999)
    recognise(one)
    recognise(other)

    assert one.pseudonym == other.pseudonym
    assert one.agent.browser == "Chrome"


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.__name__)
def test_every_step_is_documented(step: object) -> None:
    assert f"\n## {step.__name__}\n" in PAGE.read_text()  # type: ignore[attr-defined]


@pytest.mark.parametrize("reason", Dropped)
def test_every_reason_is_documented(reason: Dropped) -> None:
    assert f"`{reason.value}`" in PAGE.read_text()


@pytest.mark.parametrize("header", sorted(HEADERS))
def test_every_header_is_documented(header: str) -> None:
    assert f"`{header}`" in PAGE.read_text().lower()
