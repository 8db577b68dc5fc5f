"""What docs/projects.md says is so."""

import re
from pathlib import Path

import msgspec
import pytest

from desirepath.model.project import ALL_PROJECTS, Project
from desirepath.projects.address import of_file
from desirepath.projects.admin import ensure_admin_key, read_admin_key
from desirepath.projects.control import Control
from desirepath.projects.tables import NOT_IN_BACKUPS

PAGE = (Path(__file__).parents[2] / "docs" / "projects.md").read_text()


def test_the_example_renews_the_admin_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    monkeypatch.chdir(tmp_path)
    data = tmp_path / "data"
    data.mkdir()
    with Control(of_file(data / "control.db")) as control:
        ensure_admin_key(control, data)
        before = read_admin_key(data) or ""
        exec(compile(example, "docs/projects.md", "exec"), {})
        after = read_admin_key(data) or ""

        assert control.find_key(before) is None
        renewed = control.find_key(after)
        assert renewed is not None
        assert renewed.project == ALL_PROJECTS


def test_every_setting_is_in_the_table() -> None:
    rows = re.findall(r"^\| (`.*?) \|", PAGE, re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"`(\w+)`", row)}

    assert set(msgspec.structs.asdict(Project(id="x"))) - {"id"} <= named


def test_tables_that_backups_leave_out_are_named() -> None:
    assert all(f"`{table}`" in PAGE for table in NOT_IN_BACKUPS)
