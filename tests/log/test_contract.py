"""What every log promises (desirepath.log.base), whatever it is made of."""

import asyncio
from collections.abc import Sequence

import pytest

from desirepath.errors import Locked, LogBroken, LogFull, NotFound
from desirepath.log.base import Draft, Intake, Kind
from tests.log.conftest import Backend
from tests.log.stories import draft, drafts, drain

ODD = [
    Draft("default", Kind.EVENT, "a", True, 202611, 20271120, 1, 1, "née 名 😀", "{}😀".encode()),
    Draft("p", Kind.REFUSED, "wrong_project", False, 0, 0, 2**40, 1, "", b"\x00\xff\xfe"),
    Draft("p", Kind.COUNTED, "rate", False, 0, 0, 0, 10**12, "", b""),
    Draft("p", Kind.EVENT, "quote ' and \x01", False, 1, 2, 3, 1, " ", bytes(1 << 20)),
]


def test_what_was_appended_is_read_back_as_it_was(backend: Backend) -> None:
    appender = backend.appender()
    appender.append(ODD)
    appender.append(drafts(1, 700))

    assert drain(backend.log()).drafts() == ODD + drafts(1, 700)


def test_appending_nothing_is_allowed(backend: Backend) -> None:
    appender = backend.appender()
    appender.append([])

    assert drain(backend.log()).records == {}


def test_a_log_that_was_never_written_is_empty(backend: Backend) -> None:
    log = backend.log()

    assert log.segments() == []
    assert log.newest() == {}


@pytest.mark.parametrize("commit", [1, 2, 63, 64, 65, 256, 257, 320, 321, 1000])
def test_offsets_have_no_gaps(backend: Backend, commit: int) -> None:
    appender = backend.appender()
    for first in (1, commit + 1, 2 * commit + 1):
        appender.append(drafts(first, commit))

    found = drain(backend.log())
    assert [offset for _, offset in found.records] == list(range(1, 3 * commit + 1))
    assert found.drafts() == drafts(1, 3 * commit)


def test_a_draft_that_cannot_be_kept_spoils_nothing(backend: Backend) -> None:
    appender = backend.appender()
    appender.append(drafts(1, 1))
    with pytest.raises(ValueError, match="surrogate"):
        appender.append([draft(2), draft(3)._replace(person="\ud800")])
    appender.append(drafts(2, 1))

    assert drain(backend.log()).drafts() == drafts(1, 2)


def test_reading_stops_at_a_number_of_records_or_a_size(backend: Backend) -> None:
    backend.appender().append(drafts(1, 10, size=100))
    log = backend.log()
    (segment,) = log.segments()

    def offsets(after: int, records: int, size: int) -> list[int]:
        got = log.read(segment.log_id, after, records=records, size=size)
        return [record.offset for record in got]

    assert offsets(0, 3, 1 << 20) == [1, 2, 3]
    assert offsets(3, 3, 1 << 20) == [4, 5, 6]
    assert offsets(0, 100, 200) == [1, 2]
    assert offsets(0, 100, 1) == [1], "never nothing while there is something"
    assert offsets(9, 100, 1 << 20) == [10]
    assert offsets(10, 100, 1 << 20) == []
    assert offsets(999, 100, 1 << 20) == []


def test_the_end_is_what_was_durably_written(backend: Backend) -> None:
    appender, log = backend.appender(), backend.log()
    for expected in (1, 2, 3):
        appender.append([draft(expected)])
        (segment,) = log.segments()
        assert log.end(segment.log_id) == expected
        assert not segment.sealed
        assert segment.bytes > 0


def test_the_newest_changes_when_something_was_written_and_only_then(backend: Backend) -> None:
    appender, log = backend.appender(), backend.log()
    before = log.newest()
    appender.append([draft(1)])
    after = log.newest()

    assert after != before
    assert list(after.values()) == [1]
    assert log.newest() == after
    appender.append([draft(2)])
    assert log.newest() != after


def test_what_is_waiting_is_summed_by_project_and_kind(backend: Backend) -> None:
    counted = Draft("b", Kind.COUNTED, "rate", False, 0, 0, 7, 40, "", b"")
    appender = backend.appender()
    appender.append([draft(1, project="a"), draft(2, project="b"), counted, counted])
    appender.append([draft(3, project="a")])
    log = backend.log()
    (segment,) = log.segments()

    def waiting(after: int, until: int) -> set[tuple[str, int, int]]:
        return set(log.waiting(segment.log_id, after, until))

    assert waiting(0, 99) == {("a", 0, 2), ("b", 0, 1), ("b", 2, 80)}
    assert waiting(1, 3) == {("b", 0, 1), ("b", 2, 40)}
    assert waiting(5, 99) == set()


def test_every_opening_writes_under_a_new_log_id(backend: Backend) -> None:
    for number in (1, 2, 3):
        appender = backend.appender()
        appender.append([draft(number)])
        appender.close()

    found = drain(backend.log())
    assert len({log_id for log_id, _ in found.records}) == 3
    assert found.drafts() == drafts(1, 3)


def test_a_sealed_segment_is_never_written_again(backend: Backend) -> None:
    first = backend.appender()
    first.append(drafts(1, 5))
    first.close()
    log = backend.log()
    (segment,) = log.segments()
    assert segment.sealed
    second = backend.appender()
    second.append(drafts(6, 5))

    again, other = sorted(log.segments(), key=lambda one: one.log_id != segment.log_id)
    assert again == segment
    assert not other.sealed
    assert log.end(segment.log_id) == 5


def test_owners_at_the_same_time_have_a_shard_each(backend: Backend) -> None:
    one, two = backend.appender(), backend.appender()
    one.append([draft(1)])
    two.append([draft(2)])
    one.append([draft(3)])

    found = drain(backend.log())
    assert len({log_id for log_id, _ in found.records}) == 2
    assert sorted(found.drafts()) == sorted(drafts(1, 3))


def test_only_a_sealed_segment_can_be_trimmed(backend: Backend) -> None:
    appender = backend.appender()
    appender.append(drafts(1, 5))
    log, other = backend.log(), backend.log()
    (segment,) = log.segments()
    with pytest.raises(Locked):
        log.trim(segment.log_id)
    assert drain(log).drafts() == drafts(1, 5)

    appender.close()
    assert drain(other).drafts() == drafts(1, 5)
    log.trim(segment.log_id)
    log.trim(segment.log_id)  # again: it is gone already

    for reader in (log, other):
        assert reader.segments() == []
        assert reader.read(segment.log_id, 0, records=9, size=999) == []
        assert list(reader.waiting(segment.log_id, 0, 9)) == []
        assert reader.end(segment.log_id) == 0


def test_a_segment_that_never_was_is_not_found(backend: Backend) -> None:
    log = backend.log()
    unknown = "00000000-0000-4000-8000-000000000000"

    with pytest.raises(NotFound):
        log.read(unknown, 0, records=1, size=1)
    with pytest.raises(NotFound):
        log.end(unknown)
    with pytest.raises(NotFound):
        log.trim(unknown)


def test_a_submission_is_durable_when_its_future_is_done(backend: Backend) -> None:
    intake, log = backend.intake(), backend.log()

    async def submit(number: int) -> None:
        loop = asyncio.get_running_loop()
        await intake.submit(drafts(10 * number, 10), loop)
        assert sum(log.end(segment.log_id) for segment in log.segments()) >= 10

    async def all_of_them() -> None:
        await asyncio.gather(*(submit(number) for number in range(50)))

    asyncio.run(all_of_them())
    assert intake.close(10)
    found = drain(log).drafts()
    assert sorted(found) == sorted(drafts(0, 500))
    starts = [found[at : at + 10] for at in range(0, 500, 10)]
    assert all(run == drafts(run[0].minute - 29_000_000, 10) for run in starts), "never torn"


def test_submissions_are_written_in_the_order_they_came(backend: Backend) -> None:
    intake, log = backend.intake(), backend.log()
    run(intake, [drafts(number, 1) for number in range(300)])

    assert drain(log).drafts() == drafts(0, 300)


def test_submitting_nothing_is_done_at_once(backend: Backend) -> None:
    intake = backend.intake()

    assert run(intake, [[]]) == [None]


def test_too_much_waiting_is_refused_at_once(backend: Backend) -> None:
    intake, log = backend.intake(waiting_records=40), backend.log()
    outcomes = run(intake, [drafts(20 * number, 20) for number in range(200)])

    taken = [number for number, outcome in enumerate(outcomes) if outcome is None]
    refused = [outcome for outcome in outcomes if outcome is not None]
    assert taken[0] == 0
    assert refused, "200 submissions cannot all fit into a queue of two"
    assert all(isinstance(outcome, LogFull) for outcome in refused)
    assert drain(log).drafts() == [one for number in taken for one in drafts(20 * number, 20)]


def test_a_submission_larger_than_the_queue_is_taken_when_nothing_waits(backend: Backend) -> None:
    intake, log = backend.intake(waiting_records=40), backend.log()

    assert run(intake, [drafts(0, 41)]) == [None]
    assert drain(log).drafts() == drafts(0, 41)


def test_whoever_stopped_waiting_holds_nobody_up(backend: Backend) -> None:
    intake, log = backend.intake(), backend.log()

    async def leave_and_stay() -> None:
        loop = asyncio.get_running_loop()
        left = [intake.submit([draft(number)], loop) for number in range(5)]
        for future in left:
            future.cancel()
        await intake.submit([draft(5)], loop)

    asyncio.run(leave_and_stay())
    assert drain(log).drafts()[-1] == draft(5)


def test_an_event_loop_that_is_gone_holds_nobody_up(backend: Backend) -> None:
    intake, log = backend.intake(), backend.log()

    async def leave() -> None:
        intake.submit([draft(1)], asyncio.get_running_loop())

    asyncio.run(leave())
    assert run(intake, [[draft(2)]]) == [None]
    assert drain(log).drafts() == drafts(1, 2)


def test_a_bad_draft_refuses_only_its_own_submission(backend: Backend) -> None:
    intake, log = backend.intake(), backend.log()
    bad = draft(2)._replace(person="\ud800")
    outcomes = run(intake, [[draft(1)], [bad], [draft(3)]])

    assert outcomes[0] is outcomes[2] is None
    assert isinstance(outcomes[1], ValueError)
    assert drain(log).drafts() == [draft(1), draft(3)]


def test_closing_writes_what_waits_and_takes_nothing_more(backend: Backend) -> None:
    intake, log = backend.intake(), backend.log()

    async def close_while_waiting() -> list[BaseException | None]:
        loop = asyncio.get_running_loop()
        waiting = [intake.submit(drafts(20 * number, 20), loop) for number in range(100)]
        assert await asyncio.to_thread(intake.close, 10)
        with pytest.raises(LogBroken, match="stopping"):
            intake.submit([draft(1)], loop)
        return await asyncio.gather(*waiting, return_exceptions=True)

    assert asyncio.run(close_while_waiting()) == [None] * 100
    assert drain(log).drafts() == drafts(0, 2000)
    assert all(segment.sealed for segment in log.segments())
    assert intake.close(1), "closing twice is allowed"


def run(intake: Intake, submissions: Sequence[Sequence[Draft]]) -> list[BaseException | None]:
    """Submit all at once, as requests of one moment; what became of each."""

    async def one(some: Sequence[Draft]) -> None:
        await intake.submit(some, asyncio.get_running_loop())

    async def every() -> list[BaseException | None]:
        return await asyncio.gather(*map(one, submissions), return_exceptions=True)

    return asyncio.run(every())
