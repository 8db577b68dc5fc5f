"""Damage in the log costs the records it hit, is counted, and holds nothing else up."""

from desirepath import accounting
from tests.loader.conftest import Bench, ids


def test_damaged_pages_are_passed_over_and_counted(bench: Bench) -> None:
    sent = ids(2000)
    bench.send(*sent)
    bench.reopen()
    (segment,) = (bench.folder / "log" / "0").glob("*.db")
    data = bytearray(segment.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 9000] = bytes(9000)
    segment.write_bytes(data)
    later = ids(5)
    bench.send(*later)
    for _ in range(20):
        bench.loader.step()

    stored = bench.stored()
    ours = bench.account()
    nobodys = accounting.account(bench.log, bench.ledger, "")
    damaged = ours.refused_by_reason.get("corrupt", 0) + nobodys.refused_by_reason["corrupt"]
    assert set(later) < set(stored) < {*sent, *later}
    assert damaged > 0
    assert len(stored) + damaged == 2005
    assert ours.waiting == 0
