"""A run, in its short form: every section ends with whole figures, and cleans up after itself."""

import io
import json
import math
import socket
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from rich.console import Console

from bench import plan, run
from bench.figures import Figure, Result, newest, write
from bench.serving import Serving, demo
from bench.table import table

FIGURES = {"ingest": 5, "batches": 4, "visible": 3, "reports": 5, "disk": 2, "start": 6}


@pytest.fixture(scope="module")
def server(work: Path) -> Iterator[Serving]:
    with demo(work / "lent", 200) as found:
        yield found


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bench")


def test_all_sections_are_tried() -> None:
    assert list(run.SECTIONS) == list(FIGURES)


@pytest.mark.parametrize("name", FIGURES)
def test_a_section_gives_whole_figures_and_leaves_nothing_behind(
    name: str, work: Path, server: Serving
) -> None:
    # Other rooms of the tests have servers of their own that outlive this test.
    before = {one.pid for one in psutil.Process().children()}
    result = run.run(plan.short(work, server), [name])
    (section,) = result.sections

    assert section.name == name
    assert len(section.figures) == FIGURES[name]
    for figure in section.figures:
        assert math.isfinite(figure.value), figure
    assert section.raw
    shown = printed(result)
    for figure in section.figures:
        assert figure.what in shown
        assert figure.shown in shown
    # A run of another day or another machine must be able to stand beside it.
    assert newest(write(result, work / "results").parent) == result
    assert set(result.machine) >= {"cpu", "cores", "memory_gib", "fsync_ms", "kernel", "python"}
    assert {one.pid for one in psutil.Process().children()} <= before
    assert server.process.pid in before
    left = {path.name.partition("-")[0] for path in work.iterdir()}
    assert left <= {"year", "results", "lent"}, "only the year of events is kept"


def test_a_result_names_no_host_and_no_folder(work: Path) -> None:
    result = run.run(plan.short(work), [])
    text = json.dumps(result.machine)

    assert "/" not in text.replace("x86/64", "")
    assert socket.gethostname() not in text.split()


@pytest.mark.parametrize(
    ("value", "more", "met"), [(1.0, True, True), (0.9, True, False), (0.9, False, True)]
)
def test_a_target_is_met_on_its_good_side(value: float, more: bool, met: bool) -> None:
    assert Figure(what="", value=value, target=1.0, more=more).met is met


def test_a_figure_without_a_target_is_neither_met_nor_missed() -> None:
    assert Figure(what="", value=1.0).met is None


def printed(result: Result) -> str:
    out = io.StringIO()
    Console(file=out, width=300).print(table(result.sections))
    return out.getvalue()
