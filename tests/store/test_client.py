"""The one door to the store: what is bound comes back as it was, and errors say what to do."""

import socket
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import Struct, ValidationError

from desirepath.errors import StoreBusy, StoreDown, StoreRefused
from desirepath.store.client import Store

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
# What a value must not be read as: an escape of TSV, the end of a literal, a parameter.
hostile = st.sampled_from(["\\t", "\t", "\n", "\\", "'", "`", "{x:String}", "\\N", "\0", "--", '"'])
values = st.lists(texts | hostile, max_size=4).map("".join)

one_store = settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


class Text(Struct):
    value: str


class Texts(Struct):
    values: list[str]


class Moment(Struct):
    at: datetime


class Number(Struct):
    n: int


@one_store
@given(values)
def test_a_text_comes_back_as_it_was(store: Store, value: str) -> None:
    assert store.rows("SELECT {value:String} AS value", Text, value=value).data == [Text(value)]


@one_store
@given(st.lists(values, max_size=5))
def test_so_does_a_list_of_texts(store: Store, value: list[str]) -> None:
    found = store.rows("SELECT {value:Array(String)} AS values", Texts, value=value).data

    assert found == [Texts(value)]


def test_a_time_keeps_its_milliseconds(store: Store) -> None:
    at = datetime(2026, 3, 29, 1, 59, 59, 123000, tzinfo=UTC)

    found = store.rows("SELECT toTimeZone({at:DateTime64(3)}, 'UTC') AS at", Moment, at=at).data

    assert found == [Moment(at)]


@pytest.mark.parametrize("number", [0, -(2**63), 2**63 - 1, 2**64 - 1, 2**53 + 1])
def test_a_large_number_is_not_rounded(store: Store, number: int) -> None:
    kind = "UInt64" if number >= 2**63 else "Int64"

    assert store.rows(f"SELECT {{n:{kind}}} AS n", Number, n=number).data == [Number(number)]


def test_a_column_that_does_not_fit_is_an_error_and_no_wrong_number(store: Store) -> None:
    with pytest.raises(ValidationError, match="n"):
        store.rows("SELECT 'seven' AS n", Number)


def test_a_wrong_statement_is_refused_with_the_code(store: Store) -> None:
    with pytest.raises(StoreRefused) as refused:
        store.rows("SELECT no_such_column", Number)

    assert refused.value.store_code == 47


def test_a_row_that_does_not_fit_is_refused(store: Store) -> None:
    with pytest.raises(StoreRefused) as refused:
        store.insert("refused", b'{"project":"p","log_id":"no uuid"}')

    assert refused.value.store_code


def test_a_query_that_takes_too_long_is_busy(urls: tuple[str, str]) -> None:
    impatient = Store(urls[0], query_seconds=1)
    begun = time.monotonic()

    with pytest.raises(StoreBusy) as busy:
        impatient.rows("SELECT count() AS n FROM numbers(100000000000)", Number)

    assert busy.value.retry_after > 0
    assert time.monotonic() - begun < 20
    impatient.close()


def test_a_store_that_is_not_there_is_down() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    away = Store(f"http://reader:secret@127.0.0.1:{port}/desirepath")

    with pytest.raises(StoreDown):
        away.ping()
    with pytest.raises(StoreDown):
        away.rows("SELECT 1 AS n", Number)
    away.close()


def test_threads_may_share_it(store: Store) -> None:
    def ask(number: int) -> int:
        return store.rows("SELECT {n:UInt64} AS n", Number, n=number).data[0].n

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(ask, range(100))) == list(range(100))


def test_it_says_what_a_query_read(store: Store) -> None:
    found = store.rows("SELECT count() AS n FROM numbers(1000)", Number)

    assert found.data == [Number(1000)]
    assert found.statistics.rows_read == 1000
