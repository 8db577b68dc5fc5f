import os
from pathlib import Path

import pytest

from desirepath.cli.importing.state import SALT_SECONDS
from tests.cli.importing.conftest import Importing, bodies, log_line, records, write
from tests.cli.importing.test_job import DiesAfter


@pytest.fixture
def begun(tmp_path: Path, importing: Importing) -> Path:
    """The state of an import that was cut off in its middle."""
    write(tmp_path / "access.log", *(log_line(second) for second in range(100)))
    appender = DiesAfter(tmp_path / "log", appends=3)
    with pytest.raises(KeyboardInterrupt):
        importing(str(tmp_path / "access.log"), batch=30, appender=appender)
    appender.close()
    (state,) = (tmp_path / "imports").glob("*.json")
    return state


def age(state: Path, seconds: float) -> None:
    os.utime(state, (state.stat().st_atime, state.stat().st_mtime - seconds))


def actors(tmp_path: Path) -> set[str]:
    return {row["actor"] for row in bodies(records(tmp_path / "log"))}


@pytest.mark.parametrize(("seconds", "salts"), [(SALT_SECONDS - 60, 1), (SALT_SECONDS + 60, 2)])
def test_a_salt_is_kept_for_two_days(
    tmp_path: Path, importing: Importing, begun: Path, seconds: float, salts: int
) -> None:
    age(begun, seconds)

    importing(write(tmp_path / "other.log", log_line(0, ip="192.0.2.9", agent="B")))
    assert (b'"salt":"",' in begun.read_bytes()) is (salts == 2)
    assert importing(str(tmp_path / "access.log")).totals.accepted == 100
    assert len(actors(tmp_path)) == salts + 1


def test_a_state_is_its_owners_alone(begun: Path) -> None:
    assert begun.stat().st_mode & 0o077 == 0
    assert begun.parent.stat().st_mode & 0o077 == 0


def test_a_state_that_cannot_be_read_begins_anew(
    tmp_path: Path, importing: Importing, begun: Path
) -> None:
    begun.write_bytes(begun.read_bytes()[:100])

    summary = importing(str(tmp_path / "access.log"))

    assert (summary.resumed_at, summary.lines) == (0, 100)
    assert len({record.event_id for record in records(tmp_path / "log")}) == 100
