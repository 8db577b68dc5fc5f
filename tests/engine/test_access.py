"""What a reader cannot do, whichever way it is said."""

import base64
import http.client
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine.asking import Asker
from tests.services.engine import EngineHandle, start_engine

CANARY = "canary-4711"

# {file}: a file with the canary; {out}: a file that must not appear; {port}: somebody listens.
ESCAPES = [
    # reading files
    "SELECT file('{file}')",
    "SELECT `file`('{file}')",
    "SELECT \"file\"('{file}')",
    "SELECT `\\x66ile`('{file}')",
    "SELECT `fi\\le`('{file}')",
    "SELECT * APPLY file FROM (SELECT '{file}')",
    "SELECT * APPLY(file) FROM (SELECT '{file}')",
    "SELECT arrayMap(file, ['{file}'])",
    "SELECT arrayMap(x -> file(x), ['{file}'])",
    "WITH file('{file}') AS x SELECT x",
    "SELECT 1 WHERE file('{file}') = ''",
    "SELECT/**/file/**/('{file}')",
    "SELECT file -- c\n ('{file}')",
    "SELECT * FROM file('{file}', LineAsString)",
    "SELECT * FROM file('{file}', 'LineAsString', 'a String')",
    "SELECT * FROM fileCluster('default', '{file}', 'LineAsString')",
    "SELECT * FROM `{file}`",
    "SELECT * FROM default.`{file}`",
    "SELECT * FROM '{file}'",
    "DESCRIBE file('{file}')",
    "EXPLAIN SELECT * FROM file('{file}', LineAsString)",
    "SELECT * FROM view(SELECT file('{file}'))",
    "SELECT (SELECT file('{file}'))",
    "SELECT * FROM merge('system', 'one') WHERE file('{file}') != ''",
    "SELECT * FROM sqlite('{file}', 'x')",
    "SELECT * FROM executable('cat', 'LineAsString', 'a String')",
    "SELECT * FROM icebergLocal('{file}')",
    "SELECT * FROM deltaLakeLocal('{file}')",
    "SELECT * FROM eval('SELECT fi' || 'le(''{file}'')')",
    "SELECT * FROM eval('SELECT 1')",
    "SELECT * FROM Python(options)",
    "SHOW TABLES WHERE file('{file}') != ''",
    "SELECT 1 FORMAT Template SETTINGS format_template_row = '{file}'",
    "SELECT 1 FORMAT Protobuf SETTINGS format_schema = '{file}:x'",
    # reaching others
    "SELECT * FROM url('http://127.0.0.1:{port}/', LineAsString)",
    "SELECT * FROM url('http://127.0.0.1:{port}/', 'LineAsString', 'a String')",
    "SELECT * FROM urlCluster('default', 'http://127.0.0.1:{port}/', 'LineAsString')",
    "SELECT * FROM s3('http://127.0.0.1:{port}/bucket/x', 'LineAsString')",
    "SELECT * FROM s3('http://127.0.0.1:{port}/bucket/x', NOSIGN, 'LineAsString', 'a String')",
    "SELECT * FROM remote('127.0.0.1:{port}', system.one)",
    "SELECT * FROM remoteSecure('127.0.0.1:{port}', system.one)",
    "SELECT * FROM mysql('127.0.0.1:{port}', 'a', 'b', 'c', 'd')",
    "SELECT * FROM postgresql('127.0.0.1:{port}', 'a', 'b', 'c', 'd')",
    "SELECT * FROM mongodb('127.0.0.1:{port}', 'a', 'b', 'c', 'd', 'e String')",
    "SELECT * FROM redis('127.0.0.1:{port}', 'k', 'k String')",
    "SELECT * FROM azureBlobStorage('http://127.0.0.1:{port}/', 'c', 'p', 'a', 'k')",
    "SELECT * FROM hdfs('hdfs://127.0.0.1:{port}/x', 'LineAsString', 'a String')",
    # writing
    "SELECT 1 INTO OUTFILE '{out}'",
    "SELECT 1 INTO OUTFILE '{out}' TRUNCATE FORMAT TSV",
    "SELECT 1 INTO/**/OUTFILE '{out}'",
    "(SELECT 1) INTO OUTFILE '{out}'",
    "SHOW DATABASES INTO OUTFILE '{out}'",
    "SELECT 1 FORMAT TSV INTO OUTFILE '{out}'",
    "SELECT 'a\\'' INTO OUTFILE '{out}' --'",
    "INSERT INTO kept VALUES (2)",
    "INSERT INTO FUNCTION file('{out}', 'TSV', 'a Int8') VALUES (1)",
    "INSERT INTO kept SELECT 2",
    "CREATE TABLE gained (a Int8) ENGINE = Memory",
    "CREATE TEMPORARY TABLE gained (a Int8)",
    "CREATE DATABASE gained",
    "CREATE VIEW gained AS SELECT 1",
    "CREATE FUNCTION gained AS x -> x",
    "CREATE USER gained",
    "DROP TABLE kept",
    "TRUNCATE TABLE kept",
    "RENAME TABLE kept TO lost",
    "ALTER TABLE kept DELETE WHERE 1",
    "ALTER TABLE kept UPDATE a = 2 WHERE 1",
    "DELETE FROM kept WHERE 1",
    "OPTIMIZE TABLE kept FINAL",
    "DETACH TABLE kept",
    "BACKUP TABLE kept TO File('{out}')",
    "SYSTEM DROP MARK CACHE",
    "SYSTEM SHUTDOWN",
    "KILL QUERY WHERE 1",
    "KILL MUTATION WHERE 1",
    # getting out of it
    "SET readonly = 0",
    "SET max_memory_usage = 0",
    "SET ROLE loader",
    "SET ROLE ALL",
    "SET DEFAULT ROLE loader TO default",
    "GRANT ALL ON *.* TO default",
    "USE system",
    "EXECUTE AS default SELECT 1",
    "BEGIN TRANSACTION",
    "SELECT 1 SETTINGS readonly = 0",
    "SELECT 1 SETTINGS readonly = 2, max_threads = 1",
    "SELECT 1 FORMAT TSV SETTINGS readonly = 0",
    "SELECT * FROM (SELECT 1 SETTINGS readonly = 0)",
    "SELECT * FROM (SELECT 1 SETTINGS max_threads = 1)",
    "WITH x AS (SELECT 1 SETTINGS/**/`readonly`/**/= 0) SELECT * FROM x",
    "SELECT 1 WHERE 1 IN (SELECT 1 SETTINGS max_execution_time = 0, readonly = 0)",
    "(SELECT 1 SETTINGS readonly = 0) UNION ALL SELECT 2",
    "SELECT 1 SETTINGS max_execution_time = 0",
    "SELECT 1 SETTINGS log_comment = 'engine-1'",
    "SELECT 1; SET readonly = 0",
    "SELECT 1; DROP TABLE kept",
    "SELECT 1;; DROP TABLE kept",
    "SELECT 1 FORMAT TSV; DROP TABLE kept",
    "SELECT 1\n\nDROP TABLE kept",
    "PARALLEL WITH SELECT 1",
    "SELECT demangle('_Z1fv')",
    "SELECT addressToLine(1)",
    "SELECT * FROM system.stack_trace SETTINGS allow_introspection_functions = 1",
]

SETTINGS = [
    ("readonly", "0"),
    ("max_execution_time", "0"),
    ("max_execution_time", "1e9"),
    ("max_execution_time", "-1"),
    ("max_execution_time", "nan"),
    ("max_memory_usage", "0"),
    ("max_memory_usage", str(1 << 50)),
    ("max_result_rows", "0"),
    ("allow_introspection_functions", "1"),
    ("allow_experimental_eval_table_function", "1"),
    ("additional_table_filters", "{'kept':'1'}"),
    ("format_schema", "/etc/passwd:x"),
    ("format_template_row", "/etc/passwd"),
    ("output_format_schema", "/tmp/written"),
    ("dialect", "prql"),
    ("max_query_size", "1000000000"),
    ("allow_ddl", "1"),
    ("insert_deduplicate", "0"),
    ("max_threads'", "1"),
    ("a = 1, readonly", "0"),
]


@pytest.fixture(scope="module")
def outside(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("outside")
    (folder / "secret.txt").write_text(CANARY)
    return folder


@pytest.fixture(scope="module")
def listener() -> Iterator[tuple[int, list[object]]]:
    """(a port, who connected to it)"""
    came: list[object] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def accept() -> None:
            while True:
                try:
                    client, address = server.accept()
                except OSError:
                    return
                came.append(address)
                client.close()

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield server.getsockname()[1], came
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


@pytest.fixture(scope="module", params=["sandboxed", "bare"])
def guarded(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[EngineHandle]:
    """An engine with a table `kept`; also without the kernel's wall: the others must hold alone."""
    arguments = [] if request.param == "sandboxed" else ["--no-sandbox"]
    with start_engine(tmp_path_factory.mktemp("guarded"), *arguments) as engine:
        with Asker(engine) as ask:
            ask("CREATE TABLE kept (a Int8) ENGINE = MergeTree ORDER BY a")
            ask("INSERT INTO kept VALUES (1)")
        yield engine


@pytest.mark.parametrize("sql", ESCAPES)
def test_nothing_a_reader_says_gets_out(
    guarded: EngineHandle, outside: Path, listener: tuple[int, list[object]], sql: str
) -> None:
    port, came = listener
    out = outside / "out"
    text = (
        sql.replace("{file}", str(outside / "secret.txt"))
        .replace("{out}", str(out))
        .replace("{port}", str(port))
    )
    with Asker(guarded) as ask:
        for parameters in ({}, {"wait_end_of_query": "1"}):
            said = ask.said(text, secret=guarded.read_secret, parameters=parameters)
            assert said.status != 200, said.text
            assert CANARY not in said.text
            assert said.code != 0
        # The same text in the URL, cut in two where ClickHouse would join it.
        words = text.split(" ", 1)
        said = ask.said(
            words[1] if words[1:] else "",
            secret=guarded.read_secret,
            parameters={"query": words[0]},
        )
        assert said.status != 200
        assert CANARY not in said.text

        assert not out.exists()
        assert came == []
        assert ask("SELECT count(), sum(a) FROM kept") == "1\t1"
        assert ask("SHOW TABLES FROM default") == "kept"


def test_the_canary_would_be_seen(tmp_path: Path, outside: Path) -> None:
    """Control: without any wall, the same words read the file."""
    with start_engine(tmp_path, "--no-sandbox") as engine, Asker(engine) as ask:
        assert ask(f"SELECT file('{outside / 'secret.txt'}')") == CANARY
        ask(f"INSERT INTO FUNCTION file('{outside / 'proof'}', 'TSV', 'a Int8') VALUES (1)")
        assert (outside / "proof").exists()


def test_the_listener_would_be_reached(tmp_path: Path) -> None:
    """Control: without the sandbox a writer's `url()` does connect."""
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        start_engine(tmp_path, "--no-sandbox") as engine,
    ):
        server.settimeout(20)
        port = server.getsockname()[1]
        sql = f"SELECT * FROM url('http://127.0.0.1:{port}/', 'LineAsString', 'a String')"
        head = f"POST / HTTP/1.1\r\nX-ClickHouse-Key: {engine.write_secret}\r\n"
        with socket.create_connection((engine.host, engine.port)) as client:
            client.sendall(f"{head}Content-Length: {len(sql)}\r\n\r\n{sql}".encode())
            server.accept()[0].close()
        engine.kill()


@pytest.mark.parametrize(("name", "value"), SETTINGS)
def test_a_reader_cannot_give_this_setting(
    engine: EngineHandle, ask: Asker, name: str, value: str
) -> None:
    said = ask.fails("SELECT 1", secret=engine.read_secret, **{name: value})

    assert said.code in (27, 115, 164, 452)


def test_a_reader_has_caps(ask: Asker) -> None:
    told = ask.reader(
        "SELECT getSetting('readonly'), getSetting('max_execution_time'),"
        " getSetting('max_memory_usage'), getSetting('max_result_rows'), currentRoles()"
    )

    assert told == f"1\t60\t{1 << 29}\t10000000\t['reader']"


def test_the_cap_on_rows_holds(engine: EngineHandle, ask: Asker) -> None:
    sql = "SELECT number FROM numbers(1000)"

    said = ask.fails(sql, secret=engine.read_secret, max_result_rows="100", wait_end_of_query="1")

    assert said.code == 396


@pytest.mark.parametrize("name", ["file", "FILE", " file ", "`file`", "\\x66ile", "python", "eval"])
def test_a_bound_name_is_looked_at_too(engine: EngineHandle, ask: Asker, name: str) -> None:
    sql = "SELECT arrayMap({f:Identifier}, ['/etc/hostname'])"

    said = ask.fails(sql, secret=engine.read_secret, param_f=name)

    assert said.code in (47, 497)


def test_the_word_file_is_free_in_texts(ask: Asker) -> None:
    sql = "SELECT 'file', 'a\\'file', {x:String} AS profile WHERE 'file.txt' LIKE '%file%' -- file"

    assert ask.reader(sql, param_x="file") == "file\ta\\'file\tfile"


def test_what_readers_need_works(ask: Asker, table: str) -> None:
    ask(f"INSERT INTO {table} VALUES (1, 'x')")

    assert ask.reader(f"SELECT id, text FROM {table}") == "1\tx"
    assert ask.reader(f"EXISTS {table}") == "1"
    assert ask.reader(f"DESCRIBE {table}").startswith("id\tUInt64")
    assert table in ask.reader("SHOW TABLES")
    assert "ReadFromMergeTree" in ask.reader(f"EXPLAIN SELECT * FROM {table}")
    assert ask.reader("WITH 1 AS x SELECT x FORMAT JSONCompactEachRow") == "[1]"
    assert ask.reader("(SELECT 1) UNION ALL (SELECT 1)") == "1\n1"
    assert ask.reader("SELECT 1 AS settings, 2 AS x WHERE settings = 1") == "1\t2"
    assert ask.reader(f"SELECT name FROM system.columns WHERE table = '{table}'") == "id\ntext"
    assert ask.reader("SELECT 1 ; ") == "1"


class TestSecrets:
    """The password is the secret, wherever ClickHouse lets one put it."""

    def test_in_headers(self, engine: EngineHandle, ask: Asker) -> None:
        assert ask.said("SELECT 1", headers={"X-ClickHouse-User": ""}).status == 200

    def test_as_basic(self, engine: EngineHandle) -> None:
        word = base64.b64encode(f"anybody:{engine.read_secret}".encode()).decode()

        assert _status(engine, {"Authorization": f"Basic {word}"}) == 200

    def test_in_the_url(self, engine: EngineHandle) -> None:
        assert _status(engine, {}, f"&user=me&password={engine.read_secret}") == 200

    @pytest.mark.parametrize(
        "headers",
        [
            {},
            {"X-ClickHouse-Key": ""},
            {"X-ClickHouse-Key": "guess"},
            {"X-ClickHouse-Key": "\xff\xfe"},
            {"Authorization": "Basic !!!"},
            {"Authorization": "Basic " + base64.b64encode(b"\xff:\xff").decode()},
            {"Authorization": "Bearer x"},
        ],
    )
    def test_none_or_a_wrong_one(self, engine: EngineHandle, headers: dict[str, str]) -> None:
        assert _status(engine, headers) == 403

    def test_a_wrong_header_is_not_mended_by_the_url(self, engine: EngineHandle) -> None:
        wrong = {"X-ClickHouse-Key": "guess"}

        assert _status(engine, wrong, f"&password={engine.read_secret}") == 403

    def test_ping_needs_none(self, engine: EngineHandle) -> None:
        for path in ("/ping", "/replicas_status", "/"):
            assert _status(engine, {}, path=path) == 200


def _status(engine: EngineHandle, headers: dict[str, str], more: str = "", path: str = "") -> int:
    connection = http.client.HTTPConnection(engine.host, engine.port, timeout=20)
    try:
        connection.request("GET", path or f"/?query=SELECT+1{more}", headers=headers)
        answer = connection.getresponse()
        answer.read()
        return answer.status
    finally:
        connection.close()
