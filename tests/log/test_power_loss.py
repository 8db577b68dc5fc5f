"""Power loss at a random moment: what was acknowledged is there, and nothing else is made up."""

import random
from pathlib import Path

import pytest

from desirepath.errors import LogBroken
from desirepath.log.base import Draft
from desirepath.log.sqlite import SqliteAppender, SqliteLog, claim, files, hot
from tests.log.forgetful import Disk, PowerCut
from tests.log.stories import crash, draft, drafts, drain

# SQLite goes on after some failures (of a delete, of a sync of the folder), and apsw then has
# nobody to raise PowerCut to.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

LONG = [pytest.mark.long, pytest.mark.timeout(1200)]
COMMITS = [1, 1, 3, 20, 1, 70, 1, 2, 5, 1, 1, 30, 1, 1, 1]
#: Small, so that the cuts fall into checkpoints and rotations too.
SMALL = 48 * 1024


class Life:
    """One owner after another on one disk, until the power goes."""

    def __init__(self, folder: Path, disk: Disk) -> None:
        self.folder = folder
        self.disk = disk
        self.acknowledged: list[Draft] = []
        self.sent: list[Draft] = []
        self.boards = [bytes(4096)]
        self.owner: SqliteAppender | None = None

    def live(self) -> None:
        for ending in ("close", "crash", "stay"):
            self.owner = claim(
                self.folder, segment_bytes=SMALL, reserve_bytes=0, vfs=self.disk.name
            )
            for commit in COMMITS:
                some = drafts(len(self.sent) + 1, commit, size=200)
                self.sent += some
                self.owner.append(some)
                self.acknowledged += some
                self.boards.append((self.folder / "0" / files.OWNER).read_bytes())
            if ending == "close":
                self.owner.close()
            elif ending == "crash":
                crash(self.owner)

    def lose_power(self, chance: random.Random) -> None:
        if self.owner is not None and not self.owner._stopped:
            crash(self.owner)
        self.disk.lose_power(chance)
        self.disk.unregister()
        # The note of how far the log goes is never synced: it may be of any earlier moment.
        board = self.folder / "0" / files.OWNER
        if board.exists():
            board.write_bytes(chance.choice([self.boards[-1], *self.boards]))


def cut(folder: Path, seed: int, operations: int) -> Life:
    chance = random.Random(seed)
    disk = Disk()
    disk.cut_at = chance.randint(1, operations)
    life = Life(folder, disk)
    with pytest.raises((PowerCut, LogBroken)):  # SQLite may make an error of its own of it
        life.live()
    assert disk.operations >= disk.cut_at
    life.lose_power(chance)
    return life


def operations(folder: Path) -> int:
    """How many operations of the disk a whole life takes."""
    disk = Disk()
    life = Life(folder, disk)
    life.live()
    assert life.owner is not None
    crash(life.owner)
    disk.unregister()
    return disk.operations


def lost(life: Life) -> set[Draft]:
    """Acknowledged, and not in the log: read as it is, and again after the next owner came."""
    missing = set()
    for _ in range(2):
        log = SqliteLog(life.folder)
        found = drain(log)
        log.close()
        read = found.whole()
        assert len(read) == len(set(read)), "twice"
        assert set(read) <= set(life.sent), "made up"
        missing |= set(life.acknowledged) - set(read)
        assert missing or (len(read) == len(found.records) and not found.lost), "a false alarm"
        after = claim(life.folder, reserve_bytes=0)
        extra = draft(10**6 + len(life.sent))
        after.append([extra])
        after.close()
        life.sent.append(extra)
        life.acknowledged.append(extra)
    return missing


@pytest.mark.parametrize("seeds", [range(60), pytest.param(range(60, 2060), marks=LONG)])
def test_what_was_acknowledged_survives(seeds: range, ram: Path) -> None:
    whole = operations(ram / "whole")
    for seed in seeds:
        life = cut(ram / str(seed), seed, whole)
        assert lost(life) == set(), f"seed {seed}"


@pytest.mark.parametrize("synchronous", ["OFF", "NORMAL"])
def test_without_the_fsync_at_each_commit_it_would_not(
    synchronous: str, ram: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hot, "SYNCHRONOUS", synchronous)
    whole = operations(ram / "whole")

    assert any(lost(cut(ram / str(seed), seed, whole)) for seed in range(20))
