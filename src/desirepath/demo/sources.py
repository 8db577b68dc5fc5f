"""How people come in: straight, by a search engine, a link, a newsletter or an advertisement."""

from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, slots=True)
class Source:
    """`hasty` multiplies how often the first page is the last one."""

    name: str
    weight: float
    referrer: str
    query: str
    landings: tuple[tuple[str, float], ...]
    hasty: float


_HOME = (("/", 1.0),)
_GUIDES = (
    ("/guides/choose-a-tent", 6.0),
    ("/guides/pitch-in-wind", 4.0),
    ("/guides/pack-for-three-days", 3.0),
    ("/guides/care-for-down", 1.5),
    ("/guides/stove-safety", 1.0),
)
_SHELVES = (("/tents", 5.0), ("/packs", 3.0), ("/stoves", 2.0), ("/tents/fell-2", 3.0))

SOURCES = (
    Source("direct", 24, "", "", (("/", 7.0), *_SHELVES, ("/cart", 0.6)), 0.9),
    Source("search", 33, "https://www.google.com/", "",
           (("/", 4.0), *_SHELVES, *_GUIDES), 1.1),
    Source("bing", 5, "https://www.bing.com/", "", (("/", 3.0), *_SHELVES, *_GUIDES), 1.1),
    Source("duckduckgo", 4, "https://duckduckgo.com/", "", (*_GUIDES, *_SHELVES), 1.1),
    Source("forum", 6, "https://forum.longtrails.example/t/two-person-tents/8812", "",
           (("/tents/fell-2", 5.0), ("/tents", 1.0), ("/guides/pitch-in-wind", 2.0)), 1.0),
    Source("review", 4, "https://gearjournal.example/best-tents", "",
           (("/tents/fell-2", 6.0), ("/tents/tarn-solo", 3.0)), 0.8),
    Source("assistant", 3, "https://chatgpt.com/", "", (*_GUIDES, ("/tents", 2.0)), 0.9),
    Source("newsletter", 7, "",
           "?utm_source=newsletter&utm_medium=email&utm_campaign=autumn-nights",
           (("/tents/fell-3", 4.0), ("/tents", 3.0), ("/guides/care-for-down", 2.0)), 0.75),
    Source("ads", 8, "https://www.google.com/",
           "?utm_source=google&utm_medium=cpc&utm_campaign=tents-brand&utm_term=light+tent",
           (("/tents", 6.0), ("/tents/tarn-solo", 3.0)), 1.35),
    Source("social", 6, "https://www.instagram.com/",
           "?utm_source=instagram&utm_medium=social&utm_campaign=ridge-launch",
           (("/packs/ridge-45", 6.0), ("/packs", 2.0)), 1.6),
)  # fmt: skip
_WEIGHTS = tuple(source.weight for source in SOURCES)
_DIRECT = SOURCES[0]


def choose_source(dice: Random, *, known: bool) -> Source:
    """How this visit begins. Whoever was here before often comes straight."""
    if known and dice.random() < 0.45:
        return _DIRECT
    return dice.choices(SOURCES, _WEIGHTS)[0]


def choose_landing(source: Source, dice: Random) -> str:
    """The path of the first page."""
    paths, weights = zip(*source.landings, strict=True)
    return str(dice.choices(paths, weights)[0])
