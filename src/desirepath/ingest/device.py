"""Device: the class of a device by its user agent: the one place where the words are listed.

Asked in order, because a word may stand in more than one: a watch says Android, a television says
Linux, a tablet says Android and leaves out 'Mobile'. A name that says nothing gives ''.
"""

import re

_WINDOWS_PHONE = re.compile(r"Windows Phone|IEMobile")
_WEARABLE = re.compile(r"watchOS|Apple Watch|Watch\d|Wear ?OS|Galaxy Watch|SM-R\d{3}|\bGlass\b")
_CONSOLE = re.compile(r"PlayStation|PLAYSTATION|Xbox|Nintendo|\bPSP\b|Wii\b|Steam Deck")
_TV = re.compile(
    r"\bTV\b|SmartTV|SMART-TV|AppleTV|tvOS|GoogleTV|HbbTV|BRAVIA|NetCast|Web0S|VIDAA|\bRoku"
    r"|CrKey|\bAFT[A-Z]|DLNADOC|MiTV|Viera|NETTV|Chromecast"
)
_TABLET = re.compile(
    r"iPad|Tablet|\bTab\b|PlayBook|Kindle|\bKF[A-Z]{2,5}\b|SM-[TPX]\d{3}|GT-P\d{4}|SCH-I800"
    r"|Nexus (?:7|9|10)\b|Xoom|TouchPad|Lenovo TB|MediaPad|MatePad"
)
_MOBILE = re.compile(
    r"Mobi|iPhone|iPod|Windows CE|BlackBerry|BB10|Opera Mini|MIDP|CLDC|KAIOS|Symbian|SymbOS"
    r"|Series ?[46]0|Nokia|SonyEricsson|J2ME|UP\.Browser|DoCoMo|webOS/"
)
_DESKTOP = re.compile(
    r"Windows NT|Windows 9|Win64|Macintosh|Mac OS X|Darwin|CrOS|X11|Linux|FreeBSD|OpenBSD"
)
_SILK = re.compile(r"\bSilk/")  # of Fire tablets, which may leave Android out
_BEFORE_TABLETS = re.compile(r"Android [12]\.")


def device_class(user_agent: str, system: str) -> str:
    """desktop, mobile, tablet, tv, console, wearable or ''. `system` is uap-core's family."""
    if _WINDOWS_PHONE.search(user_agent):  # some of them name Xbox too
        return "mobile"
    if _WEARABLE.search(user_agent):
        return "wearable"
    if _CONSOLE.search(user_agent):
        return "console"
    if _TV.search(user_agent):
        return "tv"
    if _TABLET.search(user_agent):
        return "tablet"
    if _MOBILE.search(user_agent) or system == "iOS":
        return "mobile"
    if "Android" in user_agent:
        # Browsers on phones say 'Mobile' and on tablets do not; apps never do.
        browser = user_agent.startswith("Mozilla/") and not _BEFORE_TABLETS.search(user_agent)
        return "tablet" if browser else "mobile"
    if _SILK.search(user_agent):
        return "tablet"
    if _DESKTOP.search(user_agent):
        return "desktop"
    return ""
