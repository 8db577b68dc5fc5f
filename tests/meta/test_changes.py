"""Change files can be read, and the change log has the form that people and tools expect."""

import re
from pathlib import Path

import pytest

from tests.meta.markdown import ROOT, headings, read, tracked

_FIRST = re.compile(r"(added|changed|fixed|removed): ([A-Z`].{1,198}\.)")
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*\.md")
_RELEASE = re.compile(r"## (?:Unreleased|\d+\.\d+\.\d+ \(\d{4}-\d{2}-\d{2}\))")


def change_files() -> list[str]:
    return [name for name in tracked("changes/*") if name != "changes/README.md"]


def fault(name: str, text: str) -> str:
    """What is wrong with a change file; '' where nothing is."""
    if not _SLUG.fullmatch(Path(name).name):
        return "the name is lower-case letters, digits and dashes, and ends in .md"
    first, _, rest = text.partition("\n")
    if not _FIRST.fullmatch(first):
        return "the first line is 'added|changed|fixed|removed: A sentence.'"
    if rest.strip() and not rest.startswith("\n"):
        return "an empty line stands before more words"
    return ""


@pytest.mark.parametrize("name", change_files())
def test_a_change_file_can_be_read(name: str) -> None:
    assert fault(name, read(name)) == ""


@pytest.mark.parametrize(
    ("name", "text"),
    [
        pytest.param("changes/a.md", "improved: Something.\n", id="a word of its own"),
        pytest.param("changes/a.md", "added: something.\n", id="no capital"),
        pytest.param("changes/a.md", "added: Something\n", id="no full stop"),
        pytest.param("changes/a.md", f"added: {'S' * 250}.\n", id="too long"),
        pytest.param("changes/a.md", "added: Something.\nMore.\n", id="no empty line"),
        pytest.param("changes/A_b.md", "added: Something.\n", id="a name of its own"),
        pytest.param("changes/a.md", "", id="empty"),
    ],
)
def test_others_cannot(name: str, text: str) -> None:
    assert fault(name, text) != ""


def test_the_change_log_has_its_form() -> None:
    text = read("CHANGELOG.md")
    second = [line for line in text.splitlines() if line.startswith("## ")]

    assert headings("CHANGELOG.md")[0] == "Change log"
    assert second[0] == "## Unreleased"
    assert all(_RELEASE.fullmatch(line) for line in second)
    assert set(re.findall(r"^### (.+)$", text, re.MULTILINE)) <= {
        "Added", "Changed", "Fixed", "Removed"
    }  # fmt: skip


def test_a_release_takes_its_files_along() -> None:
    """What stands under a version is no longer waiting in a file."""
    released = read("CHANGELOG.md").partition("\n## Unreleased\n")[2]
    for name in change_files():
        text = read(name).partition("\n")[0].partition(": ")[2]
        assert text not in released, f"{name} is in CHANGELOG.md: delete the file"


def test_there_is_an_explanation() -> None:
    assert (ROOT / "changes" / "README.md").is_file()
