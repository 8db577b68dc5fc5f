import gzip
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from desirepath.cli.importing.job import Summary, run_import
from desirepath.log.base import Record
from desirepath.log.sqlite import SqliteLog, claim
from desirepath.model.project import Project

Importing = Callable[..., Summary]


def log_line(second: int, path: str = "/", ip: str = "192.0.2.1", agent: str = "A") -> str:
    """A line `second` seconds after noon of 17 May 2015."""
    hour, rest = divmod(second, 3600)
    moment = f"17/May/2015:{12 + hour}:{rest // 60:02}:{rest % 60:02} +0000"
    return f'{ip} - - [{moment}] "GET {path} HTTP/1.1" 200 5 "-" "{agent}"'


def write(path: Path, *lines: str) -> str:
    """A file of `lines`, compressed where its name ends so."""
    raw = "".join(line + "\n" for line in lines).encode()
    path.write_bytes(gzip.compress(raw) if path.suffix == ".gz" else raw)
    return str(path)


def records(log: Path) -> list[Record]:
    """Everything in a log, in the order it was written."""
    reading = SqliteLog(log)
    found: list[Record] = []
    for segment in reading.segments():
        after = segment.first - 1
        while more := reading.read(segment.log_id, after, records=10_000, size=1 << 30):
            found += more
            after = more[-1].offset
    reading.close()
    return found


def bodies(found: list[Record]) -> list[dict[str, Any]]:
    return [msgspec.json.decode(record.body or b"") for record in found]


@pytest.fixture
def importing(tmp_path: Path) -> Iterator[Importing]:
    """`run_import` into the log of `tmp_path`."""
    appender = claim(tmp_path / "log")

    def run(path: str, **options: Any) -> Summary:
        given: dict[str, Any] = {"appender": appender, "folder": tmp_path / "imports"}
        return run_import(path, project=Project(id="default"), **(given | options))

    yield run
    appender.close()
