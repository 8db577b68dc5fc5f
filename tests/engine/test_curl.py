"""The engine as somebody with curl meets it. The examples of docs/engine.md are of this kind."""

import gzip
import json
import subprocess
from pathlib import Path

import pytest

from tests.engine.asking import Asker
from tests.services.engine import EngineHandle


class Curl:
    """Runs curl against an engine with a secret."""

    def __init__(self, engine: EngineHandle, secret: str) -> None:
        self._url = f"http://{engine.host}:{engine.port}"
        self._secret = secret

    def __call__(self, *arguments: str, path: str = "/", stdin: bytes = b"") -> bytes:
        done = self.run(*arguments, path=path, stdin=stdin)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def run(
        self, *arguments: str, path: str = "/", stdin: bytes = b""
    ) -> subprocess.CompletedProcess[bytes]:
        key = f"X-ClickHouse-Key: {self._secret}"
        command = ["curl", "-sS", "-H", key, self._url + path, *arguments]
        return subprocess.run(command, input=stdin, capture_output=True, timeout=60)


@pytest.fixture
def curl(engine: EngineHandle) -> Curl:
    return Curl(engine, engine.write_secret)


@pytest.fixture
def reading(engine: EngineHandle) -> Curl:
    return Curl(engine, engine.read_secret)


def test_a_query_in_the_url(reading: Curl) -> None:
    assert reading(path="/?query=SELECT%201") == b"1\n"


def test_a_query_in_the_body(reading: Curl) -> None:
    assert reading("-d", "SELECT 'plain', 1 + 1") == b"plain\t2\n"
    assert reading("--data-binary", "@-", stdin=b"SELECT\n2") == b"2\n"


def test_a_query_in_both(reading: Curl) -> None:
    assert reading("-d", "+ 40, 1", path="/?query=SELECT%202") == b"42\t1\n"


def test_bound_values_and_a_format(reading: Curl) -> None:
    said = reading(
        *("-G", "--data-urlencode", "query=SELECT {who:String} AS who, {n:UInt8} AS n"),
        *("--data-urlencode", "param_who=ann & bob\\n", "-d", "param_n=7"),
        *("-d", "default_format=JSONEachRow"),
    )

    assert json.loads(said) == {"who": "ann & bob\n", "n": 7}


def test_a_form(reading: Curl, tmp_path: Path) -> None:
    people = tmp_path / "people.tsv"
    people.write_text("1\tann\n2\tbob\n")
    said = reading(
        *("-F", "query=SELECT name FROM people WHERE id = {id:UInt8}", "-F", "param_id=2"),
        *("-F", f"people=@{people}", "-F", "people_structure=id UInt8, name String"),
    )

    assert said == b"bob\n"


def test_a_form_cannot_describe_more_than_columns(
    engine: EngineHandle, reading: Curl, tmp_path: Path
) -> None:
    """The description becomes part of a statement that is run with all rights."""
    secret = tmp_path / "secret"
    secret.write_text("canary")
    rows = tmp_path / "rows"
    rows.write_text("1\n")
    for structure in (
        f"a UInt8) ENGINE = File(TSV, '{secret}'",
        f"a String DEFAULT file('{secret}')",
        f"a UInt8) AS SELECT file('{secret}') --",
        "a UInt8', file('x",
        "",
        ")",
    ):
        done = reading.run(
            *("-F", "query=SELECT * FROM mine", "-F", f"mine=@{rows}"),
            *("-F", f"mine_structure={structure}"),
        )
        assert b"canary" not in done.stdout
        assert b"DB::Exception" in done.stdout


def test_rows_from_a_file(curl: Curl, ask: Asker, table: str, tmp_path: Path) -> None:
    rows = tmp_path / "rows.csv"
    rows.write_bytes(b"1,a\n2,b\n")
    packed = tmp_path / "rows.csv.gz"
    packed.write_bytes(gzip.compress(b"3,c\n"))
    path = f"/?query=INSERT%20INTO%20{table}%20FORMAT%20CSV"

    assert curl("--data-binary", f"@{rows}", path=path) == b""
    gz = ("-H", "Content-Encoding: gzip", "--data-binary", f"@{packed}")
    assert curl(*gz, path=path) == b""
    chunked = ("-H", "Transfer-Encoding: chunked", "--data-binary", f"@{rows}")
    assert curl(*chunked, path=path) == b""
    assert ask(f"SELECT groupArray(id) FROM (SELECT id FROM {table} ORDER BY id)") == (
        "[1,1,2,2,3]"
    )


def test_a_large_file_is_announced_first(
    curl: Curl, ask: Asker, table: str, tmp_path: Path
) -> None:
    """curl asks with `Expect: 100-continue` and waits a second where nobody says yes."""
    rows = tmp_path / "rows.tsv"
    rows.write_bytes(b"".join(b"%d\t%b\n" % (n, b"x" * 100) for n in range(30_000)))
    path = f"/?query=INSERT%20INTO%20{table}%20FORMAT%20TSV"
    expecting = ("-H", "Expect: 100-continue", "--expect100-timeout", "50")

    curl(*expecting, "--data-binary", f"@{rows}", "--max-time", "30", path=path)

    assert ask(f"SELECT count() FROM {table}") == "30000"


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_answers_are_compressed_where_asked(reading: Curl, encoding: str) -> None:
    asks = ("-H", f"Accept-Encoding: {encoding}", "-d", "SELECT repeat('x', 100000)")

    packed = reading(*asks)
    assert len(packed) < 2000
    assert reading("--compressed", *asks) == b"x" * 100_000 + b"\n"
    plain = reading(*asks, path="/?enable_http_compression=0")
    assert plain == b"x" * 100_000 + b"\n"


def test_an_error_in_the_middle_is_an_error_of_curl(reading: Curl) -> None:
    sql = "SELECT number, throwIf(number = 3000000, 'too far') FROM numbers(4000000)"

    done = reading.run("-d", sql, path="/?max_block_size=10000")

    assert done.returncode == 18  # transfer closed with outstanding read data remaining
    assert b"too far" in done.stdout[-600:]


def test_with_fail_an_error_is_an_error_of_curl(reading: Curl) -> None:
    assert reading.run("--fail", "-d", "SELECT nothing").returncode == 22


def test_ping(reading: Curl) -> None:
    assert reading(path="/ping") == b"Ok.\n"
    assert reading(path="/replicas_status") == b"Ok.\n"
    assert reading(path="/") == b"Ok.\n"
