"""A revoked key is refused within 5 s by every process, not only by the one that revoked it."""

import subprocess
import sys
import time

from desirepath.model.project import Role
from desirepath.projects.control import Control

WORKER = """
import sys, time
from desirepath.projects.directory import Directory

url, secret = sys.argv[1:]
with Directory(url) as directory:
    assert directory.key(secret) is not None
    print("taken", flush=True)
    while directory.key(secret) is not None:
        time.sleep(0.01)
    print("refused", flush=True)
"""


def test_another_process_refuses_a_revoked_key_within_five_seconds(
    control: Control, url: str
) -> None:
    minted = control.mint_key("default", Role.WRITE)
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", WORKER, url, minted.text], stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    try:
        for worker in workers:
            assert worker.stdout is not None
            assert worker.stdout.readline() == "taken\n"
        time.sleep(1.5)  # polls that see no change must not make it blind
        assert all(worker.poll() is None for worker in workers)

        control.revoke_key("default", minted.key.id)
        revoked_at = time.monotonic()

        for worker in workers:
            assert worker.stdout is not None
            assert worker.stdout.readline() == "refused\n"
            assert time.monotonic() - revoked_at < 5
        assert [worker.wait(10) for worker in workers] == [0, 0]
    finally:
        for worker in workers:
            worker.kill()
            worker.communicate()
