"""bot.settings: every wrong value is refused by name, and .env.example says what is right."""

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import pytest
from annotated_types import Ge, Gt, Le, MinLen
from conftest import ROOT
from dotenv import dotenv_values
from hypothesis import given
from hypothesis import strategies as st
from pydantic.fields import FieldInfo

from bot.errors import SettingsError
from bot.settings import PREFIX, Settings, load, names

SECRET = "not-to-be-seen-anywhere-in-any-message"
EXAMPLE = ROOT / ".env.example"

WRONG = {
    "HOST": ["no host", "http://127.0.0.1", "127.0.0.1:5005", "a..b", "-é-", "*"],
    "PORT": ["0", "65536", "-1", "abc", "50.5", "5005 5006", "1e3"],
    "SECRET": ["short", "x" * 31],
    "EXIT_URL": [
        "http://www.example.org", "www.example.org", "//www.example.org", "javascript:alert(1)", "https://",
        'https://www.example.org/"onload="', "https://www.example.org/<b>", "https://www.example.org/a b",
        "https://[::1", "https://www.example.org:port/", "https://www.example.org/\x07", "data:text/html,x",
    ],
    "EXIT_KEY": ["Escape", "esc", "enter", "true"],
    "EMBED_ORIGINS": [
        "*", "https://*.example.org", "https://www.example.org/", "https://www.example.org/chat", "chat.example.com",
        "http://www.example.org", "https://user@www.example.org", "https://www.example.org?x", "null", "'self'",
        "https://www.example.org;script-src", "https://www.example.org,https://b.example.org", "https://[::1",
        "https://www.example.org:99999999", "https://www.example.org:70000", "https://WWW.example.org", "https://",
        "https://a.example.org https://b.example.org/", "javascript:alert(1)", "http://localhost.example.org",
        "https://www.exa\u0308mple.org",
    ],
    "IDLE_MINUTES": ["0", "-1", "120.1", "nan", "inf", "thirty"],
    "MOST_CONVERSATIONS": ["0", "99", "1000001", "many", "1e5"],
    "REPLY_SECONDS": ["0", "-5", "30.5", "nan", "inf", "five"],
    "ACTION_SECONDS": ["0", "-1", "10.5", "nan", "inf", "one"],
    "ACTION_URL": ["localhost:5055", "ftp://localhost", "http://", "unix:/x", "http://[::1"],
    "MESSAGES_PER_MINUTE": ["0", "-1", "10001", "all", "1.5"],
    "SOURCE_PER_MINUTE": ["0", "-1", "1000001", "all", "1.5"],
    "LOG_LEVEL": ["debug", "TRACE", "CRITICAL", "0"],
}  # fmt: skip

RIGHT: Mapping[str, Mapping[str, Any]] = {
    "HOST": {"0.0.0.0": "0.0.0.0", "::1": "::1", "localhost": "localhost", "chat.example.org": "chat.example.org"},
    "PORT": {"1": 1, "65535": 65535},
    "SECRET": {"x" * 32: "x" * 32},
    "MODEL": {"/srv/models": Path("/srv/models"), "one.tar.gz": Path("one.tar.gz")},
    "EXIT_URL": {"https://www.example.org/a?b=c#d": "https://www.example.org/a?b=c#d"},
    "EXIT_KEY": {key: key for key in ("escape", "escape-twice", "off")},
    "EMBED_ORIGINS": {
        "https://www.example.org": ("https://www.example.org",),
        " https://a.example.org:8443   http://localhost:8080 ": ("https://a.example.org:8443", "http://localhost:8080"),
        "http://school.localhost http://127.0.0.1:1": ("http://school.localhost", "http://127.0.0.1:1"),
    },
    "IDLE_MINUTES": {"0.01": 0.01, "120": 120.0},
    "MOST_CONVERSATIONS": {"100": 100, "1000000": 1_000_000},
    "REPLY_SECONDS": {"0.5": 0.5, "30": 30.0},
    "ACTION_SECONDS": {"0.5": 0.5, "10": 10.0},
    "ACTION_URL": {"http://localhost:5055/webhook": "http://localhost:5055/webhook"},
    "MESSAGES_PER_MINUTE": {"1": 1, "10000": 10_000},
    "SOURCE_PER_MINUTE": {"1": 1, "1000000": 1_000_000},
    "LOG_LEVEL": {level: level for level in ("DEBUG", "INFO", "WARNING", "ERROR")},
}


def refusal(name: str, value: str) -> SettingsError | None:
    """The error a value leads to, if it does."""
    try:
        load(None, {name: value})
    except SettingsError as refused:
        return refused
    return None


def field(name: str) -> FieldInfo:
    """The setting behind a name as it stands in .env."""
    return Settings.model_fields[name.removeprefix(PREFIX).lower()]


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in WRONG.items() for value in values])
def test_a_wrong_value_is_refused_by_its_name_and_not_repeated(name: str, value: str) -> None:
    with pytest.raises(SettingsError) as refused:
        load(None, {PREFIX + name: value, "PATH": "/bin"})
    message = str(refused.value)
    assert message.startswith(f"{PREFIX}{name}: ")
    assert ".env.example" in message
    assert "\n" not in message
    # Short words may stand in what is allowed.
    assert len(value) < 12 or value not in message


@pytest.mark.parametrize(
    ("name", "value", "read"), [(name, text, read) for name, values in RIGHT.items() for text, read in values.items()]
)
def test_a_right_value_is_taken(name: str, value: str, read: object) -> None:
    assert getattr(load(None, {PREFIX + name: value}), name.lower()) == read


def test_every_setting_has_been_tried() -> None:
    every = {name.removeprefix(PREFIX) for name in names()}
    assert set(RIGHT) == every
    assert set(WRONG) == every - {"MODEL"}, "any path may be a model; without one Signpost still answers"


def test_all_wrong_values_are_told_at_once() -> None:
    with pytest.raises(SettingsError) as refused:
        load(None, {"SIGNPOST_PORT": "x", "SIGNPOST_LOG_LEVEL": "x", "SIGNPOST_PROT": "1"})
    told = str(refused.value).splitlines()
    assert [line.split()[0].rstrip(":") for line in told] == ["SIGNPOST_PORT", "SIGNPOST_LOG_LEVEL", "SIGNPOST_PROT"]


def test_an_unknown_name_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(SettingsError, match="SIGNPOST_EXIT_PAGE is not a setting") as refused:
        load(None, {"SIGNPOST_EXIT_PAGE": SECRET})
    assert all(name in str(refused.value) for name in names())
    assert SECRET not in str(refused.value)


@given(st.text(st.characters(exclude_categories=("Cs",)), min_size=12))
def test_no_value_is_ever_repeated(value: str) -> None:
    for name in names():
        refused = refusal(name, value)
        if refused is not None:
            assert value not in str(refused)
            assert refused.__suppress_context__, "a traceback would show what pydantic says, values and all"


def test_a_secret_is_not_echoed_at_start() -> None:
    environment = {k: v for k, v in os.environ.items() if not k.startswith(PREFIX)}
    environment |= {"SIGNPOST_SECRET": SECRET[:20], "SIGNPOST_PORT": "x"}
    done = subprocess.run(
        [sys.executable, "-m", "bot.cli", "run"], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("signpost: SIGNPOST_PORT")
    assert "SIGNPOST_SECRET" in done.stderr
    assert SECRET[:20] not in done.stderr
    assert "Traceback" not in done.stderr


def test_the_environment_goes_before_the_file_and_the_file_before_the_defaults(tmp_path: Path) -> None:
    env = tmp_path / ".env"
    env.write_text("SIGNPOST_PORT=6001\nSIGNPOST_EXIT_KEY=off\nOTHER=1\n")
    chosen = load(env, {"SIGNPOST_PORT": "6002"})
    assert (chosen.port, chosen.exit_key, chosen.log_level) == (6002, "off", "INFO")


def test_the_file_is_read_plainly(tmp_path: Path) -> None:
    env = tmp_path / ".env"
    env.write_text(
        f"# a comment\n\nexport SIGNPOST_PORT=6001\nSIGNPOST_SECRET='{SECRET} ${{HOME}} #1'\nSIGNPOST_LOG_LEVEL=\n"
        'SIGNPOST_EMBED_ORIGINS="https://a.example.org https://b.example.org"\n'
    )
    chosen = load(env, {"HOME": "elsewhere"})
    assert chosen.port == 6001
    assert chosen.secret == f"{SECRET} ${{HOME}} #1"
    assert chosen.log_level == "INFO", "empty means the default"
    assert chosen.embed_origins == ("https://a.example.org", "https://b.example.org")


def test_a_wrong_value_in_the_file_is_refused(tmp_path: Path) -> None:
    env = tmp_path / ".env"
    env.write_text("SIGNPOST_PORT=x\n")
    with pytest.raises(SettingsError, match=r"^SIGNPOST_PORT"):
        load(env, {})


def test_no_file_no_environment_gives_the_defaults(tmp_path: Path) -> None:
    assert load(tmp_path / ".env", {}) == Settings()
    assert Settings().host == "127.0.0.1", "nobody outside this machine, unless somebody says so"


def test_settings_cannot_be_changed_later() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Settings().port = 1  # type: ignore[misc]


def documented() -> dict[str, list[str]]:
    """The comment lines above each setting of .env.example."""
    found: dict[str, list[str]] = {}
    comment: list[str] = []
    for line in EXAMPLE.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            comment.append(line.removeprefix("#").strip())
        elif line:
            found[line.partition("=")[0]] = comment
            comment = []
        else:
            comment = []
    return found


def test_the_example_holds_every_setting_once_with_its_default() -> None:
    values = dotenv_values(EXAMPLE, interpolate=False)
    assert tuple(values) == names(), "the same settings in the same order"
    assert EXAMPLE.read_text(encoding="utf-8").count("\nSIGNPOST_") == len(values)
    assert load(EXAMPLE, {}) == Settings()
    for name, value in values.items():
        default = field(name).default
        assert (value or "") == ("" if default in (None, ()) else str(default).removesuffix(".0"))


@pytest.mark.parametrize("name", names())
def test_the_example_says_what_each_is_and_what_is_allowed(name: str) -> None:
    about = " ".join(documented()[name])
    words, allowed = re.fullmatch(r"(.+\.) Allowed: (.+\.)", about).groups()  # type: ignore[union-attr]
    assert words == field(name).description
    for limit in field(name).metadata:
        for kind, value in ((Ge, "ge"), (Gt, "gt"), (Le, "le"), (MinLen, "min_length")):
            if isinstance(limit, kind):
                assert re.search(rf"\b{getattr(limit, value)}\b", allowed), f"{value} of {name}"
    for choice in get_args(field(name).annotation):
        if isinstance(choice, str):
            assert re.search(rf"\b{choice}\b", allowed)
