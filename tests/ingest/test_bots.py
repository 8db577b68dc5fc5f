import json
import sys
from collections.abc import Iterator

import pytest
import yaml

from desirepath.ingest import STEPS, recognise, run
from desirepath.ingest.base import Bot
from desirepath.ingest.crawlers import crawler_of
from tests.ingest.hits import BROWSER_HEADERS, CHROME, FIREFOX, event, hit
from tests.shared_data import shared

SAFARI = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/17.5 Safari/605.1.15"
)
WEBVIEW = (
    "Mozilla/5.0 (Linux; Android 14; Pixel 8 Build/UQ1A; wv) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Version/4.0 Chrome/126.0.6478.50 Mobile Safari/537.36"
)
ANDROID = (
    "Mozilla/5.0 (Linux; Android {}) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/126.0.0.0 Mobile Safari/537.36"
)
GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"


@pytest.mark.parametrize(
    ("user_agent", "name", "purpose"),
    [
        (GOOGLEBOT, "Googlebot", "search"),
        (
            "Mozilla/5.0 (compatible; GPTBot/1.2; +https://openai.com/gptbot)",
            "GPTBot",
            "ai_training",
        ),
        ("Mozilla/5.0 (compatible; OAI-SearchBot/1.0)", "OAI-SearchBot", "ai_search"),
        ("Mozilla/5.0 (compatible; ChatGPT-User/1.0)", "ChatGPT-User", "ai_agent"),
        ("Mozilla/5.0 (compatible; ClaudeBot/1.0)", "ClaudeBot", "ai_training"),
        ("Mozilla/5.0 (compatible; Claude-User/1.0)", "Claude-User", "ai_agent"),
        ("Mozilla/5.0 (compatible; PerplexityBot/1.0)", "PerplexityBot", "ai_search"),
        ("facebookexternalhit/1.1", "facebookexternalhit", "social_preview"),
        ("Mozilla/5.0 (compatible; AhrefsBot/7.0)", "AhrefsBot", "seo"),
        ("Pingdom.com_bot_version_1.4", "Pingdom", "monitoring"),
        ("Mozilla/5.0 (compatible; Nmap Scripting Engine)", "Nmap Scripting Engine", "security"),
        (CHROME.replace("Chrome/", "HeadlessChrome/"), "HeadlessChrome", "headless"),
        ("curl/8.5.0", "curl", "scripted"),
        ("python-requests/2.32", "python-requests", "scripted"),
        ("Go-http-client/2.0", "Go-http-client", "scripted"),
        ("reqwest/0.12", "reqwest", "scripted"),
        ("Feedbin feed-id:1", "Feedbin", "other"),
        ("NobodyKnowsThisBot/1.0 (+https://a.example)", "NobodyKnowsThisBot", "other"),
        ("an unknown web crawler", "crawler", "other"),
    ],
)
def test_what_names_itself(user_agent: str, name: str, purpose: str) -> None:
    found = crawler_of(user_agent)

    assert found is not None
    assert (found.layer, found.name, found.purpose) == ("ua_pattern", name, purpose)


@pytest.mark.parametrize(
    ("changes", "pattern"),
    [
        pytest.param({"headers": {}}, "accept-language: none", id="a browser without a language"),
        pytest.param(
            {"headers": {**BROWSER_HEADERS, "sec-ch-ua": '"HeadlessChrome";v="126"'}},
            "sec-ch-ua: HeadlessChrome",
            id="headless by its hints",
        ),
        pytest.param(
            {"user_agent": FIREFOX}, "sec-ch-ua: another browser", id="Firefox with Chrome's hints"
        ),
        pytest.param(
            {"user_agent": SAFARI}, "sec-ch-ua: another browser", id="Safari with Chrome's hints"
        ),
        pytest.param(
            {"headers": {**BROWSER_HEADERS, "sec-ch-ua": '"Chromium";v="119"'}},
            "sec-ch-ua: another version",
            id="another version",
        ),
        pytest.param(
            {"headers": {**BROWSER_HEADERS, "sec-ch-ua-platform": '"Linux"'}},
            "sec-ch-ua-platform: another system",
            id="Windows that is Linux",
        ),
    ],
)
def test_headers_that_do_not_fit(changes: dict[str, object], pattern: str) -> None:
    live, imported = hit(**changes), hit(**changes, live=False)
    recognise(live)
    recognise(imported)

    assert live.bot is not None
    assert (live.bot.layer, live.bot.pattern) == ("header_heuristics", pattern)
    assert imported.bot is None  # an old log has no headers


@pytest.mark.parametrize("user_agent", ["curl/8.5.0", "python-requests/2.32", "okhttp/4.12", ""])
def test_a_program_that_sends_is_no_visitor(user_agent: str) -> None:
    live = hit(user_agent=user_agent, headers={})
    recognise(live)

    assert live.bot is None


def test_in_an_access_log_a_program_is_the_visitor() -> None:
    imported = hit(user_agent="curl/8.5.0", live=False)
    recognise(imported)

    assert imported.bot is not None
    assert imported.bot.name == "curl"


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({}, id="Chrome"),
        pytest.param({"headers": {"accept-language": "de"}}, id="Chrome over HTTP sends no hints"),
        pytest.param(
            {"headers": {**BROWSER_HEADERS, "sec-ch-ua": '"Chromium";v="127"'}},
            id="Chrome in the middle of an update",
        ),
        pytest.param({"user_agent": FIREFOX, "headers": {"accept-language": "de"}}, id="Firefox"),
        pytest.param({"user_agent": SAFARI, "headers": {"accept-language": "de"}}, id="Safari"),
        pytest.param(
            {
                "user_agent": WEBVIEW,
                "headers": {
                    "accept-language": "de",
                    "sec-ch-ua": '"Android WebView";v="126", "Chromium";v="126"',
                    "sec-ch-ua-platform": '"Android"',
                },
            },
            id="inside an Android app",
        ),
        pytest.param(
            {
                "user_agent": "ShopApp/3.1",
                "headers": {"sec-ch-ua": '"Android WebView";v="126", "Chromium";v="126"'},
            },
            id="an app with a name of its own",
        ),
        pytest.param(
            {
                "user_agent": CHROME.replace("Windows NT 10.0; Win64; x64", "X11; Linux x86_64"),
                "headers": {**BROWSER_HEADERS, "sec-ch-ua-platform": '"Android"'},
            },
            id="a phone that asks for the desktop page",
        ),
        pytest.param(
            {"user_agent": "Mozilla/5.0 (Web0S; Linux/SmartTV) AppleWebKit/537.36 Chrome/94.0"},
            id="a television",
        ),
        pytest.param(
            {"user_agent": CHROME.replace("Windows NT 10.0", "Linux; Android 13; CUBOT P80")},
            id="a phone called CUBOT",
        ),
        *(
            pytest.param({"user_agent": agent, "headers": {"accept-language": "de"}}, id=agent[:60])
            for agent in (
                ANDROID.format("4.1.1; HTC Butterfly Build/JRO03C"),
                ANDROID.format("4.4; ViewSonic-V350 Build/FRG83G"),
                ANDROID.format("15; CPH2617 Build/AP3A.240617.008"),
                "Opera/9.80 (MAUI Runtime; Opera Mini/4.4.39008/37.9178; U; en) Presto/2.12.423",
            )
        ),
        pytest.param({"user_agent": "desirepath-client/0.1"}, id="our own client"),
    ],
)
def test_people(changes: dict[str, object]) -> None:
    asked = hit(**changes)

    recognise(asked)

    assert asked.bot is None


def test_a_bot_is_flagged_explained_and_kept() -> None:
    asked, sent = hit(user_agent=GOOGLEBOT), event()
    recognise(asked)

    assert run(sent, asked, STEPS) is None

    assert asked.bot == Bot("ua_pattern", "Googlebot", "search", r"Googlebot\/")
    assert (sent.bot, sent.bot_layer, sent.bot_name, sent.bot_purpose, sent.bot_pattern) == (
        True,
        "ua_pattern",
        "Googlebot",
        "search",
        r"Googlebot\/",
    )


def test_the_known_crawlers() -> None:
    listed = json.loads(shared("crawler_user_agents/crawler-user-agents.json").read_bytes())
    agents = [agent for crawler in listed for agent in crawler["instances"]]

    missed = [agent for agent in agents if crawler_of(agent) is None]

    share = 1 - len(missed) / len(agents)
    sys.stdout.write(
        f"\n{len(agents) - len(missed)} of {len(agents)} crawlers flagged ({share:.2%})\n"
    )
    assert len(agents) == 2116
    assert share >= 0.99, missed


# Families that uap-core gives to programs which a person drives.
BROWSERS = frozenset(
    """
    Android|Amazon Silk|Brave|Baidu Browser|BlackBerry WebKit|Chrome|Chrome Mobile|Chrome Mobile iOS
    |Chrome Mobile WebView|Chromium|Coc Coc|Dolphin|DuckDuckGo Mobile|Edge|Edge Mobile|Facebook
    |Firefox|Firefox Beta|Firefox Mobile|Firefox iOS|Google|HeyTap Browser|Honor Browser
    |Huawei Browser|IE|IE Mobile|Instagram|Iron|Konqueror|LINE|Maxthon|Midori|MiuiBrowser
    |Mobile Safari|Mobile Safari UI/WKWebView|Mullvad Browser|NetFront|Nokia Browser|Obigo
    |Oculus Browser|Opera|Opera GX|Opera Mini|Opera Mobile|Opera Touch|Ovi Browser|Pale Moon
    |Pinterest|Puffin|QQ Browser|QQ Browser Mobile|QupZilla|Safari|Samsung Internet|Snapchat
    |Seznam prohlížeč|TikTok|Twitter|UC Browser|Vivaldi|VivoBrowser|Waterfox|WeChat Browser|Weibo
    |Whale|Yandex Browser
    """.replace("\n    ", "").split("|")
)


def peoples_agents() -> Iterator[str]:
    """uap-core's own cases: its browsers, and its devices but for what it calls spiders."""
    for case in yaml.load(
        shared("uap_core/tests/test_ua.yaml").read_bytes(), Loader=yaml.CSafeLoader
    )["test_cases"]:
        if case["family"] in BROWSERS:
            yield case["user_agent_string"]
    for case in yaml.load(
        shared("uap_core/tests/test_device.yaml").read_bytes(), Loader=yaml.CSafeLoader
    )["test_cases"]:
        agent = case["user_agent_string"]
        # The list has crawlers with the name of a phone in front; they say so in brackets.
        if case["brand"] != "Spider" and agent.startswith("Mozilla/5.0 (") and "http" not in agent:
            yield agent


def test_browsers_are_people() -> None:
    agents = list(peoples_agents())

    flagged = [(found.pattern, agent) for agent in agents if (found := crawler_of(agent))]

    share = len(flagged) / len(agents)
    sys.stdout.write(
        f"\n{len(flagged)} of {len(agents)} browsers flagged ({share:.3%}): {flagged}\n"
    )
    assert len(agents) > 9000
    assert share < 0.005, flagged
