"""Settings: the only reader of the environment. Every field is a line of ``.env.example``."""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_network
from types import MappingProxyType
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import (
    Field,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from bot.domain.role import Role, in_order, parse_roles

PREFIX = "LOOKOUT_"
FILE = ".env"
RENAMED: Mapping[str, str] = MappingProxyType({
    "LOOKOUT_POLL_HOUSE_CONCURRENCY": "LOOKOUT_POLL_CONCURRENCY_PER_PLATFORM",
})  # fmt: skip
"""Former names of settings, which are still read, by today's."""


OF_CLIENTS = frozenset({"LOOKOUT_SERVER", "LOOKOUT_API_KEY"})
"""Read by commands that ask a running instance, which has settings of its own."""
MIN_KEEP_DAYS = 400
"""A year can be looked back on, and be compared with the month before it."""


def api_key() -> str:
    """With which a running instance is asked; ``""``: none. Of the environment alone: ``.env`` is the instance's."""
    return os.environ.get("LOOKOUT_API_KEY", "").strip()


class SettingsError(Exception):
    """One line per setting that is wrong, each with what to do."""


class Settings(BaseSettings):
    """Read from ``LOOKOUT_*`` variables and from ``.env`` in the working directory. Units are in the names."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_file=FILE, extra="ignore", frozen=True)

    database_url: str = Field(
        default="sqlite:///lookout.db",
        description="Where everything is kept: sqlite:///FILE, or postgresql+psycopg://USER:PASSWORD@HOST/NAME",
    )
    roles: Annotated[tuple[Role, ...], NoDecode] = Field(
        default=tuple(Role),
        description="What this process does, comma-separated; fewer than all on PostgreSQL only: lookout run --role",
    )
    secret_key: SecretStr = Field(
        default=SecretStr(""),
        description="The key that tokens in the database are encrypted with; several: NEW,OLD; empty: the key's file",
    )
    secret_key_file: str = Field(
        default="lookout.key",
        description="The file of that key, made when it is first needed; keep a copy of it beside each backup",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="WARNING", description="How much is logged, to standard error: DEBUG, INFO, WARNING or ERROR"
    )
    contact: str = Field(
        default="", description="A URL or mail address for page owners, sent with every request in the User-Agent"
    )

    catalog_file: str = Field(
        default="", description="A catalog of your own, laid over the shipped one: vendors to add, fields to change"
    )

    poll_watched_seconds: PositiveFloat = Field(
        default=60, description="How often the page of a subscribed vendor is read"
    )
    poll_open_seconds: PositiveFloat = Field(default=30, description="How often a page with an open incident is read")
    poll_idle_seconds: PositiveFloat = Field(
        default=300, description="How often the page of a vendor that no channel subscribes to is read"
    )
    poll_max_backoff_seconds: PositiveFloat = Field(
        default=3600,
        description="The longest wait between tries of an unreadable page; 5 minutes if it has subscribers",
    )
    poll_concurrency: PositiveInt = Field(
        default=100,
        description="How many pages are read at once: of watched ones, of all others, and of workspaces' own, each",
    )
    poll_concurrency_per_platform: PositiveInt = Field(
        default=20,
        description="How many pages of one platform (all Statuspage pages, …) are read at once, by all processes",
    )
    fetch_deadline_seconds: PositiveFloat = Field(
        default=20, description="A page that is not read whole by then has failed"
    )
    fetch_max_bytes: PositiveInt = Field(default=8_000_000, description="A body larger than this, unpacked, is refused")
    fetch_allow_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Hosts with private or loopback addresses that may be read all the same, comma-separated",
    )

    detect_max_bytes: PositiveInt = Field(
        default=3_000_000, description="Of a page whose kind is not known yet, a body larger than this is refused"
    )
    parse_cpu_seconds: PositiveFloat = Field(
        default=10, description="Processor time for one large page; one that takes more cannot be read"
    )
    fetch_proxy: SecretStr = Field(
        default=SecretStr(""),
        description="An HTTP proxy to read pages through, http://USER:PASSWORD@HOST:PORT; it looks the names up",
    )
    canary_urls: Annotated[tuple[str, ...], NoDecode] = Field(
        default=("https://one.one.one.one/", "https://www.google.com/generate_204"),
        description="When many pages fail at once and none of these answers, it is our own network; comma-separated",
    )

    page_headers_file: str = Field(
        default="",
        description="Private pages: a TOML or JSON file that holds, by host, the headers to ask them with",
    )

    late_limit_hours: NonNegativeInt = Field(
        default=72, description="An incident that ended longer ago than this is not announced any more"
    )
    flood_incidents: PositiveInt = Field(
        default=10,
        description="When a reading brings more new incidents, so many, the worst, get a message each, the rest one",
    )
    suspended_purge_days: PositiveInt = Field(
        default=30, description="A channel that could not be reached for this long is forgotten"
    )

    keep_days: NonNegativeInt = Field(
        default=0,
        description="Cards, former texts, levels, audit older than this are let go, incidents not; 400 and more, 0: no",
    )

    board_edit_seconds: PositiveFloat = Field(
        default=30, description="The least time between two edits of one board, however much happens"
    )
    board_refresh_seconds: PositiveFloat = Field(
        default=600, description="A board on which nothing changes is edited this often, so that its age stays true"
    )

    own_pages: PositiveInt = Field(
        default=50, description="How many status pages that are not in the catalog a workspace may add for itself"
    )

    web_host: str = Field(
        default="127.0.0.1",
        description="Where pages, /healthz, /readyz and /metrics are served; the default: to this machine alone",
    )
    web_port: NonNegativeInt = Field(
        default=8321, le=65_535, description="Their port; if it is taken, the next free one. 0: nothing is served"
    )

    web_trusted_proxies: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Reverse proxies whose X-Forwarded-For and -Proto are believed: addresses or networks, by commas",
    )
    web_public_url: str = Field(
        default="", description="Where pages are reached from outside, https://status.example.org, for links to them"
    )
    dashboard_link_days: PositiveInt = Field(
        default=30, description="How long a link to a channel's dashboard opens it"
    )
    oidc_client_id: str = Field(
        default="", description="Signing in to dashboards: as whom Lookout is registered at the OpenID provider"
    )
    oidc_client_secret: SecretStr = Field(
        default=SecretStr(""), description="Its secret there; empty: registered as a public client, with PKCE alone"
    )
    oidc_domains: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Whose verified e-mail address may sign in: domains, comma-separated; *: everybody with an account",
    )
    oidc_groups: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Groups of which one is needed to sign in, as in the claim groups, comma-separated",
    )
    oidc_workspaces: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Whose dashboards who signed in sees: slack:T0123, discord:1234567890, comma-separated",
    )
    oidc_session_hours: PositiveFloat = Field(default=8, description="How long one is signed in")
    oidc_issuer: str = Field(
        default="",
        description="The OpenID provider, https://login.example.org, as it writes itself; empty: nobody signs in",
    )
    api_public: bool = Field(
        default=False, description="Whether the HTTP API tells without a key what vendors published; the rest needs one"
    )
    api_requests_per_minute: PositiveInt = Field(
        default=600, description="Requests to the HTTP API, of one key, or of one address without a key"
    )
    mcp_key: SecretStr = Field(
        default=SecretStr(""),
        description="lookout mcp, over stdin and stdout: the key it runs with; empty: it tells what vendors published",
    )
    mcp_host: str = Field(
        default="127.0.0.1", description="lookout mcp --http: where it is served; the default: to this machine alone"
    )
    mcp_port: PositiveInt = Field(
        default=8322, le=65_535, description="lookout mcp --http: its port; if it is taken, the next free one"
    )
    mcp_names: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="lookout mcp --http: names it is reached by besides this machine's own, comma-separated",
    )
    heartbeat_url: SecretStr = Field(
        default=SecretStr(""),
        description="Asked once a minute while all is well: the address of a watchdog, which notices when that stops",
    )

    slack_mode: Literal["socket", "http"] = Field(
        default="socket",
        description="Slack: socket (no public address needed) or http (Slack posts to this process; OAuth installs)",
    )
    slack_bot_token: SecretStr = Field(
        default=SecretStr(""),
        description="Slack: the Bot User OAuth Token, xoxb-…; empty, with no OAuth client: no Slack",
    )
    slack_app_token: SecretStr = Field(
        default=SecretStr(""),
        description="Slack, socket mode: an app-level token with the scope connections:write, xapp-…",
    )
    slack_signing_secret: SecretStr = Field(
        default=SecretStr(""), description="Slack, http mode: the Signing Secret, from Basic Information"
    )
    slack_client_id: str = Field(
        default="", description="Slack, http mode: the OAuth client, so that any workspace can install the app"
    )
    slack_client_secret: SecretStr = Field(default=SecretStr(""), description="Slack, http mode: its secret")
    slack_public_url: str = Field(
        default="", description="Slack, http mode: where Slack reaches this process, https://lookout.example.org"
    )
    slack_http_host: str = Field(default="0.0.0.0", description="Slack, http mode: the address to listen on")
    slack_http_port: NonNegativeInt = Field(
        default=3000,
        le=65_535,
        description="Slack, http mode: a port for Slack alone; 0: none, it is served with the pages, as it is anyway",
    )
    slack_command: str = Field(
        default="outage", description="Slack: the word that commands are typed after; /status belongs to Slack itself"
    )
    slack_subscribe_command: str = Field(
        default="subscribe", description="Slack: the slash command for subscribing; empty: left out"
    )
    slack_unsubscribe_command: str = Field(
        default="unsubscribe", description="Slack: the slash command for unsubscribing; empty: left out"
    )
    slack_managers: Literal["everyone", "members", "admins"] = Field(
        default="everyone",
        description="Slack: who may subscribe a channel: everyone, members of the channel, or admins of the workspace",
    )
    slack_history: bool = Field(
        default=True,
        description="Slack: ask for the scopes to read history, so that no post of unknown outcome is guessed about",
    )
    slack_home_refresh_seconds: float = Field(
        default=60,
        ge=30,
        description="Slack: how often the Home tab of somebody who opened it within the hour may be brought up to date",
    )
    slack_api_url: str = Field(
        default="https://slack.com/api/", description="Slack: where its Web API is; another one for tests"
    )

    discord_token: SecretStr = Field(
        default=SecretStr(""),
        description="Discord: the bot's token, from discord.com/developers/applications under Bot; empty: no Discord",
    )
    discord_shards: NonNegativeInt = Field(
        default=0, description="Discord: how many shards its servers are divided into; 0: as many as Discord recommends"
    )
    discord_api_url: str = Field(
        default="https://discord.com/api/v10", description="Discord: where its API is; another one for tests"
    )
    discord_icon_url: str = Field(
        default="https://www.google.com/s2/favicons?domain={domain}&sz=64",
        description="Discord: where a vendor's icon is, {domain} for its homepage's host; empty: no icons",
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, dotenv_settings, _FormerNames(settings_cls)

    @field_validator("roles", mode="before")
    @classmethod
    def _parse_roles(cls, value: object) -> object:
        return in_order(parse_roles(value.split(","))) if isinstance(value, str) else value

    @field_validator("fetch_allow_hosts", mode="before")
    @classmethod
    def _split_hosts(cls, value: object) -> object:
        return _split(value.lower()) if isinstance(value, str) else value

    @field_validator("web_trusted_proxies", mode="before")
    @classmethod
    def _check_proxies(cls, value: object) -> object:
        proxies = _split(value) if isinstance(value, str) else value
        for one in proxies if isinstance(proxies, (list, tuple)) else ():
            try:
                ip_network(str(one))
            except ValueError:
                raise ValueError(f"“{one}” is no address: write 127.0.0.1, or a network such as 10.0.0.0/8") from None
        return proxies

    @field_validator("oidc_workspaces", mode="before")
    @classmethod
    def _check_workspaces(cls, value: object) -> object:
        workspaces = _split(value) if isinstance(value, str) else value
        for one in workspaces if isinstance(workspaces, (list, tuple)) else ():
            if not all(str(one).partition(":")):
                raise ValueError(f"“{one}” is no workspace: write slack:T0123, or discord: and the server's id")
        return workspaces

    @field_validator("oidc_domains", mode="before")
    @classmethod
    def _split_domains(cls, value: object) -> object:
        return _split(value.lower()) if isinstance(value, str) else value

    @field_validator("oidc_issuer")
    @classmethod
    def _check_issuer(cls, value: str, info: ValidationInfo) -> str:
        """After the others, which it cannot do without."""
        given = urlsplit(value)
        if value and given.scheme != "https" and given.hostname not in ("127.0.0.1", "localhost", "::1"):
            raise ValueError("write an https address, as the provider itself writes its issuer")
        known = info.data
        for name, is_set in (
            ("LOOKOUT_OIDC_CLIENT_ID", known.get("oidc_client_id")),
            ("LOOKOUT_OIDC_WORKSPACES", known.get("oidc_workspaces")),
            ("LOOKOUT_OIDC_DOMAINS or LOOKOUT_OIDC_GROUPS", known.get("oidc_domains") or known.get("oidc_groups")),
        ):
            if value and not is_set:
                raise ValueError(f"it is not enough by itself: set {name}, too")
        return value

    @field_validator("canary_urls", "mcp_names", "oidc_groups", mode="before")
    @classmethod
    def _split_urls(cls, value: object) -> object:
        return _split(value) if isinstance(value, str) else value

    @field_validator("discord_icon_url")
    @classmethod
    def _check_icon_url(cls, value: str) -> str:
        if value and ("{domain}" not in value or not value.startswith(("https://", "http://"))):
            raise ValueError("write an address with {domain} in it, or nothing for no icons")
        return value

    @field_validator("keep_days")
    @classmethod
    def _check_keep_days(cls, value: int) -> int:
        if 0 < value < MIN_KEEP_DAYS:
            raise ValueError(f"write {MIN_KEEP_DAYS} days or more, or 0 to keep everything")
        return value

    @field_validator("fetch_proxy")
    @classmethod
    def _check_proxy(cls, value: SecretStr) -> SecretStr:
        given = urlsplit(value.get_secret_value())
        if value.get_secret_value() and (given.scheme not in ("http", "https") or not given.hostname):
            raise ValueError("write http://HOST:PORT, with USER:PASSWORD@ before the host where it wants them")
        return value


def _split(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


class _FormerNames(PydanticBaseSettingsSource):
    """The settings that are given under a name of :data:`RENAMED`; today's names win over them."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        given, name = _given(), _variable(field_name)
        value = next((given[old] for old, new in RENAMED.items() if new == name and old in given), None)
        return value, field_name, False

    def __call__(self) -> dict[str, Any]:
        values = {name: self.get_field_value(field, name)[0] for name, field in Settings.model_fields.items()}
        return {name: value for name, value in values.items() if value is not None}


@dataclass(frozen=True, slots=True)
class RenamedSetting:
    """A setting that is given under its former name."""

    old: str
    new: str
    ignored: bool
    """``new`` is given, too."""


def load() -> Settings:
    """The settings of this process. Raises :class:`SettingsError`."""
    try:
        return Settings()
    except UnicodeDecodeError:
        raise SettingsError(f"{FILE} is no text in UTF-8: save it as such, or copy .env.example anew.") from None
    except OSError as error:
        raise SettingsError(f"{FILE} cannot be read: {str(error.strerror).lower()}.") from None
    except ValidationError as error:
        former = {setting.new: setting.old for setting in renamed() if not setting.ignored}
        names = [_variable("_".join(map(str, e["loc"]))) for e in error.errors()]
        lines = (
            f"{former.get(name, name)} is not usable: {_why(e)}." for name, e in zip(names, error.errors(), strict=True)
        )
        raise SettingsError("\n".join(lines)) from None


_WRONG = {
    "int_parsing": "it is no whole number",
    "float_parsing": "it is no number",
    "bool_parsing": "it is neither true nor false",
    "greater_than": "it is too small, give more than {gt}",
    "greater_than_equal": "it is too small, give at least {ge}",
    "less_than": "it is too large, give less than {lt}",
    "less_than_equal": "it is too large, give at most {le}",
}


def wrong_value(cause: BaseException | None) -> str:
    """What is wrong with the value that a check of pydantic's refused, as the end of a sentence without its stop;
    empty: that was not the cause."""
    return _why(cause.errors()[0]) if isinstance(cause, ValidationError) else ""


def _why(error: Mapping[str, Any]) -> str:
    """What our own checks and the command line's say stands as it is."""
    words = _WRONG.get(error["type"])
    if words is not None:
        return words.format(**error.get("ctx", {}))
    text = str(error["msg"]).removeprefix("Value error, ").rstrip(".")
    return f"{text[:1].lower()}{text[1:]}"


def renamed() -> tuple[RenamedSetting, ...]:
    """The settings that are given under their former names."""
    given = _given()
    return tuple(RenamedSetting(old, new, ignored=new in given) for old, new in RENAMED.items() if old in given)


def unknown_names() -> tuple[tuple[str, str | None], ...]:
    """``LOOKOUT_*`` variables and lines of ``.env`` that name no setting, each with the one that was probably meant."""
    names = [_variable(name) for name in Settings.model_fields]
    unknown = sorted(
        name for name in _given() if name.startswith(PREFIX) and name not in {*names, *RENAMED, *OF_CLIENTS}
    )
    return tuple((name, next(iter(difflib.get_close_matches(name, names, 1)), None)) for name in unknown)


def _variable(field: str) -> str:
    return f"{PREFIX}{field.upper()}"


def _given() -> Mapping[str, str | None]:
    """The lines of ``.env`` and the environment, which wins, by name in upper case."""
    file = {name.upper(): value for name, value in DotEnvSettingsSource(Settings).env_vars.items()}
    return file | {name.upper(): value for name, value in os.environ.items()}


def example() -> str:
    """The text of ``.env.example``: every setting with its meaning and its default."""
    lines = ["# Every setting of Lookout with its default. Copy to .env and change what you need."]
    for name, field in Settings.model_fields.items():
        default = field.default
        shown = ",".join(default) if isinstance(default, tuple) else default
        lines += ["", f"# {field.description}", f"#{_variable(name)}={shown}"]
    return "\n".join(lines) + "\n"
