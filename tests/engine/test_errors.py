"""Errors as ClickHouse tells them: number, status, words; also when an answer has begun."""

import http.client

import pytest

from desirepath.engine.refusal import Refusal, from_engine
from tests.engine.asking import Asker, raw
from tests.services.engine import EngineHandle


@pytest.mark.parametrize(
    ("sql", "code", "status", "name"),
    [
        ("SELEC 1", 62, 400, "SYNTAX_ERROR"),
        ("1 + 1", 62, 400, "SYNTAX_ERROR"),
        ("", 62, 400, "SYNTAX_ERROR"),
        (" ; -- nothing", 62, 400, "SYNTAX_ERROR"),
        ("SELECT 'open", 62, 400, "SYNTAX_ERROR"),
        ("SELECT 1; SELECT 2", 62, 400, "SYNTAX_ERROR"),
        ("SELECT * FROM nowhere", 60, 404, "UNKNOWN_TABLE"),
        ("SELECT * FROM nowhere.x", 81, 404, "UNKNOWN_DATABASE"),
        ("SELECT nothing", 47, 404, "UNKNOWN_IDENTIFIER"),
        ("SELECT nosuchfunction()", 46, 404, "UNKNOWN_FUNCTION"),
        ("SELECT 1 FORMAT Nothing", 73, 404, "UNKNOWN_FORMAT"),
        ("SELECT 1 SETTINGS nothing = 1", 115, 404, "UNKNOWN_SETTING"),
        ("SELECT toUInt8('x')", 6, 400, "CANNOT_PARSE_TEXT"),
        ("SELECT toDate('x')", 38, 400, "CANNOT_PARSE_DATE"),
        ("SELECT throwIf(1)", 395, 500, "FUNCTION_THROW_IF_VALUE_IS_NON_ZERO"),
        ("SELECT sleep(3) SETTINGS max_execution_time = 0.1", 159, 408, "TIMEOUT_EXCEEDED"),
        (
            "SELECT groupArray(number) FROM numbers(10000000) SETTINGS max_memory_usage = 1000000",
            241,
            500,
            "MEMORY_LIMIT_EXCEEDED",
        ),
        ("SELECT 1 INTO OUTFILE '/tmp/x'", 497, 403, "ACCESS_DENIED"),
        ("INSERT INTO x FROM INFILE '/tmp/x' FORMAT TSV", 497, 403, "ACCESS_DENIED"),
        ("INSERT INTO nowhere FORMAT TSV\n1", 60, 404, "UNKNOWN_TABLE"),
    ],
)
def test_number_status_and_name(ask: Asker, sql: str, code: int, status: int, name: str) -> None:
    said = ask.fails(sql)

    assert (said.code, said.status) == (code, status), said.text
    assert said.text.startswith(f"Code: {code}. DB::Exception: ")
    assert said.text.endswith(f"({name})")
    assert said.text.count("DB::Exception") == 1
    assert said.headers["Content-Type"] == "text/plain; charset=UTF-8"
    assert ask("SELECT 1") == "1"


@pytest.mark.parametrize(
    ("said", "code", "text"),
    [
        (
            "Code: 164. DB::Exception: Code: 164. DB::Exception: Cannot modify 'x' setting in"
            " readonly mode. (READONLY) (version 26.9.2.1). (READONLY)",
            164,
            "Code: 164. DB::Exception: Cannot modify 'x' setting in readonly mode. (READONLY)",
        ),
        (
            "Streaming insert failed: Code: 27. DB::ParsingException: Cannot parse. (CANNOT)",
            27,
            "Code: 27. DB::Exception: Cannot parse. (CANNOT)",
        ),
        ("something else", 1002, "Code: 1002. DB::Exception: something else. (UNKNOWN_EXCEPTION)"),
        ("", 1002, "Code: 1002. DB::Exception: RuntimeError. (UNKNOWN_EXCEPTION)"),
    ],
)
def test_chdbs_words_become_clickhouses(said: str, code: int, text: str) -> None:
    refusal = from_engine(RuntimeError(said))

    assert (refusal.code, refusal.text) == (code, text)


def test_an_unknown_number_is_the_servers_fault() -> None:
    assert Refusal(123456, "?").status == 500


TOO_FAR = "SELECT number, throwIf(number = 3000000, 'too far') FROM numbers(4000000)"


@pytest.mark.parametrize("encoding", ["", "gzip", "lz4", "zstd", "deflate"])
def test_an_error_in_the_middle_breaks_the_answer(engine: EngineHandle, encoding: str) -> None:
    connection = http.client.HTTPConnection(engine.host, engine.port, timeout=60)
    try:
        connection.request(
            "POST",
            "/?max_block_size=10000&max_threads=1",
            TOO_FAR,
            {"X-ClickHouse-Key": engine.write_secret, "Accept-Encoding": encoding},
        )
        answer = connection.getresponse()
        assert answer.status == 200
        assert answer.headers.get("Content-Encoding", "") == encoding
        assert len(answer.headers["X-ClickHouse-Exception-Tag"]) == 16
        with pytest.raises(http.client.IncompleteRead) as caught:
            answer.read()
    finally:
        connection.close()

    if not encoding:
        tag = answer.headers["X-ClickHouse-Exception-Tag"]
        end = caught.value.partial[-600:].decode()
        assert f"\r\n__exception__\r\n{tag}\r\nCode: 395. DB::Exception: " in end
        assert end.endswith(f" {tag}\r\n__exception__\r\n")


def test_an_old_client_sees_the_end_of_the_connection(engine: EngineHandle) -> None:
    head = f"POST /?max_threads=1 HTTP/1.0\r\nX-ClickHouse-Key: {engine.write_secret}\r\n"
    said = raw(engine, f"{head}Content-Length: {len(TOO_FAR)}\r\n\r\n{TOO_FAR}".encode())

    assert said.startswith(b"HTTP/1.1 200 ")
    assert b"chunked" not in said[:1000]
    assert b"Code: 395." in said[-600:]


def test_with_wait_end_of_query_the_status_is_right(ask: Asker) -> None:
    said = ask.fails(TOO_FAR, wait_end_of_query="1")

    assert (said.status, said.code) == (500, 395)


def test_a_large_answer_is_kept_back_whole(ask: Asker) -> None:
    said = ask.said(
        "SELECT repeat('x', 1000) FROM numbers(100000)", parameters={"wait_end_of_query": "1"}
    )

    assert len(said.body) == 100_100_000
    assert '"read_rows":"100000"' in said.headers["X-ClickHouse-Summary"]
