"""Groups of messages, to see for whom and for what the bot reads less well."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

from bot.measures import Rate
from bot.nlu.corpus import Example
from bot.nlu.normalise import normalise
from bot.outcome import Outcome

#: What a dangerous message is about, guessed from its words: the first group that matches. A guide, not a label.
TOPICS: Mapping[str, tuple[str, ...]] = {
    "overdose, poison": (r"overdos|tablet|pills?\b|paracetamol|swallow|bleach|\bmeds\b|ibuprofen|medicine|insulin",),
    "suicide": (r"kill(?:ing)? (?:my|him|her|them)|suicid|bridge|end it|goodbye|noose|hang(?:ing)? (?:my|him|her)|railway",
                r"cut(?:ting)? (?:my|him|her)|not be here|want to die|wants to die|\bjump|note\b"),
    "not breathing, hurt": (r"breath|wake|unconscious|passed out|collaps|bleed|blood|\bblue\b|seizure|chok|burn|scald",
                            r"ambulance|limp|floppy|fitting|head|drown|labour|waters"),
    "weapon": (r"kni[fv]e|nife|blade|\bgun\b|machete|\baxe\b|hammer|weapon|sword|\bacid|petrol|stab|shoot|crossbow",),
    "fire, gas": (r"\bfire|smoke|\bgas\b|flames",),
    "breaking in, at the door": (r"break(?:ing)? in|kick(?:ing)? .{0,12}door|boot|\bdoors?\b|window|stairs|get in\b",),
    "followed, taken, car": (r"follow|taxi|\bcar\b|\bvan\b|taken|took (?:her|him|me)|grab|\blift\b|snatch|driv|behind me",),
    "locked in, sent abroad": (r"lock|can'?t (?:get out|leave)|won'?t let|trapped|passport|flight|airport|\bplane|wedding",),
    "meeting somebody": (r"\bmeet|hotel|station|\bbus\b|\bflat\b|coming (?:to get|for|round|over)|\btrain\b",),
    "missing, alone": (r"missing|not come home|hasn'?t come|run away|ran away|alone|own\b|lost\b|where (?:she|he) is",),
    "violence at home": (r"\bdad|\bmum|\bmam\b|step|\bhit|beat|punch|batter|kick|strangl|throat|hurt|husband|partner",),
}
#: Lengths in words, from and up to.
LENGTHS = ((1, 5), (6, 10), (11, 20), (21, 40), (41, 10_000))


def topic(text: str) -> str:
    """The kind of danger a text is probably about."""
    plain = normalise(text)
    return next((name for name, shapes in TOPICS.items() if re.search("|".join(shapes), plain, re.IGNORECASE)), "other")


def length(text: str) -> str:
    """The length group of a text."""
    words = len(text.split())
    low, high = next((low, high) for low, high in LENGTHS if words <= high)
    return f"{low} to {high} words" if high < LENGTHS[-1][1] else f"{low} words or more"


def grouped(found: Iterable[Outcome], key: Callable[[Example], str], hit: Callable[[Outcome], bool]) -> dict[str, Rate]:
    """A rate for each group of messages, by name of the group, the largest group first."""
    groups: dict[str, list[bool]] = {}
    for outcome in found:
        groups.setdefault(key(outcome.example), []).append(hit(outcome))
    return {name: Rate.counted(hits) for name, hits in sorted(groups.items(), key=lambda item: -len(item[1]))}
