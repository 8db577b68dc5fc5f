"""One real server for all tests of the API."""

from collections.abc import Iterator

import pytest

from tests.services.server import ServerHandle, start_server


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerHandle]:
    with start_server(tmp_path_factory.mktemp("server") / "data") as running:
        yield running
