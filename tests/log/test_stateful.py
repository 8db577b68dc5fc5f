"""Any order of appending, crashing, reopening, reading and trimming, against a dict."""

import random
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from desirepath.errors import Locked
from desirepath.log.base import Draft
from desirepath.log.sqlite import SqliteAppender, SqliteLog, claim
from tests.log.stories import as_draft, crash, drafts, drain

MEMORY = Path("/dev/shm") if Path("/dev/shm").is_dir() else None


class Machine(RuleBasedStateMachine):
    owners = Bundle("owners")

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(dir=MEMORY))
        self.open: set[int] = set()  # shards that are owned
        self.written: dict[int, list[Draft]] = {}  # by shard, in order, trimmed ones too
        self.trimmed: dict[int, int] = {}  # by shard: how many of them are gone
        self.number = 0

    @initialize()
    def begin(self) -> None:
        self.reader = SqliteLog(self.folder / "log")  # one that is there from the beginning

    @rule(target=owners)
    def claim(self) -> SqliteAppender:
        owner = claim(self.folder / "log", segment_bytes=96 * 1024, reserve_bytes=0)
        assert owner.shard not in self.open
        assert all(shard in self.open for shard in range(owner.shard)), "the lowest that is free"
        self.open.add(owner.shard)
        self.written.setdefault(owner.shard, [])
        self.trimmed.setdefault(owner.shard, 0)
        return owner

    @rule(owner=owners, count=st.sampled_from([1, 1, 2, 5, 64, 65, 300]))
    def append(self, owner: SqliteAppender, count: int) -> None:
        some = drafts(self.number, count, size=100)
        self.number += count
        owner.append(some)
        self.written[owner.shard] += some

    @rule(owner=owners)
    def rotate(self, owner: SqliteAppender) -> None:
        owner.rotate()

    @rule(owner=consumes(owners))
    def close(self, owner: SqliteAppender) -> None:
        owner.close()
        self.open.discard(owner.shard)

    @rule(owner=consumes(owners))
    def crash(self, owner: SqliteAppender) -> None:
        crash(owner)
        self.open.discard(owner.shard)

    @rule(pick=st.randoms(use_true_random=False), fresh=st.booleans())
    def trim_the_oldest(self, pick: random.Random, fresh: bool) -> None:
        log = SqliteLog(self.folder / "log") if fresh else self.reader
        oldest = {segment.shard: segment for segment in reversed(log.segments())}
        for shard in pick.sample(sorted(oldest), min(1, len(oldest))):
            segment = oldest[shard]
            held = log.end(segment.log_id) - segment.first + 1
            if segment.sealed:
                log.trim(segment.log_id)
                self.trimmed[shard] += held
            else:
                with pytest.raises(Locked):
                    log.trim(segment.log_id)
        if fresh:
            log.close()

    @rule(after=st.integers(0, 400), records=st.integers(1, 100), size=st.integers(1, 20_000))
    def read_a_part(self, after: int, records: int, size: int) -> None:
        for segment in self.reader.segments():
            got = self.reader.read(segment.log_id, after, records=records, size=size)
            start = max(after, segment.first - 1)
            assert len(got) == 0 if start >= self.reader.end(segment.log_id) else len(got) > 0
            assert [record.offset for record in got] == list(range(start + 1, start + 1 + len(got)))
            there = self.written[segment.shard]
            assert list(map(as_draft, got)) == there[start : start + len(got)]

    @invariant()
    def both_readers_find_all_of_it(self) -> None:
        new = SqliteLog(self.folder / "log")
        for log in (self.reader, new):
            found = drain(log)
            assert found.lost == []
            by_shard: dict[int, list[Draft]] = {shard: [] for shard in self.written}
            shards = {segment.log_id: segment.shard for segment in log.segments()}
            for (log_id, _), record in found.records.items():
                by_shard[shards[log_id]].append(as_draft(record))
            wanted = {shard: there[self.trimmed[shard] :] for shard, there in self.written.items()}
            assert by_shard == wanted
        new.close()

    def teardown(self) -> None:
        self.reader.close()
        shutil.rmtree(self.folder)


def run(examples: int) -> None:
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_any_order_of_events() -> None:
    run(25)


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_very_many_orders_of_events() -> None:
    run(1000)
