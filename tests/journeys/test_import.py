"""10,000 lines of a real access log: every one accounted for, counted as awk counts them."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from tests.shared_data import shared


def _run(*arguments: str) -> str:
    command = [sys.executable, "-m", "desirepath.cli", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=280)
    assert done.returncode == 0, done.stderr
    return done.stdout


def _report(data: Path, name: str, *arguments: str) -> dict[str, Any]:
    period = ("--since", "2015-05-01", "--until", "2015-06-01", "--format", "json")
    out = _run("report", name, "--data", str(data), *period, *arguments)
    answer: dict[str, Any] = json.loads(out)
    return answer


def _paths(log: Path) -> Counter[str]:
    """`awk '{print $7}' | sed 's/?.*//' | sort | uniq -c`."""
    lines = log.read_text(errors="replace").splitlines()
    return Counter(line.split()[6].partition("?")[0].partition("#")[0] for line in lines)


def test_a_real_access_log(tmp_path: Path) -> None:
    log, data = shared("elastic_apache_logs/apache_logs"), tmp_path / "data"
    said = _run("import", str(log), "--data", str(data))
    assert "10,000 lines" in said

    events = _report(data, "events", "--bots")["data"]
    assert events["events"] == 10_000

    missing = _report(data, "events", "--bots", "--where", "http_status=404")["data"]
    assert missing["events"] == 213

    views = _report(data, "traffic")
    assert views["meta"]["left_out"]["bots"] > 0
    with_bots = _report(data, "traffic", "--bots")["data"]["total"]["views"]
    left_out = views["meta"]["left_out"]["bots"]
    assert views["data"]["total"]["views"] + left_out == with_bots

    again = _run("import", str(log), "--data", str(data), "--again")
    assert "10,000" in again
    assert _report(data, "events", "--bots")["data"]["events"] == 10_000


def test_top_pages_are_what_awk_counts(tmp_path: Path) -> None:
    log, data = shared("elastic_apache_logs/apache_logs"), tmp_path / "data"
    _run("import", str(log), "--data", str(data))
    arguments = ("--bots", "--set", "requests=true", "--set", "by=pages", "--limit", "10000")
    pages = _report(data, "traffic", *arguments)["data"]["pages"]

    # Ingest masks what looks like a secret in a path: here 43 letters that name a font.
    found = {row["path"]: row["views"] for row in pages if "[token]" not in row["path"]}
    expected = {path: count for path, count in _paths(log).items() if path in found}
    assert found == expected
    assert len(found) > 1000
    assert sum(found.values()) > 9_900
    top = [(row["views"], row["path"]) for row in pages[:20]]
    assert {path for _, path in top} <= set(expected)
    assert [views for views, _ in top] == [n for _, n in _paths(log).most_common(20)]
