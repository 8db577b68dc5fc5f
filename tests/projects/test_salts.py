import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from desirepath.errors import Invalid
from desirepath.model.project import Role
from desirepath.projects.control import Control
from desirepath.projects.keys import digest
from tests.services.postgres import Postgres

HOUR = 3600.0
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC).timestamp()
TODAY = date(2026, 11, 20)


class Clock:
    """Stands still until told otherwise."""

    now = NOON

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def control(url: str, clock: Clock) -> Iterator[Control]:
    with Control(url, clock=clock) as control:
        yield control


def test_a_day_has_one_salt_and_another_day_another(control: Control) -> None:
    today = control.salt_of(TODAY)

    assert len(today) == 32
    assert control.salt_of(TODAY) == today
    assert control.salt_of(TODAY + timedelta(days=1)) != today


def test_two_processes_that_need_it_at_once_get_the_same(url: str, clock: Clock) -> None:
    got: list[bytes] = []
    start = threading.Barrier(8)

    def ask() -> None:
        with Control(url, clock=clock) as own:
            start.wait()
            got.append(own.salt_of(TODAY))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(got) == 8
    assert len(set(got)) == 1


def test_a_salt_lives_48_hours_and_does_not_come_back(control: Control, clock: Clock) -> None:
    salt = control.salt_of(TODAY)

    assert control.destroy_old_salts(NOON + 48 * HOUR - 1) == 0
    assert control.salt_of(TODAY) == salt
    assert control.destroy_old_salts(NOON + 48 * HOUR) == 1
    assert control.destroy_old_salts(NOON + 48 * HOUR) == 0

    for later in (24 * HOUR, 48 * HOUR, 1000 * HOUR):
        clock.now = NOON + later
        with pytest.raises(Invalid, match="no salt for 2026-11-20"):
            control.salt_of(TODAY)


@pytest.mark.parametrize("days", [-400, -2, -1, 2, 400])
def test_only_todays_and_tomorrows_salts_are_made(control: Control, days: int) -> None:
    with pytest.raises(Invalid, match="salts live 48 hours"):
        control.salt_of(TODAY + timedelta(days=days))


def test_yesterdays_salt_is_found_while_it_lives(control: Control, clock: Clock) -> None:
    salt = control.salt_of(TODAY)

    clock.now = NOON + 20 * HOUR

    assert control.salt_of(TODAY) == salt


def test_a_destroyed_salt_leaves_no_bytes_in_the_file(tmp_path: Path, clock: Clock) -> None:
    with Control(f"sqlite:///{tmp_path}/control.db", clock=clock) as control:
        salt = control.salt_of(TODAY)
        assert _found(tmp_path, salt)  # else the search proves nothing

        control.destroy_old_salts(NOON + 48 * HOUR)

    assert not _found(tmp_path, salt)


def test_a_destroyed_salt_leaves_no_bytes_in_postgresql(
    postgres: Postgres, upgraded: str, clock: Clock
) -> None:
    with postgres.database(upgraded) as url, Control(url, clock=clock) as control:
        salt = control.salt_of(TODAY)
        kept = control.salt_of(TODAY + timedelta(days=1))
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("CREATE EXTENSION pageinspect")
            # A plain DELETE leaves the row in its page, so there is something to get rid of.
            connection.execute("DELETE FROM daily_salts WHERE day = '2026-11-20'")
            assert salt in _page(connection)
            connection.execute(
                "INSERT INTO daily_salts VALUES ('2026-11-20', %s, %s)", (salt, NOON - 48 * HOUR)
            )

            assert control.destroy_old_salts(NOON) == 1

            assert salt not in _page(connection)
            assert kept in _page(connection)


def test_postgresql_keeps_salts_out_of_its_backups_and_standbys(
    postgres: Postgres, upgraded: str, clock: Clock
) -> None:
    with postgres.database(upgraded) as url, Control(url, clock=clock) as control:
        salt = control.salt_of(TODAY)
        minted = [control.mint_key("default", Role.WRITE).text for _ in range(3)]
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("CHECKPOINT")
            unlogged = connection.execute(
                "SELECT relname FROM pg_class WHERE relkind = 'r' AND relpersistence = 'u'"
            ).fetchall()

        assert unlogged == [("daily_salts",)]
        if postgres.folder is not None:  # our own server: look at what it wrote
            wal = postgres.folder / "pg_wal"
            assert any(_found(wal, digest(text)) for text in minted)  # or the search is no proof
            assert not _found(wal, salt)


def _page(connection: psycopg.Connection[tuple[bytes]]) -> bytes:
    (page,) = connection.execute("SELECT get_raw_page('daily_salts', 0)").fetchone() or (b"",)
    return page


def _found(folder: Path, secret: bytes) -> bool:
    return any(secret in file.read_bytes() for file in folder.rglob("*") if file.is_file())
