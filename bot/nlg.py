"""Fills the directory into approved words. Nothing is made up here: texts come from domain.yml, names and numbers from
directory/, and a text that names a shut line gets the approved sentence about when it opens.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from rasa.core.nlg.generator import NaturalLanguageGenerator
from rasa.shared.core.domain import Domain
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig

from bot import clock
from bot.directory import Directory, shared
from bot.errors import SignpostError
from bot.service import Service

_PLACEHOLDER = re.compile(r"\{([a-z0-9_]+)\}")

#: Responses that stand inside another one and are never said by themselves.
PARTS = frozenset({"utter_bill_unknown", "utter_way_text", "utter_way_chat", "utter_way_email"})
#: Placeholders for what the directory says of the service that leads.
_OF_THE_LEAD = ("expect", "tells", "cost", "bill")

Response = dict[str, Any]


class Words:
    """The approved texts with the directory behind them. Knows nothing of conversations."""

    def __init__(self, responses: dict[str, list[Response]], directory: Directory) -> None:
        self._responses = responses
        self._directory = directory

    def key_for(self, response: str, speaker: str | None) -> str:
        """The speaker's own version of a response where there is one."""
        own = f"{response}_{speaker}"
        return own if speaker and own in self._responses else response

    def say(
        self,
        response: str,
        *,
        speaker: str | None = None,
        channels: Sequence[str] | None = None,
        area: str | None = None,
        now: datetime | None = None,
    ) -> Response:
        """The response's text filled in, with its buttons and its `custom` part.

        `custom["responses"]` are the keys of the texts that were used, for those who rehearse the flows.
        `channels` are the channel ids shown with it, lead first; without them, those that the response fixes.

        Raises:
            SignpostError: there is no such response, or a placeholder names nothing in the directory.
        """
        key = self.key_for(response, speaker)
        if key not in self._responses:
            raise SignpostError(f"domain.yml has no response {key}. Add it, or mend the row that names it.")
        chosen = self._responses[key][0]
        moment = now or clock.now()
        custom = dict(chosen.get("custom") or {})
        shown = list(channels if channels is not None else custom.get("channels", ()))
        text = self.fill(chosen["text"], shown, area, moment)
        note = self._closed_note(shown, area, moment) if channels else None
        if note is not None:
            first, _, rest = text.partition("\n\n")
            closed = self.fill(self._responses[note][0]["text"], shown, area, moment)
            text = "\n\n".join(part for part in (first, closed, rest) if part)
        parts = self._parts(chosen["text"], shown, area) if shown else []
        custom["responses"] = [key, *([note] if note else []), *parts]
        custom["channels"] = shown
        if area is not None:
            custom["area"] = area
        return {"text": text, "buttons": list(chosen.get("buttons") or ()), "custom": custom}

    def fill(self, text: str, channels: Sequence[str], area: str | None, now: datetime) -> str:
        """Put names, numbers and opening times in the place of `{placeholders}`."""

        def value(match: re.Match[str]) -> str:
            name = match.group(1)
            wants_name, wants_line = name.endswith("_name"), name.endswith("_line")
            asked = name.removesuffix("_name").removesuffix("_line")
            if asked in ("lead", "opens", "ways", *_OF_THE_LEAD) and not channels:
                raise SignpostError(f"a response speaks of {{{asked}}} but shows no channel.")
            if asked == "ways":
                return " ".join(filter(None, (self._way(self._directory.service(c, area)) for c in channels)))
            if asked in _OF_THE_LEAD:
                return self._of_the_lead(asked, self._directory.service(channels[0], area))
            if asked == "lead":
                asked = channels[0]
            elif asked == "opens":
                return self._directory.service(channels[0], area).opens_in_words(now)
            elif asked == "open":
                asked = next((c for c in channels[1:] if self._directory.is_open(c, now, area)), "999")
            try:
                service = self._directory.service(asked, area)
            except KeyError:
                raise SignpostError(f"{{{name}}} in a response names no service of the directory.") from None
            if wants_line:
                return service.line_phrase()
            return service.short if wants_name else service.call_phrase(now)

        # A part that is left out leaves no space behind it.
        return re.sub(r" +(?=\n|$)", "", _PLACEHOLDER.sub(value, text))

    def _of_the_lead(self, asked: str, service: Service) -> str:
        """What the directory says of getting in touch with the lead."""
        if asked == "bill":
            return str(self._responses["utter_bill_unknown"][0]["text"]) if _bill_unknown(service) else ""
        return {"expect": service.expect, "tells": service.confidentiality, "cost": service.cost}[asked]

    def _way(self, service: Service) -> str:
        """The approved sentence on how to reach a service without speaking; empty where there is no way."""
        key = _way(service)
        text = str(self._responses[key][0]["text"]) if key else ""
        address = str(service.text) if service.text else service.email.address if service.email else ""
        return text.replace("{name}", service.short).replace("{address}", address)

    def _parts(self, text: str, shown: Sequence[str], area: str | None) -> list[str]:
        """The responses that stand inside a text."""
        services = [self._directory.service(c, area) for c in shown]
        ways = [_way(service) for service in services] if "{ways}" in text else []
        return [*filter(None, ways), *(["utter_bill_unknown"] if "{bill}" in text and _bill_unknown(services[0]) else [])]

    def _closed_note(self, channels: Sequence[str], area: str | None, now: datetime) -> str | None:
        """Where the lead is shut, the response that says when it opens and which of the others is open now."""
        if not channels or self._directory.is_open(channels[0], now, area) is not False:
            return None
        others = any(self._directory.is_open(c, now, area) for c in channels[1:])
        return "utter_lead_closed" if others else "utter_lead_closed_only"


def _bill_unknown(service: Service) -> bool:
    """Whether nobody says if a call shows on a phone bill."""
    return service.phone is not None and "bill" not in service.cost


def _way(service: Service) -> str | None:
    """The response that says how to reach a service without speaking: by text, else chat, else email."""
    ways = {"text": service.text, "chat": service.webchat, "email": service.email}
    return next((f"utter_way_{name}" for name, way in ways.items() if way is not None), None)


class DirectoryNLG(NaturalLanguageGenerator):
    """Rasa's generator over `Words`: what a rule or an action utters is filled in here."""

    def __init__(self, endpoint_config: EndpointConfig | None = None, domain: Domain | None = None) -> None:
        self.words = Words((domain or Domain.empty()).responses, shared())

    async def generate(
        self, utter_action: str, tracker: DialogueStateTracker, output_channel: str, **kwargs: Any
    ) -> Response | None:
        """The filled response; `custom` passed by an action names its speaker, channels, area and route."""
        given: dict[str, Any] = kwargs.get("custom") or {}
        said = self.words.say(
            utter_action,
            speaker=given.get("speaker") or tracker.get_slot("speaker"),
            channels=given.get("channels"),
            area=given.get("area") or tracker.get_slot("area"),
        )
        # Rasa lays an action's own `custom` over what is generated, so what the words add (`lang`) goes into that one.
        given.update(said["custom"])
        said["custom"] = given
        return said
