"""After a loader's `hello`, no write of an older one lands."""

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desirepath.engine.fencing import Fence
from desirepath.engine.refusal import Refusal
from desirepath.errors import StoreRefused
from desirepath.store.client import Store
from tests.engine.asking import Asker
from tests.services.engine import EngineHandle, start_engine

ROUNDS = 12
ROWS = b"".join(b"%d\tsome text that takes room\n" % n for n in range(20_000))


def _fence(path: Path, kill: Callable[[str], object] = lambda query_id: None) -> Fence:
    return Fence(path / "epoch", "secret", kill)


def _refused(fence: Fence, query_id: str) -> bool:
    try:
        with fence.admitted(query_id):
            return False
    except Refusal:
        return True


def test_a_lower_epoch_is_refused(tmp_path: Path) -> None:
    fence = _fence(tmp_path)

    assert not _refused(fence, "load.3.hello")
    assert _refused(fence, "load.2.hello")
    assert _refused(fence, "load.2.17")
    assert not _refused(fence, "load.3.17")
    assert not _refused(fence, "load.4.17")
    assert _refused(fence, "load.3.18")


@given(query_id=st.text() | st.from_regex(r"load\.\d+"))
def test_other_ids_are_nobodys_business(query_id: str) -> None:
    fence = Fence(Path("never-written"), "secret", lambda query_id: None)

    assert not _refused(fence, query_id)


def test_hello_waits_for_what_is_inside(tmp_path: Path) -> None:
    fence, events = _fence(tmp_path), []
    inside, leave = threading.Event(), threading.Event()

    def old() -> None:
        with fence.admitted("load.1.insert"):
            inside.set()
            leave.wait()
            events.append("insert over")

    def new() -> None:
        with fence.admitted("load.2.hello"):
            events.append("hello")

    threads = [threading.Thread(target=old), threading.Thread(target=new)]
    threads[0].start()
    inside.wait()
    threads[1].start()
    while not _refused(fence, "load.1.late"):
        time.sleep(0.001)
    events.append("late one refused")
    leave.set()
    for thread in threads:
        thread.join()

    assert events == ["late one refused", "insert over", "hello"]


def test_what_does_not_end_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("desirepath.engine.fencing.PATIENCE", 0.05)
    stuck, inside = threading.Event(), threading.Event()
    killed = []

    def kill(query_id: str) -> None:
        killed.append(query_id)
        stuck.set()

    fence = _fence(tmp_path, kill)

    def old() -> None:
        with fence.admitted("load.1.stuck"):
            inside.set()
            stuck.wait()

    thread = threading.Thread(target=old)
    thread.start()
    inside.wait()
    with fence.admitted("load.2.hello"):
        pass
    thread.join()

    assert killed == ["load.1.stuck"]


def test_the_epoch_outlives_the_engine(tmp_path: Path) -> None:
    assert not _refused(_fence(tmp_path), "load.7.hello")

    assert _refused(_fence(tmp_path), "load.6.1")
    assert not _refused(Fence(tmp_path / "epoch", "another", lambda _: None), "load.1.hello")


def test_a_sleeper_wakes_behind_a_restart(tmp_path: Path) -> None:
    with start_engine(tmp_path) as first, Asker(first) as ask:
        ask("SELECT 1", query_id="load.2.hello")
        first.kill()
    secret = first.write_secret
    with start_engine(tmp_path, write_secret=secret) as second, Asker(second) as ask:
        assert ask.fails("SELECT 1", query_id="load.1.5").code == 236


def test_readers_cannot_shut_the_loader_out(engine: EngineHandle, ask: Asker) -> None:
    ask.reader("SELECT 1", query_id="load.999999.hello")

    assert ask("SELECT 1", query_id="load.1.hello") == "1"


def test_the_store_client_is_fenced(tmp_path: Path) -> None:
    with start_engine(tmp_path) as engine:
        old, new = Store(engine.url), Store(engine.url)
        new.hello("load.2.hello")
        with pytest.raises(StoreRefused) as caught:
            old.insert("anything", b"{}", query_id="load.1.1")
        old.close()
        new.close()

    assert caught.value.store_code == 236


def test_no_old_write_lands_after_hello(engine: EngineHandle, ask: Asker) -> None:
    late = [_race(engine, ask, "load.{epoch}", number) for number in range(ROUNDS)]

    assert late == [0] * ROUNDS


def test_without_the_fence_old_writes_do_land(engine: EngineHandle, ask: Asker) -> None:
    """Control: the same race under ids that are not a loader's."""
    late = [_race(engine, ask, "free.{epoch}", number) for number in range(ROUNDS)]

    assert sum(late) > 0


def _race(engine: EngineHandle, ask: Asker, ids: str, number: int) -> int:
    """Old loaders insert without pause while a new one says hello; how many rows came after."""
    epoch = 10_000 + 2 * number
    table = f"race_{ids[:4]}_{number}"
    ask(f"CREATE TABLE {table} (n UInt64, t String) ENGINE = MergeTree ORDER BY n")
    stop = threading.Event()
    started = threading.Barrier(4)

    def old(name: int) -> None:
        with Asker(engine) as mine:
            started.wait()
            for count in range(1000):
                query_id = f"{ids.format(epoch=epoch)}.{name}-{count}"
                said = mine.said(
                    ROWS,
                    parameters={"query": f"INSERT INTO {table} FORMAT TSV", "query_id": query_id},
                )
                if stop.is_set() or said.status != 200:
                    return

    threads = [threading.Thread(target=old, args=(name,)) for name in range(3)]
    for thread in threads:
        thread.start()
    started.wait()
    time.sleep(0.02 + 0.007 * number)
    ask("SELECT 1", query_id=f"{ids.format(epoch=epoch + 1)}.hello")
    before = int(ask(f"SELECT count() FROM {table}"))
    stop.set()
    for thread in threads:
        thread.join()
    after = int(ask(f"SELECT count() FROM {table}"))
    ask(f"DROP TABLE {table}")
    return after - before
