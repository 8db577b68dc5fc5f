"""A writer in a process of its own, for tests that kill it or break its disk.

`python -m tests.log.writing FOLDER COUNT` appends in order until COUNT appends were answered;
with `careless` behind it, it goes on with a segment that failed.
`python -m tests.log.writing` takes `patient FOLDER` on stdin, one after another, and keeps an event
loop busy writing through GroupCommit until that process is killed; `hasty FOLDER` says ack without
waiting for it. On stdout, unbuffered:

    process <id>                     only where there are several
    claimed <shard>
    ack <log_id> <first> <count>     these records are durable
    refused <LogFull or LogBroken> <first> <count>
    dead                             the process was killed
"""

import asyncio
import os
import sys
import time
from pathlib import Path

import apsw
import structlog

from desirepath.errors import LogBroken, Unavailable
from desirepath.log.sqlite import GroupCommit, SqliteAppender, SqliteLog, claim
from desirepath.log.sqlite.hot import HotSegment
from tests.log.stories import drafts

#: Small, so that checkpoints and rotations are met soon.
SEGMENT_BYTES = 128 * 1024


def say(*words: object) -> None:
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


def claim_in(folder: Path) -> SqliteAppender:
    while True:
        try:
            owner = claim(folder, segment_bytes=SEGMENT_BYTES, reserve_bytes=0)
        except Unavailable as exc:
            say("refused", type(exc).__name__, 0, 0)
            time.sleep(0.05)
            continue
        say("claimed", owner.shard)
        return owner


def append_one_by_one(folder: Path, count: int) -> None:
    owner, log = claim_in(folder), SqliteLog(folder)
    number = 1
    for commit in range(count):
        records = 1 + commit % 7
        try:
            owner.append(drafts(number, records))
        except Unavailable as exc:
            say("refused", type(exc).__name__, number, records)
            time.sleep(0.3)
        else:
            (log_id,) = log.newest()
            say("ack", log_id, number, records)
        number += records
    owner.close()


async def submit_many(folder: Path, *, patient: bool) -> None:
    group = GroupCommit(claim_in(folder))
    loop = asyncio.get_running_loop()
    # No two runs use the same numbers: nanoseconds, and far apart.
    base = time.time_ns() // 1_000_000 % 10**8 * 1000
    free = iter(range(base, base + 10**9))

    async def client(records: int) -> None:
        while True:
            first = next(free)
            for _ in range(records - 1):
                next(free)
            durable = group.submit(drafts(first, records), loop)
            await (durable if patient else asyncio.sleep(0))
            say("ack", "-", first, records)

    await asyncio.gather(*(client(1 + number % 5) for number in range(16)))


def carry_on(self: SqliteAppender, segment: HotSegment, exc: apsw.Error) -> Unavailable:
    """What a writer must not do after a failure: use the same file again."""
    return LogBroken(str(exc))


def fork_writers() -> None:
    """For each line on stdin a writer in a fork, which takes no time to start, until its end."""
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            say("process", os.getpid())
            how, folder = line.split(maxsplit=1)
            asyncio.run(submit_many(Path(folder.strip()), patient=how == "patient"))
        os.waitpid(child, 0)
        say("dead")


if __name__ == "__main__":
    # What goes wrong is what the tests want to hear of, on stdout alone.
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    if len(sys.argv) == 1:
        fork_writers()
    else:
        if "careless" in sys.argv:
            SqliteAppender._abandon = carry_on  # type: ignore[method-assign]
        append_one_by_one(Path(sys.argv[1]), int(sys.argv[2]))
