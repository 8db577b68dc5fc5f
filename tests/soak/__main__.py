"""`python -m tests.soak --minutes 60`: prints what each process gained after it had warmed up."""

import argparse
import sys
import tempfile
from pathlib import Path

from tests.soak.run import soak

MiB = 1 << 20


def main() -> int:
    """0: nothing grew, nothing was lost."""
    parser = argparse.ArgumentParser(prog="tests.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--per-second", type=int, default=500, help="events")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="desirepath-soak-") as folder:
        watch, sent, stored = soak(
            Path(folder) / "data",
            seconds=given.minutes * 60,
            per_second=given.per_second,
            tell=lambda text: print(f"  {text}", flush=True),
        )
    print(f"sent {sent:,}, stored {stored:,}")
    bad = sent != stored
    for role in watch.samples:
        grown = watch.growth(role)
        print(
            f"{role:8} {grown.rss / MiB:+7.1f} MiB  {grown.files:+4} files"
            f"  {grown.threads:+4} threads"
        )
        bad = bad or grown.files > 4 or grown.threads > 4 or grown.rss > 32 * MiB
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
