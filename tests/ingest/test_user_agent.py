import sys
from collections.abc import Callable

import pytest
import yaml

from desirepath.ingest import recognise
from desirepath.ingest.base import Agent
from desirepath.ingest.user_agent import LONGEST, agent_of, user_agent
from tests.ingest.hits import CHROME, FIREFOX, event, hit
from tests.shared_data import shared

ANDROID = (
    "Mozilla/5.0 (Linux; Android {}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 {}"
)


@pytest.mark.parametrize(
    ("text", "agent"),
    [
        (CHROME, Agent("desktop", "Windows", "10", "Chrome", "126.0")),
        (FIREFOX, Agent("desktop", "Linux", "", "Firefox", "128.0")),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 "
            "(KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
            Agent("mobile", "iOS", "17.5", "Mobile Safari", "17.5"),
        ),
        (
            ANDROID.format("14; Pixel 8", "Mobile Safari/537.36"),
            Agent("mobile", "Android", "14", "Chrome Mobile", "126.0"),
        ),
        ("", Agent()),
        ("nobody knows me", Agent()),
    ],
)
def test_what_a_user_agent_says(text: str, agent: Agent) -> None:
    assert agent_of(text) == agent


@pytest.mark.parametrize(
    ("text", "device"),
    [
        pytest.param(ANDROID.format("13; SM-X700", "Safari/537.36"), "tablet", id="no 'Mobile'"),
        pytest.param(
            "Mozilla/5.0 (iPad; CPU OS 16_5 like Mac OS X) Mobile/15E148", "tablet", id="iPad"
        ),
        pytest.param(
            "Mozilla/5.0 (Linux; U; Android 2.3.5; HTC) AppleWebKit/533.1", "mobile", id="old"
        ),
        pytest.param("Dalvik/2.1.0 (Linux; U; Android 13; Pixel 7)", "mobile", id="an app"),
        pytest.param(
            "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) Chrome/126.0", "desktop", id="Chromebook"
        ),
        pytest.param(
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Safari/605", "desktop", id="Mac"
        ),
        pytest.param("Mozilla/5.0 (Web0S; Linux/SmartTV) Chrome/94.0", "tv", id="LG"),
        pytest.param("Mozilla/5.0 (Linux; Android 9; AFTMM) Chrome/120.0", "tv", id="Fire TV"),
        pytest.param(
            "Mozilla/5.0 (SMART-TV; Linux; Tizen 6.0) Version/6.0 TV Safari", "tv", id="Samsung"
        ),
        pytest.param("Mozilla/5.0 (PlayStation; PlayStation 5/2.26)", "console", id="PlayStation"),
        pytest.param("Mozilla/5.0 (Windows NT 10.0; Xbox; Xbox One) Edge/44", "console", id="Xbox"),
        pytest.param(
            "Mozilla/5.0 (Windows Phone 10.0; Xbox) IEMobile/11.0", "mobile", id="Windows Phone"
        ),
        pytest.param("atc/1.0 watchOS/5.2 model/Watch4,4", "wearable", id="Apple Watch"),
        pytest.param(
            "Mozilla/5.0 (Linux; Android 11; SM-R890) Mobile Safari", "wearable", id="Galaxy Watch"
        ),
        pytest.param("Mozilla/5.0 (Linux; U; en-us; KFTT) Silk/3.4", "tablet", id="Fire tablet"),
        pytest.param("Nokia6230/2.0 (04.44) Profile/MIDP-2.0", "mobile", id="feature phone"),
        pytest.param("curl/8.5.0", "", id="no device"),
    ],
)
def test_the_class_of_a_device(text: str, device: str) -> None:
    assert agent_of(text).device == device


def test_it_has_columns_of_its_own() -> None:
    asked = hit()
    recognise(asked)
    sent = event(os="Ubuntu", browser="Mine", device_type="fridge")

    assert user_agent(sent, asked) is None

    assert sent == event(
        os="Ubuntu",
        browser="Mine",
        device_type="fridge",
        ua_device="desktop",
        ua_os="Windows",
        ua_os_version="10",
        ua_browser="Chrome",
        ua_browser_version="126.0",
    )


@pytest.mark.parametrize(
    ("file", "read", "count"),
    [
        pytest.param("test_ua.yaml", lambda agent: agent.browser, 1601, id="browsers"),
        pytest.param("test_os.yaml", lambda agent: agent.os, 483, id="systems"),
    ],
)
def test_families_as_uap_core_gives_them(
    file: str, read: Callable[[Agent], str], count: int
) -> None:
    cases = yaml.load(shared(f"uap_core/tests/{file}").read_bytes(), Loader=yaml.CSafeLoader)[
        "test_cases"
    ]

    wrong = [
        case
        for case in cases
        if (read(agent_of(case["user_agent_string"][:LONGEST])) or "Other") != case["family"]
    ]

    share = 1 - len(wrong) / len(cases)
    sys.stdout.write(
        f"\n{file}: {len(cases) - len(wrong)} of {len(cases)} families right ({share:.2%})\n"
    )
    assert len(cases) == count
    assert share >= 0.95, wrong
