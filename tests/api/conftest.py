"""One real server for all tests of the API, and a project for each test that wants one."""

from collections.abc import Iterator

import pytest

from tests.api.shop import Shop
from tests.services.server import ServerHandle, start_server


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerHandle]:
    with start_server(tmp_path_factory.mktemp("server") / "data") as running:
        yield running


@pytest.fixture
def shop(server: ServerHandle) -> Shop:
    return Shop(server)
