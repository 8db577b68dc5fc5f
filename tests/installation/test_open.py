"""`desirepath.open`: attach to a running server, or own the folder; reports as data frames."""

from pathlib import Path

import pytest

import desirepath
from desirepath.errors import Invalid, Locked, NotFound
from tests.api.events import event
from tests.services.server import start_server


def test_it_attaches_to_a_running_server(tmp_path: Path) -> None:
    with start_server(tmp_path / "data") as server:
        server.send(*(event(sessionId=f"s{n % 3}") for n in range(9)))
        with desirepath.open(tmp_path / "data") as installation:
            traffic = installation.report("traffic", since="1d")
            assert traffic.data.total.views == 9
            assert traffic.data.total.sessions == 3
            assert traffic.meta.waiting == 0
        assert server.send(event()).status_code == 200


def test_it_owns_a_folder_that_nobody_serves(tmp_path: Path) -> None:
    with desirepath.open(tmp_path / "data") as first:
        assert first.report("events").data.events == 0
        with desirepath.open(tmp_path / "data") as second:
            assert second.report("events").data.events == 0
            with pytest.raises(NotFound, match="there are traffic, events"):
                second.report("nonsense")
            with pytest.raises(NotFound, match="default"):
                second.report("events", project="nowhere")
            with pytest.raises(Invalid, match="no parameter 'colour'"):
                second.report("events", colour="red")


def test_a_folder_is_given_back(tmp_path: Path) -> None:
    with desirepath.open(tmp_path / "data") as installation:
        assert installation.folder.owned()
        with pytest.raises(Locked):
            type(installation.folder)(tmp_path / "data").own()
    assert not installation.folder.owned()


def test_answers_become_frames(tmp_path: Path) -> None:
    with start_server(tmp_path / "data") as server:
        server.send(*(event(pageUrl=f"https://example.com/{n % 2}") for n in range(4)))
        with desirepath.open(tmp_path / "data") as installation:
            pages = installation.report("traffic", by=["pages"])
            assert pages.to_arrow().num_rows == 2
            assert list(pages.to_pandas()["views"]) == [2, 2]
            assert pages.to_polars()["views"].sum() == 4
