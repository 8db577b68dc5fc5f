"""A log that was restored from a copy, or made anew: no place ever names two events."""

import shutil
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from uuid import UUID

import pytest

from desirepath.log.base import Draft
from desirepath.log.sqlite import SqliteAppender, SqliteLog, claim, files, hot
from tests.log.stories import crash, drafts, drain


class World:
    """Every event that was ever written, and every place it was ever seen in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.seen: dict[tuple[str, int], Draft] = {}
        self._free = count(0)

    def owner(self) -> SqliteAppender:
        return claim(self.folder, segment_bytes=32 * 1024, reserve_bytes=0)

    def append(self, owner: SqliteAppender, commits: int) -> None:
        for _ in range(commits):
            owner.append(drafts(10 * next(self._free), 3, size=500))
        self.look()

    def look(self) -> None:
        log = SqliteLog(self.folder)
        found = drain(log)
        log.close()
        assert found.lost == []
        for place, event in zip(found.records, found.drafts(), strict=True):
            assert self.seen.setdefault(place, event) == event, f"{place} names two events"

    def copy(self, name: str) -> Path:
        copy = self.folder.with_name(name)
        shutil.copytree(self.folder, copy)
        return copy

    def restore(self, copy: Path) -> None:
        shutil.rmtree(self.folder)
        shutil.copytree(copy, self.folder)


def restored_again_and_again(folder: Path) -> None:
    world = World(folder)
    owner = world.owner()
    world.append(owner, 5)
    while_open = world.copy("while-open")
    world.append(owner, 20)
    owner.close()
    at_rest = world.copy("at-rest")
    copies = [while_open, at_rest]
    for ending in (crash, SqliteAppender.close, crash, crash):
        for copy in copies[-3:]:
            world.restore(copy)
            world.look()
            for _ in range(2):
                owner = world.owner()
                world.append(owner, 12)
                ending(owner)
        copies.append(world.copy(f"later-{len(copies)}"))


def test_a_restored_copy(ram: Path) -> None:
    restored_again_and_again(ram / "log")


def test_a_copy_whose_last_segment_came_too_late(ram: Path) -> None:
    """The owner's note was copied after a rotation, the segments before it."""
    world = World(ram / "log")
    owner = world.owner()
    world.append(owner, 2)
    early = world.copy("early")
    owner.rotate()
    world.append(owner, 2)
    note = (world.folder / "0" / files.OWNER).read_bytes()
    crash(owner)
    world.restore(early)
    (world.folder / "0" / files.OWNER).write_bytes(note)

    world.look()
    owner = world.owner()
    world.append(owner, 1)  # and nothing is called lost
    owner.close()


def test_a_log_made_anew(ram: Path) -> None:
    world = World(ram / "log")
    for _ in range(3):
        owner = world.owner()
        world.append(owner, 12)
        owner.close()
        shutil.rmtree(world.folder)

    assert len(world.seen) == 3 * 12 * 3


def test_with_a_log_id_that_is_not_random_it_would_be_noticed(
    ram: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def numbered() -> Iterator[UUID]:
        # As if a segment were named by its number in the shard.
        while True:
            files = list((ram / "log" / "0").glob("*.db"))
            yield UUID(int=len(files) + 1)

    ids = numbered()
    monkeypatch.setattr(hot, "uuid4", lambda: next(ids))

    with pytest.raises(AssertionError, match="names two events"):
        restored_again_and_again(ram / "log")
