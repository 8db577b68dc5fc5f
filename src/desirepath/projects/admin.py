"""The admin key of a fresh installation: made once, by nobody's password.

It is an admin key over all projects, it lies in `<data>/admin.key` (mode 0600), and it is made only
where there never was one: a key that was revoked does not come back at the next start.

Order: the file is durable first, its key is kept second. A crash between the two leaves a file
whose key the next start keeps; the other way round would leave a key that nobody knows.
"""

import os
from pathlib import Path

from desirepath.errors import Misconfigured
from desirepath.model.project import ALL_PROJECTS, Key, Role
from desirepath.projects.control import FIRST_ADMIN_KEY, Control
from desirepath.projects.keys import looks_like_key, mint, role_of
from desirepath.projects.private_file import create_private, replace_private

ADMIN_KEY_FILE = "admin.key"

_RENEWED = "written to admin.key"


def ensure_admin_key(control: Control, folder: Path) -> Path | None:
    """Make the first admin key where there never was one. The file that holds a usable one.

    None: there was one, and `folder` does not hold it (it was revoked or taken away, or another
    machine of the fleet started first). `renew_admin_key` makes another.
    Any number of processes and machines may call this at once: one key comes of it.
    """
    path = folder / ADMIN_KEY_FILE
    if control.first_admin_key() is not None:
        return path if _usable_key(control, path) else None
    made = create_private(path, f"{mint(Role.ADMIN)}\n".encode())
    secret = read_admin_key(folder)
    if secret is None:
        raise Misconfigured(
            f"{path} holds no admin key of desirepath. Move it away and start again."
        )
    control.keep_first_admin_key(secret)
    if _usable_key(control, path):
        return path
    if made:  # a machine with another folder was faster; this key is not kept anywhere
        os.unlink(path)
    return None


def renew_admin_key(control: Control, folder: Path) -> Path:
    """Write a new admin key to `<folder>/admin.key` and revoke those written there before.

    For whoever lost the file, or fears that somebody read it: access to the folder and to the
    database is the proof of who they are.
    """
    path = folder / ADMIN_KEY_FILE
    before = [key for key in control.list_keys(ALL_PROJECTS) if _was_written(key)]
    minted = control.mint_key(ALL_PROJECTS, Role.ADMIN, name=_RENEWED)
    replace_private(path, f"{minted.text}\n".encode())
    for key in before:
        control.revoke_key(ALL_PROJECTS, key.id)
    return path


def read_admin_key(folder: Path) -> str | None:
    """The key in `<folder>/admin.key`; None where there is no such file or no admin key in it."""
    try:
        text = (folder / ADMIN_KEY_FILE).read_text(encoding="ascii").strip()
    except (FileNotFoundError, UnicodeDecodeError):
        return None
    return text if looks_like_key(text) and role_of(text) is Role.ADMIN else None


def _usable_key(control: Control, path: Path) -> bool:
    secret = read_admin_key(path.parent)
    key = control.find_key(secret) if secret is not None else None
    return key is not None and key.project == ALL_PROJECTS


def _was_written(key: Key) -> bool:
    return key.revoked_at is None and (key.id == FIRST_ADMIN_KEY or key.name == _RENEWED)
