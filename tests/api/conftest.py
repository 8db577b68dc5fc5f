"""One real server for all tests of the API, and a project for each test that wants one."""

from collections.abc import Iterator

import pytest

from tests.api.shop import Shop
from tests.services.server import ServerHandle, start_server


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerHandle]:
    # It says all that it ever says: `test_lines` reads what it said meanwhile.
    folder = tmp_path_factory.mktemp("server") / "data"
    with start_server(folder, log_level="debug", log_json="true") as running:
        yield running


@pytest.fixture
def shop(server: ServerHandle) -> Shop:
    return Shop(server)
