"""Reading one statement: our tokens are ClickHouse's tokens, and its clauses are where it ends."""

import json

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from desirepath.engine.lexer import tokens
from desirepath.engine.refusal import Refusal
from desirepath.engine.sql import escaped, named, quoted
from desirepath.engine.statement import Statement, read
from tests.engine.asking import Asker

parts = st.sampled_from(
    [
        *("'", '"', "`", "''", "\\", "\\'", "--", "--\n", "/*", "*/", "#", "# ", "#!", "//", "$"),
        *("$$", "$x$", "$$ ", "(", ")", "[", "]", "{", "}", ";", ",", ".", "FORMAT", "SELECT", "a"),
        *("1", "1e5", "0x1F", "1.5", ".5", "1_000", "x1", "a$b", " ", "\n", "\t", "\x0b", "\xa0"),
        *(
            "\u2018",
            "\u2019",
            "\u201c",
            "\u201d",
            "é",
            "\u2212",
            "=",
            "!=",
            "||",
            "->",
            "::",
            "@",
            "?",
            "<=>",
            "\\G",
            "\0",
        ),
    ]
)


@given(text=st.lists(parts, max_size=14).map("".join))
@settings(
    deadline=None, max_examples=600, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@example("a /* b /* c */ d */ e")
@example("$$ ' $$ 'x'")
@example("SELECT 1 #! FORMAT x\n FORMAT y")
def test_quotes_and_comments_are_where_clickhouse_sees_them(ask: Asker, text: str) -> None:
    """Up to the first thing that is no token for ClickHouse: it refuses the text there anyway."""
    told = json.loads(
        ask(
            "SELECT groupArray((token.begin, token.end, toString(token.type))) FROM"
            " (SELECT arrayJoin(tokenizeQuery({text:String})) AS token) FORMAT JSONCompactEachRow",
            param_text=escaped(text),
        )
    )[0]
    theirs = {"BareWord": "word", "QuotedIdentifier": "quoted", "StringLiteral": "text"}
    theirs["HereDoc"] = "heredoc"
    sql = text.encode()
    errors = [int(start) for start, _, kind in told if kind.startswith("Error")]
    end = min(errors, default=len(sql))

    def counts(kind: str, start: int, stop: int) -> bool:
        # Where a number ends and a word begins that hangs on it is of no interest here.
        glued = (b" " + sql)[start : start + 1] in b"0123456789abcdefghijklmnopqrstuvwxyzFGT_$"
        return stop <= end and not (kind == "word" and (glued or sql[start : start + 1].isdigit()))

    expected = [
        (theirs[kind], int(start), int(stop))
        for start, stop, kind in told
        if kind in theirs and counts(theirs[kind], int(start), int(stop))
    ]
    found = [
        (token.kind, token.start, token.end)
        for token in tokens(sql)
        if token.kind in theirs.values() and counts(token.kind, token.start, token.end)
    ]

    assert found == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SELECT 1", Statement("select", b"SELECT 1")),
        ("SELECT 1 ; ", Statement("select", b"SELECT 1")),
        ("SELECT 1 -- FORMAT CSV", Statement("select", b"SELECT 1")),
        ("SELECT 1 FORMAT JSON", Statement("select", b"SELECT 1", "JSON")),
        ("select 1\nformat JSON;", Statement("select", b"select 1", "JSON")),
        (
            "SELECT 1 FORMAT JSON SETTINGS a = 1",
            Statement("select", b"SELECT 1", "JSON", b" SETTINGS a = 1"),
        ),
        ("SELECT ' FORMAT CSV'", Statement("select", b"SELECT ' FORMAT CSV'")),
        ("SELECT $$ FORMAT CSV$$", Statement("select", b"SELECT $$ FORMAT CSV$$")),
        ("SELECT 1 AS format", Statement("select", b"SELECT 1 AS format")),
        ("SELECT format x FROM t", Statement("select", b"SELECT format x FROM t")),
        ("SELECT (SELECT 1 FORMAT x)", Statement("select", b"SELECT (SELECT 1 FORMAT x)")),
        ("(SELECT 1) FORMAT CSV", Statement("select", b"(SELECT 1)", "CSV")),
        ("WITH 1 AS x SELECT x", Statement("select", b"WITH 1 AS x SELECT x")),
        ("/* INSERT */ SELECT 1", Statement("select", b"/* INSERT */ SELECT 1")),
        ("SHOW TABLES FORMAT CSV", Statement("other", b"SHOW TABLES", "CSV")),
        ("INSERT INTO t SELECT 1", Statement("other", b"INSERT INTO t SELECT 1")),
        (
            "INSERT INTO t FORMAT CSV\n1,2",
            Statement("insert", b"INSERT INTO t", "CSV", b"", b"1,2"),
        ),
        (
            "INSERT INTO t FORMAT CSV   1,2\n",
            Statement("insert", b"INSERT INTO t", "CSV", b"", b"1,2\n"),
        ),
        (
            "INSERT INTO t FORMAT TSV\n\t1",
            Statement("insert", b"INSERT INTO t", "TSV", b"", b"\t1"),
        ),
        (
            "INSERT INTO t FORMAT CSV SETTINGS a = 'x, y', b=-1\n1",
            Statement("insert", b"INSERT INTO t", "CSV", b" SETTINGS a = 'x, y', b=-1", b"1"),
        ),
        (
            "INSERT INTO t (a) SETTINGS b = 1, c = 'FORMAT x' FORMAT CSV\n1",
            Statement(
                "insert", b"INSERT INTO t (a)", "CSV", b" SETTINGS b = 1, c = 'FORMAT x'", b"1"
            ),
        ),
        (
            "INSERT INTO settings SETTINGS b = 1 VALUES (1)",
            Statement("insert", b"INSERT INTO settings", "Values", b" SETTINGS b = 1", b" (1)"),
        ),
        (
            "INSERT INTO t VALUES (1) FORMAT CSV",
            Statement("insert", b"INSERT INTO t", "Values", b"", b" (1) FORMAT CSV"),
        ),
    ],
)
def test_a_statement_is_cut_where_its_clauses_are(text: str, expected: Statement) -> None:
    assert read(text.encode()) == expected


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", 62),
        (" -- x", 62),
        (";", 62),
        ("SELECT 1 INTO OUTFILE 'x'", 497),
        ("select 1 into/**/outfile 'x' format CSV", 497),
        ("INSERT INTO t FROM INFILE 'x'", 497),
        ("INSERT INTO t FORMAT CSV;\n1", 62),
    ],
)
def test_what_is_refused(text: str, code: int) -> None:
    with pytest.raises(Refusal) as caught:
        read(text.encode())

    assert caught.value.code == code


texts = st.text(st.characters(exclude_categories=["Cs"]))


@given(text=texts)
@settings(
    deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@example("a'b\\'c`d\\`e\n\t\0")
def test_text_in_sql_stays_text(ask: Asker, text: str) -> None:
    sql = f"SELECT {quoted(text)} AS {named(text or 'empty')}, {{x:String}} AS other_one"

    lines = ask(f"{sql} FORMAT JSONCompactEachRowWithNames", param_x=escaped(text)).split("\n")

    assert json.loads(lines[0])[0] == (text or "empty")
    assert json.loads(lines[1]) == [text, text]


def test_a_long_query_is_read_whole(ask: Asker) -> None:
    numbers = ",".join(map(str, range(40_000)))

    assert ask(f"SELECT length([{numbers}])") == "40000"


def test_a_query_over_clickhouses_limit_is_its_to_refuse(ask: Asker) -> None:
    numbers = ",".join(map(str, range(80_000)))

    assert ask.fails(f"SELECT length([{numbers}])").code == 62
    assert ask(f"SELECT length([{numbers}])", max_query_size="1000000") == "80000"
