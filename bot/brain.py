"""Rasa behind one call: loads the model, runs a turn, hands back what was uttered."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

from rasa.core.agent import Agent
from rasa.core.channels.channel import OutputChannel, UserMessage
from rasa.core.nlg.generator import NaturalLanguageGenerator
from rasa.shared.core.domain import Domain
from rasa.utils.endpoints import EndpointConfig

from bot import log
from bot.errors import ModelError
from bot.tracker_store import ForgettingTrackerStore

CHANNEL = "web"


class Collected(OutputChannel):
    """An output channel that keeps whole drafts: text, buttons and the custom part together."""

    def __init__(self) -> None:
        self.drafts: list[dict[str, Any]] = []

    @classmethod
    def name(cls) -> str:
        """The channel's name in Rasa."""
        return CHANNEL

    async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:
        """Keep one draft."""
        self.drafts.append(dict(message))


def newest_model(folder: Path) -> Path | None:
    """The newest trained model in a folder, or the file itself; None where there is none."""
    if folder.is_file():
        return folder
    found = sorted(folder.glob("*.tar.gz"), key=lambda p: p.stat().st_mtime) if folder.is_dir() else []
    return found[-1] if found else None


class RasaBrain:
    """An agent with the stores, generator and actions Signpost gives it."""

    def __init__(
        self,
        store: ForgettingTrackerStore,
        actions: EndpointConfig,
        generator: NaturalLanguageGenerator,
        domain: Domain,
    ) -> None:
        self._agent = Agent(domain=domain, generator=generator, tracker_store=store, action_endpoint=actions)
        # Rasa wraps a store in one that falls back to its own, which never forgets; this one stands alone.
        self._agent.tracker_store = store
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @property
    def ready(self) -> bool:
        """Whether a model is loaded."""
        return bool(self._agent.is_ready())

    def load(self, folder: Path) -> None:
        """Load the newest model in `folder`.

        Raises:
            ModelError: there is none, or it cannot be read.
        """
        model = newest_model(folder)
        if model is None:
            raise ModelError(f"{folder}: there is no trained model. Train one with `make train`.")
        try:
            self._agent.load_model(model)
        except Exception as error:
            # The processor is set only when all of it loaded; a damaged archive raises one of a dozen errors.
            self._agent.processor = None
            raise ModelError(
                f"{model}: this model cannot be loaded ({type(error).__name__}). Train again with `make train`."
            ) from error

    async def answer(self, conversation: str, text: str, parsed: dict[str, Any] | None) -> list[dict[str, Any]]:
        """Run one turn; turns of one conversation wait for each other."""
        if not self.ready:
            raise ModelError("no model is loaded")
        out = Collected()
        # Rasa's own lock looks once a second whether it is free, so the sixth of six quick messages would time out.
        turn = self._turns.setdefault(conversation, asyncio.Lock())
        async with turn:
            await self._agent.handle_message(
                UserMessage(text, out, conversation, input_channel=CHANNEL, parse_data=parsed)
            )
        return out.drafts

    async def read(self, text: str) -> dict[str, Any]:
        """What the model makes of a text, for the terminal and the workbench."""
        return dict(await self._agent.parse_message(text))


def report_missing(error: ModelError) -> None:
    """Log that the app starts without a model; it then answers with the safe reply only."""
    log.event("no_model", log.ERROR, error=error)
