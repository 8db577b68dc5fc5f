"""Each record ends in one class, each event is stored once, whatever is cut off where."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from desirepath import intake
from desirepath.errors import StoreDown, Unavailable
from desirepath.loader import Loader
from desirepath.log.base import Draft, Kind
from desirepath.store import events
from tests.loader.conftest import Bench, ids

NOW = datetime(2026, 6, 1, tzinfo=UTC).timestamp()


def test_what_was_sent_is_stored_once(bench: Bench) -> None:
    sent = ids(100)
    bench.send(*sent)

    assert bench.load() == 100
    assert bench.stored() == dict.fromkeys(sent, 1)
    assert bench.load() == 0


def test_a_resend_counts_once_in_the_same_batch_and_in_a_later_one(bench: Bench) -> None:
    sent = ids(4)
    bench.send(*sent)
    bench.send(*sent)
    bench.load()
    for _ in range(4):
        bench.send(*sent)
        bench.load()

    assert bench.stored() == dict.fromkeys(sent, 1)
    account = bench.account()
    assert (account.received, account.stored, account.duplicate) == (24, 4, 20)


def test_a_resend_with_another_time_is_still_the_same_event(bench: Bench) -> None:
    (one,) = ids(1)
    bench.send(one, times=[NOW])
    bench.load()
    bench.send(one, times=[NOW + 90 * 86_400])
    bench.load()

    assert bench.stored() == {one: 1}


def test_the_same_id_in_another_project_is_another_event(bench: Bench) -> None:
    (one,) = ids(1)
    bench.send(one)
    bench.load()
    first, bench.project = bench.project, f"{bench.project}-two"
    bench.send(one)
    bench.load()

    assert bench.stored() == {one: 1}
    bench.project = first
    assert bench.stored() == {one: 1}


def test_ids_that_we_minted_are_not_looked_up(bench: Bench) -> None:
    (one,) = ids(1)
    bench.send(one, one, known=False)
    bench.load()

    assert bench.stored() == {one: 2}


def test_events_of_two_hundred_months_are_loaded(bench: Bench) -> None:
    sent = ids(200)
    bench.send(*sent, times=[NOW - month * 30.5 * 86_400 for month in range(200)])
    bench.load()

    assert bench.stored() == dict.fromkeys(sent, 1)


def test_every_class_of_the_accounting(bench: Bench) -> None:
    bench.send(*ids(3))
    bench.refuse("missing_field")
    bench.append(intake.of_count(bench.project, "consent", 7, NOW))
    bench.load()
    bench.send(*ids(2))

    account = bench.account()
    assert account.refused_by_reason == {"missing_field": 1, "consent": 7}
    assert (account.stored, account.refused, account.waiting) == (3, 8, 2)
    assert account.received == 13


class Cut(Exception):
    """The loader dies here."""


class CutAfter(Loader):
    """Dies at a named point of its first batch."""

    point = ""

    def step(self, on_visible: Callable[[], None] | None = None) -> int:
        def seen() -> None:
            if self.point == "insert":
                raise Cut

        return super().step(seen)


@pytest.mark.parametrize("months", [1, 3])
def test_dying_between_the_insert_and_the_booking_stores_nothing_twice(
    bench: Bench, months: int
) -> None:
    sent = ids(60)
    bench.send(*sent, times=[NOW - at % months * 31 * 86_400 for at in range(60)])
    CutAfter.point = "insert"
    bench.restart(CutAfter)
    with pytest.raises(Cut):
        bench.load()
    bench.send(*sent)
    bench.restart()
    bench.load()

    assert bench.stored() == dict.fromkeys(sent, 1)
    account = bench.account()
    assert (account.stored, account.duplicate, account.waiting) == (60, 60, 0)


def test_the_control_without_reconciling_stores_twice(bench: Bench) -> None:
    from tests.crash.unsafe import Careless

    sent = ids(60)
    bench.send(*sent)
    CutAfter.point = "insert"
    bench.restart(CutAfter)
    with pytest.raises(Cut):
        bench.load()
    bench.restart(Careless)
    bench.load()

    assert bench.stored() == dict.fromkeys(sent, 2)


def test_a_part_of_a_batch_that_is_stored_already_is_left_out(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = ids(50)
    bench.send(*sent)
    whole = events.insert_events

    def half(store: object, lines: list[bytes], query_id: str) -> None:
        whole(bench.store, lines[:25], query_id)
        raise StoreDown("cut in the middle")

    monkeypatch.setattr(events, "insert_events", half)
    with pytest.raises(Unavailable):
        bench.load()
    monkeypatch.undo()
    bench.load()

    assert bench.stored() == dict.fromkeys(sent, 1)
    assert bench.account().stored == 50


def test_a_row_that_the_store_will_not_take_is_set_aside_alone(bench: Bench) -> None:
    good = ids(49)
    bench.send(*good[:20])
    body = b'{"surface":"trackflow","type":"x","event_id":"no uuid","time":"no time"}'
    bench.append(
        Draft(bench.project, Kind.EVENT, ids(1)[0], True, 202606, 21000101, 1, 1, "", body)
    )
    bench.send(*good[20:])
    bench.load()

    assert bench.stored() == dict.fromkeys(good, 1)
    account = bench.account()
    assert account.refused_by_reason == {"store_refused": 1}
    assert (account.received, account.stored, account.waiting) == (50, 49, 0)


def test_segments_of_several_owners_are_loaded_in_one_go(bench: Bench) -> None:
    sent = ids(30)
    for start in range(0, 30, 10):
        bench.send(*sent[start : start + 10])
        bench.reopen()

    assert bench.load() == 30
    assert bench.stored() == dict.fromkeys(sent, 1)
    assert bench.account().stored == 30


def test_what_is_visible_is_told_before_it_is_booked(bench: Bench) -> None:
    bench.send(*ids(5))
    moments: list[tuple[int, int]] = []
    bench.loader.step(lambda: moments.append((len(bench.stored()), bench.account().waiting)))

    assert moments == [(5, 5)]
    assert bench.account().waiting == 0


def test_loaded_segments_go_after_a_day_and_their_numbers_stay(bench: Bench) -> None:
    now = [NOW]
    bench.restart(lambda *given: Loader(*given, clock=lambda: now[0]))
    bench.send(*ids(10))
    bench.load()
    bench.reopen()
    bench.send(*ids(1))
    bench.load()
    bench.loader.tidy()
    before = len(bench.log.segments())
    now[0] += 25 * 3600
    bench.loader.tidy()

    assert len(bench.log.segments()) == before - 1
    assert bench.account().stored == 11
