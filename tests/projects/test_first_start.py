"""Eight processes start on the same empty place at once: one project, one admin key."""

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from desirepath.errors import Misconfigured
from desirepath.model.project import ALL_PROJECTS, Project, Role
from desirepath.projects import admin
from desirepath.projects.admin import ensure_admin_key, read_admin_key, renew_admin_key
from desirepath.projects.control import Control
from desirepath.projects.keys import mint

# One process imports everything, then becomes one for each folder; they all go at one word.
AT_ONCE = """
import os, sys
from pathlib import Path
import alembic.command
from desirepath.model.project import Role
from desirepath.projects.admin import ensure_admin_key
from desirepath.projects.control import Control

def start(url, folder, wait):
    {body}

url, *folders = sys.argv[1:]
word, say = os.pipe()
ready, done = os.pipe()
processes = []
for place, folder in enumerate(folders):
    if not (process := os.fork()):
        os.close(say)
        def wait():
            os.write(done, b".")
            os.read(word, 1)  # until `say` is closed
        said = start(url, Path(folder), wait)
        os.write(1, f"{{place}} {{said}}\\n".encode())  # one write: lines do not mix
        os._exit(0)
    processes.append(process)
while folders and len(os.read(ready, 1)):
    folders.pop()
os.close(say)
assert [os.waitpid(process, 0)[1] for process in processes] == [0] * len(processes)
"""

STARTING = """
    wait()
    with Control(url) as control:
        return ensure_admin_key(control, folder)
"""

# Without any protection: look, then make.
CARELESS = """
    with Control(url) as control:
        known = control.list_keys()
        wait()
        return known or control.mint_key("*", Role.ADMIN).key.id
"""


def start_at_once(body: str, url: str, folders: list[Path]) -> list[str]:
    """What each of the processes said, one for each folder, in their order."""
    done = subprocess.run(
        [sys.executable, "-c", AT_ONCE.format(body=body.strip()), url, *map(str, folders)],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.stderr == ""
    assert done.returncode == 0
    lines = sorted(done.stdout.splitlines())
    assert len(lines) == len(folders)
    return [line.partition(" ")[2] for line in lines]


def test_eight_processes_make_one_project_and_one_admin_key(empty_url: str, tmp_path: Path) -> None:
    said = start_at_once(STARTING, empty_url, [tmp_path] * 8)

    assert said == [str(tmp_path / "admin.key")] * 8
    with Control(empty_url) as control:
        assert control.list_projects() == [Project(id="default")]
        (key,) = control.list_keys()
        assert control.find_key(read_admin_key(tmp_path) or "") == key
        assert (key.project, key.role) == (ALL_PROJECTS, Role.ADMIN)
    assert not list(tmp_path.glob(".admin.key*"))


def test_eight_machines_make_one_admin_key_and_one_file(empty_url: str, tmp_path: Path) -> None:
    folders = [tmp_path / f"machine-{n}" for n in range(8)]
    for folder in folders:
        folder.mkdir()

    said = start_at_once(STARTING, empty_url, folders)

    (path,) = [Path(line) for line in said if line != "None"]
    assert [file.name for folder in folders for file in folder.iterdir()] == ["admin.key"]
    with Control(empty_url) as control:
        assert control.find_key(read_admin_key(path.parent) or "") == control.list_keys()[0]
        assert len(control.list_keys()) == 1


def test_without_the_protection_there_would_be_several(url: str, tmp_path: Path) -> None:
    start_at_once(CARELESS, url, [tmp_path] * 4)

    with Control(url) as control:
        assert len(control.list_keys()) == 4


def test_the_file_is_its_owners_alone(control: Control, tmp_path: Path) -> None:
    path = ensure_admin_key(control, tmp_path)

    assert path == tmp_path / "admin.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_later_start_finds_the_same_key(control: Control, tmp_path: Path) -> None:
    path = ensure_admin_key(control, tmp_path)
    before = read_admin_key(tmp_path)

    assert ensure_admin_key(control, tmp_path) == path
    assert read_admin_key(tmp_path) == before
    assert len(control.list_keys()) == 1


def test_a_revoked_admin_key_does_not_come_back(control: Control, tmp_path: Path) -> None:
    ensure_admin_key(control, tmp_path)
    (key,) = control.list_keys()
    control.revoke_key(ALL_PROJECTS, key.id)

    assert ensure_admin_key(control, tmp_path) is None
    (tmp_path / "admin.key").unlink()
    assert ensure_admin_key(control, tmp_path) is None

    assert [key.revoked_at is None for key in control.list_keys()] == [False]
    assert not (tmp_path / "admin.key").exists()


def test_a_crash_between_the_file_and_the_database_is_made_good(
    control: Control, tmp_path: Path
) -> None:
    secret = mint(Role.ADMIN)
    (tmp_path / "admin.key").write_text(f"{secret}\n")

    assert ensure_admin_key(control, tmp_path) == tmp_path / "admin.key"
    found = control.find_key(secret)
    assert found is not None
    assert found.project == ALL_PROJECTS


@pytest.mark.parametrize(
    "content",
    ["", "hello", mint(Role.WRITE), "dp_a_" + "0" * 49, "\xff"],
    ids=["empty", "text", "write key", "no checksum", "no text"],
)
def test_a_file_that_holds_no_admin_key_is_not_adopted(
    control: Control, tmp_path: Path, content: str
) -> None:
    (tmp_path / "admin.key").write_text(content, encoding="latin-1")

    with pytest.raises(Misconfigured, match="holds no admin key"):
        ensure_admin_key(control, tmp_path)

    assert control.list_keys() == []


def test_a_lost_admin_key_is_renewed_and_the_old_one_revoked(
    control: Control, tmp_path: Path
) -> None:
    ensure_admin_key(control, tmp_path)
    mine = control.mint_key(ALL_PROJECTS, Role.ADMIN, name="mine").text
    secrets = [read_admin_key(tmp_path) or ""]

    for _ in range(2):
        assert renew_admin_key(control, tmp_path) == tmp_path / "admin.key"
        secrets.append(read_admin_key(tmp_path) or "")

    assert [control.find_key(secret) is not None for secret in secrets] == [False, False, True]
    assert control.find_key(mine) is not None
    assert ensure_admin_key(control, tmp_path) == tmp_path / "admin.key"
    assert stat.S_IMODE((tmp_path / admin.ADMIN_KEY_FILE).stat().st_mode) == 0o600
