"""What each ingest step costs an event, in nanoseconds, on one core of this machine.

    python bench/ingest_steps.py

`hit`: pages, user agents and addresses that were seen before, as most are. `miss`: each one new,
as a crawler of a large site or a hostile client sends them. The best of several rounds.
"""

import secrets
import sys
from collections.abc import Callable, Iterable
from functools import partial
from time import perf_counter_ns
from typing import Any

import msgspec

from desirepath.ingest import STEPS, pipeline, recognise, run
from desirepath.ingest.base import Hit, Place
from desirepath.ingest.crawlers import crawler_of
from desirepath.ingest.links import scrub_url
from desirepath.ingest.text import scrub_text
from desirepath.ingest.user_agent import agent_of
from desirepath.model.event import Event
from desirepath.model.project import Project

EVENTS = 2_000
ROUNDS = 7
PAGES = 200
NOW = 1_790_000_000.0
# The slowest texts found: what each pattern has most work with.
HOSTILE = ("%41", "aB3-", "4111-", "+1 ", "/tel/1234567 ", "a@")
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/{}.0.0.0 Safari/537.36"
)
HERE = Place("DE", "DE-BE", "Berlin")
WIRE = msgspec.json.Encoder()
READ = msgspec.json.Decoder(Event)


def page(number: int) -> str:
    return (
        f"https://shop.example/products/{number}/red-running-shoes-for-summer"
        f"?utm_source=newsletter&utm_medium=email&utm_campaign=spring&ref={number}"
    )


def events(number: int) -> list[Event]:
    """Fresh events with texts of their own, as a decoder makes them."""
    return [
        READ.decode(
            WIRE.encode(
                Event(
                    surface="trackflow",
                    type="page_view",
                    event_id="",
                    time=NOW - 1,
                    anonymous_id=f"visitor-{at % 50}",
                    session_id="s",
                    page_url=page(number + at % PAGES),
                    referrer="https://www.google.com/",
                    title="Red running shoes for summer | Shop",
                )
            )
        )
        for at in range(EVENTS)
    ]


def hits(count: int, *, project: Project, versions: int = 40) -> list[Hit]:
    return [
        Hit(
            project=project,
            received_at=NOW,
            sent_at=NOW - 0.2,
            ip="".join(["203.0.113.", str(at % 200)]),
            user_agent=CHROME.format(100 + at % versions),
            headers={
                "accept-language": "de",
                "sec-ch-ua": f'"Chromium";v="{100 + at % versions}"',
                "sec-ch-ua-platform": '"Windows"',
            },
            salt=b"s" * 32,
            locate=lambda ip: HERE,
        )
        for at in range(count)
    ]


def best(make: Callable[[], Iterable[Any]], call: Callable[..., object]) -> float:
    """Nanoseconds a call: the best round, less the empty loop."""
    lowest = float("inf")
    for _ in range(ROUNDS):
        arguments = list(make())
        start = perf_counter_ns()
        for each in arguments:
            call(*each)
        lowest = min(lowest, (perf_counter_ns() - start) / len(arguments))
    return lowest


def fresh_texts(text: Callable[[], str]) -> list[tuple[str]]:
    return [(text(),) for _ in range(EVENTS)]


def nothing(*_: object) -> None:
    pass


def main() -> None:
    project = Project(id="default")
    hit = hits(1, project=project)[0]
    recognise(hit)
    prepared = [(event, hit) for event in events(0)]
    loop = best(lambda: prepared, nothing)
    steps = pipeline(frozenset())
    rows: list[tuple[str, float]] = []
    for step in STEPS:
        rows.append((step.__name__, best(lambda: ((e, hit) for e in events(0)), step) - loop))
    whole = best(lambda: ((e, hit, steps) for e in events(0)), run) - loop
    rows.append(("run, hit", whole))
    fresh = iter(range(10**6, 10**9, PAGES * 50))
    rows.append(
        (
            "run, 1 in 10 pages new",
            best(lambda: ((e, hit, steps) for e in events(next(fresh))), run),
        )
    )
    rows.append(
        ("recognise, hit", best(lambda: ((h,) for h in hits(EVENTS, project=project)), recognise))
    )
    texts = iter(range(10**9))
    misses: tuple[tuple[str, Callable[[str], object], Callable[[], str]], ...] = (
        ("page url, miss", scrub_url, lambda: page(next(texts))),
        ("clean url, miss", scrub_url, lambda: f"https://shop.example/a/{next(texts)}"),
        ("title, miss", scrub_text, lambda: f"Red running shoes no. {next(texts)} | Shop"),
        ("user agent, miss", agent_of, lambda: CHROME.format(next(texts))),
        ("crawler, miss", crawler_of, lambda: CHROME.format(next(texts))),
        ("random user agent, miss", crawler_of, lambda: secrets.token_urlsafe(700)),
    )
    for name, call, text in misses:
        rows.append((name, best(partial(fresh_texts, text), call) - loop))
    for unit in HOSTILE:
        address = "https://a.example/" + unit * (8192 // len(unit))
        cost = best(partial(list, [(address,)]), scrub_url)
        rows.append((f"8 KiB of {unit!r}", cost - loop))
    width = max(len(name) for name, _ in rows)
    for name, cost in rows:
        print(f"{name:<{width}} {cost:9,.0f} ns")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
