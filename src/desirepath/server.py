"""`serve`: starts the processes of an installation, keeps them running, stops them in order.

    engine   the store (chDB behind ClickHouse's HTTP protocol), unless a server is configured
    load     log → store; one
    web-n    HTTP; each with its own shard of the log

Web workers write to the log alone, so intake goes on while the engine or the loader is away.
A child that ends is started again; the wait grows while it keeps ending at once.
"""

import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from desirepath.bell import ring
from desirepath.errors import DesirepathError, Misconfigured, Unavailable
from desirepath.folder import Folder, Run
from desirepath.model.project import Role
from desirepath.projects.admin import ensure_admin_key
from desirepath.projects.control import Control
from desirepath.settings import Settings

ROLES = "desirepath.roles"  # the module that runs a role
NUMBERS = "PROMETHEUS_MULTIPROC_DIR"  # where children write the numbers of /metrics
STOP_SECONDS = 15.0
HOUSEKEEPING_SECONDS = 900.0
FIRST_PAUSE, LAST_PAUSE = 0.05, 2.0  # seconds before a child is started again
SETTLED = 5.0  # a child that ran this long ended for a new reason

_log = structlog.get_logger("desirepath.server")


class StartFailed(DesirepathError):
    """A process could not be started; the message says which and why."""

    code = "start_failed"


@dataclass(slots=True)
class _Child:
    name: str
    command: list[str]
    environment: dict[str, str]
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    pause: float = FIRST_PAUSE
    ended: list[int] = field(default_factory=list)


class Supervisor:
    """Owns the folder's lock while it runs. `web=False`: store and loader alone."""

    def __init__(self, folder: Folder, settings: Settings, *, web: bool = True) -> None:
        self._folder, self._settings, self._web = folder, settings, web
        self._numbers = folder.root / "metrics"
        self._children: list[_Child] = []
        self._ended: queue.Queue[_Child | None] = queue.Queue()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self.run: Run | None = None

    def start(self) -> Run:
        """Take the folder, start everything; raises Locked where somebody has it."""
        self._folder.create()
        self._folder.own()
        _empty(self._numbers)
        settings = self._settings
        url = f"http://{_shown(settings.host)}:{settings.port}" if self._web else ""
        self.run = self._folder.publish(url)
        self._children = [_Child(*spec) for spec in self._specs(self.run)]
        # A thread of its own starts the children and lives as long as they do: Linux ends a child
        # when the *thread* that started it is gone.
        self._thread = threading.Thread(target=self._keep, name="supervisor", daemon=True)
        self._thread.start()
        return self.run

    def wait_ready(self, seconds: float = 30.0) -> None:
        """Until reports can be asked for. Raises StartFailed with what went wrong."""
        deadline = time.monotonic() + seconds
        while not self._ready():
            # Killed from outside (a negative code) is no failure of its own.
            failing = [c for c in self._children if sum(code > 0 for code in c.ended) >= 3]
            if failing or time.monotonic() > deadline:
                names = ", ".join(
                    f"{child.name} (exit codes {child.ended[-3:]})" for child in failing
                )
                raise StartFailed(
                    f"the server did not start: {names or 'no answer'}; its lines above say why"
                )
            time.sleep(0.02)

    def stop(self) -> None:
        """Web first (drains), then the loader (loads what is left), then the engine."""
        self._stopping.set()
        self._ended.put(None)
        if self._thread is not None:
            self._thread.join()
        for child in reversed(self._children):
            _terminate(child)
        self._folder.leave()

    def pids(self) -> dict[str, int]:
        """Name → process id of every child that runs."""
        return {c.name: c.process.pid for c in self._children if c.process is not None}

    def _specs(self, run: Run) -> list[tuple[str, list[str], dict[str, str]]]:
        settings = self._settings
        environment = _environment(settings) | {NUMBERS: str(self._numbers)}
        specs = []
        if not settings.store_url:
            secrets = {
                "DESIREPATH_ENGINE_WRITE_SECRET": run.write_secret,
                "DESIREPATH_ENGINE_READ_SECRET": run.read_secret,
            }
            engine = [sys.executable, "-m", "desirepath.engine"]
            engine += ["--data", str(self._folder.engine), "--port", str(run.engine_port)]
            engine += ["--memory", str(settings.engine_memory_bytes)]
            engine += ["--mark-cache", str(settings.engine_mark_cache_bytes), "--die-with-parent"]
            specs.append(("engine", engine, environment | secrets))
        role = [sys.executable, "-m", ROLES]
        data = ["--data", str(self._folder.root)]
        names = ["load"]
        if self._web:
            names += [f"web-{n}" for n in range(settings.workers)]
        for name in names:
            what = name.partition("-")[0]
            specs.append((name, [*role, what, *data, "--name", name], environment))
        return specs

    def _keep(self) -> None:
        for child in self._children:
            self._spawn(child)
        while True:
            ended = self._ended.get()
            if ended is None or self._stopping.is_set():
                return
            if time.monotonic() - ended.started > SETTLED:
                ended.pause = FIRST_PAUSE
                ended.ended.clear()
            code = ended.process.returncode if ended.process else 0
            ended.ended.append(code)
            _log.warning("a process ended and is started again", process=ended.name, code=code)
            if self._stopping.wait(ended.pause):
                return
            ended.pause = min(ended.pause * 2, LAST_PAUSE)
            self._spawn(ended)

    def _spawn(self, child: _Child) -> None:
        child.started = time.monotonic()
        child.process = subprocess.Popen(
            child.command, env=child.environment, stdin=subprocess.DEVNULL, stdout=sys.stderr
        )
        threading.Thread(target=self._await, args=(child, child.process), daemon=True).start()

    def _await(self, child: _Child, process: subprocess.Popen[bytes]) -> None:
        process.wait()
        self._ended.put(child)

    def _ready(self) -> bool:
        run = self.run
        if run is None or ring(run.bell_port, run.bell_secret, 100) is None:
            return False
        if not self._web:
            return True
        try:
            with urllib.request.urlopen(f"{run.url}/readyz", timeout=2) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False


def prepare(folder: Folder, settings: Settings) -> None:
    """Make what a first start needs; raise Misconfigured where the server would stand open."""
    folder.create()
    with Control(folder.control_url(settings.control_url)) as control:
        ensure_admin_key(control, folder.root)
        now = time.time()
        if not settings.on_loopback and not any(
            key.usable(now) and key.role is not Role.ADMIN for key in control.list_keys()
        ):
            raise Misconfigured(
                f"{settings.host} can be reached by others, and there is no key yet."
                " Make two first: desirepath keys create --role write, and --role read."
                " Or listen on 127.0.0.1"
            )


def serve(folder: Folder, settings: Settings, announce: Callable[[Run], None]) -> int:
    """Run until SIGTERM or SIGINT; `announce` is called when the server answers."""
    prepare(folder, settings)
    _require_port(settings.host, settings.port)
    asked = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: asked.set())
    supervisor = Supervisor(folder, settings)
    run = supervisor.start()
    try:
        supervisor.wait_ready()
        announce(run)
        while not asked.wait(HOUSEKEEPING_SECONDS):
            _keep_house(folder, settings)
    finally:
        supervisor.stop()
    return 0


def _keep_house(folder: Folder, settings: Settings) -> None:
    """What is due now and then, here because this process has the control data open anyway."""
    try:
        with Control(folder.control_url(settings.control_url)) as control:
            # A pseudonym can be linked to an address only while its day's salt exists.
            control.destroy_old_salts(time.time())
    except Unavailable as exc:
        _log.warning("old salts are destroyed later", error=exc.message)


def _require_port(host: str, port: int) -> None:
    # Workers share the port with SO_REUSEPORT, which a stranger could also do unnoticed.
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as exc:
            raise Misconfigured(
                f"cannot listen on {host}:{port}: {exc.strerror}; choose another with --port"
            ) from exc


def _empty(numbers: Path) -> None:
    # Counters begin at 0 with every start, as those who read them expect.
    numbers.mkdir(mode=0o700, exist_ok=True)
    for left in numbers.glob("*.db"):
        left.unlink()


def _terminate(child: _Child) -> None:
    process = child.process
    if process is None or process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        _log.error("a process did not stop in time and was killed", process=child.name)
        process.kill()
        process.wait()


def _environment(settings: Settings) -> dict[str, str]:
    """The environment of a child: ours, with every setting spelled out."""
    spelled = {
        f"DESIREPATH_{name.upper()}": str(value)
        for name, value in settings.model_dump(mode="json").items()
        if value not in (None, "")
    }
    return {**os.environ, **spelled}


def _shown(host: str) -> str:
    return "localhost" if host in ("127.0.0.1", "0.0.0.0") else f"[{host}]" if ":" in host else host
