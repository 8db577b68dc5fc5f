"""A PostgreSQL for the tests: one that runs already, or a private one of our own.

    DESIREPATH_TEST_POSTGRES=postgresql://user:password@host:5432/postgres pytest

uses the server at that URL (the user must be allowed to create databases). Without it, a cluster
is made in a folder of its own with the newest installed PostgreSQL, on a free loopback port with a
random password, and removed at the end. As root, it runs as the user `postgres`.

Where there is neither, tests that need it are skipped with the reason, but fail under CI.
"""

import os
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from psycopg import sql

VARIABLE = "DESIREPATH_TEST_POSTGRES"

# Durable against nothing: the cluster lives as long as the tests.
_OPTIONS = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=60"

_STOP = 'read -r _; "$0" stop -D "$1/data" --wait --mode=immediate; rm -rf "$1"'


class Postgres:
    """A server on which databases can be made. `folder` is its data, where it is our own."""

    def __init__(self, url: str, folder: Path | None = None) -> None:
        self.url = url
        self.folder = folder

    @contextmanager
    def database(self, template: str = "template1") -> Iterator[str]:
        """The URL of a new database, a copy of `template`; dropped at the end."""
        name = f"desirepath_test_{secrets.token_hex(6)}"
        self.run(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )
        try:
            yield urlunsplit(urlsplit(self.url)._replace(path=f"/{name}"))
        finally:
            self.run(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def run(self, statement: sql.Composed) -> None:
        """Run one statement outside of any transaction."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement)


@contextmanager
def running() -> Iterator[Postgres]:
    """A server for as long as the block runs. Skips, or fails under CI, where there is none."""
    if url := os.environ.get(VARIABLE):
        yield Postgres(url)
        return
    tools = _find_tools()
    if tools is None:
        reason = f"no PostgreSQL: install the package postgresql, or set {VARIABLE}"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    with _cluster(tools) as server:
        yield server


def _find_tools() -> Path | None:
    """The folder of `initdb` and `pg_ctl`: of the newest version, where there are several."""
    # Debian keeps them off the PATH, in a folder for each version.
    versions = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest = sorted(versions, key=lambda found: int(found.parts[-3]), reverse=True)
    on_path = shutil.which("initdb")
    for found in [*newest, *([Path(on_path).resolve()] if on_path else [])]:
        if (found.parent / "pg_ctl").exists():
            return found.parent
    return None


@contextmanager
def _cluster(tools: Path) -> Iterator[Postgres]:
    # Not pytest's folder: that one is closed to the user `postgres`, and its path may be too long
    # for a socket.
    folder = Path(tempfile.mkdtemp(prefix="desirepath-pg-"))
    data, log = folder / "data", folder / "log"
    password = secrets.token_hex(16)
    (folder / "password").write_text(password)
    # PostgreSQL refuses to run as root.
    user = "postgres" if os.geteuid() == 0 else None
    if user:
        for path in (folder, folder / "password"):
            shutil.chown(path, user)

    def run(tool: str, *arguments: str) -> None:
        # Not a pipe: the server would inherit it, and reading it would never end.
        with (folder / "out").open("w") as out:
            done = subprocess.run(
                [tools / tool, "-D", data, *arguments],
                user=user,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                timeout=120,
            )
        if done.returncode:
            said = (folder / "out").read_text() + (log.read_text() if log.exists() else "")
            pytest.fail(f"{tool} failed with {done.returncode}: {said[-2000:]}")

    with _guard(tools, folder, user):
        run(
            "initdb",
            "--username=desirepath",
            f"--pwfile={folder / 'password'}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
        )
        port = _free_port()
        where = f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories={folder}"
        run("pg_ctl", "start", "--wait", f"--log={log}", f"--options={where} {_OPTIONS}")
        yield Postgres(f"postgresql://desirepath:{password}@127.0.0.1:{port}/postgres", data)


@contextmanager
def _guard(tools: Path, folder: Path, user: str | None) -> Iterator[None]:
    """Stop the server and remove its folder at the end, however the tests end."""
    # The guard waits for its input to close, which the kernel does even for a killed process.
    guard = subprocess.Popen(
        ["sh", "-c", _STOP, tools / "pg_ctl", folder],
        user=user,
        cwd="/",
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    assert guard.stdin is not None
    try:
        yield
    finally:
        guard.stdin.close()
        guard.wait(60)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
