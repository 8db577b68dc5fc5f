"""Purposes: what a crawler comes for, by its pattern and by the tags of crawler-user-agents.

The tags do not tell the kinds of AI traffic apart, and that is what owners ask first: a crawler
that collects for training, one that feeds a search answer, and an agent sent by one person.
"""

from collections.abc import Iterable

# In the order in which a crawler with several tags is named.
_BY_TAG = {
    "ai-crawler": "ai_training",
    "browser-automation": "headless",
    "search-engine": "search",
    "social-preview": "social_preview",
    "seo": "seo",
    "monitoring": "monitoring",
    "scanner": "security",
    "http-library": "scripted",
}

# By a part of the pattern, lower case.
_AI_SEARCH = (
    "oai-searchbot",
    "perplexitybot",
    "claude-searchbot",
    "amzn-searchbot",
    "azureai-searchbot",
    "aranet-searchbot",
    "aisearchbot",
    "isonsearchbot",
    "phindbot",
    "linkupbot",
    "tavilybot",
    "iaskbot",
    "iaskspider",
    "linerbot",
    "kagi-fetcher",
    "duckassistbot",
    "poggio-citations",
    "cloudflare-autorag",
    "google-cloudvertexbot",
    "meta-webindexer",
)
_AI_AGENT = (
    "chatgpt-user",
    "laude-user",
    "perplexity-user",
    "perplexityuser",
    "mistralai-user",
    "amzn-user",
    "isonai-user",
    "manus-user",
    "gemini-deep-research",
    "google-notebooklm",
    "google-agent",
    "googleagent-mariner",
    "google-gemini-cli",
    "meta-externalfetcher",
    "agentcore-browser",
    "amazonbuyforme",
    "anchor browser",
    "twinagent",
    "devin",
    "firecrawlagent",
    "opencode-smartfetch",
    "trae",
    "code\\/1",
)


def purpose_of(pattern: str, tags: Iterable[str]) -> str:
    """One of the purposes of `Bot`; 'other' where neither pattern nor tags say."""
    name = pattern.lower()
    if any(part in name for part in _AI_AGENT):
        return "ai_agent"
    if any(part in name for part in _AI_SEARCH):
        return "ai_search"
    found = set(tags)
    return next((purpose for tag, purpose in _BY_TAG.items() if tag in found), "other")
