"""Signals: headers of a live request that do not fit the browser it says it is.

Every rule is one that browsers people use do not break, because a person taken for a machine is
left out of every report. So these are no signals: client hints that are missing (browsers send them
over HTTPS only), an Android system with a desktop page, a name that nobody knows.
"""

import re
from functools import lru_cache

from desirepath.ingest.base import Bot

#: The request headers that are looked at, beside User-Agent.
SIGNAL_HEADERS = frozenset({"accept-language", "sec-ch-ua", "sec-ch-ua-platform"})

#: Characters of a client hint that are looked at; real ones have about 80.
LONGEST = 300

_LAYER = "header_heuristics"
_NO_LANGUAGE = Bot(_LAYER, "no language", "scripted", "accept-language: none")
_HEADLESS = Bot(_LAYER, "HeadlessChrome", "headless", "sec-ch-ua: HeadlessChrome")
_OTHER_BROWSER = Bot(_LAYER, "borrowed user agent", "scripted", "sec-ch-ua: another browser")
_OTHER_VERSION = Bot(_LAYER, "borrowed user agent", "scripted", "sec-ch-ua: another version")
_OTHER_SYSTEM = Bot(_LAYER, "borrowed user agent", "scripted", "sec-ch-ua-platform: another system")

_BROWSER = re.compile(r"Mozilla/5\.0 \([^)]+\).*(?:Gecko/|AppleWebKit/)")
_PEOPLES = frozenset({"desktop", "mobile", "tablet"})  # televisions send few headers
_CHROMIUM = re.compile(r'"Chromium";v="(\d{1,4})')
_CHROME = re.compile(r"Chrome/(\d{1,4})")
_NOT_CHROMIUM = re.compile(r"(?!.*Chrom(?:e|ium)/).*(?:Firefox/|\bVersion/[\d.]+ .*Safari/)")
# A browser on a system in this list says the same system in both places.
_SYSTEMS = {'"Windows"': "Windows NT", '"macOS"': "Macintosh", '"Linux"': "Linux"}


@lru_cache(maxsize=8192)  # of at most 1,000 + 2 * 300 characters each
def signal_of(user_agent: str, device: str, speaks: bool, brands: str, platform: str) -> Bot | None:
    """Why a request is taken for a machine's, or None.

    `device` is its class; `speaks`: it has an Accept-Language; `brands`, `platform`: its
    Sec-CH-UA headers, or empty.
    """
    if "HeadlessChrome" in brands:
        return _HEADLESS
    if not _BROWSER.match(user_agent) or device not in _PEOPLES:
        return None
    if not speaks:
        return _NO_LANGUAGE
    chromium = _CHROMIUM.search(brands)
    if chromium is not None:
        if _NOT_CHROMIUM.match(user_agent):
            return _OTHER_BROWSER
        chrome = _CHROME.search(user_agent)
        # One apart is a browser between two parts of its update.
        if chrome is not None and abs(int(chrome[1]) - int(chromium[1])) > 1:
            return _OTHER_VERSION
    system = _SYSTEMS.get(platform)
    if system is not None and system not in user_agent and _claims_desktop(user_agent):
        return _OTHER_SYSTEM
    return None


def _claims_desktop(user_agent: str) -> bool:
    return "Windows NT" in user_agent or "Macintosh" in user_agent
