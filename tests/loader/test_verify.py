"""Rows that the store lost after they were booked come back from the log; nothing comes twice."""

from desirepath.verify import verify
from tests.loader.conftest import Bench, ids


def _lose(bench: Bench, *lost: str) -> None:
    """What a disk that lied about an fsync would have done."""
    bench.store.execute(
        "ALTER TABLE events DELETE WHERE project = {project:String}"
        " AND event_id IN {lost:Array(UUID)} SETTINGS mutations_sync = 2",
        project=bench.project,
        lost=list(lost),
    )


def test_what_is_missing_comes_back_once(bench: Bench) -> None:
    sent = ids(40)
    bench.send(*sent[:20])
    bench.send(*sent)  # the first twenty are duplicates here
    bench.send(*ids(3), known=False)
    bench.refuse("missing_field")
    bench.load()
    before = bench.stored()
    _lose(bench, *sent[5:25])
    assert len(bench.stored()) == 23

    found = list(verify(bench.log, bench.store, bench.ledger, bench.loader.epoch))

    assert sum(one.restored for one in found) == 20
    assert bench.stored() == before
    assert bench.account().stored == 43
    assert sum(one.restored for one in verify(bench.log, bench.store, bench.ledger, 1 << 50)) == 0


def test_a_clean_end_is_told_from_a_crash(bench: Bench) -> None:
    assert not bench.ledger.begin()
    assert not bench.ledger.begin()
    bench.ledger.end()

    assert bench.ledger.begin()
