"""INSERT with its data in the body: all of it, or nothing."""

import gzip
import json
import socket
import threading
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path

import lz4.frame  # type: ignore[import-untyped]
import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from desirepath.engine import data
from tests.engine.asking import Asker
from tests.services.engine import EngineHandle

LINES = b"".join(b'{"id":%d,"text":"row %d"}\n' % (n, n) for n in range(3000))

packers: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "lz4": lz4.frame.compress,
    "zstd": zstandard.compress,
}
every_encoding = pytest.mark.parametrize("encoding", list(packers))


def _count(ask: Asker, table: str) -> int:
    return int(ask(f"SELECT count() FROM {table}"))


@pytest.mark.parametrize(
    ("form", "rows"),
    [
        ("JSONEachRow", b'{"id":1,"text":"a"}\n{"id":2,"text":"b"}'),
        ("JSONCompactEachRow", b'[1,"a"]\n[2,"b"]\n'),
        ("TSV", b"1\ta\n2\tb\n"),
        ("TabSeparated", b"1\ta\n2\tb"),
        ("CSV", b'1,a\n2,"b"\n'),
        ("Values", b"(1, 'a'), (1 + 1, lower('B'))"),
        ("RowBinary", b"\x01" + bytes(7) + b"\x01a" + b"\x02" + bytes(7) + b"\x01b"),
    ],
)
def test_every_format(ask: Asker, table: str, form: str, rows: bytes) -> None:
    ask(rows, query=f"INSERT INTO {table} FORMAT {form}")

    assert ask(f"SELECT * FROM {table} ORDER BY id") == "1\ta\n2\tb"


@pytest.mark.parametrize(
    "text",
    [
        "INSERT INTO {t} FORMAT JSONEachRow\n{row}",
        "INSERT INTO {t} FORMAT JSONEachRow {row}",
        "insert into {t} (id, text) format JSONEachRow\r\n{row}",
        "INSERT INTO {t} SETTINGS async_insert = 0 FORMAT JSONEachRow\n{row}",
        "INSERT INTO {t} FORMAT JSONEachRow SETTINGS async_insert = 0, max_threads = 1\n{row}",
        "INSERT INTO TABLE {t} (`id`, `text`) FORMAT JSONEachRow\n{row}",
        "-- a comment; FORMAT CSV\nINSERT /* VALUES */ INTO {t} FORMAT JSONEachRow\n{row}",
        "INSERT INTO {t} VALUES (1, 'x;y')",
        "INSERT INTO {t}(id,text)VALUES(1,'x;y');",
        "INSERT INTO {t} SELECT 1, 'x;y'",
        "INSERT INTO {t} WITH 'x;y' AS w SELECT 1, w",
    ],
)
def test_every_way_to_say_it(ask: Asker, table: str, text: str) -> None:
    ask(text.replace("{t}", table).replace("{row}", '{"id":1,"text":"x;y"}'))

    assert ask(f"SELECT * FROM {table}") == "1\tx;y"


def test_the_url_and_the_body_are_joined_anywhere(ask: Asker, table: str) -> None:
    words = f'INSERT INTO {table} FORMAT JSONEachRow {{"id":1,"text":"x"}}'.split(" ")
    for cut in range(1, len(words)):
        ask(" ".join(words[cut:]), query=" ".join(words[:cut]))

    assert _count(ask, table) == len(words) - 1


def test_an_empty_line_ends_nothing(ask: Asker, table: str) -> None:
    """Text behind a statement would end there, and the rest would be run."""
    rows = b'{"id":1}\n\n{"id":2}\n\nDROP TABLE %b' % table.encode()

    said = ask.fails(rows, query=f"INSERT INTO {table} FORMAT JSONEachRow")

    assert said.code in (27, 117)
    assert _count(ask, table) == 0
    ask(b'{"id":1}\n\n\n{"id":2}\n\n', query=f"INSERT INTO {table} FORMAT JSONEachRow")
    assert _count(ask, table) == 2


def test_nothing_behind_values_is_run(ask: Asker, table: str) -> None:
    ask.said(f"INSERT INTO {table} VALUES (1, 'a'); DROP TABLE {table}")

    assert _count(ask, table) <= 1


def test_no_rows_are_fine(ask: Asker, table: str) -> None:
    assert ask("", query=f"INSERT INTO {table} FORMAT JSONEachRow") == ""
    assert ask(f"INSERT INTO {table} FORMAT TSV\n") == ""
    assert _count(ask, table) == 0


def test_a_row_that_does_not_fit_sinks_its_batch(ask: Asker, table: str) -> None:
    said = ask.fails(
        LINES + b'{"id":"no number"}\n', query=f"INSERT INTO {table} FORMAT JSONEachRow"
    )

    assert said.status == 400
    assert said.code == 27
    assert _count(ask, table) == 0


def test_the_answer_says_what_was_written(ask: Asker, table: str) -> None:
    said = ask.said(LINES, parameters={"query": f"INSERT INTO {table} FORMAT JSONEachRow"})

    assert json.loads(said.headers["X-ClickHouse-Summary"])["written_rows"] == "3000"


def test_settings_of_the_url_count(ask: Asker, table: str) -> None:
    rows = b'{"id":1,"text":"a","unknown":1}\n'
    query = f"INSERT INTO {table} FORMAT JSONEachRow"

    assert ask.fails(rows, query=query, input_format_skip_unknown_fields="0").code == 117
    ask(rows, query=query, input_format_skip_unknown_fields="1")
    assert _count(ask, table) == 1


def test_a_table_can_be_bound(ask: Asker, table: str) -> None:
    ask("1\tx\n", query="INSERT INTO {where:Identifier} FORMAT TSV", param_where=table)

    assert _count(ask, table) == 1


@every_encoding
def test_the_body_may_be_compressed(ask: Asker, table: str, encoding: str) -> None:
    said = ask.said(
        packers[encoding](LINES),
        headers={"Content-Encoding": encoding},
        parameters={"query": f"INSERT INTO {table} FORMAT JSONEachRow"},
    )

    assert said.status == 200, said.text
    assert _count(ask, table) == 3000


@every_encoding
def test_several_frames_are_one_body(ask: Asker, table: str, encoding: str) -> None:
    pack = packers[encoding]
    said = ask.said(
        pack(LINES[:1000]) + pack(LINES[1000:]),
        headers={"Content-Encoding": encoding},
        parameters={"query": f"INSERT INTO {table} FORMAT JSONEachRow"},
    )

    assert said.status == 200, said.text
    assert _count(ask, table) == 3000


@every_encoding
@pytest.mark.parametrize("harm", ["cut", "flip", "garbage after"])
def test_broken_compression_inserts_nothing(
    ask: Asker, table: str, encoding: str, harm: str
) -> None:
    packed = bytearray(packers[encoding](LINES))
    if harm == "cut":
        # The lines before the cut would be whole.
        packed = packed[:-2]
    elif harm == "flip":
        packed[-3] ^= 0xFF
    else:
        packed += b"garbage"
    said = ask.said(
        bytes(packed),
        headers={"Content-Encoding": encoding},
        parameters={"query": f"INSERT INTO {table} FORMAT JSONEachRow"},
    )

    if encoding == "zstd" and harm == "flip":
        assert said.status in (200, 400, 500)  # a frame without a checksum cannot know
    else:
        assert said.code == 271, said.text
        assert _count(ask, table) == 0


def test_an_unknown_encoding_is_refused(ask: Asker, table: str) -> None:
    said = ask.said(
        LINES,
        headers={"Content-Encoding": "br"},
        parameters={"query": f"INSERT INTO {table} FORMAT JSONEachRow"},
    )

    assert (said.status, said.code) == (501, 48)


def _cut_length(query: bytes, secret: bytes) -> bytes:
    head = b"POST /?query=%b HTTP/1.1\r\nX-ClickHouse-Key: %b\r\n" % (query, secret)
    return head + b"Content-Length: %d\r\n\r\n" % (len(LINES) + 1) + LINES


def _cut_chunk(query: bytes, secret: bytes) -> bytes:
    head = b"POST /?query=%b HTTP/1.1\r\nX-ClickHouse-Key: %b\r\n" % (query, secret)
    return head + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n" % (len(LINES), LINES)


@pytest.mark.parametrize("message", [_cut_length, _cut_chunk])
@pytest.mark.parametrize("goodbye", ["close", "half close", "reset"])
def test_a_client_that_goes_away_inserts_nothing(
    engine: EngineHandle,
    ask: Asker,
    table: str,
    message: Callable[[bytes, bytes], bytes],
    goodbye: str,
) -> None:
    query = f"INSERT+INTO+{table}+FORMAT+JSONEachRow".encode()
    with socket.create_connection((engine.host, engine.port)) as client:
        client.sendall(message(query, engine.write_secret.encode()))
        if goodbye == "half close":
            client.shutdown(socket.SHUT_WR)
            assert client.recv(100) == b""
        elif goodbye == "reset":
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

    # An insert of its own behind it: whatever the first did would be done by now.
    ask("7\tx\n", query=f"INSERT INTO {table} FORMAT TSV")
    assert ask(f"SELECT count(), any(id) FROM {table}") == "1\t7"


def test_whole_messages_do_insert(engine: EngineHandle, ask: Asker, table: str) -> None:
    """Control for the test above: the same bytes, and an end."""
    query = f"INSERT+INTO+{table}+FORMAT+JSONEachRow".encode()
    for message, end in ((_cut_length, b"\n"), (_cut_chunk, b"0\r\n\r\n")):
        with socket.create_connection((engine.host, engine.port)) as client:
            client.sendall(message(query, engine.write_secret.encode()) + end)
            assert client.recv(100).startswith(b"HTTP/1.1 200 ")

    assert _count(ask, table) == 6000


def test_a_body_larger_than_memory_goes_through_a_file(ask: Asker, table: str) -> None:
    lines = b"".join(b"%d\t%b\n" % (n, b"x" * 990) for n in range(1000))
    times = data.IN_MEMORY // len(lines) + 2

    def pieces() -> Iterable[bytes]:
        for _ in range(times):
            yield lines

    said = ask.said(pieces(), parameters={"query": f"INSERT INTO {table} FORMAT TSV"})

    assert said.status == 200, said.text
    assert ask(f"SELECT count(), sum(length(text)) FROM {table}") == (
        f"{times * 1000}\t{times * 1000 * 990}"
    )


def test_inserts_and_reads_side_by_side(engine: EngineHandle, ask: Asker, table: str) -> None:
    failures: list[str] = []

    def insert(name: int) -> None:
        with Asker(engine) as mine:
            for count in range(15):
                rows = b"".join(b"%d\tx\n" % (name * 100_000 + count * 100 + n) for n in range(100))
                said = mine.said(rows, parameters={"query": f"INSERT INTO {table} FORMAT TSV"})
                if said.status != 200:
                    failures.append(said.text)

    def read() -> None:
        with Asker(engine) as mine:
            for _ in range(30):
                seen = int(mine.reader(f"SELECT count() FROM {table}"))
                if seen % 100:
                    failures.append(f"half a batch was seen: {seen}")

    threads = [threading.Thread(target=insert, args=(name,)) for name in range(4)]
    threads += [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    assert ask(f"SELECT count(), uniqExact(id) FROM {table}") == "6000\t6000"


@given(texts=st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1, max_size=5))
@settings(
    deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_text_comes_back(ask: Asker, table: str, texts: list[str]) -> None:
    ask(f"TRUNCATE TABLE {table}")
    rows = [json.dumps({"id": n, "text": text}) for n, text in enumerate(texts)]

    ask("\n".join(rows), query=f"INSERT INTO {table} FORMAT JSONEachRow")

    back = ask(f"SELECT text FROM {table} ORDER BY id FORMAT JSONCompactEachRow").split("\n")
    assert [json.loads(line)[0] for line in back] == texts


def test_data_moves_to_a_file_when_there_is_much(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / data.TEMPORARY).mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(data, "IN_MEMORY", 10)
    kept = data.Data()
    for pieces in ([b"12345", b"67890"], [b"abc", b"def"]):
        kept.read(pieces)
        whole = b"".join(kept)
        assert whole == b"1234567890abcdef"[: len(kept)]
        assert Path(kept.path()).read_bytes() == whole
    kept.close()


@pytest.mark.parametrize(
    ("columns", "rows", "code"),
    [
        ("id UInt64, CONSTRAINT small CHECK id < 10", b"1\n99\n", 469),
        ("id UInt64, twice UInt64 MATERIALIZED throwIf(id = 2)", b"1\n2\n", 395),
    ],
)
def test_what_cannot_be_written_is_said(ask: Asker, columns: str, rows: bytes, code: int) -> None:
    """chDB's streaming insert answers these with success."""
    ask(f"CREATE OR REPLACE TABLE strict ({columns}) ENGINE = MergeTree ORDER BY id")

    assert ask.fails(rows, query="INSERT INTO strict (id) FORMAT TSV").code == code
    assert _count(ask, "strict") == 0
    ask("DROP TABLE strict")


def test_too_many_partitions_are_said(ask: Asker) -> None:
    ask("CREATE TABLE split (id UInt64) ENGINE = MergeTree PARTITION BY id ORDER BY id")
    rows = b"".join(b"%d\n" % n for n in range(150))

    assert ask.fails(rows, query="INSERT INTO split FORMAT TSV").code == 252
    assert _count(ask, "split") == 0
    ask("DROP TABLE split")


def test_a_failing_view_is_said(ask: Asker, table: str) -> None:
    ask(
        f"CREATE MATERIALIZED VIEW view_of_{table} ENGINE = MergeTree ORDER BY x AS"
        f" SELECT throwIf(id = 2) AS x FROM {table}"
    )

    assert ask.fails("1\ta\n2\tb\n", query=f"INSERT INTO {table} FORMAT TSV").code == 395
    ask(f"DROP TABLE view_of_{table}")
