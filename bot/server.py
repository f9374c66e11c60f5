"""The public app: puts the settings, the directory, Rasa and the web channel together and serves them."""

from __future__ import annotations

import asyncio
import resource
from dataclasses import dataclass
from pathlib import Path

from rasa.shared.core.domain import Domain
from sanic import Sanic

from bot import log
from bot.action_endpoint import ActionServer, InProcessActions, compile_response_check
from bot.brain import RasaBrain, report_missing
from bot.channel import LARGEST_BODY, WebChannel
from bot.conversation import Conversations
from bot.directory import shared
from bot.errors import ModelError, SignpostError
from bot.nlg import DirectoryNLG
from bot.page import Pages
from bot.settings import Settings
from bot.tokens import Tokens
from bot.tracker_store import ForgettingTrackerStore

PROJECT = Path(__file__).resolve().parent.parent
#: Seconds between two sweeps of expired conversations.
SWEEP_SECONDS = 30.0


@dataclass(frozen=True)
class Parts:
    """What the app is made of; the terminal chat and the tests use the same."""

    brain: RasaBrain
    store: ForgettingTrackerStore
    conversations: Conversations


def assemble(settings: Settings, domain: Domain | None = None) -> Parts:
    """Make the parts and load the newest model; without one the app still answers, with the safe reply.

    Raises:
        SignpostError: the directory or the domain is broken.
    """
    compile_response_check()
    domain = domain or Domain.load(PROJECT / "domain.yml")
    generator = DirectoryNLG(domain=domain)
    store = ForgettingTrackerStore(
        domain, idle_minutes=settings.idle_minutes, most=settings.most_conversations
    )
    actions = (
        ActionServer(settings.action_url, settings.action_seconds)
        if settings.action_url
        else InProcessActions(seconds=settings.action_seconds)
    )
    brain = RasaBrain(store, actions, generator, domain)
    try:
        brain.load(settings.model)
    except ModelError as error:
        report_missing(error)
    conversations = Conversations(
        brain, store, generator.words, Tokens(settings.secret), shared(), settings.reply_seconds
    )
    return Parts(brain, store, conversations)


def make_app(settings: Settings, parts: Parts) -> Sanic:
    """The Sanic app with the web channel and nothing else: no REST, no SocketIO, no Rasa API."""
    app = Sanic("signpost", configure_logging=False)
    app.config.update(
        ACCESS_LOG=False,
        FALLBACK_ERROR_FORMAT="json",
        GRACEFUL_SHUTDOWN_TIMEOUT=5.0,
        KEEP_ALIVE_TIMEOUT=15,
        MOTD=False,
        OAS=False,
        REQUEST_MAX_SIZE=LARGEST_BODY,
        REQUEST_TIMEOUT=15,
        RESPONSE_TIMEOUT=30,
        TOUCHUP=True,
    )
    channel = WebChannel(settings, parts.conversations, Pages(settings, shared()))
    app.blueprint(channel.blueprint())
    channel.guard(app)

    async def sweep(_app: Sanic) -> None:
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            parts.store.sweep()
            channel.sweep()

    app.add_task(sweep)
    return app


def serve(settings: Settings) -> None:
    """Serve until stopped. One process: the conversations live in its memory.

    Raises:
        SignpostError: the directory or the domain is broken, or nothing can listen at the address.
    """
    # A crash must not write the memory, with people's words in it, to disk.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    log.configure(settings.log_level)
    app = make_app(settings, assemble(settings))

    @app.after_server_start  # type: ignore[untyped-decorator]
    async def ready(_app: Sanic) -> None:
        print(f"Signpost is ready: http://{settings.host}:{settings.port}/chat/", flush=True)

    try:
        app.run(
            host=settings.host, port=settings.port, single_process=True, access_log=False, debug=False, motd=False
        )
    except OSError as error:
        raise SignpostError(
            f"cannot listen on {settings.host}:{settings.port} ({error.strerror}). "
            "Set SIGNPOST_HOST and SIGNPOST_PORT, or stop what is using them."
        ) from error
