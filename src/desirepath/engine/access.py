"""Who may say what. The secret decides: the writer's may do all, the reader's may read.

A reader is held by four walls, because each alone has a hole (tried on 26.9):

1. `readonly = 1` on the connection. Lets through: `SELECT file('/etc/passwd')`, `INTO OUTFILE`,
   `KILL QUERY`, `SET ROLE`; and a subquery with `SETTINGS readonly = 0` is rid of it.
2. The role `reader` (users.xml of configuration.py), which has SELECT and SHOW. Lets through:
   the same `file()`, and `INTO OUTFILE`.
3. One statement that ClickHouse's own parser calls READ_ONLY. Lets through: `file()`.
4. Names that no reader may use, and SETTINGS wherever they stand, found by ClickHouse's own
   lexer.

Around them is the sandbox (sandbox.py), which holds for the writer too.
"""

import hmac
import re
import threading
from enum import Enum

from desirepath.engine.library import Connection
from desirepath.engine.options import EngineOptions
from desirepath.engine.refusal import Refusal
from desirepath.engine.request import PROTOCOL, Request
from desirepath.engine.sql import escaped


class Role(Enum):
    """What a connection may do. The value is the role's name in ClickHouse."""

    WRITER = "loader"
    READER = "reader"


# Functions that reach out of the tables: `file` (any file), `eval` (runs text as SQL), `python`
# (this process's own objects). Refused wherever they stand: `APPLY file` and `arrayMap(file, …)`
# call a function without brackets.
_FORBIDDEN = {"file", "eval", "python"}
_SUSPECT = re.compile(rb"file|eval|python|settings|\\", re.IGNORECASE)
_TOKENS = """
SELECT token.type, hex(substring({sql:String}, token.begin + 1, token.end - token.begin))
FROM (SELECT arrayJoin(tokenizeQuery({sql:String})) AS token)
WHERE token.type NOT IN ('Whitespace', 'Comment')
"""

# Settings that a reader may give in the URL. `SETTINGS` in the statement is refused by readonly.
_ALLOWED = {
    *("max_rows_to_read", "max_bytes_to_read", "read_overflow_mode"),
    *("result_overflow_mode", "timeout_overflow_mode", "max_block_size", "limit", "offset"),
    *("max_rows_to_group_by", "group_by_overflow_mode", "max_bytes_before_external_group_by"),
    *("max_rows_to_sort", "sort_overflow_mode", "max_bytes_before_external_sort"),
    *("max_rows_in_set", "max_bytes_in_set", "max_rows_in_join", "max_bytes_in_join"),
    *("join_algorithm", "join_use_nulls", "group_by_use_nulls", "final", "extremes"),
    *("session_timezone", "date_time_input_format", "date_time_output_format"),
    *("format_csv_delimiter", "union_default_mode", "transform_null_in"),
    *("prefer_column_name_to_alias", "aggregate_functions_null_for_empty"),
    *("use_uncompressed_cache", "optimize_read_in_order", "optimize_aggregation_in_order"),
    *("enable_optimize_predicate_expression", "bool_true_representation"),
    *("bool_false_representation", "low_cardinality_allow_in_native_format"),
}
_CAPPED = ("max_execution_time", "max_memory_usage", "max_result_rows", "max_result_bytes")
_ALLOWED_PREFIX = "output_format_"
_NOT_ALLOWED = {"output_format_schema"}  # names a file to write

# What drivers send with every query (JDBC does), and only an INSERT would heed.
_IDLE = {"async_insert", "wait_for_async_insert"}

_SETTING_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.]{0,127}")


class _Cleared:
    """Texts whose names were looked at: it takes a millisecond, and reports repeat themselves."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._texts: dict[bytes, None] = {}

    def has(self, sql: bytes) -> bool:
        return sql in self._texts

    def add(self, sql: bytes) -> None:
        with self._lock:
            if len(self._texts) >= self._most:
                self._texts.clear()
            if len(sql) < 16 << 10:
                self._texts[sql] = None


_CLEARED = _Cleared(256)


class Access:
    """The two secrets, and the caps of readers."""

    def __init__(self, options: EngineOptions) -> None:
        self._writer = options.write_secret.encode()
        self._reader = options.read_secret.encode()
        memory, gib = options.memory // 2, 1 << 30
        # Setting → (default, most) of a reader.
        self._caps: dict[str, tuple[int, int]] = {
            "max_execution_time": (60, 3600),
            "max_memory_usage": (memory, memory),
            "max_result_rows": (10_000_000, 1_000_000_000),
            "max_result_bytes": (gib, 64 * gib),
        }

    def role(self, request: Request) -> Role:
        """Whose secret it is. Raises Refusal (AUTHENTICATION_FAILED)."""
        secret = request.secret.encode()
        # Both are compared, whatever the first says: the time tells nothing.
        writer = hmac.compare_digest(secret, self._writer)
        reader = hmac.compare_digest(secret, self._reader)
        if writer or reader:
            return Role.WRITER if writer else Role.READER
        raise Refusal(
            516,
            f"{request.user[:64] or 'default'}: Authentication failed: password is incorrect,"
            " or there is no user with such name",
        )

    def settings(self, role: Role, given: dict[str, str]) -> dict[str, str]:
        """The settings of one query: those given, if `role` may give them, and its caps."""
        for name in given:
            if not _SETTING_NAME.fullmatch(name):
                raise Refusal(115, f"Unknown setting {name[:64]!r}")
        if role is Role.WRITER:
            return given
        allowed = {name: str(default) for name, (default, _) in self._caps.items()}
        for name, value in given.items():
            if name in self._caps:
                allowed[name] = self._capped(name, value)
            elif name in _IDLE or (name == "readonly" and value in ("1", "2")):
                continue
            elif name in _ALLOWED or (
                name.startswith(_ALLOWED_PREFIX) and name not in _NOT_ALLOWED
            ):
                allowed[name] = value
            else:
                raise Refusal(164, f"Cannot modify '{name}' setting in readonly mode")
        return allowed

    def _capped(self, name: str, value: str) -> str:
        most = self._caps[name][1]
        try:
            number = float(value)
        except ValueError:
            raise Refusal(27, f"Cannot parse {value[:64]!r} as the setting {name}") from None
        if not 0 < number <= most:
            raise Refusal(452, f"Setting {name} shouldn't be greater than {most}, or 0")
        return value


def check_reader(connection: Connection, texts: list[bytes], bound: dict[str, str]) -> None:
    """Raises Refusal unless every one of `texts` is one statement that a reader may say.

    `texts` are what will be run, and its beginning where something is put into the middle.
    """
    for sql in texts:
        seen = connection.classify_query(sql)
        kind = getattr(seen["query_class"], "name", "UNKNOWN")
        if kind == "UNKNOWN":
            _explain(connection, sql)
        if seen["statement_count"] != 1:
            raise Refusal(62, "Syntax error (Multi-statements are not allowed)")
        if kind != "READ_ONLY":
            raise Refusal(164, "reader: Cannot execute query in readonly mode")
        if _SUSPECT.search(sql) and not _CLEARED.has(sql):
            _check_names(connection, sql)
            _CLEARED.add(sql)
    if any(b"Identifier" in sql for sql in texts):
        # A name may be bound too.
        for value in bound.values():
            if "\\" in value or value.strip("`\"' \t").lower() in _FORBIDDEN:
                raise _denied(value)


def _check_names(connection: Connection, sql: bytes) -> None:
    try:
        text = sql.decode()
    except UnicodeDecodeError:
        raise Refusal(62, "Syntax error: the query is not UTF-8") from None
    before = ["", ""]
    for line in (
        connection.query(_TOKENS, "TSV", params={"sql": escaped(text)}).bytes().split(b"\n")
    ):
        kind, _, packed = line.decode().partition("\t")
        token = bytes.fromhex(packed).decode(errors="replace")
        name = token.strip('`"“”').lower() if kind in ("BareWord", "QuotedIdentifier") else ""
        if kind == "QuotedIdentifier" and "\\" in token:
            raise Refusal(497, "reader: a name in quotes may not have a backslash")
        if name in _FORBIDDEN:
            raise _denied(token)
        if kind == "Equals" and before[0] == "settings" and before[1]:
            raise Refusal(164, f"Cannot modify '{before[1][:64]}' setting in readonly mode")
        before = [before[1], name]


def _denied(name: str) -> Refusal:
    return Refusal(
        497,
        f"reader: Not enough privileges. The name {name[:64]} is not for readers: it may call"
        " a function that reaches out of the tables",
    )


def _explain(connection: Connection, sql: bytes) -> None:
    """Raise ClickHouse's own syntax error for `sql`, or say that it is not for readers."""
    text = escaped(sql.decode(errors="replace"))
    connection.query("SELECT formatQuery({sql:String}) FORMAT Null", "TSV", params={"sql": text})
    raise Refusal(164, "reader: Cannot execute query in readonly mode")


# Clients ask before they send a setting, and `readonly = 1` makes every row say no. Nothing rests
# on this: what a reader may set is decided in Access.settings.
_ASKS_FOR_SETTINGS = re.compile(
    rb"(\s*SELECT\s+[\w\s,]+\sFROM\s+)system\.settings\b", re.IGNORECASE
)
_SETTINGS_OF_READERS = (
    "(SELECT * REPLACE(toUInt8(NOT startsWith(name, '{prefix}') AND name NOT IN ({names}))"
    " AS readonly) FROM system.settings) AS settings"
).format(
    prefix=_ALLOWED_PREFIX,
    names=", ".join(f"'{name}'" for name in sorted({*_ALLOWED, *_CAPPED, *PROTOCOL})),
)


def tell_settings(sql: bytes) -> bytes:
    """`SELECT … FROM system.settings` with a column `readonly` that is true for readers."""
    return _ASKS_FOR_SETTINGS.sub(rb"\1" + _SETTINGS_OF_READERS.encode(), sql, count=1)
