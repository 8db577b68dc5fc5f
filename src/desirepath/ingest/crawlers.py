"""Crawlers: which machine a user agent names itself to be.

The patterns are those of crawler-user-agents, then clients and words that it leaves out. They are
tried as one set by ua-parser's Rust core: about 3 microseconds, linear in any input; the same
patterns one by one in Python take 230, and joined into one they take 1,000.
"""

import re
from functools import lru_cache

import crawleruseragents  # type: ignore[import-untyped]
from ua_parser_rs import UserAgentExtractor

from desirepath.ingest.base import Bot
from desirepath.ingest.purposes import purpose_of

# Patterns that also match what people use: what is tried instead, or None for nothing.
_NARROWER: dict[str, str | None] = {
    # The number of an Android 15 build, which is on millions of phones.
    r"AP3A\.240617\.008": None,
    # Facebook's browser inside its app.
    "MetaIAB Facebook": None,
    # Makes an application of a web page, for the person who sits before it.
    "Fluid": None,
    # HTC Butterfly and ViewSonic are phones and tablets.
    "Butterfly": r"Butterfly\/",
    "Sonic": "RankSonic",
    # Opera Mini's build numbers end so too.
    r"008\/": r"(^|[^0-9])008\/",
}

# Libraries and tools that send requests for programs, where a user agent begins with them.
_CLIENTS = (
    "aria2|aws-cli|aws-sdk|Boto|Bun|Deno|Faraday|GuzzleHttp|http.rb|insomnia|Java|jersey|k6"
    "|libcurl|node|PHP|PostmanRuntime|PycURL|python|rclone|reqwest|RestSharp|Ruby|scalaj-http"
    "|undici|unirest-java|ureq|WinHTTP"
).replace(".", r"\.")

# What machines call themselves. CUBOT makes phones, so 'bot' is asked for as a word's end and
# `_PHONES` is looked at afterwards.
_WORDS = (
    (rf"^(?:{_CLIENTS})[\/ ]", "scripted"),
    (r"[Hh]eadless", "headless"),
    (r"[A-Za-z0-9_.-]*(?:[Bb]ot|BOT)(?:[\/;,)( ]|$)", "other"),
    (r"(?:[Cc]rawler|CRAWLER|[Ss]pider|SPIDER|[Ss]craper)", "other"),
)
_PHONES = re.compile(r"cubot", re.IGNORECASE)
_TRIMMED = " /;,()+$^"


def _name(pattern: str) -> str:
    """A pattern as a person reads it: 'AdsBot-Google([^-]|$)' is 'AdsBot-Google'."""
    text = re.sub(r"\(\[\^.*?\)|\(\^\| \)|\[\\s\\S\]\*.*", "", pattern)
    text = re.sub(r"\[(\w)(\w)\]", lambda m: min(m[1], m[2]), text)
    text = text.replace("\\d", "0").replace("\\", "")
    text = re.sub(r"\((\w+)\|[^)]*\)", r"\1", text).split("|")[0]
    return text.strip(_TRIMMED) or pattern


def _known() -> list[Bot]:
    found = []
    for crawler in crawleruseragents.CRAWLER_USER_AGENTS_DATA:
        listed = crawler["pattern"]
        pattern = _NARROWER.get(listed, listed)
        if pattern is not None:
            purpose = purpose_of(listed, crawler["tags"])
            found.append(Bot("ua_pattern", _name(listed), purpose, pattern))
    return found


_BOTS = _known()
# These have no name of their own: they are called by the text that matched.
_BOTS += [Bot("ua_pattern", "", purpose, pattern) for pattern, purpose in _WORDS]
# The family that comes out is the place in `_BOTS` and the text that matched.
_match = UserAgentExtractor(
    (f"({bot.pattern})", f"{place} $1", None, None, None, None) for place, bot in enumerate(_BOTS)
).extract


@lru_cache(maxsize=8192)  # of at most 1,000 characters each: user_agent.LONGEST
def crawler_of(user_agent: str) -> Bot | None:
    """The machine that `user_agent` names, or None."""
    found = _match(user_agent)
    if found is None:
        return None
    place, _, text = found.family.partition(" ")
    bot = _BOTS[int(place)]
    if bot.name:
        return bot
    text = text.strip(_TRIMMED)
    if _PHONES.fullmatch(text):
        return None
    return Bot(bot.layer, text[:40], bot.purpose, bot.pattern)
