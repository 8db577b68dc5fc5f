"""Gives memory back while nothing runs.

chDB is a library of 550 MB. The kernel maps far more of it than is used: 130 to 190 MB of pages
that are only copies of the file. Dropped, those that are needed come back by themselves, at 6 ms
in all (docs/decisions/engine-process.md).
"""

import ctypes
import re
import sys

_MADV_DONTNEED = 4
_MAPPING = re.compile(r"([0-9a-f]+)-([0-9a-f]+) (\S{4}) \S+ \S+ (\d+) +(/.*)?")


def give_back() -> int:
    """Drop this process's untouched pages of files; returns how many bytes they may have been."""
    if sys.platform != "linux":
        return 0
    libc = ctypes.CDLL(None, use_errno=True)
    dropped = 0
    for start, length, pages in _copies_of_files():
        if not libc.madvise(ctypes.c_void_p(start), ctypes.c_size_t(length), _MADV_DONTNEED):
            dropped += pages
    return dropped


def _copies_of_files() -> list[tuple[int, int, int]]:
    """(start, length, bytes present) of mappings without a single page of the process's own."""
    found = []
    start = length = present = 0
    of_file = False
    with open("/proc/self/smaps") as lines:
        for line in lines:
            if mapping := _MAPPING.match(line):
                start = int(mapping[1], 16)
                length = int(mapping[2], 16) - start
                # A page that was written, even one that is read-only by now, is gone for good
                # when it is dropped: relocated data is of that kind.
                of_file = bool(mapping[5]) and mapping[3] in ("r-xp", "r--p")
            elif line.startswith("Rss:"):
                present = int(line.split()[1]) * 1024
            elif line.startswith("Anonymous:") and of_file and present and line.split()[1] == "0":
                found.append((start, length, present))
    return found
