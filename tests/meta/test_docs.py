"""What the code knows is written down, what is written down is known, and every link leads on."""

import ast
import importlib
import json
import pkgutil
import re
import subprocess
from enum import StrEnum
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

import desirepath
from desirepath import loader
from desirepath.api.collect import RATE
from desirepath.cli.app import COMMANDS
from desirepath.errors import DesirepathError
from desirepath.projects.sending import Denied
from desirepath.settings import names
from tests.meta import pages as made
from tests.meta.markdown import (
    ROOT,
    Fence,
    anchors,
    commands,
    fences,
    headings,
    links,
    pages,
    read,
    tracked,
)

SRC = Path(desirepath.__file__).parent

every_page = pytest.mark.parametrize("page", pages())


def imported(room: str = "") -> None:
    """Import every module of a room, so that what it defines is there to be found."""
    start = SRC / room if room else SRC
    prefix = ".".join(["desirepath", *filter(None, [room.replace("/", ".")])]) + "."
    for found in pkgutil.walk_packages([str(start)], prefix):
        # Programs, and what only its own process may import.
        if not found.name.endswith("__main__") and not found.name.startswith(
            ("desirepath.engine", "desirepath.projects.migrations")
        ):
            importlib.import_module(found.name)


def error_codes() -> set[str]:
    """Every code that an error of ours can have: of a class, or written out in a route."""
    imported()
    found: set[str] = set()
    waiting: list[type[DesirepathError]] = [DesirepathError]
    while waiting:
        kind = waiting.pop()
        if kind.__module__.startswith("desirepath"):
            found.add(kind.code)
        waiting += kind.__subclasses__()
    for path in (SRC / "api").rglob("*.py"):
        found |= set(re.findall(r'errors\.encode\(\s*"(\w+)"', path.read_text()))
    return found


def refusal_reasons() -> set[str]:
    """Every reason for which an event can be refused."""
    for room in ("formats", "ingest"):
        imported(room)
    found = {member.value for member in Denied}
    for kind in StrEnum.__subclasses__():
        if kind.__module__.startswith(("desirepath.formats", "desirepath.ingest")):
            found |= {member.value for member in kind}
    written = re.findall(r'"refused", ([A-Z][A-Z_]+)\b', (SRC / "loader.py").read_text())
    return found | {getattr(loader, name) for name in written} | {RATE}


def section(page: str, heading: str) -> str:
    """The text under a heading of the second level."""
    return read(page).partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def test_every_error_has_a_heading_and_every_heading_an_error() -> None:
    told = re.findall(r"^### `(\w+)`$", section("docs/errors.md", "Errors"), re.MULTILINE)

    assert sorted(told) == sorted(error_codes())


def test_an_error_leads_to_its_heading() -> None:
    # The answer's `docs` ends in #code, so the code must be the heading's anchor.
    assert error_codes() <= anchors("docs/errors.md")


def test_every_reason_has_a_row_and_every_row_a_reason() -> None:
    told = re.findall(r"^\| `(\w+)` \|", section("docs/errors.md", "Reasons"), re.MULTILINE)

    assert sorted(told) == sorted(refusal_reasons())


def test_the_tree_in_the_docstring_names_every_error() -> None:
    module = importlib.import_module("desirepath.errors")
    told = re.findall(r"^ *(?:\*|x|-) (\w+)", module.__doc__ or "", re.MULTILINE)
    there = [node.name for node in ast.parse((SRC / "errors.py").read_text()).body
             if isinstance(node, ast.ClassDef)]  # fmt: skip

    assert sorted(told) == sorted(there)


def test_every_setting_is_documented() -> None:
    told = re.findall(r"^\| `(DESIREPATH_\w+)` \|", read("docs/settings.md"), re.MULTILINE)

    assert told == list(names())
    assert all(names().values())


def test_settings_that_pages_name_exist() -> None:
    known = {*names(), "DESIREPATH_KEY", "DESIREPATH_TEST_DATA", "DESIREPATH_TEST_STORE"}
    known |= {"DESIREPATH_ENGINE_WRITE_SECRET", "DESIREPATH_ENGINE_READ_SECRET"}  # no settings
    said = {
        word
        for page in pages()
        for word in re.findall(r"DESIREPATH_[A-Z_]*[A-Z]", read(page))
        if word != "DESIREPATH_NAME"  # stands for any
    }

    assert said <= known


def test_every_command_is_documented() -> None:
    told = {heading.strip("`") for heading in headings("docs/cli.md")}

    assert {f"desirepath {name}" for name in COMMANDS} <= {
        " ".join(one.split()[:2]) for one in told
    }


def test_pages_made_from_the_code_say_what_it_says() -> None:
    assert made.stale() == [], "run: python -m tests.meta.pages"


def test_every_metric_is_documented() -> None:
    told = re.findall(r"^\| `(desirepath_\w+)` \|", read("docs/operations.md"), re.MULTILINE)
    made = re.compile(r'(?:Counter|Gauge|Histogram|Summary|Info|Enum)\(\s*"(desirepath_\w+)"')
    there = [name for path in SRC.rglob("*.py") for name in made.findall(path.read_text())]

    assert sorted(told) == sorted(there)


@every_page
def test_links_lead_somewhere(page: str) -> None:
    for link in links(page):
        parts = urlsplit(link)
        if parts.scheme:
            assert parts.scheme in ("https", "http"), link
            continue
        target = (ROOT / page).parent / unquote(parts.path) if parts.path else ROOT / page
        assert target.exists(), f"{page} links to {link}, which is not there"
        if parts.fragment and target.suffix == ".md":
            inside = str(target.resolve().relative_to(ROOT))
            assert parts.fragment in anchors(inside), f"{page}: no heading for {link}"


def test_pages_that_the_code_names_are_there() -> None:
    named = {
        (name, page)
        for name in tracked(
            "src/*.py", "src/*.sql", "bench/*.py", "tests/*.py", "deploy/*", "Makefile"
        )
        for page in re.findall(r"docs/[\w/-]+\.md", read(name))
    }

    assert sorted((name, page) for name, page in named if not (ROOT / page).is_file()) == []


def test_every_page_is_in_an_index() -> None:
    """A page that no index names is a page that nobody reads."""
    lost = []
    for page in pages():
        path = Path(page)
        if path.parts[0] != "docs" or page == "docs/README.md":
            continue
        index = path.parent / "README.md"
        if path.name == "README.md":
            index = path.parent.parent / "README.md"
        elif not (ROOT / index).exists():
            index = Path("docs/README.md")
        linked = {
            str(((ROOT / index).parent / link.partition("#")[0]).resolve().relative_to(ROOT))
            for link in links(str(index))
            if not urlsplit(link).scheme
        }
        if page not in linked:
            lost.append(f"{page} is not in {index}")

    assert lost == []


# Prints each argument of curl, zero-terminated, instead of sending anything.
_SAY = 'curl() { printf "%s\\0" "$@"; }; cat() { printf key; }\n'


def curls() -> list[tuple[Fence, str]]:
    return [
        (fence, command)
        for page in pages()
        for fence in fences(page, "console")
        for command in commands(fence)
        if command.startswith("curl ")
    ]


@pytest.mark.parametrize(
    ("fence", "command"),
    [pytest.param(*one, id=f"{one[0].file}-{at}") for at, one in enumerate(curls())],
)
def test_curl_examples_are_well_formed(fence: Fence, command: str) -> None:
    said = subprocess.run(
        ["bash", "-euc", _SAY + command], capture_output=True, text=True, timeout=10, check=True
    )
    assert said.stderr == ""
    given = said.stdout.split("\0")[:-1]
    addresses = [one for one in given if one.startswith("http")]
    assert len(addresses) == 1
    assert urlsplit(addresses[0]).netloc == "localhost:8000"
    assert addresses[0].isascii()
    assert " " not in addresses[0]
    bodies = [given[at + 1] for at, one in enumerate(given) if one in ("-d", "--data")]
    for body in bodies:
        assert isinstance(json.loads(body), dict)
        assert "Content-Type: application/json" in given, "curl would say it is a form"


@every_page
def test_console_examples_are_shell(page: str) -> None:
    for fence in fences(page, "console"):
        assert fence.text.startswith("$ "), fence
        for command in commands(fence):
            subprocess.run(["bash", "-nc", command], check=True, capture_output=True, timeout=10)


@every_page
def test_python_and_json_examples_can_be_read(page: str) -> None:
    for fence in fences(page, "python"):
        compile(fence.text, page, "exec")
    for fence in fences(page, "json"):
        json.loads(fence.text)
