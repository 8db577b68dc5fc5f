"""Imports go one way, and every room is in the contract that says so."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import grimp
import pytest

from tests.meta.markdown import ROOT

SOURCE = ROOT / "src" / "desirepath"
APART = {"engine"}  # it stands alone, by a contract of its own

with (ROOT / "pyproject.toml").open("rb") as _file:
    CONTRACTS: list[dict[str, Any]] = tomllib.load(_file)["tool"]["importlinter"]["contracts"]


def top() -> set[str]:
    """Every room and every module beside the rooms."""
    packages = {p.name for p in SOURCE.iterdir() if (p / "__init__.py").is_file()}
    modules = {p.stem for p in SOURCE.glob("*.py")} - {"__init__"}
    return packages | modules


def contract(kind: str, word: str) -> dict[str, Any]:
    return next(c for c in CONTRACTS if c["type"] == kind and word in c["name"])


def layered() -> set[str]:
    text = " ".join(contract("layers", "one way")["layers"])
    return set(re.findall(r"desirepath\.(\w+)", text))


def lint(config: Path) -> subprocess.CompletedProcess[str]:
    program = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    return subprocess.run(
        [sys.executable, "-c", program, "--no-cache", "--config", str(config)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_contracts_are_kept() -> None:
    done = lint(ROOT / "pyproject.toml")

    assert done.returncode == 0, done.stdout + done.stderr


def test_a_broken_contract_would_be_noticed(tmp_path: Path) -> None:
    turned = tmp_path / "importlinter.ini"
    turned.write_text(
        "[importlinter]\nroot_package = desirepath\n"
        "[importlinter:contract:1]\nname = Upside down\ntype = layers\n"
        "layers =\n    desirepath.errors\n    desirepath.store\n"
    )

    assert lint(turned).returncode == 1


def test_every_room_is_in_the_layers() -> None:
    assert layered() == top() - APART


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("desirepath", include_external_packages=True)


# A contract in pyproject.toml holds for the rooms that it names. These hold for rooms to come, too.
@pytest.mark.parametrize(
    ("package", "may"),
    [
        pytest.param("clickhouse_connect", {"store"}, id="only the store knows ClickHouse"),
        pytest.param("fastapi", {"api"}, id="only the API knows FastAPI"),
        pytest.param("granian", {"roles"}, id="only a role serves"),
        pytest.param("sqlalchemy", {"projects"}, id="only projects know SQLAlchemy"),
        pytest.param("typer", {"cli"}, id="only the command line knows Typer"),
    ],
)
def test_a_package_is_known_to_one_room(
    graph: grimp.ImportGraph, package: str, may: set[str]
) -> None:
    assert {room(one) for one in graph.find_modules_that_directly_import(package)} == may


@pytest.mark.parametrize("pure", ["formats", "ingest", "model"])
def test_a_pure_room_touches_no_disk_network_or_clock(graph: grimp.ImportGraph, pure: str) -> None:
    inside = graph.find_descendants(f"desirepath.{pure}") | {f"desirepath.{pure}"}
    used = {one for name in inside for one in graph.find_modules_directly_imported_by(name)}

    assert used & {"asyncio", "socket", "os", "pathlib", "threading", "subprocess", "apsw"} == set()


def test_the_engine_imports_nothing_but_errors(graph: grimp.ImportGraph) -> None:
    inside = graph.find_descendants("desirepath.engine")
    used = {
        room(one)
        for name in inside
        for one in graph.find_modules_directly_imported_by(name)
        if one.startswith("desirepath.")
    }

    assert used == {"engine", "errors"}


def room(module: str) -> str:
    """`desirepath.store.client` lies in `store`."""
    return module.split(".")[1]
