"""A file that only its owner may read, made whole or not at all, by exactly one process.

It is written under another name and then linked to its own. `O_CREAT | O_EXCL` alone would let a
second process read it half written. It would also open the file itself, and closing any descriptor
of an SQLite file drops the locks that the process holds on it.
"""

import os
import secrets
from pathlib import Path


def create_private(path: Path, content: bytes = b"") -> bool:
    """Make `path` (mode 0600) durable with `content`. False: it was there, and is unchanged."""
    draft = _write_draft(path, content)
    try:
        os.link(draft, path)
    except FileExistsError:
        return False
    finally:
        os.unlink(draft)
    _sync_folder(path.parent)
    return True


def replace_private(path: Path, content: bytes) -> None:
    """Make `path` (mode 0600) durable with `content`, whether or not it was there."""
    os.replace(_write_draft(path, content), path)
    _sync_folder(path.parent)


def _write_draft(path: Path, content: bytes) -> Path:
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(descriptor)
    return draft


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
