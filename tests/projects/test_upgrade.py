import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from desirepath.errors import Misconfigured
from desirepath.model.project import Project
from desirepath.projects.address import of_file, parse
from desirepath.projects.control import Control
from desirepath.projects.database import open_engine, reading, writing
from desirepath.projects.tables import HEAD, METADATA, VERSION_TABLE
from desirepath.projects.upgrade import MIGRATIONS, upgrade


def test_the_migrations_lead_to_the_tables(url: str) -> None:
    engine = open_engine(parse(url))
    with reading(engine) as connection:
        context = MigrationContext.configure(
            connection, opts={"version_table": VERSION_TABLE, "compare_type": True}
        )
        assert compare_metadata(context, METADATA) == []
    engine.dispose()


def test_the_migrations_are_one_line_that_ends_at_the_head() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    steps = list(ScriptDirectory.from_config(config).walk_revisions())

    assert steps[0].revision == HEAD
    assert len(steps) == len(list((MIGRATIONS / "versions").glob("r*.py")))
    assert not any(step.is_branch_point or step.is_merge_point for step in steps)


def test_upgrading_again_changes_nothing(control: Control, url: str) -> None:
    control.create_project(Project(id="shop"))

    upgrade(url)

    assert [project.id for project in control.list_projects()] == ["default", "shop"]


def test_a_new_file_is_its_owners_alone_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        with Control(of_file(tmp_path / "control.db")) as control:
            control.create_project(Project(id="shop"))
    finally:
        os.umask(before)

    assert [file.name for file in tmp_path.iterdir()] == ["control.db"]
    assert stat.S_IMODE((tmp_path / "control.db").stat().st_mode) == 0o600


def test_a_path_with_every_odd_character(tmp_path: Path) -> None:
    folder = tmp_path / "a b%20?#&ü;'\""
    folder.mkdir()

    with Control(of_file(folder / "control.db")) as control:
        control.create_project(Project(id="shop"))

    assert [file.name for file in folder.iterdir()] == ["control.db"]


def test_tables_of_a_newer_version_are_left_alone(url: str) -> None:
    engine = open_engine(parse(url))
    with writing(engine) as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))
    engine.dispose()

    with pytest.raises(Misconfigured, match=r"newer desirepath.*9999"):
        upgrade(url)


def test_tables_of_another_application_are_left_alone(empty_url: str) -> None:
    engine = open_engine(parse(empty_url))
    with writing(engine) as connection:
        connection.execute(text("CREATE TABLE projects (title TEXT)"))

    with pytest.raises(Misconfigured, match=r"another application \(projects\)"):
        upgrade(empty_url)

    with reading(engine) as connection:
        assert connection.execute(text("SELECT count(*) FROM projects")).scalar() == 0
    engine.dispose()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("sqlite://", "cannot|no database"),
        ("sqlite:///", "in memory"),
        ("sqlite:///:memory:", "in memory"),
        ("mysql://root@localhost/x", "'mysql'"),
        ("control.db", "no database for control data"),
        ("sqlite:////nowhere/at/all/control.db", "folder that exists"),
        ("", "no database for control data"),
    ],
)
def test_a_url_that_cannot_work(url: str, said: str) -> None:
    with pytest.raises(Misconfigured, match=said):
        upgrade(url)


def test_what_is_shown_of_a_url_has_no_password() -> None:
    assert parse("postgresql://me:hunter2@host:5432/db").shown == "postgresql://me:***@host:5432/db"
    assert parse("postgres://host/db?user=me&password=hunter2&sslmode=require").shown == (
        "postgresql://host/db?user=me&password=***&sslmode=require"
    )
    assert parse("postgresql+psycopg://me@host/db").dsn == "postgresql://me@host/db"


KILLED = """
import os, signal, sys
from sqlalchemy import event
from sqlalchemy.engine import Engine
from desirepath.projects.upgrade import upgrade

@event.listens_for(Engine, "before_cursor_execute")
def kill(connection, cursor, statement, *_):
    if "INSERT INTO changes" in statement:
        os.kill(os.getpid(), signal.SIGKILL)

upgrade(sys.argv[1])
"""


def test_a_kill_in_the_middle_leaves_nothing_half_made(empty_url: str) -> None:
    killed = subprocess.run([sys.executable, "-c", KILLED, empty_url], timeout=60)
    assert killed.returncode == -9

    with Control(empty_url) as control:
        assert control.list_projects() == [Project(id="default")]
