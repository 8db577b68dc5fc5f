import json
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desirepath import intake
from desirepath.formats import trackflow
from desirepath.formats.base import Item
from desirepath.ingest import pipeline, recognise
from desirepath.ingest.base import Dropped, Hit
from desirepath.intake import Taken, take
from desirepath.log.base import Draft, Kind
from desirepath.model import ids
from desirepath.model.event import Event, Refusal, line
from desirepath.model.project import Project
from tests.formats.bodies import BASE, EVENTS, body, raw, raw_body, with_value

NOW = 1_790_000_000.25  # 2026-09-21, 14:13 UTC
MINUTE = 29_833_333
STEPS = pipeline(trackflow.FORBIDS)
ID = BASE["eventId"]


def hit(**changes: Any) -> Hit:
    made = Hit(project=Project(id="shop"), received_at=NOW, live=False)
    for name, value in changes.items():
        setattr(made, name, value)
    recognise(made)
    return made


def taken(sent: bytes, key: str = "", **changes: Any) -> Taken:
    return take(trackflow.read(sent, not key).items, hit(**changes), STEPS, key)


def events(found: Taken) -> list[dict[str, Any]]:
    return [json.loads(draft.body) for draft in found.drafts if draft.kind == Kind.EVENT]


def event(sent: bytes, **changes: Any) -> dict[str, Any]:
    (found,) = events(taken(raw_body(sent), **changes))
    return found


def test_an_event_becomes_a_draft() -> None:
    found = taken(body(BASE))

    stored = Event(
        surface="trackflow",
        type="page_view",
        event_id=ID,
        time=1625539200.0,
        received_at=NOW,
        expires_at="2027-09-22",
        actor="user-456",
        actor_kind="user",
        user_id="user-456",
        session_id="session-123",
        page_url="https://example.com/",
        host="example.com",
        path="/",
        title="Example Page",
        referrer="https://google.com/",
        referrer_host="google.com",
        device_type="desktop",
        os="Windows",
        browser="Chrome",
        properties='{"title": "Example Page"}',
    )
    draft = Draft(
        "shop", Kind.EVENT, ID, True, 202107, 20270922, MINUTE, 1, "user-456", line(stored)
    )
    assert found == Taken([draft], 1, [])


def test_a_refused_event_becomes_a_draft_to_be_read_back() -> None:
    sent = raw(userId=5, pageUrl="https://example.com/?email=ann@example.com", referrer=None)

    found = taken(raw_body(raw(), sent))

    refusal = Refusal(
        reason="invalid_type",
        field="userId",
        message="Expected `str | null`, got `int` - at `$.userId`",
        surface="trackflow",
        event_id_text=ID,
        position=1,
        received_at=NOW,
        expires_at="2026-09-29",
        body=sent.decode().replace("?email=ann@example.com", ""),
    )
    draft = Draft(
        *("shop", Kind.REFUSED, "invalid_type", False, 202609, 20260929, MINUTE, 1, ""),
        line(refusal),
    )
    assert (found.drafts[1], found.accepted, found.rejected) == (draft, 1, [refusal])


def named(text: str) -> str:
    return ids.named("shop", text)


@pytest.mark.parametrize(
    ("sent", "stored", "text"),
    [
        pytest.param(ID, ID, "", id="a UUID"),
        pytest.param(ID.upper(), ID, "", id="in capitals"),
        pytest.param("order-1", named("order-1"), "order-1", id="a text"),
    ],
)
def test_ids(sent: str, stored: str, text: str) -> None:
    found = taken(raw_body(raw(eventId=sent)))

    assert [(draft.event_id, draft.known) for draft in found.drafts] == [(stored, True)]
    (row,) = events(found)
    assert (row["event_id"], row.get("event_id_text", "")) == (stored, text)


def _without_id() -> bytes:
    return json.dumps({name: value for name, value in BASE.items() if name != "eventId"}).encode()


def test_an_idempotency_key_names_the_events_that_have_no_id() -> None:
    found = taken(raw_body(_without_id(), raw(), _without_id()), key="job-7")

    assert [(draft.event_id, draft.known) for draft in found.drafts] == [
        (named("job-7/0"), True),
        (ID, True),
        (named("job-7/2"), True),
    ]
    assert [row.get("event_id_text", "") for row in events(found)] == ["job-7/0", "", "job-7/2"]


def test_a_long_idempotency_key_is_not_kept_with_every_event() -> None:
    found = taken(raw_body(_without_id()), key="k" * 60_000)

    short = named("k" * 60_000)
    assert [row["event_id_text"] for row in events(found)] == [f"{short}/0"]
    assert found.drafts == taken(raw_body(_without_id()), key="k" * 60_000).drafts
    assert found.drafts != taken(raw_body(_without_id()), key="k" * 60_001).drafts


def test_without_either_an_event_gets_an_id_of_its_own() -> None:
    items = [
        Item(Event(surface="clicks", type="click", event_id="", time=NOW), "", b"")
        for _ in range(2)
    ]

    drafts = take(items, hit(), STEPS).drafts

    assert [(UUID(draft.event_id).version, draft.known) for draft in drafts] == [(4, False)] * 2
    assert drafts[0].event_id != drafts[1].event_id


SECRET = "ann@example.com"


@pytest.mark.parametrize(
    ("kind", "sent", "kept"),
    [
        pytest.param("page_view", {"title": f"To {SECRET}"}, {"title": "To [email]"}, id="title"),
        pytest.param("click", {"text": SECRET, "n": 1}, {"text": "[email]", "n": 1}, id="text"),
        pytest.param("click", {"value": SECRET}, {"value": "[email]"}, id="value"),
        pytest.param("click", {"href": f"a/?m={SECRET}"}, {"href": "a/"}, id="href"),
        pytest.param("error", {"message": f"no {SECRET}"}, {"message": "no [email]"}, id="message"),
        pytest.param("error", {"stack": f"E\n {SECRET}"}, {"stack": "E\n [email]"}, id="stack"),
        pytest.param("error", {"source": f"/a/{SECRET}"}, {"source": "/a/[email]"}, id="source"),
        pytest.param(
            "click", {"title": 5, "text": SECRET}, {"title": 5, "text": "[email]"}, id="5"
        ),
        pytest.param("click", {"text": "a", "href": None}, {"text": "a", "href": None}, id="none"),
    ],
)
def test_what_is_masked_in_a_column_is_masked_in_properties(
    kind: str, sent: dict[str, Any], kept: dict[str, Any]
) -> None:
    row = event(raw(eventType=kind, properties=sent))

    assert json.loads(row["properties"]) == kept
    assert SECRET not in json.dumps(row)


def test_nothing_else_in_rewritten_properties_changes() -> None:
    sent = b'{"title":"%s","n":123456789012345678901234567890,"f":1.0,"z":{"b":1 , "a":null}}'

    row = event(raw(properties="@").replace(b'"@"', sent % SECRET.encode()))

    assert row["properties"] == sent.decode().replace("%s", "[email]")


def test_of_equal_keys_no_secret_stays() -> None:
    said = b'{"title":"%s","title":"%s x"}' % (SECRET.encode(), SECRET.encode())

    row = event(raw(properties="@").replace(b'"@"', said))

    assert row["properties"] == '{"title":"[email] x"}'


def test_the_second_shape_of_an_error_is_masked_too() -> None:
    row = event(raw(eventType="error", properties={"message": None}, message=f"no {SECRET}"))

    assert (row["error_message"], row["properties"]) == ("no [email]", '{"message":null}')


def test_a_browser_that_said_no_leaves_a_number_and_nothing_else() -> None:
    sent = raw_body(raw(), with_value(b"NaN"), raw(eventId="mine"))

    found = taken(sent, headers={"sec-gpc": "1"}, live=True)

    count = Draft("shop", Kind.COUNTED, "consent", False, 0, 0, MINUTE, 3, "", b"")
    assert found == Taken(
        [count],
        0,
        [
            Refusal(reason=Dropped.CONSENT, position=0, event_id_text=ID),
            Refusal(reason=Dropped.CONSENT, position=1, event_id_text=ID),
            Refusal(reason=Dropped.CONSENT, position=2, event_id_text="mine"),
        ],
    )


def test_an_event_that_a_step_drops_is_counted_and_the_others_are_taken() -> None:
    def not_mine(row: Event, _: Hit) -> Dropped | None:
        return Dropped.CONSENT if row.event_id_text == "mine" else None

    items = trackflow.read(raw_body(raw(), raw(eventId="mine"), raw(eventId="mine"))).items

    found = take(items, hit(), (not_mine, *STEPS))

    assert [(draft.kind, draft.events) for draft in found.drafts] == [
        (Kind.EVENT, 1),
        (Kind.COUNTED, 2),
    ]
    assert found.accepted == 1
    assert [(one.reason, one.position, one.event_id_text) for one in found.rejected] == [
        ("consent", 1, "mine"),
        ("consent", 2, "mine"),
    ]


def test_positions_are_those_that_were_sent() -> None:
    items = trackflow.read(raw_body(raw(), b"1", raw(), b"2")).items

    # As where the others are of another project.
    found = take(items[2:], hit(), STEPS)

    assert [refusal.position for refusal in found.rejected] == [3]


# What was refused is kept, and no secret in it.

TOKEN = (
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"
)


@pytest.mark.parametrize("at", [0, 100, 6_000, 7_150, 8_140, 8_180, 8_185])
@pytest.mark.parametrize("secret", [SECRET, TOKEN, "4111 1111 1111 1111"])
@pytest.mark.parametrize("shrinking", [False, True])
@pytest.mark.parametrize("behind", [1, 1_000])
def test_a_refused_event_is_kept_short_and_without_secrets(
    at: int, secret: str, shrinking: bool, behind: int
) -> None:
    # Masks make a text shorter, and what lay behind the cut must not slip in front of it.
    filler = f"{TOKEN} " if shrinking else "word "
    said = (filler * 20_000)[:at] + f" {secret} " + filler * behind

    (refusal,) = taken(raw_body(b'{"x": "' + said.encode() + b'", NaN}')).rejected

    assert len(refusal.body.encode()) <= 8 * 1024
    assert secret not in refusal.body
    for cut in range(10, len(secret)):
        assert not refusal.body.endswith(secret[:cut]), "half a secret is one too"


@pytest.mark.parametrize("sent", [b"\xff\x00", b"", b"\xff" * 8_000, "😀".encode() * 3_000])
def test_a_refused_event_of_any_bytes_is_kept_as_text(sent: bytes) -> None:
    refusal = Refusal(reason="malformed")

    found = take([Item(refusal, "", sent)], hit(), STEPS)

    kept = msgspec.json.decode(found.drafts[0].body, type=Refusal).body
    assert "\0" not in kept
    assert len(kept.encode()) <= 8 * 1024
    assert kept == sent.decode(errors="replace").replace("\0", "\ufffd")[: len(kept)]


def test_of_many_refused_events_the_first_are_kept_and_all_are_counted() -> None:
    sent = with_value(b'"' + b"word " * 1_600 + b'" NaN')

    found = taken(raw_body(*[sent] * 100))

    kept = [bool(refusal.body) for refusal in found.rejected]
    assert len(found.drafts) == len(kept) == 100
    assert kept == sorted(kept, reverse=True)
    assert sum(kept) == intake.REFUSED_BYTES_TOGETHER // intake.REFUSED_BYTES


def test_the_message_of_a_refusal_is_scrubbed() -> None:
    refusal = Refusal(reason="malformed", message=f"not {SECRET}")

    (kept,) = take([Item(refusal, "", b"")], hit(), STEPS).rejected

    assert kept.message == "not [email]"


@settings(deadline=None, max_examples=100)
@given(st.lists(EVENTS, min_size=1, max_size=5), st.booleans())
def test_every_event_ends_in_one_draft(sent: list[dict[str, Any]], live: bool) -> None:
    found = taken(json.dumps({"events": sent}).encode(), live=live)

    assert found.accepted == len(found.drafts) == len(sent)
    for draft in found.drafts:
        row = msgspec.json.decode(draft.body, type=Event)
        assert draft.event_id == row.event_id == str(UUID(row.event_id))
        assert draft.person == row.actor
        assert 197001 <= draft.month <= 209912
        assert 0 <= row.time < 4_102_444_800
        assert b"\n" not in draft.body
