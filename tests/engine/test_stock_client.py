"""clickhouse-connect, as it is installed, against the engine."""

import datetime
from collections.abc import Iterator
from uuid import uuid4

import clickhouse_connect
import pytest
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError
from clickhouse_connect.driver.external import ExternalData
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.services.engine import EngineHandle

both = pytest.mark.parametrize("who", ["writer", "reader"])
every_compression = pytest.mark.parametrize("compression", ["lz4", "zstd", "gzip", None])

# What HTTP clients can send: no lone surrogates.
texts = st.text(st.characters(exclude_categories=["Cs"]))


@pytest.fixture
def client(who: str, request: pytest.FixtureRequest) -> Client:
    found: Client = request.getfixturevalue(who)
    return found


@pytest.fixture
def events(writer: Client) -> Iterator[str]:
    name = f"e{uuid4().hex[:10]}"
    writer.command(
        f"CREATE TABLE {name} (id UInt64, at DateTime64(3, 'UTC'), tags Array(LowCardinality("
        "String)), price Nullable(Decimal(9, 2)), extra JSON) ENGINE = MergeTree ORDER BY id"
    )
    yield name
    writer.command(f"DROP TABLE {name}")


@both
def test_it_says_what_it_is(client: Client) -> None:
    assert str(client.server_version).startswith("26.")
    assert str(client.server_tz) == "UTC"
    assert client.ping()


@both
def test_rows_come_as_native(client: Client) -> None:
    found = client.query(
        "SELECT number, toString(number), [number], NULL, toDate('2026-11-20') FROM numbers(3)"
    )

    day = datetime.date(2026, 11, 20)
    assert found.result_rows == [(n, str(n), [n], None, day) for n in range(3)]
    assert found.summary["read_rows"] == "3"


@given(text=texts)
@settings(deadline=None, max_examples=150)
def test_a_bound_text_comes_back(reader: Client, text: str) -> None:
    found = reader.query("SELECT {x:String}, length({x:String})", {"x": text})

    assert found.result_rows == [(text, len(text.encode()))]


@given(values=st.lists(texts, max_size=4))
@settings(deadline=None, max_examples=100)
def test_a_bound_list_of_texts_comes_back(reader: Client, values: list[str]) -> None:
    found = reader.query("SELECT {x:Array(String)}", {"x": values})

    assert found.result_rows == [(values,)]


@given(text=texts)
@settings(deadline=None, max_examples=50)
def test_a_bound_text_comes_back_from_a_form(engine: EngineHandle, text: str) -> None:
    client = clickhouse_connect.get_client(dsn=engine.read_url, form_encode_query_params=True)
    try:
        assert client.query("SELECT {x:String}", {"x": text}).result_rows == [(text,)]
    finally:
        client.close()


@every_compression
def test_rows_go_in_as_native(
    engine: EngineHandle, writer: Client, events: str, compression: str | None
) -> None:
    client = clickhouse_connect.get_client(dsn=engine.url, compress=compression or False)
    at = datetime.datetime(2026, 11, 20, 10, 30, 0, 123000)
    rows = [[n, at, ["a", f"b{n % 7}"], None, {"n": n}] for n in range(5000)]
    try:
        client.insert(events, rows, column_names=["id", "at", "tags", "price", "extra"])
    finally:
        client.close()

    found = writer.query(f"SELECT count(), sum(id), any(at), max(extra.n::UInt64) FROM {events}")
    assert found.result_rows == [(5000, sum(range(5000)), at, 4999)]


@every_compression
def test_answers_are_compressed_as_asked(engine: EngineHandle, compression: str | None) -> None:
    client = clickhouse_connect.get_client(dsn=engine.read_url, compress=compression or False)
    try:
        found = client.query("SELECT number, repeat('x', 100) FROM numbers(100000)")
    finally:
        client.close()

    assert len(found.result_rows) == 100_000
    assert found.result_rows[-1] == (99_999, "x" * 100)


def test_raw_rows_go_in(writer: Client, events: str) -> None:
    told = writer.raw_insert(
        events, ["id", "tags"], b'{"id":1,"tags":["x"]}\n{"id":2,"tags":[]}\n', fmt="JSONEachRow"
    )

    assert told.summary["written_rows"] == "2"
    assert writer.query(f"SELECT id, tags FROM {events} ORDER BY id").result_rows == [
        (1, ["x"]),
        (2, []),
    ]


def test_a_generator_goes_in_chunked(writer: Client, events: str) -> None:
    lines = (b'{"id":%d}\n' % n for n in range(1000))

    writer.raw_insert(events, ["id"], lines, fmt="JSONEachRow")

    assert writer.query(f"SELECT count() FROM {events}").result_rows == [(1000,)]


@both
def test_arrow_comes_out(client: Client) -> None:
    table = client.query_arrow("SELECT number AS n, toString(number) AS s FROM numbers(70000)")

    assert table.num_rows == 70_000
    assert table.column("n")[69_999].as_py() == 69_999


@both
def test_blocks_are_streamed(client: Client) -> None:
    seen = 0
    with client.query_row_block_stream("SELECT number FROM numbers(1000000)") as stream:
        for block in stream:
            seen += len(block)

    assert seen == 1_000_000


@both
def test_external_data_can_be_asked(client: Client) -> None:
    people = ExternalData(
        file_name="people.csv", data=b"1,ann\n2,bob\n", fmt="CSV", structure="id UInt8, name String"
    )

    found = client.query(
        "SELECT name FROM people WHERE id = {id:UInt8}", {"id": 2}, external_data=people
    )

    assert found.result_rows == [("bob",)]


@both
def test_an_error_has_its_number_and_name(client: Client) -> None:
    with pytest.raises(DatabaseError) as caught:
        client.query("SELECT * FROM nowhere")

    assert (caught.value.code, caught.value.name) == (60, "UNKNOWN_TABLE")


@both
def test_an_error_in_the_middle_of_a_stream_is_noticed(client: Client) -> None:
    sql = "SELECT throwIf(number = 3000000, 'too far') FROM numbers(4000000)"
    with (
        pytest.raises(DatabaseError, match="too far"),
        client.query_row_block_stream(sql, settings={"max_block_size": 10000}) as stream,
    ):
        for _ in stream:
            pass


def test_readers_may_give_ordinary_settings(reader: Client) -> None:
    found = reader.query(
        "SELECT getSetting('max_execution_time'), getSetting('max_rows_to_read')",
        settings={"max_execution_time": 7, "max_rows_to_read": 1000},
    )

    assert found.result_rows == [(7.0, 1000)]


def test_a_session_keeps_what_was_set(engine: EngineHandle) -> None:
    client = clickhouse_connect.get_client(dsn=engine.url, session_id=f"s{uuid4()}")
    try:
        client.command("SET max_block_size = 1234")
        assert client.query("SELECT getSetting('max_block_size')").result_rows == [(1234,)]
    finally:
        client.close()


def test_a_database_of_the_client_is_used(engine: EngineHandle, writer: Client) -> None:
    name = f"d{uuid4().hex[:8]}"
    writer.command(f"CREATE DATABASE {name}")
    client = clickhouse_connect.get_client(dsn=f"{engine.read_url}/{name}")
    try:
        assert client.query("SELECT currentDatabase()").result_rows == [(name,)]
    finally:
        client.close()
        writer.command(f"DROP DATABASE {name}")


def test_a_wrong_password_is_refused(engine: EngineHandle) -> None:
    with pytest.raises(DatabaseError) as caught:
        clickhouse_connect.get_client(host=engine.host, port=engine.port, password="guess")

    assert caught.value.code == 516


def test_twenty_thousand_ids_are_bound_at_once(reader: Client) -> None:
    """As the loader asks who owns the ids of a batch."""
    ids = [(1 << 127) + n for n in range(20_000)]

    found = reader.query(
        "SELECT length({ids:Array(UInt128)}), {ids:Array(UInt128)}[20000]", {"ids": ids}
    )

    assert found.result_rows == [(20_000, ids[-1])]
