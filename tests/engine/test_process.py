"""The process: who may have the folder, how it ends, what it leaves, how big it is."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine.asking import Asker
from tests.services.engine import EngineHandle, start_engine

MiB = 1 << 20


def _start(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run an engine that is expected to end by itself."""
    secrets = {
        "DESIREPATH_ENGINE_WRITE_SECRET": "w",
        "DESIREPATH_ENGINE_READ_SECRET": "r",
    }
    return subprocess.run(
        [sys.executable, "-m", "desirepath.engine", *map(str, arguments)],
        env=os.environ | secrets | environment,
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.fixture
def own(tmp_path: Path) -> Iterator[EngineHandle]:
    """An engine of the test's own."""
    with start_engine(tmp_path / "store") as engine:
        yield engine


def test_a_second_engine_is_refused_at_once(own: EngineHandle) -> None:
    began = time.monotonic()
    second = _start("--data", own.folder, "--port", 0)

    assert second.returncode == 3
    assert time.monotonic() - began < 2
    assert str(own.folder) in second.stderr
    assert f"process {own.pid}" in second.stderr
    assert second.stdout == ""
    with Asker(own) as ask:
        assert ask("SELECT 1") == "1"


def test_the_folder_is_free_when_its_owner_was_killed(own: EngineHandle) -> None:
    with Asker(own) as ask:
        ask("CREATE TABLE t (a UInt64) ENGINE = MergeTree ORDER BY a")
        ask("INSERT INTO t SELECT number FROM numbers(1000)")
    own.kill()

    with start_engine(own.folder) as again, Asker(again) as ask:
        assert ask("SELECT count() FROM t") == "1000"


def test_killed_at_any_moment_it_starts_again(tmp_path: Path) -> None:
    acknowledged = 0
    for moment in (0.0, 0.02, 0.05, 0.1):
        with start_engine(tmp_path) as engine:
            killer = threading.Timer(moment, engine.process.kill)
            with Asker(engine) as ask:
                ask("CREATE TABLE IF NOT EXISTS t (a UInt64) ENGINE = MergeTree ORDER BY a")
                killer.start()
                try:
                    for _ in range(1000):
                        ask("1\n", query="INSERT INTO t FORMAT TSV")
                        acknowledged += 1
                except OSError:
                    pass
            killer.join()
            assert engine.process.wait(10) == -signal.SIGKILL
    with start_engine(tmp_path) as engine, Asker(engine) as ask:
        stored = int(ask("SELECT count() FROM t"))

    assert acknowledged <= stored <= acknowledged + 4


def test_a_taken_port_is_said(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        failed = _start("--data", tmp_path, "--port", port)

    assert failed.returncode == 4
    assert f"port {port}" in failed.stderr


def test_its_own_port_can_be_taken_again_at_once(own: EngineHandle) -> None:
    with Asker(own) as ask:  # a connection that is open when the engine ends
        ask("SELECT 1")
        own.kill()
        with start_engine(own.folder, port=own.port) as again:
            assert again.port == own.port


@pytest.mark.parametrize(
    ("arguments", "environment", "word"),
    [
        (["--port", "0"], {}, "--data"),
        (["--data", "x", "--port", "99999"], {}, "99999"),
        (["--data", "x", "--port", "0"], {"DESIREPATH_ENGINE_READ_SECRET": ""}, "must be set"),
        (["--data", "x", "--port", "0"], {"DESIREPATH_ENGINE_READ_SECRET": "w"}, "must differ"),
        (["--data", "x", "--port", "0", "--memory", "1000"], {}, "--memory"),
        (["--data", "/dev/null/x", "--port", "0"], {}, "/dev/null/x"),
    ],
)
def test_wrong_options_are_said(
    arguments: list[str], environment: dict[str, str], word: str
) -> None:
    failed = _start(*arguments, **environment)

    assert failed.returncode == 2
    assert word in failed.stderr


def test_a_broken_store_is_said(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("not a folder")

    failed = _start("--data", tmp_path, "--port", 0)

    assert failed.returncode == 5
    assert str(tmp_path) in failed.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_with_code_0(own: EngineHandle, number: signal.Signals) -> None:
    with Asker(own) as ask:
        ask("SELECT 1")
        own.process.send_signal(number)
        assert own.process.wait(5) == 0
    assert "Traceback" not in own.said()


def test_stopping_waits_for_what_runs(own: EngineHandle) -> None:
    told: list[str] = []
    with Asker(own) as ask, Asker(own) as other:
        ask("CREATE TABLE t (a UInt64) ENGINE = MergeTree ORDER BY a")
        slow = "INSERT INTO t SELECT sleepEachRow(0.1) FROM numbers(10) SETTINGS max_block_size = 1"
        thread = threading.Thread(target=lambda: told.append(other(slow)))
        thread.start()
        _until_running(ask, "sleepEachRow")
        own.process.send_signal(signal.SIGTERM)
        assert own.process.wait(15) == 0
        thread.join()
    assert told == [""]
    with start_engine(own.folder) as again, Asker(again) as ask:
        assert ask("SELECT count() FROM t") == "10"


def test_stopping_does_not_wait_for_ever(tmp_path: Path) -> None:
    told: list[int] = []
    with (
        start_engine(tmp_path, "--stop-seconds", "0.5") as engine,
        Asker(engine) as ask,
        Asker(engine) as other,
    ):
        slow = "SELECT count() FROM numbers(1000000000000)"
        thread = threading.Thread(target=lambda: told.append(other.said(slow).code))
        thread.start()
        _until_running(ask, "numbers(1000000000000)")
        began = time.monotonic()
        engine.process.send_signal(signal.SIGTERM)
        assert engine.process.wait(15) == 0
        assert 0.4 < time.monotonic() - began < 5
        thread.join()
    assert told == [394]


def test_it_does_not_outlive_its_parent(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from tests.services.engine import start_engine\n"
        "engine = start_engine(Path(sys.argv[1]), '--die-with-parent')\n"
        "print(engine.pid, engine.port, flush=True)\n"
        "sys.stdin.read()\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    with parent:
        assert parent.stdout is not None
        pid, port = map(int, parent.stdout.readline().split())
        socket.create_connection(("127.0.0.1", port)).close()
        parent.kill()
    _until(lambda: not _alive(pid))


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
class TestInside:
    """What the process looks like from outside."""

    def test_no_secret_is_left_in_it(self, own: EngineHandle) -> None:
        environment = Path(f"/proc/{own.pid}/environ").read_bytes()

        assert b"DESIREPATH_ENGINE_WRITE_SECRET=x" in environment
        for secret in (own.write_secret, own.read_secret):
            assert secret.encode() not in environment
            assert secret.encode() not in Path(f"/proc/{own.pid}/cmdline").read_bytes()
            for file in own.folder.glob("engine*"):
                assert secret.encode() not in file.read_bytes()

    def test_nothing_large_is_loaded_that_it_does_not_need(self, own: EngineHandle) -> None:
        with Asker(own) as ask:
            ask.said("SELECT 1 FORMAT ArrowStream")
        loaded = Path(f"/proc/{own.pid}/maps").read_text()

        assert "_chdb" in loaded
        for name in ("pyarrow", "numpy", "pandas", "pydantic", "msgspec"):
            assert f"/{name}" not in loaded

    def test_idle_it_is_small(self, own: EngineHandle) -> None:
        """240 MB without what memory.py gives back; 60 to 110 with it."""
        with Asker(own) as ask:
            ask("SELECT count() FROM numbers(1000000)")

        def resident() -> int:
            for line in Path(f"/proc/{own.pid}/status").read_text().splitlines():
                if line.startswith("VmRSS:"):
                    return int(line.split()[1]) * 1024
            raise AssertionError("no VmRSS")

        _until(lambda: resident() < 180 * MiB)

    def test_only_its_owner_can_look(self, own: EngineHandle) -> None:
        assert own.folder.stat().st_mode & 0o777 == 0o700
        for name in ("engine.lock", "engine.xml", "engine-users.xml"):
            assert (own.folder / name).stat().st_mode & 0o777 == 0o600


def _alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def _until_running(ask: Asker, words: str) -> None:
    sql = f"SELECT count() FROM system.processes WHERE query LIKE '%{words[:-1]}' || '{words[-1]}%'"
    _until(lambda: ask(sql) != "0")


def _until(true: object, seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not true():  # type: ignore[operator]
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.02)
