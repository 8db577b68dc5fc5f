from collections.abc import Iterator
from uuid import uuid4

import clickhouse_connect
import pytest
from clickhouse_connect.driver.client import Client

from tests.engine.asking import Asker
from tests.services.engine import EngineHandle, start_engine


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EngineHandle]:
    """One engine for all tests that do not stop it."""
    with start_engine(tmp_path_factory.mktemp("engine")) as handle:
        yield handle


@pytest.fixture(scope="session")
def writer(engine: EngineHandle) -> Iterator[Client]:
    """The stock client with the write secret."""
    client = clickhouse_connect.get_client(dsn=engine.url)
    yield client
    client.close()


@pytest.fixture(scope="session")
def reader(engine: EngineHandle) -> Iterator[Client]:
    """The stock client with the read secret."""
    client = clickhouse_connect.get_client(dsn=engine.read_url)
    yield client
    client.close()


@pytest.fixture
def ask(engine: EngineHandle) -> Iterator[Asker]:
    """Bare HTTP with the write secret; `ask.reader` with the read secret."""
    with Asker(engine) as asker:
        yield asker


@pytest.fixture
def table(ask: Asker) -> Iterator[str]:
    """The name of a new table of (id UInt64, text String)."""
    name = f"t{uuid4().hex[:10]}"
    ask(f"CREATE TABLE {name} (id UInt64, text String) ENGINE = MergeTree ORDER BY id")
    yield name
    ask(f"DROP TABLE {name}")
