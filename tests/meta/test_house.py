"""Rules about the house itself: sizes, loose ends, docstrings, tests of every room, clean locks."""

import ast
import re
from pathlib import Path

import pytest

from tests.meta.markdown import ROOT, read, tracked

MOST_LINES = 500

# A role is a process: it is tried from outside, as a user meets it.
TESTED_ELSEWHERE = {"roles": "journeys"}

_CODE = ("*.py", "*.ts", "*.tsx", "*.js", "*.mjs", "*.sql", "*.sh")
_TEXTS = (*_CODE, "*.md", "*.toml", "*.json", "*.service", "*.svg", "*.yml", "*.yaml", "*.ini",
          "Makefile", ".ci/*", "*.npmrc", "*.lock", "*.mako")  # fmt: skip

# Made by a tool, and as long as they are.
_MADE = re.compile(
    r"package-lock\.json|openapi\.json|requirements\.lock|api-types/src/.*\.d\.ts|LICENSE"
)

# In two parts, so that this file does not find itself.
_LOOSE = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X)\b|NotImplemented" + "Error")
_MACHINE = re.compile(
    r"(?<![\w.])/(?:wo" + r"rk|Us" + r"ers)/|(?<![\w.])/ho" + r"me/(?!desirepath)"
)


def holding(pattern: re.Pattern[str], names: tuple[str, ...]) -> dict[str, list[str]]:
    """The files in which the pattern is found, and what was found."""
    found = {name: pattern.findall(read(name)) for name in names}
    return {name: texts for name, texts in found.items() if texts}


def rooms() -> list[str]:
    """The packages of the source, one level deep."""
    source = ROOT / "src" / "desirepath"
    return sorted(p.name for p in source.iterdir() if (p / "__init__.py").is_file())


def test_no_file_is_longer_than_a_reader_holds_in_mind() -> None:
    lengths = {name: len(read(name).splitlines()) for name in tracked(*_CODE)}

    assert {name: lines for name, lines in lengths.items() if lines > MOST_LINES} == {}


def test_nothing_is_left_for_later() -> None:
    assert holding(_LOOSE, tracked(*_CODE, "Makefile")) == {}


def test_no_file_knows_the_machine_it_was_written_on() -> None:
    assert holding(_MACHINE, tracked(*_TEXTS)) == {}


def test_every_module_says_what_it_is() -> None:
    modules = tracked("src/*.py", "bench/*.py")

    assert [name for name in modules if not ast.get_docstring(ast.parse(read(name)))] == []


@pytest.mark.parametrize("room", rooms())
def test_a_room_has_tests(room: str) -> None:
    folder = TESTED_ELSEWHERE.get(room, room)
    assert list((ROOT / "tests" / folder).rglob("test_*.py")), f"no tests/{folder}/test_*.py"


@pytest.mark.parametrize("room", rooms())
def test_a_room_is_on_the_map(room: str) -> None:
    assert f"| `{room}/` |" in read("CONTRIBUTING.md")


def test_every_module_beside_the_rooms_is_on_the_map() -> None:
    map_ = read("CONTRIBUTING.md")
    source = ROOT / "src" / "desirepath"
    missing = [p.name for p in source.glob("*.py") if f"`{p.name}`" not in map_]

    assert missing == ["__init__.py"]


@pytest.mark.parametrize("name", tracked("requirements.lock", "*package-lock.json"))
def test_a_lock_names_no_address(name: str) -> None:
    """It must work with any index that serves the same files (docs/decisions)."""
    # npm notes where to thank an author; that is no address that anything is fetched from.
    thanks = r'"url": "https?://[^"]+"'
    text = re.sub(thanks, "", read(name))

    assert re.findall(r'[a-z]+://[^\s"]+|--(?:extra-)?index-url', text) == []


def test_every_locked_package_has_a_hash() -> None:
    entries = re.split(r"^(?=[a-z0-9])", read("requirements.lock"), flags=re.MULTILINE)

    assert len(entries) > 1
    assert [e.partition(" ")[0] for e in entries if e.strip() and "--hash=sha256:" not in e] == []


def test_the_rules_find_what_they_look_for() -> None:
    assert _LOOSE.search("# TO" + "DO later")
    assert _MACHINE.search('open("/wo' + 'rk/x")')
    assert not _MACHINE.search("a net" + "work/x")
    assert Path(__file__).name == "test_house.py"
