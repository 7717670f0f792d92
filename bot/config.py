"""Settings: the only reader of the environment. Every field is a line of ``.env.example``."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, NonNegativeInt, PositiveFloat, PositiveInt
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


class Settings(BaseSettings):
    """Read from ``LOOKOUT_*`` variables and from ``.env`` in the working directory. Times carry their unit."""

    model_config = SettingsConfigDict(env_prefix="LOOKOUT_", env_file=".env", extra="forbid", frozen=True)

    database_url: str = Field(
        "sqlite:///lookout.db", description="SQLAlchemy URL: sqlite:///FILE or postgresql+psycopg://…"
    )
    log_level: str = Field("WARNING", description="DEBUG, INFO, WARNING or ERROR")
    contact: str = Field("", description="A URL or mail address for page owners, sent with every request's User-Agent")

    poll_watched_seconds: PositiveFloat = Field(60, description="How often a subscribed vendor's page is read")
    poll_open_seconds: PositiveFloat = Field(30, description="… while it has an open incident")
    poll_idle_seconds: PositiveFloat = Field(300, description="… when no channel subscribes to it")
    poll_max_backoff_seconds: PositiveFloat = Field(
        3600, description="The longest wait between tries of a failing page"
    )
    poll_concurrency: PositiveInt = Field(100, description="How many pages are read at once")
    poll_house_concurrency: PositiveInt = Field(
        20, description="… of one platform's infrastructure (all Statuspage pages, all incident.io pages, …)"
    )
    fetch_deadline_seconds: PositiveFloat = Field(20, description="One page must be read whole within this")
    fetch_max_bytes: PositiveInt = Field(8_000_000, description="A larger body is refused")
    fetch_allow_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Hosts on private or loopback addresses that may be read, comma-separated"
    )

    late_limit_hours: NonNegativeInt = Field(
        72, description="An incident that ended longer ago than this is not announced any more"
    )
    suspended_purge_days: PositiveInt = Field(
        30, description="A channel that could not be reached for this long is forgotten"
    )
