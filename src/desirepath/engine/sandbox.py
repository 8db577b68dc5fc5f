"""Closes the file system and the network to this process, where the kernel can (Linux, Landlock).

ClickHouse has a hundred ways to read a file or call a server. After this, whatever gets past the
other walls (access.py) finds the store's own folder, the system's libraries, and nobody to call.
It cannot be undone, and holds for every thread made later.
"""

import ctypes
import importlib.util
import os
import sys
from collections.abc import Iterable
from pathlib import Path

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_PR_SET_NO_NEW_PRIVS = 38
_VERSION_ONLY = 1
_RULE_PATH_BENEATH = 1

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_TRUNCATE, _IOCTL_DEV = 1 << 14, 1 << 15
_READING = _EXECUTE | _READ_FILE | _READ_DIR
_OF_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL_DEV
_CONNECT_TCP = 1 << 1
_SCOPES = 0b11  # abstract sockets and signals of other processes

# What of the system a running engine reads: libraries, time zones, its own size, the machine's.
_SYSTEM = (
    *("/usr", "/lib", "/lib64", "/etc/ld.so.cache", "/etc/localtime", "/etc/timezone"),
    *("/dev/null", "/dev/zero", "/dev/urandom", "/dev/random", "/sys/fs/cgroup"),
    *("/sys/devices/system", "/proc/meminfo", "/proc/cpuinfo", "/proc/stat", "/proc/self"),
)


class _Ruleset(ctypes.Structure):
    _fields_ = (
        ("files", ctypes.c_uint64),
        ("network", ctypes.c_uint64),
        ("scopes", ctypes.c_uint64),
    )


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


def close(folder: Path) -> bool:
    """Leave this process `folder` (all of it) and the system's libraries (to read).

    False where the kernel has no Landlock; then nothing has changed.
    """
    if sys.platform != "linux":
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    version = libc.syscall(_CREATE_RULESET, None, 0, _VERSION_ONLY)
    if version < 1:
        return False
    everything = _all_of_files(version)
    wanted = _Ruleset(
        everything,
        _CONNECT_TCP if version >= 4 else 0,
        _SCOPES if version >= 6 else 0,
    )
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    ruleset = libc.syscall(_CREATE_RULESET, ctypes.byref(wanted), size, 0)
    if ruleset < 0:
        return False
    try:
        # Where it lies on another disk, by a link: there too.
        _allow(libc, ruleset, [folder, folder / "store"], everything)
        _allow(libc, ruleset, _readable(), _READING & everything)
        _allow(libc, ruleset, [Path("/dev/null")], (_READ_FILE | _WRITE_FILE) & everything)
        if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or libc.syscall(_RESTRICT_SELF, ruleset, 0):
            return False
    finally:
        os.close(ruleset)
    return True


def _all_of_files(version: int) -> int:
    count = {1: 13, 2: 14, 3: 15, 4: 15}.get(version, 16)
    return (1 << count) - 1


def _readable() -> list[Path]:
    python = {Path(sys.prefix), Path(sys.base_prefix), Path(__file__).resolve().parents[1]}
    if found := importlib.util.find_spec("chdb"):
        # Libraries for compression lie beside it, and are loaded when first needed.
        python |= {Path(place).resolve().parent for place in found.submodule_search_locations or ()}
    return [*python, *map(Path, _SYSTEM)]


def _allow(libc: ctypes.CDLL, ruleset: int, paths: Iterable[Path], rights: int) -> None:
    for path in paths:
        try:
            parent = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except FileNotFoundError:
            continue
        try:
            allowed = rights if path.is_dir() else rights & _OF_FILES
            rule = _Beneath(allowed, parent)
            if libc.syscall(_ADD_RULE, ruleset, _RULE_PATH_BENEATH, ctypes.byref(rule), 0):
                raise OSError(ctypes.get_errno(), "landlock_add_rule", str(path))
        finally:
            os.close(parent)
