"""The response headers of the public app: the same closed set on every answer, errors included."""

from __future__ import annotations

from collections.abc import Iterable

#: No script, style or connection but our own, no inline code, no HTML from strings.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; font-src 'self'; "
    "frame-src 'none'; object-src 'none'; base-uri 'none'; form-action 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'; frame-ancestors {ancestors}"
)

_ALWAYS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), interest-cohort=()",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=63072000",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}


def headers(
    *, embed: Iterable[str] | None = None, shared: bool = False, reader: str | None = None
) -> dict[str, str]:
    """The headers of one answer.

    `embed` are the origins that may frame it (None: nobody, and none are said for the full page); `shared` marks the
    embed script, which other sites load, and `reader` the one configured site that may read it: a browser compares
    the integrity value only of what the page is allowed to read.
    """
    origins = tuple(embed or ())
    ancestors = " ".join(origins) if origins else "'none'"
    found = {**_ALWAYS, "Content-Security-Policy": _POLICY.format(ancestors=ancestors)}
    found["Cross-Origin-Resource-Policy"] = "cross-origin" if shared or origins else "same-origin"
    if not origins:
        found["X-Frame-Options"] = "DENY"
    if shared:
        found["Vary"] = "Origin"
        if reader:
            found["Access-Control-Allow-Origin"] = reader
    return found
