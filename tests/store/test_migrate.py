"""The schema moves on in numbered steps, each once, and each can be run again without harm."""

import re

import pytest
from msgspec import Struct

from desirepath.errors import StoreRefused
from desirepath.store.client import Store
from desirepath.store.migrate import migrate, steps


class Column(Struct):
    table: str
    name: str
    type: str


def columns(store: Store) -> list[Column]:
    sql = "SELECT table, name, type FROM system.columns WHERE database = currentDatabase()"
    return store.rows(sql + " ORDER BY table, position", Column).data


def test_steps_are_numbered_without_a_gap() -> None:
    names = [name for name, _ in steps()]

    assert [int(name[:4]) for name in names] == list(range(1, len(names) + 1))
    assert all(re.fullmatch(r"\d{4}_[a-z0-9_]+\.sql", name) for name in names)


@pytest.mark.parametrize(("name", "sql"), steps())
def test_a_step_is_one_statement_that_can_be_run_again(store: Store, name: str, sql: str) -> None:
    before = columns(store)
    store.execute(sql)

    assert "IF NOT EXISTS" in sql or "OR REPLACE" in sql or "IF EXISTS" in sql, name
    assert columns(store) == before


def test_a_store_that_is_up_to_date_stays_as_it_is(store: Store) -> None:
    before = columns(store)

    assert migrate(store) == []
    assert columns(store) == before


@pytest.mark.parametrize("table", ["events", "event_ids", "refused"])
def test_every_table_fsyncs_and_leaves_deduplication_to_the_loader(table: str) -> None:
    (sql,) = (sql for _, sql in steps() if f"CREATE TABLE IF NOT EXISTS {table}\n" in sql)

    for setting in (
        "fsync_after_insert = 1",
        "fsync_part_directory = 1",
        "min_rows_to_fsync_after_merge = 1",
        "non_replicated_deduplication_window = 0",
    ):
        assert setting in sql


@pytest.mark.parametrize("view", ["events_of", "refused_of"])
def test_a_view_without_a_project_does_not_run(store: Store, view: str) -> None:
    with pytest.raises(StoreRefused):
        store.rows(f"SELECT project AS table, '' AS name, '' AS type FROM {view}", Column)
