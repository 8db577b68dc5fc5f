"""How much a run does: the sizes of every section. The short form is a smoke test of the bench."""

from pathlib import Path

from msgspec import Struct

from bench.serving import Serving

WORK = Path(__file__).parent / ".work"  # not in git; kept between runs


class Plan(Struct, frozen=True, kw_only=True):
    """The full form by default."""

    work: Path = WORK
    server: Serving | None = None  # one with the demo's events, where no section starts its own
    # ingest
    rounds: int = 5
    seconds: float = 5.0  # of one server in one round
    # batches
    batch_events: int = 200_000
    batch_rounds: int = 3
    # visible
    probes: int = 240
    probe_every: float = 0.08  # seconds
    pairs: int = 60
    # reports
    sizes: tuple[int, ...] = (1_000_000, 10_000_000, 100_000_000)
    days: int = 7
    report_runs: int = 5
    # disk
    demo_events: tuple[int, ...] = (50_000, 500_000)
    # start
    starts: int = 5
    filled_events: int = 50_000  # 0: what the start before left
    idle_seconds: float = 10.0


def short(work: Path, server: Serving | None = None) -> Plan:
    """Seconds in all; its figures mean nothing."""
    return Plan(
        work=work,
        server=server,
        rounds=1,
        seconds=0.3,
        batch_events=400,
        batch_rounds=1,
        probes=5,
        probe_every=0.02,
        pairs=2,
        sizes=(2_000,),
        report_runs=1,
        demo_events=(200,),
        starts=1,
        filled_events=0,
        idle_seconds=0.1,
    )
