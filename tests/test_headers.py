"""bot.headers: each header is read as a browser reads it, not compared as text."""

import re

import pytest

from bot.headers import headers

SITE, OTHER_SITE = "https://www.example.org", "http://school.localhost:8080"
KINDS = {
    "page": headers(),
    "frame nobody may show": headers(embed=()),
    "frame": headers(embed=(SITE, OTHER_SITE)),
    "embed script": headers(shared=True),
    "embed script for its site": headers(shared=True, reader=SITE),
}
SHARED = ("embed script", "embed script for its site")


def policy(found: dict[str, str]) -> dict[str, list[str]]:
    """The content security policy as directives; a directive that stands twice would be ignored by browsers."""
    parts = [part.split() for part in found["Content-Security-Policy"].split(";")]
    names = [name for name, *_ in parts]
    assert len(set(names)) == len(names)
    return {name: values for name, *values in parts}


@pytest.mark.parametrize("kind", KINDS)
def test_every_answer_has_the_same_closed_set(kind: str) -> None:
    found = KINDS[kind]
    always = {
        "Cache-Control", "Content-Security-Policy", "Cross-Origin-Opener-Policy", "Cross-Origin-Resource-Policy",
        "Permissions-Policy", "Referrer-Policy", "Strict-Transport-Security", "X-Content-Type-Options", "X-Robots-Tag",
    }  # fmt: skip
    assert set(found) - {"X-Frame-Options", "Vary", "Access-Control-Allow-Origin"} == always
    assert found["Cache-Control"] == "no-store"
    assert found["X-Content-Type-Options"] == "nosniff"
    assert found["Referrer-Policy"] == "no-referrer"
    assert found["X-Robots-Tag"] == "noindex"
    assert found["Cross-Origin-Opener-Policy"] == "same-origin"
    assert re.fullmatch(r"max-age=\d{8,}", found["Strict-Transport-Security"])
    assert all(part.endswith("=()") for part in found["Permissions-Policy"].split(", ")), "nothing is permitted"
    for value in found.values():
        assert value.isascii()
        assert value.isprintable()


@pytest.mark.parametrize("kind", KINDS)
def test_the_policy_allows_our_own_files_and_nothing_else(kind: str) -> None:
    found = policy(KINDS[kind])
    assert found.pop("frame-ancestors")
    assert found.pop("require-trusted-types-for") == ["'script'"]
    assert found.pop("trusted-types") == ["'none'"]
    for name in ("default-src", "object-src", "base-uri", "form-action", "frame-src"):
        assert found.pop(name) == ["'none'"], name
    assert set(found) == {"script-src", "style-src", "img-src", "connect-src", "font-src"}
    assert all(values == ["'self'"] for values in found.values()), "no unsafe-inline, no eval, no *, no data:, no https:"


def test_nobody_may_frame_the_page() -> None:
    for kind in ("page", "frame nobody may show", *SHARED):
        assert policy(KINDS[kind])["frame-ancestors"] == ["'none'"]
        assert KINDS[kind]["X-Frame-Options"] == "DENY"


def test_the_configured_sites_may_frame_the_frame() -> None:
    found = KINDS["frame"]
    assert policy(found)["frame-ancestors"] == [SITE, OTHER_SITE]
    # It knows no list of sites and would refuse them all.
    assert "X-Frame-Options" not in found
    assert found["Cross-Origin-Resource-Policy"] == "cross-origin"


def test_only_the_embed_script_is_for_other_sites_to_load() -> None:
    for kind in SHARED:
        assert KINDS[kind]["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert KINDS["page"]["Cross-Origin-Resource-Policy"] == "same-origin"
    assert KINDS["frame nobody may show"]["Cross-Origin-Resource-Policy"] == "same-origin"


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_lets_another_site_read_an_answer_or_says_what_runs_here(kind: str) -> None:
    names = {name.lower() for name in KINDS[kind]}
    told = {name: value for name, value in KINDS[kind].items() if name.lower().startswith("access-control-")}
    # For the embed script's integrity value alone, to a site by its exact name.
    assert told == ({"Access-Control-Allow-Origin": SITE} if kind == "embed script for its site" else {})
    assert (KINDS[kind].get("Vary") == "Origin") == (kind in SHARED)
    assert not names & {"server", "x-powered-by", "set-cookie", "etag", "last-modified", "clear-site-data"}
