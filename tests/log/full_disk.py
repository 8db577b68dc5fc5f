"""A small disk, filled and freed again: `python -m tests.log.full_disk FOLDER ROUNDS RESERVE`.

Mounts a tmpfs over FOLDER, so it runs as root in a mount namespace, with which the mount goes
away (`unshare --mount`). Says what happened on stdout, as JSON.
"""

import json
import subprocess
import sys
import time
from pathlib import Path

import structlog

from desirepath.errors import Unavailable
from desirepath.log.base import Draft
from desirepath.log.sqlite import SqliteAppender, SqliteLog, claim
from tests.log.stories import drafts, drain

DISK = 6 << 20
SEGMENT = 512 * 1024


class Story:
    """What was sent, and how it was answered."""

    def __init__(self, owner: SqliteAppender) -> None:
        self.owner = owner
        self.acknowledged: set[Draft] = set()
        self.answers: dict[str, int] = {}
        self.retry_after: set[int] = set()
        self._next = 1

    def append(self) -> bool:
        records = 1 + self._next % 30
        some = drafts(self._next, records, size=400)
        self._next += records
        try:
            self.owner.append(some)
        except Unavailable as exc:
            answer = type(exc).__name__
            self.retry_after.add(exc.retry_after)
        else:
            answer = "durable"
            self.acknowledged.update(some)
        self.answers[answer] = self.answers.get(answer, 0) + 1
        return answer == "durable"


def fill_and_free(disk: Path, rounds: int, reserve: int) -> dict[str, object]:
    folder, filler = disk / "log", disk / "something-else"
    folder.mkdir()
    story = Story(claim(folder, segment_bytes=SEGMENT, reserve_bytes=reserve))
    log = SqliteLog(folder)
    slowest = 0.0
    missing = 0
    free_when_refused = []
    for _ in range(rounds):
        while story.append():
            pass
        free_when_refused.append(free(disk))
        # Others take what is left, and the disk is full to the last byte.
        take_all(filler)
        for _ in range(40):
            story.append()
            time.sleep(0.005)
        # What was acknowledged can be read meanwhile, by those who read already and by others.
        for reader in (log, SqliteLog(folder)):
            missing += len(story.acknowledged - set(drain(reader).drafts()))
        filler.unlink()
        for segment in log.segments():
            if segment.sealed:
                story.acknowledged -= set(read_all(log, segment.log_id))
                log.trim(segment.log_id)
        freed = time.monotonic()
        while not story.append():
            time.sleep(0.01)
        slowest = max(slowest, time.monotonic() - freed)
    story.owner.close()
    missing += len(story.acknowledged - set(drain(SqliteLog(folder)).drafts()))
    return {
        "answers": story.answers,
        "retry_after": sorted(story.retry_after),
        "missing": missing,
        "seconds_to_resume": slowest,
        "least_free_when_refused": min(free_when_refused),
    }


def read_all(log: SqliteLog, log_id: str) -> list[Draft]:
    records = log.read(log_id, 0, records=10**6, size=1 << 40)
    return [Draft(*record[1:-1], body=record.body or b"") for record in records]


def free(disk: Path) -> int:
    found = subprocess.run(
        ["stat", "--file-system", "--format=%a %S", disk],
        capture_output=True,
        text=True,
        check=True,
    )
    blocks, size = found.stdout.split()
    return int(blocks) * int(size)


def take_all(filler: Path) -> None:
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            return


def main(place: str, rounds: str, reserve: str) -> None:
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", place]
    subprocess.run(command, check=True)
    json.dump(fill_and_free(Path(place), int(rounds), int(reserve)), sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
