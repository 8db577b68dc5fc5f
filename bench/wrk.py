"""wrk, the load generator: one thread, 32 connections, requests with an id of their own each."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec
from msgspec import Struct

from bench.processes import on_core

CONNECTIONS = 32
_SCRIPT = Path(__file__).with_name("single.lua")
_END = b"\n====\n"


class Load(Struct, frozen=True):
    """What one call of wrk found."""

    requests: int
    seconds: float
    p50_ms: float
    p99_ms: float
    refused: int  # answers other than 2xx and 3xx
    broken: int  # connections

    @property
    def per_second(self) -> float:
        """Requests answered in a second."""
        return self.requests / self.seconds


def write_requests(
    path: Path, port: int, requests: Iterable[tuple[Mapping[str, str], bytes]]
) -> None:
    """Write whole HTTP requests for `load`, which fills the ids in."""
    with path.open("wb") as file:
        for headers, body in requests:
            lines = ["POST /v1/events HTTP/1.1", f"host: 127.0.0.1:{port}"]
            lines += [f"{name}: {value}" for name, value in headers.items()]
            lines += [f"content-length: {len(body)}", "", ""]
            file.write("\r\n".join(lines).encode("latin-1") + body + _END)


def load(requests: Path, port: int, seconds: float, *, core: int) -> Load:
    """Send as fast as the server answers. Raises RuntimeError where it refused anything."""
    found = shutil.which("wrk")
    if found is None:
        raise RuntimeError("wrk is not installed: apt-get install wrk")
    moment = f"{time.time_ns() // 1_000_000:012x}"
    # wrk knows whole seconds alone; shorter runs are for trying out.
    command = [found, "-t1", f"-c{CONNECTIONS}", f"-d{max(1, round(seconds))}s"]
    command += ["-s", str(_SCRIPT), f"http://127.0.0.1:{port}/v1/events"]
    command += ["--", str(requests), f"{moment[:8]}-{moment[8:]}"]
    with on_core(core):
        said = subprocess.run(
            command, capture_output=True, timeout=seconds + 60, check=True, env=os.environ
        )
    answer = msgspec.json.decode(said.stdout.splitlines()[-1], type=Load)
    if answer.refused or answer.broken:
        raise RuntimeError(f"{answer.refused} requests were refused, {answer.broken} broke off")
    return answer
