"""A full disk: inserts are refused, reads go on, and it works again when there is room."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from desirepath.engine import data
from tests.engine.asking import Asker
from tests.services.engine import start_engine

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0, reason="mounts a small file system"
)


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A folder with room for 100 MB."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=100m", "small", tmp_path], check=True)
    yield tmp_path
    subprocess.run(["umount", "--lazy", tmp_path], check=True)


def test_a_full_disk_is_survived(small: Path) -> None:
    rows = b"".join(b"%d\t%b\n" % (n, os.urandom(400).hex().encode()) for n in range(20_000))
    # Else an equal block is taken for one that was sent twice.
    into = {"query": "INSERT INTO t FORMAT TSV", "insert_deduplicate": "0"}
    with start_engine(small / "store") as engine, Asker(engine) as ask:
        ask("CREATE TABLE t (id UInt64, text String) ENGINE = MergeTree ORDER BY id")
        ask(rows, **into)
        ballast = small / "ballast"
        room = os.statvfs(small)
        ballast.write_bytes(bytes(room.f_bavail * room.f_bsize - (2 << 20)))

        assert ask.fails(rows, **into).code == 243
        assert ask("SELECT count() FROM t") == "20000"

        much = (rows for _ in range(data.IN_MEMORY // len(rows) + 1))
        said = ask.said(much, parameters=into)
        assert said.code == 243, said.text
        assert ask("SELECT count() FROM t") == "20000"

        ballast.unlink()
        ask(rows, **into)
        assert ask("SELECT count() FROM t") == "40000"
