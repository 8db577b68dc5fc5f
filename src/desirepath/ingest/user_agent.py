"""User agent: browser, system and device class, as the User-Agent header says.

Names are those of uap-core ('Chrome Mobile', 'Mac OS X'), versions 'major.minor'. They have columns
of their own: what an event says about its device stays beside them. A browser may say what it
likes, so nothing here is proof: an iPad asks for desktop pages and then calls itself a Mac.
"""

from functools import lru_cache
from operator import attrgetter

from ua_parser import load_lazy_builtins
from ua_parser_rs import OSExtractor, UserAgentExtractor

from desirepath.ingest.base import UNKNOWN, Agent, Dropped, Hit
from desirepath.ingest.device import device_class
from desirepath.model.event import Event

#: Characters that are looked at. Real ones have 60 to 400; the rest of a longer one is ignored.
LONGEST = 1000

_pattern = attrgetter("regex", "family", "major", "minor", "patch", "patch_minor")
_browsers, _systems, _ = load_lazy_builtins()  # the device names would cost 16 MB a process
_browser_of = UserAgentExtractor(map(_pattern, _browsers)).extract
_system_of = OSExtractor(map(_pattern, _systems)).extract


@lru_cache(maxsize=8192)  # of at most 1,000 characters each: see LONGEST
def agent_of(user_agent: str) -> Agent:
    """What `user_agent` says. About 0.1 ms where it was not seen lately."""
    if not user_agent:
        return UNKNOWN
    browser = _browser_of(user_agent)
    system = _system_of(user_agent)
    family = system.family if system else ""
    return Agent(
        device=device_class(user_agent, family),
        os=family,
        os_version=_version(system.major, system.minor) if system else "",
        browser=browser.family if browser else "",
        browser_version=_version(browser.major, browser.minor) if browser else "",
    )


def _version(major: str | None, minor: str | None) -> str:
    if not major:
        return ""
    return f"{major}.{minor}" if minor else major


def user_agent(event: Event, hit: Hit) -> Dropped | None:
    """Set the `ua_` columns."""
    agent = hit.agent
    if agent is not UNKNOWN:
        event.ua_device = agent.device
        event.ua_os = agent.os
        event.ua_os_version = agent.os_version
        event.ua_browser = agent.browser
        event.ua_browser_version = agent.browser_version
    return None
