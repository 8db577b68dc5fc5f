"""The wheel is what people get, so the wheel is what is tried.

    python -m tests.wheel dist

Opens the newest wheel in the folder and looks for what it must hold and must not; installs it into
a fresh environment, with the locked versions of what it needs and nothing else; imports it with
warnings as errors; starts it, asks it, sends it an event, and stops it. Exit code 0: all went well.
"""

import argparse
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import venv
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]
START_SECONDS = 60.0
STOP_SECONDS = 60.0

#: Files of the source that Python does not import, and that are missing silently when forgotten.
_DATA = ("*.sql", "*.ini", "*.mako", "*.json", "py.typed")
_NOT_IN_IT = re.compile(r"(^|/)(tests?|bench|js|docs)/|\.pyc$|node_modules")


class Wrong(Exception):
    """What is wrong with the wheel."""


def require(condition: object, message: str) -> None:
    """Raise Wrong where `condition` does not hold."""
    if not condition:
        raise Wrong(message)


def newest(folder: Path) -> Path:
    """The wheel that was built last."""
    wheels = sorted(folder.glob("desirepath-*.whl"), key=lambda path: path.stat().st_mtime)
    require(wheels, f"there is no desirepath-*.whl in {folder}: run make build")
    return wheels[-1]


def look_inside(wheel: Path) -> None:
    """What it must hold is what the source holds; and nothing of what surrounds the source."""
    names = set(zipfile.ZipFile(wheel).namelist())
    source = ROOT / "src"
    wanted = {
        str(path.relative_to(source))
        for pattern in ("*.py", *_DATA)
        for path in (source / "desirepath").rglob(pattern)
        if "__pycache__" not in path.parts
    }
    missing = sorted(wanted - names)
    require(not missing, f"the wheel lacks {missing}")
    for must in ("py.typed", "store/schema/0001_events.sql", "projects/migrations/env.py"):
        require(f"desirepath/{must}" in names, f"the wheel lacks desirepath/{must}")
    strange = sorted(name for name in names if _NOT_IN_IT.search(name))
    require(not strange, f"the wheel holds what belongs to no user: {strange}")
    licence = [name for name in names if name.endswith("licenses/LICENSE")]
    require(licence, "the wheel lacks its licence")
    say(f"{wheel.name}: {len(names)} files, {wheel.stat().st_size // 1024} kB")


def install(wheel: Path, folder: Path) -> Path:
    """A fresh environment with the wheel in it; return its `bin`."""
    venv.create(folder, with_pip=False)
    python = folder / "bin" / "python"
    uv = ROOT / ".venv" / "bin" / "uv"
    # The lock as constraints, so that only what the wheel itself asks for comes along.
    lock = ROOT / "requirements.lock"
    command: list[str | Path] = [uv, "pip", "install", "--quiet", "--python", python]
    run([*command, "--constraint", lock, wheel], ROOT)
    listed = subprocess.run(
        [uv, "pip", "list", "--format", "json", "--python", python],
        capture_output=True,
        check=True,
        cwd=ROOT,
    )
    packages = {one["name"] for one in json.loads(listed.stdout)}
    require(not packages & {"pytest", "mypy", "ruff"}, "the wheel asks for development tools")
    say(f"installed with {len(packages) - 1} packages")
    return folder / "bin"


def import_strictly(bin_: Path, folder: Path) -> None:
    """Import it as a user does, with every warning an error."""
    program = (
        "import desirepath, desirepath.cli, desirepath.installation, sys;"
        "assert desirepath.__version__;"
        "assert 'chdb' not in sys.modules, 'the store was loaded into the caller';"
        f"assert desirepath.__file__.startswith({str(folder)!r}), desirepath.__file__"
    )
    run([bin_ / "python", "-I", "-W", "error", "-c", program], folder)
    run([bin_ / "desirepath", "--version"], folder)


@contextmanager
def serving(bin_: Path, folder: Path) -> Iterator[str]:
    """A server in an empty folder; SIGTERM must end it with exit code 0."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    clean = {"PATH": os.environ["PATH"], "HOME": str(folder)}
    begun = time.monotonic()
    with (folder / "serve.log").open("wb") as output:
        server = subprocess.Popen(
            [bin_ / "desirepath", "serve", "--port", str(port)],
            cwd=folder,
            env=clean,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_for(f"{url}/readyz", server)
        say(f"answers after {time.monotonic() - begun:.1f} s")
        yield url
        server.send_signal(signal.SIGTERM)
        code = server.wait(STOP_SECONDS)
        require(code == 0, f"the server ended with exit code {code}")
        require(not (folder / "data" / "run.json").exists(), "run.json was left behind")
    except (Wrong, OSError, subprocess.SubprocessError):
        sys.stderr.write((folder / "serve.log").read_text(errors="replace"))
        raise
    finally:
        if server.poll() is None:
            server.kill()
            server.wait()


def use(url: str, bin_: Path, folder: Path) -> None:
    """What a newcomer does in the first minute."""
    status, health = ask(f"{url}/healthz")
    require((status, json.loads(health)) == (200, {"status": "ok"}), f"/healthz: {status} {health}")
    status, page = ask(f"{url}/docs")
    require(status == 200 and "swagger" in page.lower(), f"/docs: {status}")
    event = {
        "eventId": "00000000-0000-4000-8000-000000000001",
        "eventType": "page_view",
        "timestamp": int(time.time() * 1000),
        "sessionId": "s",
        "pageUrl": "https://example.com/",
    }
    status, answer = ask(f"{url}/v1/events", {"events": [event]})
    require(json.loads(answer) == {"accepted": 1, "rejected": []}, f"/v1/events: {answer}")
    # A program sent it, not a browser, so it is flagged as a bot's and left out by default.
    path = "/api/v1/projects/default/reports/events?since=1d&bots=true"
    status, answer = ask(url + path)
    require(status == 200 and '"page_view"' in answer, f"the report lacks the event: {answer}")
    said = subprocess.run(
        [bin_ / "desirepath", "report", "events", "--since", "1d", "--bots", "--format", "csv"],
        cwd=folder,
        capture_output=True,
        check=True,
        text=True,
    )
    require("page_view" in said.stdout, f"the command line lacks the event: {said.stdout}")


def wait_for(url: str, server: "subprocess.Popen[bytes]") -> None:
    """Until `url` answers 200. Raises Wrong where the server ends, or takes too long."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        require(server.poll() is None, f"the server ended at its start: {server.returncode}")
        try:
            if ask(url)[0] == 200:
                return
        except OSError:
            pass  # it does not listen yet
        time.sleep(0.05)
    raise Wrong(f"{url} did not answer within {START_SECONDS:.0f} s")


def ask(url: str, body: object = None) -> tuple[int, str]:
    """(status, text) of a GET, or of a POST where there is a body."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as exc:
        return exc.code, exc.read().decode()


def run(command: list[str | Path], folder: Path) -> None:
    """Run a program; raise Wrong with what it said where it fails."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    shown = " ".join(map(str, command[:3]))
    require(done.returncode == 0, f"{shown} ...: {done.stdout}{done.stderr}")


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def say(text: str) -> None:
    """One line of progress."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> int:
    """Try the newest wheel in a folder."""
    parser = argparse.ArgumentParser(prog="python -m tests.wheel")
    parser.add_argument("folder", type=Path, help="where the wheel is, such as dist")
    given = parser.parse_args()
    try:
        wheel = newest(given.folder).resolve()
        look_inside(wheel)
        with tempfile.TemporaryDirectory(prefix="desirepath-wheel-") as name:
            folder = Path(name).resolve()
            bin_ = install(wheel, folder / "environment")
            import_strictly(bin_, folder)
            with serving(bin_, folder) as url:
                use(url, bin_, folder)
    except (Wrong, OSError, subprocess.SubprocessError) as exc:
        sys.stderr.write(f"{exc}\n")
        return 1
    say("the wheel works")
    return 0


if __name__ == "__main__":
    sys.exit(main())
