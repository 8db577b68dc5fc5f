"""On what it was measured: enough to compare, nothing that names a machine or its folders."""

import os
import platform
import statistics
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import apsw
import psutil

PACKAGES = ("chdb-core", "clickhouse-connect", "granian", "uvloop", "msgspec", "apsw", "fastapi")
_SYNCS = 50


def describe(work: Path) -> dict[str, Any]:
    """Hardware, kernel, versions, and what an fsync costs in `work`."""
    return {
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "fsync_ms": fsync_ms(work),
        "system": platform.system(),
        "kernel": platform.release(),
        "architecture": platform.machine(),
        "python": platform.python_version(),
        "sqlite": apsw.sqlite_lib_version(),
        "packages": {name: version(name) for name in PACKAGES},
    }


def fsync_ms(folder: Path) -> float:
    """The median of appending 4 KiB and having them on the disk."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "fsync"
    took = []
    with path.open("wb", buffering=0) as file:
        for _ in range(_SYNCS):
            began = time.perf_counter()
            file.write(bytes(4096))
            os.fdatasync(file.fileno())
            took.append((time.perf_counter() - began) * 1000)
    path.unlink()
    return round(statistics.median(took), 3)


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if "model name" in line), "")


def in_words(machine: dict[str, Any]) -> str:
    """One line for people."""
    return (
        f"{machine['cores']} cores of {machine['cpu']}, {machine['memory_gib']:.0f} GiB of memory,"
        f" {machine['fsync_ms']} ms an fsync, {machine['system']} {machine['kernel']},"
        f" Python {machine['python']}"
    )
