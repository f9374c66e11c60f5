"""Explain: why a message is read as it is, for those who mend the corpus. Nothing typed here is logged or stored."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bot import evidence, log
from bot.conversation import plain_words
from bot.errors import SignpostError
from bot.evidence import FACTS, Evidence, Said, Weights
from bot.nlu import language, linear
from bot.nlu.normalise import parts
from bot.settings import Settings

#: A longer message is left out by runs of words instead of by single ones, so that the answer comes in seconds.
MOST_PIECES = 60
#: Intents and words shown.
MOST_INTENTS, MOST_WORDS = 5, 8


@dataclass(frozen=True)
class Piece:
    """A word (or run of words) and what it adds to the log-odds of danger and of the first route: without it, less."""

    words: str
    danger: float
    route: float


@dataclass(frozen=True)
class Fact:
    """What a message shows about the person: the likelier value, its probability, and what was noted, if anything."""

    name: str
    value: str
    probability: float
    noted: str | None


@dataclass(frozen=True)
class Explanation:
    """All that is known about one message. `deciding` is the part of a long message that is most urgent."""

    normalised: str
    language: str
    foreign: str | None
    danger: float
    check: float
    urgent: float
    encoder_odds: float
    ngram_odds: float
    deciding: str | None
    net: str | None
    intent: str
    topic: str | None
    intents: tuple[tuple[str, float], ...]
    facts: tuple[Fact, ...]
    named: tuple[tuple[str, str], ...]
    pieces: tuple[Piece, ...]
    routes: tuple[str, ...]
    channels: tuple[str, ...]

    @property
    def verdict(self) -> str:
        """What decided about danger, in words."""
        if self.danger >= self.urgent:
            return "danger now: 999 at once"
        if self.danger >= self.check:
            return "perhaps danger: asked first"
        return "perhaps danger: asked first, because of the net" if self.net else "no danger"


def first_route_odds(said: Said, weights: Weights, routes: Sequence[str], route: int) -> float:
    """The log-odds of one route against all others together."""
    chance = float(linear.softmax(evidence.route_odds(said, weights.route, routes).astype(np.float32))[route])
    return float(np.log(chance + 1e-9) - np.log(1 - chance + 1e-9))


def weigh(readers: Evidence, weights: Weights, said: Said, most: int = MOST_PIECES) -> list[Piece]:
    """Leave each word out in turn and see what changes: the pieces in the order of the message.

    A message with more than `most` words is taken in runs of equal length.
    """
    words = said.texts[0].split()
    run = max(1, -(-len(words) // most))
    route = evidence.route_chosen(said, weights, readers.routes)
    danger_before = float(evidence.part_odds(said, weights).max())
    route_before = first_route_odds(said, weights, readers.routes, route)
    pieces = []
    for start in range(0, len(words), run):
        rest = " ".join(words[:start] + words[start + run :])
        without = readers.read_normalised((rest, *parts(rest)))
        pieces.append(
            Piece(
                words=" ".join(words[start : start + run]),
                danger=danger_before - float(evidence.part_odds(without, weights).max()),
                route=route_before - first_route_odds(without, weights, readers.routes, route),
            )
        )
    return pieces


def facts(readers: Evidence, weights: Weights, said: Said, noted: dict[str, str]) -> list[Fact]:
    """Each fact's likelier value and what the pipeline noted, which a stated age may have decided."""
    found = []
    for name in FACTS:
        first, second = readers.values[name]
        odds = said.facts_encoder[name] + weights.speaker * said.facts_ngrams[name]
        chance = float(1 / (1 + np.exp(-odds)))
        value, sure = (second, chance) if chance >= 0.5 else (first, 1 - chance)
        found.append(Fact(name, value, sure, noted.get(name)))
    return found


def explain(readers: Evidence, weights: Weights, text: str, parsed: dict[str, Any], reply: Sequence[Any]) -> Explanation:
    """Put together what the readers say, what the pipeline made of it (`parsed`) and the `reply`'s messages."""
    said = readers.read(text)
    odds = evidence.part_odds(said, weights)
    deciding = int(odds.argmax())
    noted = {e["entity"]: str(e["value"]) for e in parsed.get("entities") or ()}
    danger = parsed.get("danger") or {}
    return Explanation(
        normalised=said.texts[0],
        language=language.detect(text) or "en",
        foreign=_foreign(text),
        danger=float(danger.get("probability", 0.0)),
        check=weights.check,
        urgent=weights.urgent,
        encoder_odds=float(said.danger_encoder[deciding]),
        ngram_odds=float(said.danger_ngrams[deciding]),
        deciding=said.texts[deciding] if deciding else None,
        net=danger.get("net"),
        intent=str((parsed.get("intent") or {}).get("name")),
        topic=noted.get("topic"),
        intents=tuple((i["name"], i["confidence"]) for i in (parsed.get("intent_ranking") or ())[:MOST_INTENTS]),
        facts=tuple(facts(readers, weights, said, noted)),
        named=tuple((name, noted[name]) for name in ("area", "service", "second") if name in noted),
        pieces=tuple(weigh(readers, weights, said)),
        routes=tuple(m["route"] for m in reply),
        channels=tuple(c["id"] for m in reply for c in m["channels"]),
    )


def _foreign(text: str) -> str | None:
    """What the language guard reads in a message of another language."""
    lang = language.detect(text)
    if lang is None:
        return None
    read = language.reading(text, lang)
    danger = {True: "danger", False: "calm", None: "danger not plain, so 999 first"}[read.danger]
    return ", ".join([danger, *(word for word in (read.topic, read.speaker) if word)])


def in_words(found: Explanation) -> str:
    """The explanation for a terminal."""
    part = f"the part {found.deciding!r}" if found.deciding else "the whole message"
    lines = [
        f"normalised  {found.normalised}",
        f"language    {found.language}" + (f": {found.foreign}" if found.foreign else ""),
        f"danger      {found.danger:.3f}  (check from {found.check:g}, urgent from {found.urgent:g}): {found.verdict}",
        f"            decided by {part}: log-odds {found.encoder_odds:+.2f} encoder, {found.ngram_odds:+.2f} n-grams",
        f"net         {found.net or 'caught nothing'}",
        f"intent      {found.intent}" + (f", otherwise about {found.topic}" if found.topic else ""),
        *(f"            {chance:.3f}  {name}" for name, chance in found.intents),
    ]
    about = found.topic or found.intent
    if found.intents and about in dict(found.intents) and about != found.intents[0][0]:
        lines += [f"            {about} is answered because its doors serve most of these"]
    for fact in found.facts:
        noted = f"noted: {fact.noted}" if fact.noted else "not sure enough to note"
        lines.append(f"{fact.name:<10}  {fact.value} {fact.probability:.3f}  ({noted})")
    lines += [f"{name:<10}  {value}" for name, value in found.named]
    for kind in ("danger", "route"):
        weighty = sorted(found.pieces, key=lambda p: -abs(getattr(p, kind)))[:MOST_WORDS]
        title = f"words that weighed most: {'danger' if kind == 'danger' else about}"
        lines += [title, *(f"            {getattr(p, kind):+.2f}  {p.words}" for p in weighty)]
    lines += [f"leads to    {' + '.join(found.routes)}: {', '.join(found.channels) or 'no channels'}"]
    return "\n".join(lines)


def run(settings: Settings, text: str) -> Explanation:
    """Explain one message with the newest model: how it is read, and one turn of a conversation that is then forgotten.

    Raises:
        SignpostError: there are no words to explain, or no model.
    """
    from bot.server import assemble

    words = plain_words(text)
    if not words:
        raise SignpostError("There are no words to explain. Write: signpost explain \"what somebody might type\"")
    model: Path = evidence.model_in(settings.model)
    readers, weights = evidence.load(model)
    log.configure("ERROR")
    made = assemble(settings.model_copy(update={"model": model}))

    async def turn() -> tuple[dict[str, Any], list[Any]]:
        token, _greeting = made.conversations.open()
        conversation = made.conversations.find(token)
        if conversation is None:
            raise SignpostError("A conversation could not be opened.")
        try:
            parsed = await made.brain.read(words)
            return parsed, (await made.conversations.reply(conversation, words)).messages
        finally:
            made.conversations.forget(token)

    parsed, messages = asyncio.run(turn())
    return explain(readers, weights, words, parsed, messages)
