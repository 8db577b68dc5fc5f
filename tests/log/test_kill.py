"""kill -9 of a writer under load, again and again: what it acknowledged is there."""

import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from desirepath.log.sqlite import SqliteLog
from tests.log.stories import drafts, drain


@pytest.fixture
def writers() -> Iterator["subprocess.Popen[str]"]:
    """A process that starts a writer for every folder that it is told."""
    command = [sys.executable, "-m", "tests.log.writing"]
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield process
        process.communicate()


def run_and_kill(
    writers: "subprocess.Popen[str]", folder: Path, chance: random.Random, how: str = "patient"
) -> list[tuple[int, int]]:
    """(first number, records) of each acknowledged submission."""
    assert writers.stdin is not None
    assert writers.stdout is not None
    print(how, folder, file=writers.stdin, flush=True)
    process, number = writers.stdout.readline().split()
    assert process == "process"
    assert writers.stdout.readline() == "claimed 0\n", "the shard is free again"
    lines = [writers.stdout.readline() for _ in range(chance.choice([0, 1, 20, 200, 500]))]
    os.kill(int(number), signal.SIGKILL)
    lines += iter(writers.stdout.readline, "dead\n")
    answers = [line.split() for line in lines]
    assert all(words[0] == "ack" for words in answers), answers
    return [(int(first), int(records)) for _, _, first, records in answers]


@pytest.mark.parametrize(
    "cycles", [20, pytest.param(1000, marks=[pytest.mark.long, pytest.mark.timeout(1800)])]
)
def test_what_a_killed_writer_acknowledged_is_there(
    cycles: int, writers: "subprocess.Popen[str]", tmp_path: Path
) -> None:
    chance = random.Random(cycles)
    folder, watching = tmp_path / "log", SqliteLog(tmp_path / "log")
    acknowledged: list[tuple[int, int]] = []
    for _ in range(cycles):
        acknowledged += run_and_kill(writers, folder, chance)
        log = SqliteLog(folder)  # comes when the writer is dead, and finds its -wal
        log.segments()
        assert log.newest() == watching.newest()
        log.close()

    log = SqliteLog(folder)
    for reader in (log, watching):  # one that is new, and one that was there all the time
        found = drain(reader)
        assert found.lost == []
        read = found.drafts()
        assert len(read) == len(set(read))
        wanted = {one for first, records in acknowledged for one in drafts(first, records)}
        assert wanted <= set(read)
    assert len({log_id for log_id, _ in found.records}) >= cycles // 2
    assert len(os.listdir(folder)) == 1


def test_saying_so_before_it_is_durable_would_lose(
    writers: "subprocess.Popen[str]", tmp_path: Path
) -> None:
    acknowledged = run_and_kill(writers, tmp_path, random.Random(1), "hasty")
    acknowledged += run_and_kill(writers, tmp_path, random.Random(2), "hasty")

    there = set(drain(SqliteLog(tmp_path)).drafts())
    said = {one for first, records in acknowledged for one in drafts(first, records)}
    assert said - there
