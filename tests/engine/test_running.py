"""Queries that run: their ids, how they are ended, how many there may be, what they leave."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from tests.engine.asking import Asker, Said
from tests.services.engine import EngineHandle

# Runs for minutes, and is told apart from others of the kind by its number.
ENDLESS = "SELECT count() FROM numbers(1000000000000) WHERE number % {n} = 3"
SILENT = "SELECT sum(sleepEachRow(0.05)) FROM numbers(100000) WHERE number != {n}"
BLOCKS = {"max_block_size": "4"}  # ClickHouse does not sleep longer than 3 s in one block


def _runs(ask: Asker, sql: str) -> bool:
    found = ask(
        "SELECT count() FROM system.processes WHERE query LIKE {x:String} AND query NOT LIKE"
        " '%system.processes%'",
        param_x=f"{sql}%",
    )
    return found != "0"


def _until(true: Callable[[], bool], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.01)


@contextmanager
def _running(
    engine: EngineHandle, ask: Asker, sql: str, secret: str | None = None, **parameters: str
) -> Iterator[list[Said]]:
    """`sql`, running; when the block ends, the list has its answer."""
    told: list[Said] = []
    with Asker(engine) as other:
        thread = threading.Thread(
            target=lambda: told.append(other.said(sql, secret=secret, parameters=parameters))
        )
        thread.start()
        _until(lambda: _runs(ask, sql))
        yield told
        thread.join()


def test_the_id_is_the_clients(ask: Asker) -> None:
    said = ask.said("SELECT 1", parameters={"query_id": "mine"})

    assert said.headers["X-ClickHouse-Query-Id"] == "mine"


def test_without_one_it_is_random(ask: Asker) -> None:
    ids = {ask.said("SELECT 1").headers["X-ClickHouse-Query-Id"] for _ in range(3)}

    assert len(ids) == 3


@pytest.mark.parametrize("sql", [ENDLESS, SILENT])
def test_it_is_killed_by_its_id(engine: EngineHandle, ask: Asker, sql: str) -> None:
    sql = sql.replace("{n}", "1001")
    with _running(engine, ask, sql, query_id="long-one", **BLOCKS) as told:
        said = ask("KILL QUERY WHERE query_id = 'long-one' SYNC")
        assert said.split("\t")[:2] == ["waiting", "long-one"]

    assert told[0].code == 394


def test_a_query_under_the_same_id_is_refused(engine: EngineHandle, ask: Asker) -> None:
    sql = ENDLESS.replace("{n}", "1002")
    with _running(engine, ask, sql, query_id="twice"):
        assert ask.fails("SELECT 1", query_id="twice").code == 216
        ask("KILL QUERY WHERE query_id = 'twice'")

    assert ask("SELECT 1", query_id="twice") == "1"


def test_readers_end_readers_alone(engine: EngineHandle, ask: Asker) -> None:
    sql = ENDLESS.replace("{n}", "1003")
    with _running(engine, ask, sql, query_id="writers"):
        assert ask.reader("KILL QUERY WHERE query_id = 'writers'") == ""
        assert _runs(ask, sql)
        ask("KILL QUERY WHERE query_id = 'writers'")
    sql = ENDLESS.replace("{n}", "1004")
    with _running(engine, ask, sql, engine.read_secret, query_id="readers") as told:
        assert ask.reader("KILL QUERY WHERE query_id = 'readers'") != ""

    assert told[0].code == 394


def test_killing_nobody_kills_nobody(ask: Asker) -> None:
    assert ask("KILL QUERY WHERE query_id = 'nobody'") == ""


@pytest.mark.parametrize("sql", [ENDLESS, SILENT, "SELECT number FROM numbers(100000000000)"])
@pytest.mark.parametrize("whole", ["0", "1"])
def test_when_the_client_goes_away_the_query_ends(
    engine: EngineHandle, ask: Asker, sql: str, whole: str
) -> None:
    sql = sql.replace("{n}", "1005") + f" SETTINGS max_threads = 1 -- {whole}"
    head = (
        f"POST /?max_block_size=4&wait_end_of_query={whole} HTTP/1.1\r\n"
        f"X-ClickHouse-Key: {engine.write_secret}\r\n"
        f"Content-Length: {len(sql)}\r\n\r\n{sql}"
    )
    running = sql.partition(" SETTINGS")[0]
    with socket.create_connection((engine.host, engine.port)) as client:
        client.sendall(head.encode())
        _until(lambda: _runs(ask, running))

    _until(lambda: not _runs(ask, running), seconds=3)


@pytest.mark.parametrize("delay", [0, 0.0005, 0.001, 0.002, 0.004])
def test_a_client_that_goes_away_at_once_leaves_nothing(
    engine: EngineHandle, ask: Asker, delay: float
) -> None:
    """ClickHouse may not know the query yet when it is killed."""
    sql = ENDLESS.replace("{n}", "1006")
    head = f"POST / HTTP/1.1\r\nX-ClickHouse-Key: {engine.write_secret}\r\n"
    for _ in range(5):
        with socket.create_connection((engine.host, engine.port)) as client:
            client.sendall(f"{head}Content-Length: {len(sql)}\r\n\r\n{sql}".encode())
            time.sleep(delay)

    time.sleep(0.1)
    _until(lambda: not _runs(ask, sql), seconds=5)


def test_a_client_that_stays_gets_its_answer(engine: EngineHandle, ask: Asker) -> None:
    """Control for the test above: nobody goes away, and nothing is ended."""
    sql = "SELECT sum(sleepEachRow(0.05)) FROM numbers(20)"
    with _running(engine, ask, sql) as told:
        pass

    assert (told[0].status, told[0].text) == (200, "0")


def test_a_slow_reader_slows_the_query_not_the_memory(engine: EngineHandle, ask: Asker) -> None:
    sql = "SELECT repeat('x', 1000) FROM numbers(1000000)"
    head = f"POST / HTTP/1.1\r\nX-ClickHouse-Key: {engine.write_secret}\r\n"
    before = _memory(ask)
    with socket.create_connection((engine.host, engine.port)) as client:
        client.sendall(f"{head}Content-Length: {len(sql)}\r\n\r\n{sql}".encode())
        assert client.recv(1000).startswith(b"HTTP/1.1 200 ")
        time.sleep(0.5)
        assert _runs(ask, sql)
        assert _memory(ask) - before < 60 << 20

    _until(lambda: not _runs(ask, sql), seconds=3)


def _memory(ask: Asker) -> int:
    sql = "SELECT value FROM system.metrics WHERE metric = 'MemoryTrackingUncorrected'"
    return int(ask(sql))


def test_there_is_a_limit_and_readers_have_a_lower_one(engine: EngineHandle, ask: Asker) -> None:
    codes: list[int] = []

    def wait(name: int) -> None:
        with Asker(engine) as mine:
            sql = SILENT.replace("{n}", str(2000 + name))
            parameters = {"query_id": f"one-of-many-{name}", **BLOCKS}
            said = mine.said(sql, secret=engine.read_secret, parameters=parameters)
            codes.append(said.code)

    threads = [threading.Thread(target=wait, args=(name,)) for name in range(28)]
    try:
        for thread in threads:
            thread.start()
        _until(lambda: int(ask("SELECT count() FROM system.processes")) > 28)
        said = ask.fails("SELECT 1", secret=engine.read_secret)
        assert (said.status, said.code) == (503, 202)
        assert said.headers["Retry-After"] == "1"
        assert ask("SELECT 1") == "1"
    finally:
        for name in range(28):
            ask(f"KILL QUERY WHERE query_id = 'one-of-many-{name}'")
        for thread in threads:
            thread.join()

    assert ask.reader("SELECT 1") == "1"
    assert set(codes) == {394}


class TestNothingLeaks:
    """From one request into the next, on connections that are shared."""

    def test_settings_of_the_url(self, ask: Asker) -> None:
        asked = "SELECT getSetting('max_block_size')"
        usual = ask(asked)

        assert ask(asked, max_block_size="4321") == "4321"
        assert [ask(asked) for _ in range(5)] == [usual] * 5

    def test_settings_of_a_reader(self, ask: Asker) -> None:
        asked = "SELECT getSetting('max_execution_time')"

        assert ask.reader(asked, max_execution_time="5") == "5"
        assert ask.reader(asked) == "60"

    def test_the_settings_clause(self, ask: Asker) -> None:
        usual = ask("SELECT getSetting('max_block_size')")

        assert ask("SELECT getSetting('max_block_size') SETTINGS max_block_size = 77") == "77"
        ask.fails("SELECT throwIf(1) SETTINGS max_block_size = 78")
        assert ask("SELECT getSetting('max_block_size')") == usual

    def test_the_settings_of_an_insert(self, ask: Asker, table: str) -> None:
        usual = ask("SELECT getSetting('max_insert_block_size')")

        ask(f"INSERT INTO {table} SETTINGS max_insert_block_size = 99 FORMAT TSV\n1\tx\n")
        ask.fails(f"INSERT INTO {table} SETTINGS max_insert_block_size = 98 FORMAT TSV\nx")
        assert ask("SELECT getSetting('max_insert_block_size')") == usual

    def test_set_without_a_session(self, ask: Asker) -> None:
        usual = ask("SELECT getSetting('max_block_size')")

        ask("SET max_block_size = 55")
        assert [ask("SELECT getSetting('max_block_size')") for _ in range(5)] == [usual] * 5

    def test_the_database(self, ask: Asker) -> None:
        assert ask("SELECT currentDatabase()", database="system") == "system"
        ask("USE system")
        assert ask("SELECT currentDatabase()") == "default"
        assert ask.fails("SELECT 1", database="nowhere").code == 81
        assert ask.fails("SELECT 1", database="`; DROP").code == 81

    def test_bound_values(self, ask: Asker) -> None:
        assert ask("SELECT {x:String}", param_x="once") == "once"
        assert ask.fails("SELECT {x:String}").code == 456

    def test_bound_values_of_an_insert(self, ask: Asker, table: str) -> None:
        ask("1\tx\n", query="INSERT INTO {t:Identifier} FORMAT TSV", param_t=table)
        assert ask.fails("SELECT * FROM {t:Identifier}").code == 456

    def test_the_role(self, ask: Asker) -> None:
        for _ in range(3):
            assert ask("SELECT currentRoles()") == "['loader']"
            assert ask.reader("SELECT currentRoles()") == "['reader']"

    def test_sessions_know_only_themselves(self, ask: Asker) -> None:
        asked = "SELECT getSetting('max_block_size')"
        usual = ask(asked)
        ask("SET max_block_size = 66", session_id="one")

        assert ask(asked, session_id="one") == "66"
        assert ask(asked, session_id="two") == usual
        assert ask.reader(asked, session_id="one") == usual
        assert ask.fails(asked, session_id="three", session_check="1").code == 372

    def test_external_tables(self, ask: Asker) -> None:
        form = (
            b'--x\r\nContent-Disposition: form-data; name="mine"; filename="mine"\r\n\r\n'
            b"1\n2\n\r\n--x--\r\n"
        )
        said = ask.said(
            form,
            headers={"Content-Type": "multipart/form-data; boundary=x"},
            parameters={"query": "SELECT sum(a) FROM mine", "mine_structure": "a UInt8"},
        )

        assert said.text == "3"
        assert ask.fails("SELECT * FROM mine").code == 60

    def test_temporary_tables_are_refused(self, ask: Asker) -> None:
        assert ask.fails("CREATE TEMPORARY TABLE mine (a Int8)").code == 48


def test_the_summary_adds_up(ask: Asker, table: str) -> None:
    ask(f"INSERT INTO {table} SELECT number, 'x' FROM numbers(100)")
    said = ask.said(f"SELECT id FROM {table} WHERE id < 10")

    cost = json.loads(said.headers["X-ClickHouse-Summary"])
    assert (cost["read_rows"], cost["result_rows"]) == ("100", "10")
    assert int(cost["read_bytes"]) >= 800
    assert int(cost["elapsed_ns"]) > 0
    assert said.headers["X-ClickHouse-Timezone"] == "UTC"
    assert said.headers["X-ClickHouse-Server-Display-Name"] == "desirepath"


def test_get_only_reads(ask: Asker, table: str) -> None:
    def get(sql: str) -> Said:
        return ask.said(method="GET", parameters={"query": sql})

    assert get("SELECT 1").text == "1"
    for sql in (
        f"INSERT INTO {table} VALUES (1, 'x')",
        f"INSERT INTO {table} SELECT 1, 'x'",
        f"DROP TABLE {table}",
        "SET max_threads = 1",
        "SYSTEM DROP MARK CACHE",
    ):
        assert get(sql).code == 164
    assert ask(f"SELECT count() FROM {table}") == "0"
