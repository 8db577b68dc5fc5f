import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from desirepath.errors import StoreDown
from desirepath.model.project import ALL_PROJECTS, Project, Role
from desirepath.projects import directory as directory_module
from desirepath.projects.address import of_file, parse
from desirepath.projects.control import Control
from desirepath.projects.database import open_engine, writing
from desirepath.projects.directory import Directory
from desirepath.projects.source import Source

HOUR = 3600.0


@pytest.fixture
def directory(url: str) -> Iterator[Directory]:
    with Directory(url) as directory:
        yield directory


def eventually(seconds: float, happened: Callable[[], bool]) -> float:
    """Seconds until it happened; fails after `seconds`."""
    start = time.monotonic()
    while not happened():
        if time.monotonic() - start > seconds:
            pytest.fail(f"still not after {seconds} s")
        time.sleep(0.02)
    return time.monotonic() - start


def write(url: str, statement: str) -> None:
    """Change the database behind everybody's back."""
    engine = open_engine(parse(url))
    with writing(engine) as connection:
        connection.execute(text(statement))
    engine.dispose()


def test_it_knows_what_the_database_holds(control: Control, url: str) -> None:
    shop = control.create_project(
        Project(id="shop", allowed_origins=("https://shop.example",), retention_days={"clicks": 9})
    )
    control.create_project(Project(id="gone"))
    minted = control.mint_key(
        "shop", Role.WRITE, origins=["https://a.example"], rate_per_second=9, expires_at=2e9
    )
    over_all = control.mint_key(ALL_PROJECTS, Role.ADMIN)
    revoked = control.mint_key("shop", Role.READ)
    control.revoke_key("shop", revoked.key.id)
    of_gone = control.mint_key("gone", Role.READ)
    control.delete_project("gone")

    with Directory(url) as directory:
        assert directory.project("shop") == shop
        assert directory.project("gone") is None
        assert directory.projects() == [Project(id="default"), shop]
        found = directory.key(minted.text)
        assert found is not None
        assert (found.id, found.project, found.role) == (minted.key.id, "shop", Role.WRITE)
        assert found.origins == ("https://a.example",)
        assert (found.rate_per_second, found.expires_at) == (9, 2e9)
        assert found.usable(2e9 - 0.1)
        assert not found.usable(2e9)
        admin = directory.key(over_all.text)
        assert admin is not None
        assert admin.project == ALL_PROJECTS
        assert directory.key(revoked.text) is None
        assert directory.key(of_gone.text) is None


def test_texts_that_are_no_keys_are_unknown(directory: Directory) -> None:
    for odd in ("", "x", "x" * 54, "\ud800" * 54, "ü" * 54, "dp_w_" + "0" * 49, "x" * 10_000_000):
        assert directory.key(odd) is None


def test_a_change_is_seen_within_two_seconds(control: Control, directory: Directory) -> None:
    minted = control.mint_key("default", Role.READ)
    eventually(2, lambda: directory.key(minted.text) is not None)

    control.update_project("default", {"rate_per_second": 5})
    eventually(2, lambda: directory.project("default") == Project(id="default", rate_per_second=5))

    control.revoke_key("default", minted.key.id)
    eventually(2, lambda: directory.key(minted.text) is None)


def test_its_own_process_need_not_wait(control: Control, directory: Directory) -> None:
    minted = control.mint_key("default", Role.READ)
    directory.refresh()
    assert directory.key(minted.text) is not None

    control.revoke_key("default", minted.key.id)
    directory.refresh()
    assert directory.key(minted.text) is None


def test_a_change_by_hand_is_seen_at_the_next_full_read(
    control: Control, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    minted = control.mint_key("default", Role.READ)
    with Directory(url, poll_seconds=60) as directory:
        write(url, "UPDATE keys SET revoked_at = 1")  # without counting it in `changes`
        directory.refresh()
        assert directory.key(minted.text) is not None

        monkeypatch.setattr(directory_module, "_FULL_READ", 0.0)
        directory.refresh()

        assert directory.key(minted.text) is None


def test_a_broken_row_closes_itself_and_nothing_else(
    control: Control, url: str, caplog: pytest.LogCaptureFixture
) -> None:
    control.create_project(Project(id="shop"))
    minted = {project: control.mint_key(project, Role.READ) for project in ("shop", "default")}
    broken = control.mint_key("default", Role.READ)
    write(url, "UPDATE projects SET settings = '{\"timezone\": 7}' WHERE id = 'shop'")
    write(url, f"UPDATE keys SET origins = 'none' WHERE id = '{broken.key.id}'")

    with Directory(url) as directory:
        assert directory.project("shop") is None
        assert directory.key(minted["shop"].text) is None
        assert directory.key(broken.text) is None
        assert directory.key(minted["default"].text) is not None
        control.revoke_key("default", minted["default"].key.id)
        directory.refresh()
        assert directory.key(minted["default"].text) is None
    assert "project shop is closed" in caplog.text
    assert f"key {broken.key.id} is closed" in caplog.text


def test_the_salt_of_today_is_the_same_for_all(control: Control, url: str) -> None:
    now = time.time()
    with Directory(url) as one, Directory(url) as other:
        salt = one.salt(now)

        assert len(salt) == 32
        assert other.salt(now) == salt
        assert control.salt_of(datetime.fromtimestamp(now, UTC).date()) == salt


def test_a_salt_is_ready_before_its_day_begins(url: str) -> None:
    midnight = 1_800_057_600.0
    now = [midnight - 3 * HOUR]
    with Directory(url, clock=lambda: now[0], stale_limit=HOUR) as directory:
        today = directory.salt(midnight - 1)
        with pytest.raises(StoreDown, match="2027-01-16"):
            directory.salt(midnight)

        now[0] = midnight - HOUR
        directory.refresh()

        assert directory.salt(midnight - 1) == today
        assert directory.salt(midnight) != today

        now[0] = midnight + HOUR
        directory.refresh()

        assert directory.salt(midnight - 1) == today  # a request that came before midnight


def test_salts_that_postgresql_lost_come_back_as_they_were(url: str) -> None:
    now = time.time()
    with Directory(url, poll_seconds=60) as directory:
        salt = directory.salt(now)
        write(url, "DELETE FROM daily_salts")  # as after a crash: the table is unlogged
        write(url, "UPDATE changes SET version = version + 1")
        directory.refresh()

        assert directory.salt(now) == salt
        with Directory(url) as other:
            assert other.salt(now) == salt


def test_the_last_use_of_a_key_is_noted_to_the_minute(control: Control, url: str) -> None:
    used = control.mint_key("default", Role.READ)
    unused = control.mint_key("default", Role.READ)
    now = [1_900_000_000.0]

    def last_used() -> dict[str, float | None]:
        return {key.id: key.last_used_at for key in control.list_keys()}

    def use_and_close() -> None:
        with Directory(url, clock=lambda: now[0]) as directory:
            for _ in range(1000):
                directory.key(used.text)

    use_and_close()
    assert last_used() == {used.key.id: 1_900_000_000.0, unused.key.id: None}

    now[0] += 59
    use_and_close()
    assert last_used() == {used.key.id: 1_900_000_000.0, unused.key.id: None}

    now[0] += 2
    use_and_close()
    assert last_used() == {used.key.id: 1_900_000_061.0, unused.key.id: None}


def test_noting_a_use_is_no_change_that_others_must_read(
    control: Control, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(directory_module, "_NOTE_USE", 0.0)
    used = control.mint_key("default", Role.READ)
    with Directory(url, poll_seconds=60) as directory, Directory(url, poll_seconds=60) as other:
        before = other._snapshot
        directory.key(used.text)
        directory.refresh()
        other.refresh()

        assert control.list_keys()[0].last_used_at is not None
        assert other._snapshot is before


def test_without_the_database_what_was_read_is_used_and_its_age_shown(
    control: Control, url: str, caplog: pytest.LogCaptureFixture
) -> None:
    minted = control.mint_key("default", Role.READ)
    with Directory(url, poll_seconds=0.05, stale_limit=1.5) as directory:
        eventually(2, lambda: directory.stale_seconds < 0.3)
        write(url, "ALTER TABLE changes RENAME TO away")

        eventually(2, lambda: directory.stale_seconds > 0.5)
        assert directory.key(minted.text) is not None
        with pytest.raises(StoreDown):
            directory.refresh()

        eventually(2, lambda: directory.stale_seconds > 1.6)
        for ask in (
            lambda: directory.key(minted.text),
            lambda: directory.project("default"),
            lambda: directory.projects(),
            lambda: directory.salt(time.time()),
        ):
            with pytest.raises(StoreDown, match="has not been read for"):
                ask()

        write(url, "ALTER TABLE away RENAME TO changes")
        eventually(3, lambda: directory.stale_seconds < 0.5)
        assert directory.key(minted.text) is not None
    said = [record.getMessage() for record in caplog.records if record.name.endswith("directory")]
    assert [line.split(":")[0] for line in said] == [
        "using what was read before",
        "the control database is read again",
    ]


def test_a_surprise_does_not_stop_the_reading(
    control: Control, url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    minted = control.mint_key("default", Role.READ)
    with Directory(url, poll_seconds=0.05) as directory:
        with monkeypatch.context() as patched:
            patched.setattr(Source, "version", lambda self: [][0])
            eventually(2, lambda: directory.stale_seconds > 0.3)
        control.revoke_key("default", minted.key.id)

        eventually(2, lambda: directory.key(minted.text) is None)


def test_a_replaced_file_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(directory_module, "_FULL_READ", 0.0)
    path = tmp_path / "control.db"
    with Control(of_file(path)) as control, Control(of_file(tmp_path / "other.db")) as other:
        here = control.mint_key("default", Role.READ)
        there = other.mint_key("default", Role.READ)
    with Directory(of_file(path), poll_seconds=0.05) as directory:
        assert directory.key(here.text) is not None

        os.replace(tmp_path / "other.db", path)

        eventually(2, lambda: directory.key(there.text) is not None)
        assert directory.key(here.text) is None


def test_reading_never_holds_a_writer_up(control: Control, url: str) -> None:
    directories = [Directory(url, poll_seconds=0.001) for _ in range(4)]
    start = time.monotonic()
    for number in range(20):
        control.update_project("default", {"rate_per_second": number})
    took = time.monotonic() - start
    last = control.project("default")
    for directory in directories:
        directory.refresh()
        assert directory.project("default") == last
        directory.close()

    assert took < 10


@pytest.mark.parametrize(
    "url", ["sqlite:////nowhere/control.db", "postgresql://x:y@127.0.0.1:1/x"], ids=str
)
def test_it_does_not_start_without_a_database(url: str) -> None:
    with pytest.raises(StoreDown, match="cannot be read") as caught:
        Directory(url)

    assert ":y@" not in str(caught.value)


def test_it_does_not_make_the_file_it_misses(tmp_path: Path) -> None:
    with pytest.raises(StoreDown):
        Directory(of_file(tmp_path / "control.db"))

    assert list(tmp_path.iterdir()) == []


def test_a_process_killed_in_the_middle_of_a_write_is_cleaned_up_after(tmp_path: Path) -> None:
    """A reader that could not roll back would be blind until the next writer."""
    url = of_file(tmp_path / "control.db")
    with Control(url) as control:
        minted = control.mint_key("default", Role.READ)
    killed = subprocess.run(
        [
            sys.executable,
            "-c",
            "import os, sqlite3, sys\n"
            "db = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
            "db.execute('PRAGMA cache_size = 1')\n"
            "db.execute('BEGIN')\n"
            "db.execute('UPDATE keys SET revoked_at = 1')\n"
            "for n in range(500):\n"
            "    db.execute('INSERT INTO daily_salts VALUES (?, zeroblob(3000), 1)', (str(n),))\n"
            "os.kill(os.getpid(), 9)",
            str(tmp_path / "control.db"),
        ],
        timeout=60,
    )
    assert killed.returncode == -9
    assert (tmp_path / "control.db-journal").stat().st_size > 0  # there is something to roll back

    with Directory(url) as directory:
        assert directory.key(minted.text) is not None


def test_a_web_worker_loads_no_sqlalchemy() -> None:
    loaded = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys, desirepath.projects.directory, desirepath.projects.access\n"
            "import desirepath.projects.sending, desirepath.projects.rates\n"
            "print({name.partition('.')[0] for name in sys.modules})",
        ],
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    assert "'msgspec'" in loaded
    for heavy in ("sqlalchemy", "alembic", "psycopg", "zoneinfo", "asyncio"):
        assert f"'{heavy}'" not in loaded


def test_reads_wait_for_nobody(control: Control, directory: Directory) -> None:
    """Not even for a read of the database that hangs."""
    minted = control.mint_key("default", Role.READ)
    directory.refresh()
    asked = threading.Event()

    def ask() -> None:
        directory.key(minted.text)
        directory.project("default")
        directory.salt(time.time())
        asked.set()

    with directory._one_reader:  # as long as somebody reads
        thread = threading.Thread(target=ask)
        thread.start()
        assert asked.wait(5)
        thread.join()
