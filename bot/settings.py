"""Settings: read from the environment and .env, checked once at start. .env.example documents each of them."""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import SplitResult, urlsplit

from dotenv import dotenv_values
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from bot.errors import SettingsError

PREFIX = "SIGNPOST_"


#: An origin goes into a header as it stands, so nothing but these characters may be in it.
_ORIGIN = re.compile(r"(https?)://([a-z0-9-]+(?:\.[a-z0-9-]+)*)(?::\d{1,5})?")
_HOST = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")


def _parts(value: str) -> SplitResult:
    """The parts of an address; the port is read because only then is it checked."""
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError:
        # Its own message would quote the value.
        raise ValueError("this is no web address") from None
    return parts


def _origin(value: str) -> str:
    """Check one web origin: scheme, host and perhaps a port, exactly, and never a wildcard."""
    _parts(value)
    found = _ORIGIN.fullmatch(value)
    if found is None:
        raise ValueError("an origin is written like https://www.example.org, without a path and without *")
    scheme, host = found.groups()
    local = host in ("localhost", "127.0.0.1") or host.endswith(".localhost")
    if scheme != "https" and not local:
        raise ValueError("an origin begins with https:// (http:// only for localhost)")
    return value


class Settings(BaseModel):
    """What an operator may choose. Each field is the setting SIGNPOST_<NAME>."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str = Field(
        "127.0.0.1", description="Address to listen on; a proxy stands in front of any other than this."
    )
    port: Annotated[int, Field(ge=1, le=65535)] = Field(5005, description="Port to listen on.")
    secret: Annotated[str, Field(min_length=32)] | None = Field(
        None,
        description="Signs conversation tokens; made anew at each start when absent. Give several replicas the same one, "
        "and keep it out of version control.",
    )
    model: Path = Field(
        Path("models"),
        description="The folder whose newest model is served, or one model file. Without a model only the safe reply is "
        "served.",
    )
    exit_url: str = Field("https://www.bbc.co.uk/weather", description="Where the exit button goes: a neutral page.")
    exit_key: Literal["escape", "escape-twice", "off"] = Field(
        "escape", description="The key that leaves the page at once."
    )
    embed_origins: tuple[str, ...] = Field(
        (), description="Sites that may show the chat, separated by spaces; none when empty."
    )
    idle_minutes: Annotated[float, Field(gt=0, le=120)] = Field(
        30, description="A conversation is forgotten after so many minutes without a message."
    )
    most_conversations: Annotated[int, Field(ge=100, le=1_000_000)] = Field(
        100_000, description="Conversations kept at once; beyond it the one idle for longest is forgotten."
    )
    reply_seconds: Annotated[float, Field(gt=0, le=30)] = Field(
        5, description="After so many seconds the safe reply goes out."
    )
    action_seconds: Annotated[float, Field(gt=0, le=10)] = Field(
        1, description="Time limit of one custom action, in seconds."
    )
    action_url: str | None = Field(
        None,
        description="A stock Rasa action server instead of actions in this process. It is sent what people write: run it "
        "on this machine.",
    )
    messages_per_minute: Annotated[int, Field(ge=1, le=10_000)] = Field(
        60, description="Messages a minute of one conversation."
    )
    source_per_minute: Annotated[int, Field(ge=1, le=1_000_000)] = Field(
        300, description="Requests a minute of one address, not this machine's."
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="How much is logged. No level logs anything that anybody typed."
    )

    @field_validator("embed_origins", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(value.split()) if isinstance(value, str) else value

    @field_validator("embed_origins")
    @classmethod
    def _origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(_origin(v) for v in value)

    @field_validator("exit_url")
    @classmethod
    def _https(cls, value: str) -> str:
        parts = _parts(value)
        if parts.scheme != "https" or not parts.hostname or not value.isprintable() or set(value) & set("\"'<> \\"):
            raise ValueError("the exit page is an https:// address")
        return value

    @field_validator("action_url")
    @classmethod
    def _action(cls, value: str | None) -> str | None:
        if value is not None:
            parts = _parts(value)
            if parts.scheme not in ("http", "https") or not parts.hostname:
                raise ValueError("the action server is an http:// or https:// address")
        return value

    @field_validator("host")
    @classmethod
    def _address(cls, value: str) -> str:
        try:
            ipaddress.ip_address(value)
        except ValueError:
            if not _HOST.fullmatch(value):
                raise ValueError("the host is an IP address or a host name") from None
        return value


def _refusal(error: ValidationError) -> str:
    """Every wrong setting by its name, with what is allowed; the value itself is left out, for it may be a secret."""
    lines = []
    for wrong in error.errors():
        name = PREFIX + "_".join(str(part) for part in wrong["loc"][:1]).upper()
        if wrong["type"] == "extra_forbidden":
            lines.append(f"{name} is not a setting. Allowed: {', '.join(sorted(names()))}.")
        else:
            lines.append(f"{name}: {wrong['msg']}. See .env.example for what is allowed.")
    return "\n".join(lines)


def names() -> tuple[str, ...]:
    """Every setting's name as it stands in .env."""
    return tuple(PREFIX + name.upper() for name in Settings.model_fields)


def load(env_file: Path | None = Path(".env"), environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings: the environment first, then `env_file` where it exists, then the defaults.

    Raises:
        SettingsError: a value is not allowed or a SIGNPOST_ name is unknown; the message names each one.
    """
    values: dict[str, str | None] = {}
    if env_file is not None and env_file.exists():
        values.update(dotenv_values(env_file, interpolate=False))
    values.update(os.environ if environ is None else environ)
    chosen = {k[len(PREFIX) :].lower(): v for k, v in values.items() if k.startswith(PREFIX) and v not in (None, "")}
    try:
        return Settings.model_validate(chosen)
    except ValidationError as error:
        raise SettingsError(_refusal(error)) from None
