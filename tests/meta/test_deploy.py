"""The systemd unit starts a command that exists, stops it in order, and systemd can read it."""

import re
import shutil
import subprocess
from collections import defaultdict
from pathlib import Path

from desirepath.server import STOP_SECONDS
from desirepath.settings import names
from tests.meta import pages
from tests.meta.markdown import ROOT, read

UNIT = "deploy/desirepath.service"


def parsed(text: str) -> dict[str, dict[str, list[str]]]:
    """Section → key → its values, in order. Raises ValueError for a line that is none."""
    found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    section = ""
    for line in text.splitlines():
        if not line.strip() or line.startswith(("#", ";")):
            continue
        if header := re.fullmatch(r"\[(\w+)\]", line):
            section = header[1]
        elif (pair := re.fullmatch(r"([A-Z]\w*)=(.*)", line)) and section:
            found[section][pair[1]].append(pair[2])
        else:
            raise ValueError(f"neither a section nor a setting: {line!r}")
    return found


def faults(text: str, folder: Path) -> str:
    """What systemd says of a unit, its program replaced by one that is here."""
    path = folder / "desirepath.service"
    path.write_text(re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", text, flags=re.MULTILINE))
    done = subprocess.run(
        ["systemd-analyze", "verify", str(path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.stderr


def test_it_has_the_three_sections() -> None:
    assert list(parsed(read(UNIT))) == ["Unit", "Service", "Install"]


def test_it_starts_a_command_that_exists() -> None:
    (line,) = parsed(read(UNIT))["Service"]["ExecStart"]
    program, command, *options = line.split()
    serve = dict(pages.commands())[f"desirepath {command}"]
    known = {option for one in serve.params for option in one.opts}

    assert Path(program).name == "desirepath"
    assert {one for one in options if one.startswith("--")} <= known


def test_its_data_lies_where_systemd_lets_it_write() -> None:
    service = parsed(read(UNIT))["Service"]
    (line,), (state,) = service["ExecStart"], service["StateDirectory"]

    assert line.split()[-2:] == ["--data", f"/var/lib/{state}"]
    assert service["WorkingDirectory"] == [f"/var/lib/{state}"]
    assert service["StateDirectoryMode"] == ["0700"]
    assert service["ProtectSystem"] == ["strict"]


def test_its_settings_are_settings() -> None:
    given = parsed(read(UNIT))["Service"]["Environment"]

    assert {one.partition("=")[0] for one in given} <= set(names())


def test_it_gives_the_processes_time_to_stop_in_order() -> None:
    service = parsed(read(UNIT))["Service"]

    # To all at once, SIGTERM would end the engine while the loader still needs it.
    assert service["KillMode"] == ["mixed"]
    assert int(service["TimeoutStopSec"][0]) > 3 * STOP_SECONDS


def test_what_the_page_installs_is_there() -> None:
    page = read("docs/systemd.md")
    service = parsed(read(UNIT))["Service"]

    assert UNIT in page
    assert service["ExecStart"][0].split()[0].removesuffix("/bin/desirepath") in page
    assert f" {service['User'][0]}\n" in page
    assert service["EnvironmentFile"][0].lstrip("-") in page


if shutil.which("systemd-analyze"):

    def test_systemd_reads_all_of_it(tmp_path: Path) -> None:
        assert faults((ROOT / UNIT).read_text(), tmp_path) == ""

    def test_systemd_would_say_what_it_cannot_read(tmp_path: Path) -> None:
        wrong = (ROOT / UNIT).read_text().replace("KillMode=mixed", "KillMode=some\nNoSuchKey=1")
        said = faults(wrong, tmp_path)

        assert "kill mode" in said
        assert "NoSuchKey" in said
