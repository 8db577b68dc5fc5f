"""The README's figures are those of the newest result, and only what lies between the marks."""

from pathlib import Path

import pytest

from bench import readme
from bench.figures import Figure, Result, Section, newest, write

PAGE = "before\n<!-- bench:begin -->\nold\n<!-- bench:end -->\nafter\n"


def result(at: str, value: float = 0.85) -> Result:
    figures = [
        Figure(what="share", value=value, target=0.8, key=True),
        Figure(what="wait", value=25.0, unit="ms", target=20.0, more=False, key=True),
        Figure(what="detail", value=1.0),
    ]
    machine = {
        "cores": 2,
        "cpu": "A CPU",
        "memory_gib": 8.0,
        "fsync_ms": 0.5,
        "system": "Linux",
        "kernel": "6.1",
        "python": "3.11.7",
    }
    section = Section(name="ingest", title="requests", figures=figures, raw={})
    return Result(at=at, commit="abc1234", changed=False, machine=machine, sections=[section])


def test_the_readme_says_what_the_newest_result_says() -> None:
    page = readme.README.read_text()

    assert readme.put(page, readme.block(newest())) == page, "run: python -m bench.readme"


def test_the_block_has_the_key_figures_with_date_and_machine() -> None:
    assert readme.block(result("2026-11-20T10:00:00Z")) == (
        "| what | measured | target |\n"
        "| --- | ---: | ---: |\n"
        "| requests: share | 0.85 | ≥ 0.80 |\n"
        "| requests: wait | 25.0 ms (missed) | ≤ 20.0 ms |\n"
        "\n"
        "2026-11-20, commit abc1234: 2 cores of A CPU, 8 GiB of memory, 0.5 ms an fsync,"
        " Linux 6.1, Python 3.11.7."
    )


def test_without_results_it_says_so() -> None:
    assert readme.block(None) == readme.NONE


def test_the_newest_result_wins(tmp_path: Path) -> None:
    assert newest(tmp_path) is None
    for at in ("2026-11-19T23:00:00Z", "2026-11-21T01:00:00Z", "2026-11-20T23:00:00Z"):
        write(result(at), tmp_path)

    found = newest(tmp_path)

    assert found is not None
    assert found.at == "2026-11-21T01:00:00Z"


def test_only_what_lies_between_the_marks_is_written() -> None:
    assert readme.put(PAGE, "new\\1") == PAGE.replace("old", "new\\1")


def test_a_page_without_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="bench:begin"):
        readme.put("a page", "figures")
