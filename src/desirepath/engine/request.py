"""One HTTP request as ClickHouse reads it: parameters, settings, bound values, the statement.

Names in the URL that the protocol does not know are settings of this one query. In a multipart
body, parts without a file name are parameters too; parts with one are external tables.
"""

import base64
import binascii
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from urllib.parse import parse_qsl, urlsplit

from desirepath.engine import compression, multipart
from desirepath.engine.refusal import Refusal
from desirepath.engine.statement import Statement, kind_of, read
from desirepath.engine.wire import Head

# ClickHouse reads at most this much as query text (max_query_size); behind it is data.
QUERY_TEXT = 256 << 10
# Most of a body that is all query text, or a multipart form.
WHOLE_BODY = 16 << 20

#: Parts of the protocol: in the URL they are no settings of the query.
PROTOCOL = {
    *("query", "database", "default_format", "user", "password", "quota_key", "query_id", "role"),
    *("session_id", "session_timeout", "session_check", "close_session", "stacktrace"),
    *("compress", "decompress", "buffer_size", "wait_end_of_query", "client_protocol_version"),
    # Settings of ClickHouse's HTTP server, which this one reads itself or has no use for.
    *("enable_http_compression", "http_zlib_compression_level", "http_wait_end_of_query"),
    *("send_progress_in_http_headers", "http_headers_progress_interval_ms"),
    *("cancel_http_readonly_queries_on_client_close", "http_response_buffer_size"),
    *("http_write_exception_in_output_format", "http_max_field_name_size"),
    # Marks the engine's own connections (connections.py).
    "log_comment",
}


@dataclass(slots=True)
class Request:
    """What a client asked for, before anything of it ran."""

    method: str
    path: str
    user: str
    secret: str
    query_id: str
    database: str
    session: str
    default_format: str
    answer_encoding: str
    protocol: int  # client_protocol_version
    whole_answer: bool  # nothing is sent before the query has ended
    parameters: dict[str, str] = field(default_factory=dict)
    settings: dict[str, str] = field(default_factory=dict)
    other: dict[str, str] = field(default_factory=dict)  # the rest of the URL and the form


def begin(head: Head) -> Request:
    """What the head alone says; enough to know who asks. Raises Refusal."""
    url = urlsplit(head.target)
    try:
        given = dict(parse_qsl(url.query, keep_blank_values=True, errors="strict"))
    except UnicodeDecodeError:
        raise Refusal(36, "The URL is not UTF-8") from None
    headers = head.headers
    user, secret = _credentials(head, given)
    accepts = headers.get("accept-encoding", "")
    version = given.get("client_protocol_version", "")[:9]
    if given.get("enable_http_compression", "1") in ("0", "false"):
        accepts = ""
    return Request(
        method=head.method,
        path=url.path or "/",
        user=user,
        secret=secret,
        query_id=_query_id(headers, given),
        database=headers.get("x-clickhouse-database") or given.get("database", ""),
        session=given.get("session_id", ""),
        default_format=headers.get("x-clickhouse-format") or given.get("default_format", ""),
        answer_encoding=compression.choose(accepts),
        protocol=int(version) if version.isdecimal() else 0,
        whole_answer=given.get("wait_end_of_query", "0") not in ("0", "false"),
        other=given,
    )


def _query_id(headers: dict[str, str], given: dict[str, str]) -> str:
    # clickhouse-connect sends its `transport_settings` as headers of the very name, beside a
    # random id in the URL. The header counts: a loader's fence must not fail in silence.
    return (
        headers.get("query_id") or given.get("query_id") or headers.get("x-clickhouse-query-id", "")
    )


def _credentials(head: Head, given: dict[str, str]) -> tuple[str, str]:
    headers = head.headers
    if "x-clickhouse-key" in headers or "x-clickhouse-user" in headers:
        return headers.get("x-clickhouse-user", ""), headers.get("x-clickhouse-key", "")
    scheme, _, value = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            user, _, secret = base64.b64decode(value, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return "", ""
        return user, secret
    return given.get("user", ""), given.get("password", "")


@dataclass(slots=True)
class Body:
    """The statement, and what of the body belongs to it. `data`, of an INSERT, is not read yet."""

    statement: Statement
    data: Iterator[bytes]
    tables: list[multipart.Table]


def finish(request: Request, head: Head, pieces: Iterable[bytes]) -> Body:
    """Read the statement from URL and body; puts parameters and settings into `request`.

    Raises Refusal, and BadRequest or CutOff of the wire.
    """
    inflated = compression.inflate(head.headers.get("content-encoding", ""), pieces)
    tables: list[multipart.Table] = []
    url_query = request.other.get("query", "").encode()
    content_type = head.headers.get("content-type", "")
    if content_type.lower().startswith("multipart/form-data"):
        form, files = multipart.parse(content_type, _at_most(inflated, WHOLE_BODY))
        tables = multipart.tables(files, request.other | form)
        form_query = form.pop("query", "").encode()
        url_query = b"\n".join(filter(None, (url_query, form_query)))
        request.other |= form
        inflated = iter(())
    _sort(request, {name for table in tables for name in table.fields})
    return _body(url_query, inflated, tables)


def _sort(request: Request, of_tables: set[str]) -> None:
    for name, value in request.other.items():
        if name.startswith("param_"):
            request.parameters[name[6:]] = value
        elif name and name not in PROTOCOL and name not in of_tables:
            request.settings[name] = value
    for name in ("compress", "decompress"):
        if request.other.get(name, "0") not in ("0", "false", ""):
            raise Refusal(
                48,
                f"{name}=1 (ClickHouse's own block format) is not supported: turn the driver's"
                " compression off (JDBC: compress=false), or use Accept-Encoding",
            )


def _body(url_query: bytes, body: Iterator[bytes], tables: list[multipart.Table]) -> Body:
    text = url_query + b"\n" if url_query else b""
    # A statement begins at the first byte; an INSERT has said so within a few words.
    for piece in body:
        text += piece
        if len(text) > QUERY_TEXT:
            break
    if len(text) <= QUERY_TEXT:
        statement = read(text)
        return Body(statement, iter((statement.rest,)), tables)
    if kind_of(text[:QUERY_TEXT]) == "insert":
        statement = read(text[:QUERY_TEXT])
        return Body(statement, chain((statement.rest + text[QUERY_TEXT:],), body), tables)
    # All of it is query text: ClickHouse says what it thinks of so much.
    return Body(read(text + b"".join(_at_most(body, WHOLE_BODY))), iter(()), tables)


def _at_most(pieces: Iterable[bytes], most: int) -> Iterator[bytes]:
    size = 0
    for piece in pieces:
        size += len(piece)
        if size > most:
            raise Refusal(297, f"The body is over {most} bytes")
        yield piece
