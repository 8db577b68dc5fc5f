"""A stolen dump of the control database opens nothing."""

import re
from pathlib import Path

import pytest
from sqlalchemy import select

from desirepath.model.project import ALL_PROJECTS, Project, Role
from desirepath.projects.address import of_file, parse
from desirepath.projects.control import Control
from desirepath.projects.database import open_engine, reading
from desirepath.projects.keys import looks_like_key
from desirepath.projects.tables import METADATA


def fill(control: Control) -> list[str]:
    control.create_project(Project(id="shop"))
    secrets = [
        control.mint_key(project, role, name="a key").text
        for project in ("default", "shop")
        for role in Role
    ]
    secrets.append(control.mint_key(ALL_PROJECTS, Role.ADMIN).text)
    control.revoke_key("shop", control.list_keys("shop")[0].id)
    return secrets


def test_no_table_holds_a_usable_key(control: Control, url: str) -> None:
    secrets = fill(control)
    engine = open_engine(parse(url))
    with reading(engine) as connection:
        dump = " ".join(
            value.hex() if isinstance(value, bytes) else str(value)
            for table in METADATA.tables.values()
            for row in connection.execute(select(table))
            for value in row
        )
    engine.dispose()

    assert dump.count("dp_") == len(secrets)  # the shown prefixes: the search finds what is there
    # Nothing in it is a key, nor can one be had from any run of its characters.
    assert not any(map(looks_like_key, re.findall(r"(?=(dp_[wra]_.{49}))", dump)))
    for secret in secrets:
        for start in range(5, len(secret) - 12):
            assert secret[start : start + 12] not in dump
    for value in dump.split():
        assert control.find_key(value) is None


@pytest.mark.parametrize("settle", [False, True], ids=["open", "closed"])
def test_no_byte_of_the_file_does_either(tmp_path: Path, settle: bool) -> None:
    control = Control(of_file(tmp_path / "control.db"))
    secrets = fill(control)
    if settle:
        control.close()

    content = b"".join(file.read_bytes() for file in tmp_path.iterdir())

    for secret in secrets:
        assert secret[:11].encode() in content
        assert secret[5:48].encode() not in content
        assert secret[11:27].encode() not in content
    control.close()
