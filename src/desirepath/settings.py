"""Every setting, its default and what it does. Each is an environment variable DESIREPATH_*."""

from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from desirepath.errors import Misconfigured

MiB = 1 << 20
GiB = 1 << 30


class Settings(BaseSettings):
    """All of it has a default: an empty environment is a working installation."""

    model_config = SettingsConfigDict(env_prefix="DESIREPATH_", extra="ignore")

    data: Path = Field(Path("data"), description="The data folder. One server owns it.")
    host: str = Field(
        "127.0.0.1", description="Address to listen on. Others than loopback need keys."
    )
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on.")
    workers: int = Field(1, ge=1, le=64, description="Web worker processes, each with its own log.")
    require_keys: bool = Field(
        False, description="Ask for keys on loopback too (protected mode off)."
    )
    request_seconds: float = Field(
        15,
        ge=0.1,
        le=300,
        description="How long the head of a request, and then its body, may take to arrive.",
    )
    trusted_proxies: str = Field(
        "", description="Networks whose X-Forwarded-For counts, comma-separated CIDRs."
    )
    place_database: Path | None = Field(
        None, description="A MaxMind-format file (City or Country) to look places up in."
    )

    log_cap_bytes: int = Field(8 * GiB, ge=4 * MiB, description="Most the log may take on disk.")
    log_reserve_bytes: int = Field(
        256 * MiB, ge=0, description="Free disk space below which events are answered with 503."
    )
    load_every_ms: int = Field(
        300, ge=1, le=10_000, description="How long the loader gathers events into one insert."
    )
    visible_within_ms: int = Field(
        2000, ge=0, le=60_000, description="How long a report waits for events that just came."
    )

    store_url: str = Field(
        "", description="A ClickHouse server (http://user:password@host:8123). Empty: embedded."
    )
    engine_memory_bytes: int = Field(1 * GiB, ge=256 * MiB, description="Memory cap of the engine.")
    engine_mark_cache_bytes: int = Field(
        64 * MiB, ge=1 * MiB, description="Cache of index marks in the engine."
    )
    control_url: str = Field(
        "", description="Control database (SQLAlchemy URL). Empty: SQLite in the data folder."
    )
    query_seconds: int = Field(30, ge=1, le=3600, description="Longest a report may take.")

    log_level: str = Field("info", description="debug, info, warning or error.")
    log_json: bool = Field(False, description="Write log lines as JSON.")

    @field_validator("log_level")
    @classmethod
    def _known_level(cls, value: str) -> str:
        if value.lower() not in ("debug", "info", "warning", "error"):
            raise ValueError("log_level is debug, info, warning or error")
        return value.lower()

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, value: str) -> str:
        for part in filter(None, (one.strip() for one in value.split(","))):
            ip_network(part)
        return value

    @property
    def proxies(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """`trusted_proxies`, read."""
        return tuple(
            ip_network(part)
            for part in filter(None, map(str.strip, self.trusted_proxies.split(",")))
        )

    @property
    def on_loopback(self) -> bool:
        """The server listens where only this machine can reach it."""
        return self.host in ("localhost", "::1") or self.host.startswith("127.")


def load_settings(**given: object) -> Settings:
    """Settings from the environment, with what was given on the command line on top."""
    try:
        return Settings(**{k: v for k, v in given.items() if v is not None})  # type: ignore[arg-type]
    except ValidationError as exc:
        first = exc.errors()[0]
        name = "_".join(str(part) for part in first["loc"]).upper()
        raise Misconfigured(f"DESIREPATH_{name}: {first['msg']}") from exc


@lru_cache(maxsize=1)
def names() -> dict[str, str]:
    """Environment variable → description, for the docs and the test that checks them."""
    return {
        f"DESIREPATH_{name.upper()}": field.description or ""
        for name, field in Settings.model_fields.items()
    }
