"""What the kernel keeps from the engine, whoever asks: here, the writer."""

import os
import sys
from pathlib import Path

import pytest

from desirepath.engine import sandbox
from tests.engine.asking import Asker
from tests.services.engine import start_engine

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Landlock is Linux's")


@pytest.fixture(scope="module", autouse=True)
def kernel_has_it() -> None:
    """Whether this kernel can is found out in a child: it cannot be undone."""
    child = os.fork()
    if not child:
        os._exit(0 if sandbox.close(Path("/tmp")) else 1)
    if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]):
        pytest.skip("this kernel has no Landlock")


@pytest.fixture(scope="module")
def secret(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("secret") / "secret.txt"
    path.write_text("canary")
    return path


def test_files_outside_cannot_be_read(ask: Asker, secret: Path) -> None:
    said = ask.fails(f"SELECT file('{secret}')")

    assert said.code == 76
    assert "Permission denied" in said.text


@pytest.mark.parametrize("path", ["/etc/passwd", "/etc/shadow", "/root/.bashrc", "/proc/1/environ"])
def test_nor_those_of_the_system(ask: Asker, path: str) -> None:
    assert ask.fails(f"SELECT file('{path}')").code != 0


def test_the_folder_beside_the_store_is_closed_too(tmp_path: Path) -> None:
    """`serve` keeps its secrets in the folder around the store's."""
    (tmp_path / "run.json").write_text("canary")
    with start_engine(tmp_path / "engine") as engine, Asker(engine) as ask:
        for path in ("../run.json", str(tmp_path / "run.json"), "./tmp/../../run.json"):
            assert ask.fails(f"SELECT file('{path}')").code != 0


def test_nothing_outside_can_be_written(ask: Asker, secret: Path) -> None:
    beside = secret.parent / "new"
    ask.fails(f"INSERT INTO FUNCTION file('{beside}', 'TSV', 'a Int8') VALUES (1)")
    ask.fails(f"INSERT INTO FUNCTION file('{secret}', 'TSV', 'a Int8') VALUES (1)")

    assert not beside.exists()
    assert secret.read_text() == "canary"


def test_no_program_can_be_started(ask: Asker) -> None:
    assert ask.fails("SELECT * FROM executable('id', 'TSV', 'a String')").code != 0


def test_what_it_needs_is_open(ask: Asker, table: str) -> None:
    ask(f"INSERT INTO {table} SELECT number, repeat('x', 100) FROM numbers(100000)")
    ask(f"OPTIMIZE TABLE {table} FINAL")
    ask(f"ALTER TABLE {table} DELETE WHERE id % 2 SETTINGS mutations_sync = 2")
    spill = "max_bytes_before_external_sort = 1000000, max_bytes_before_external_group_by = 1000000"

    assert ask(f"SELECT count() FROM {table}") == "50000"
    assert ask(f"SELECT toTimeZone(toDateTime(0), 'Asia/Tokyo') FROM {table} LIMIT 1").endswith(
        "09:00:00"
    )
    assert (
        ask(
            "SELECT count() FROM (SELECT number, count() FROM numbers(300000) GROUP BY number"
            f" ORDER BY number SETTINGS {spill})"
        )
        == "300000"
    )
    ask(f"TRUNCATE TABLE {table}")
