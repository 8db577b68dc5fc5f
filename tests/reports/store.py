"""One store for all tests of a run, and a project of its own for each test.

pytest                                              # the embedded engine
DESIREPATH_TEST_STORE=http://127.0.0.1:8123 pytest  # a server, which gets a database for the tests
"""

import os
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from desirepath.store.client import DATABASE, Store
from desirepath.store.migrate import create_database, migrate
from tests.services.engine import start_engine


@pytest.fixture(scope="session")
def urls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """Where to write, and where one can only read."""
    yield from run_store(tmp_path_factory.mktemp("engine"))


@pytest.fixture(scope="session")
def store(urls: tuple[str, str]) -> Iterator[Store]:
    store = Store(urls[0])
    yield store
    store.close()


@pytest.fixture(scope="session")
def reader(urls: tuple[str, str]) -> Iterator[Store]:
    store = Store(urls[1])
    yield store
    store.close()


@pytest.fixture
def project() -> str:
    return f"p{uuid4().hex[:12]}"


def run_store(folder: Path) -> Iterator[tuple[str, str]]:
    """The URLs of a store with all tables, to write and to read; a context by its iteration."""
    url = os.environ.get("DESIREPATH_TEST_STORE")
    if url:
        yield _with_tables(url.rstrip("/")), f"{url.rstrip('/')}/{DATABASE}"
        return
    with start_engine(folder) as engine:
        yield _with_tables(engine.url), f"{engine.read_url}/{DATABASE}"


def _with_tables(url: str) -> str:
    server = Store(url)
    create_database(server)
    server.close()
    store = Store(f"{url}/{DATABASE}")
    migrate(store)
    store.close()
    return f"{url}/{DATABASE}"
