"""A full disk: intake is refused and nothing else happens; it resumes by itself."""

import json
import os
import subprocess
import sys
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from desirepath.errors import LogFull
from desirepath.log.sqlite import SqliteAppender, SqliteLog, claim
from tests.log.full_disk import DISK
from tests.log.stories import draft, drain

ROOT = Path(__file__).parents[2]
LONG = [pytest.mark.long, pytest.mark.timeout(600)]


def on_a_small_disk(place: Path, rounds: int, reserve: int) -> dict[str, Any]:
    """A mount needs root, or a kernel that lets users have namespaces of their own."""
    alone = ["unshare", "--mount"] + ([] if os.geteuid() == 0 else ["--map-root-user"])
    command = [*alone, sys.executable, "-m", "tests.log.full_disk"]
    done = subprocess.run(
        [*command, str(place), str(rounds), str(reserve)], cwd=ROOT, capture_output=True, text=True
    )
    if done.returncode != 0:
        pytest.fail(
            "this test fills a tmpfs of its own: run it as root (in a container: --privileged or "
            f"--cap-add SYS_ADMIN) or allow user namespaces\n{done.stderr}"
        )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("rounds", [2, pytest.param(50, marks=LONG)])
@pytest.mark.parametrize("reserve", [0, DISK // 3])
def test_a_full_disk_refuses_and_resumes(rounds: int, reserve: int, tmp_path: Path) -> None:
    found = on_a_small_disk(tmp_path, rounds, reserve)

    assert set(found["answers"]) == {"durable", "LogFull"}
    assert found["answers"]["LogFull"] >= 20 * rounds
    assert found["retry_after"] == [5]
    assert found["missing"] == 0
    assert found["seconds_to_resume"] <= 5
    if reserve:
        assert found["least_free_when_refused"] >= reserve * 0.8


def fill(owner: SqliteAppender) -> int:
    """Append events 1, 2, 3 ... until one is refused; how many were not."""
    for number in count(1):
        try:
            owner.append([draft(number, size=1000)])
        except LogFull as exc:
            assert "its cap is 524288: let the loader catch up" in exc.message  # noqa: PT017
            return number - 1
    raise AssertionError("unreachable")


def test_the_cap_is_for_the_whole_folder(tmp_path: Path) -> None:
    def open_one() -> SqliteAppender:
        return claim(tmp_path, cap_bytes=1 << 19, segment_bytes=48 * 1024, reserve_bytes=0)

    number = fill(open_one())
    other = open_one()
    assert other.shard == 1
    assert fill(other) == 0

    log = SqliteLog(tmp_path)
    assert drain(log).drafts() == [draft(one, size=1000) for one in range(1, number + 1)]
    segments = log.segments()
    assert 350_000 < sum(segment.bytes for segment in segments) <= 1 << 19
    assert all(segment.sealed for segment in segments), "all that fills it can be trimmed"
    for segment in segments:
        log.trim(segment.log_id)
    while not fill(other):  # there is looked for room a few times a second
        continue


def test_one_segment_alone_never_fills_the_cap(tmp_path: Path) -> None:
    owner = claim(tmp_path, cap_bytes=1 << 19, segment_bytes=1 << 30, reserve_bytes=0)
    fill(owner)

    assert len(SqliteLog(tmp_path).segments()) >= 4
