"""The one door to ClickHouse: same SQL, same answers, whether embedded or a cluster.

A `Store` is safe to share between threads. It connects when first used, so a process can start
before the engine does. Rows come back as Structs: ClickHouse writes JSON, msgspec reads it
straight into the type that the caller names, and a column that does not fit the type is an error
rather than a wrong number.
"""

import re
import threading
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Generic, TypeVar, cast

import clickhouse_connect
import msgspec
from clickhouse_connect import common
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError, DatabaseError
from clickhouse_connect.driver.httpclient import HttpClient
from msgspec import Struct
from urllib3 import PoolManager
from urllib3.exceptions import HTTPError

from desirepath.errors import StoreBusy, StoreDown, StoreRefused

DATABASE = "desirepath"

# The driver asks which settings a user may change and refuses the others itself. Readers may change
# none by that list (readonly = 1), while the server does take those that only shape an answer.
common.set_setting("invalid_setting_action", "send")

T = TypeVar("T", bound=Struct)

# "Too much work right now", not "wrong query": TIMEOUT_EXCEEDED, TOO_SLOW, TOO_MANY_PARTS,
# MEMORY_LIMIT_EXCEEDED, TOO_MANY_SIMULTANEOUS_QUERIES, QUERY_WAS_CANCELLED.
_BUSY = {159, 160, 202, 241, 252, 394}

_CODE = re.compile(r"[Cc]ode:? (\d+)")

_READING = {
    "output_format_json_quote_64bit_integers": 0,
    "output_format_json_quote_decimals": 0,
    "date_time_output_format": "iso",
}


class Statistics(Struct, frozen=True):
    """What ClickHouse says a query cost."""

    elapsed: float = 0.0  # seconds
    rows_read: int = 0
    bytes_read: int = 0


class Rows(Struct, Generic[T], frozen=True):
    """The answer of one SELECT."""

    data: list[T]
    statistics: Statistics = Statistics()


class Store:
    """`Store("http://reader:secret@127.0.0.1:9123/desirepath")`."""

    def __init__(self, url: str, *, query_seconds: int = 30, pool: int = 16) -> None:
        self._url = url
        self._limits = {"max_execution_time": query_seconds}
        self._pool_size = pool
        self._client: Client | None = None
        self._connecting = threading.Lock()

    def rows(self, sql: str, row: type[T], **params: Any) -> Rows[T]:
        """Run one SELECT; bind `params` by name (`{name:Type}`); each result row as a `row`."""
        settings = _READING | self._limits
        bound = {name: _bindable(value) for name, value in params.items()}
        with _Errors():
            body = self._connected().raw_query(sql, bound, settings=settings, fmt="JSON")
        return msgspec.json.decode(body, type=Rows[row])  # type: ignore[valid-type]

    def execute(self, sql: str, **params: Any) -> None:
        """Run one statement that answers nothing."""
        bound = {name: _bindable(value) for name, value in params.items()}
        with _Errors():
            self._connected().command(sql, bound)

    def insert(
        self,
        table: str,
        lines: bytes,
        *,
        form: str = "JSONEachRow",
        query_id: str = "",
        columns: Sequence[str] = (),
    ) -> None:
        """Write `lines` in one INSERT. Writing them again stores them again.

        Rows of one partition arrive whole or not at all; of several, partition by partition.
        """
        settings: dict[str, Any] = {
            "async_insert": 0,
            "insert_deduplicate": 0,
            # A text that looks like a date stays a text in `extra`.
            "input_format_try_infer_dates": 0,
            "input_format_try_infer_datetimes": 0,
        }
        transport = {"query_id": query_id} if query_id else None
        target = f"{table} ({', '.join(columns)})" if columns else table
        with _Errors():
            self._connected().raw_insert(
                target, None, lines, settings, form, transport_settings=transport
            )

    def hello(self, query_id: str) -> None:
        """Run `SELECT 1` under `query_id`: the fence of a new loader."""
        with _Errors():
            self._connected().raw_query("SELECT 1", transport_settings={"query_id": query_id})

    def ping(self) -> None:
        """Raise StoreDown where the store does not answer."""
        with _Errors():
            if not self._connected().ping():
                raise StoreDown("the store does not answer")

    def close(self) -> None:
        """Give the connections back."""
        with self._connecting:
            if self._client is not None:
                self._client.close()
                self._client = None

    def _connected(self) -> Client:
        if self._client is None:
            with self._connecting:
                if self._client is None:
                    self._client = clickhouse_connect.get_client(
                        dsn=self._url,
                        # One session would make ClickHouse refuse a second query in parallel.
                        autogenerate_session_id=False,
                        pool_mgr=PoolManager(maxsize=self._pool_size, retries=False),
                        query_retries=0,
                    )
                    # Whoever calls knows whether, and when, to try again.
                    cast(HttpClient, self._client).http_retries = 0
        return self._client


def _bindable(value: Any) -> Any:
    # ClickHouse reads a DateTime64 from Unix seconds with decimals; the client would cut them off.
    return f"{value.timestamp():.3f}" if isinstance(value, datetime) else value


class _Errors:
    """Turn what the driver raises into what a caller can act on."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, exc: BaseException | None, trace: object) -> None:
        if isinstance(exc, DatabaseError) and (found := _CODE.search(str(exc))):
            code = int(found[1])
            if code in _BUSY:
                raise StoreBusy(f"the store is busy: {exc}", retry_after=2) from exc
            raise StoreRefused(str(exc), store_code=code) from exc
        if isinstance(exc, ClickHouseError | HTTPError | OSError):
            raise StoreDown(f"the store cannot be reached: {exc}", retry_after=2) from exc
