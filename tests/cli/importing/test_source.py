import gzip
import io
import os
import threading
from pathlib import Path

import pytest

from desirepath.cli.importing.source import LINE_LENGTH, Source
from desirepath.errors import Invalid, Malformed
from desirepath.formats.csv_rows import Row


def read(path: Path, offset: int = 0, number: int = 0) -> list[Row]:
    with Source(str(path)) as source:
        return list(source.lines(offset, number))


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param(b"", [], id="empty"),
        pytest.param(b"a\nb\n", [(1, 2, b"a"), (2, 4, b"b")], id="lines"),
        pytest.param(b"a\nb", [(1, 2, b"a"), (2, 3, b"b")], id="no line end at the end"),
        pytest.param(b"\n\na\r\n", [(1, 1, b""), (2, 2, b""), (3, 5, b"a\r")], id="empty lines"),
    ],
)
def test_lines(
    tmp_path: Path, packed: bool, text: bytes, found: list[tuple[int, int, bytes]]
) -> None:
    path = tmp_path / "file"
    path.write_bytes(gzip.compress(text) if packed else text)

    assert read(path) == [Row(*row) for row in found]


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_lines_from_any_line_on(tmp_path: Path, packed: bool) -> None:
    text = b"".join(b"%d %s\n" % (number, b"x" * (number % 97)) for number in range(30_000))
    path = tmp_path / "file"
    path.write_bytes(gzip.compress(text) if packed else text)
    rows = read(path)

    assert b"".join(row.raw + b"\n" for row in rows) == text
    for at in (0, 1, 9, 1700, 1701, 14_999, 29_999):
        assert read(path, rows[at].end, at + 1) == rows[at + 1 :]


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_a_line_without_end_is_cut_and_its_neighbours_stay(tmp_path: Path, packed: bool) -> None:
    text = b"a\n" + b"x" * (3 * LINE_LENGTH) + b"\nb\n"
    path = tmp_path / "file"
    path.write_bytes(gzip.compress(text) if packed else text)

    first, long, last = read(path)

    assert (first, last) == (Row(1, 2, b"a"), Row(3, len(text), b"b"))
    assert (len(long.raw), long.end) == (LINE_LENGTH, len(text) - 2)


def test_several_gzip_members_are_one_text(tmp_path: Path) -> None:
    path = tmp_path / "file.gz"
    path.write_bytes(gzip.compress(b"a\nb") + gzip.compress(b"c\nd\n"))

    assert [row.raw for row in read(path)] == [b"a", b"bc", b"d"]


def test_damage_is_said_after_what_comes_before(tmp_path: Path) -> None:
    text = b"".join(b"%s\n" % os.urandom(20).hex().encode() for _ in range(20_000))
    whole = gzip.compress(text)
    path = tmp_path / "file.gz"
    path.write_bytes(whole[: len(whole) // 2])

    found: list[Row] = []
    with pytest.raises(Malformed, match="damaged or cut off"), Source(str(path)) as source:
        found.extend(source.lines())
    assert 5000 < len(found) < 15_000
    assert b"".join(row.raw + b"\n" for row in found) == text[: found[-1].end]


def test_a_pipe_is_read_as_it_comes(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    written = threading.Thread(target=lambda: path.write_bytes(b"a\n" * 100_000))
    written.start()

    with Source(str(path)) as source:
        assert (source.seekable, source.size) == (False, None)
        assert sum(1 for _ in source.lines()) == 100_000
        assert source.done == 200_000
    written.join()


def test_standard_input_may_be_any_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"a\nb\n")))

    with Source("-") as source:
        assert [row.raw for row in source.lines()] == [b"a", b"b"]


def test_what_cannot_be_opened(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "absent"):
        with pytest.raises(Invalid, match=str(path)):
            Source(str(path))
