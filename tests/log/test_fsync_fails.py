"""The n-th fsync of a writer fails: nothing is acknowledged on that file any more, and it goes on.

strace makes the kernel answer EIO once. What SQLite or the log does then is all real.
"""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from desirepath.log.sqlite import SqliteLog
from tests.log.stories import drafts, drain

ROOT = Path(__file__).parents[2]
_CALL = re.compile(r"(?:fsync|fdatasync)\(\d+<([^>]*)>\)\s*= (.*)")


class Outcome:
    """What the writer said, and what strace saw."""

    def __init__(self, folder: Path, call: str, nth: int, *arguments: str) -> None:
        trace = folder.with_suffix(".strace")
        injected = f"inject={call}:error=EIO:when={nth}"
        command = ["strace", "-f", "-y", "-o", str(trace), "-e", "trace=fdatasync,fsync"]
        command += ["-e", injected, sys.executable, "-m", "tests.log.writing"]
        done = subprocess.run(
            [*command, str(folder), *arguments], cwd=ROOT, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        self.said = [line.split() for line in done.stdout.splitlines()]
        calls = [_CALL.search(line) for line in trace.read_text().splitlines()]
        self.calls = [(call[1], call[2]) for call in calls if call]
        (self.failed,) = [at for at, (_, result) in enumerate(self.calls) if "INJECTED" in result]
        self.path = self.calls[self.failed][0]

    def acknowledged(self) -> list[tuple[str, int, int]]:
        return [(w[1], int(w[2]), int(w[3])) for w in self.said if w[0] == "ack"]


def check(folder: Path, call: str, nth: int, *arguments: str) -> None:
    outcome = Outcome(folder, call, nth, *arguments)
    where = f"{call} {nth}, of {outcome.path}"

    # Never a second fsync of what once failed to be synced.
    if not Path(outcome.path).is_dir():
        later = [path for path, _ in outcome.calls[outcome.failed + 1 :]]
        assert outcome.path not in later, where

    refused = [at for at, words in enumerate(outcome.said) if words[0] == "refused"]
    assert len(refused) <= 1, where
    if outcome.path.endswith(".new"):  # a segment that could not be made whole is not used
        assert len(refused) == 1, where
    for at in refused:
        assert outcome.said[at][1] == "LogBroken", where
        # Whatever comes after it is in another segment than what came before.
        before = {words[1] for words in outcome.said[:at] if words[0] == "ack"}
        after = {words[1] for words in outcome.said[at:] if words[0] == "ack"}
        assert after, where
        assert not before & after, where

    log = SqliteLog(folder)
    found = drain(log)
    assert found.lost == [], where
    read = found.drafts()
    assert len(read) == len(set(read)), where
    for _, first, records in outcome.acknowledged():
        assert set(drafts(first, records)) <= set(read), where
    # A commit whose fsync failed was refused, and is not handed out: it could still vanish.
    for at in refused:
        first, records = int(outcome.said[at][2]), int(outcome.said[at][3])
        assert not set(drafts(first, records)) & set(read), where
        for path in (folder / "0").glob("*.db*"):
            assert b"person-%d," % first not in path.read_bytes(), where


# SQLite calls fdatasync: for a new segment, commits, a checkpoint, a rotation, the next segment.
# The log itself calls fsync: for folders, and for the file that it locks.
@pytest.mark.parametrize("nth", [1, 2, 3, 4, 15, 16, 17, 18])
def test_a_failed_fdatasync(nth: int, tmp_path: Path) -> None:
    check(tmp_path / "log", "fdatasync", nth, "25")


@pytest.mark.parametrize("nth", [1, 3, 4])
def test_a_failed_fsync(nth: int, tmp_path: Path) -> None:
    check(tmp_path / "log", "fsync", nth, "25")


def test_going_on_with_the_same_file_would_be_noticed(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="fdatasync 10"):
        check(tmp_path / "log", "fdatasync", 10, "25", "careless")


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_any_failed_sync(tmp_path: Path) -> None:
    for nth in range(1, 201):
        check(tmp_path / str(nth), "fdatasync", nth, "200")
