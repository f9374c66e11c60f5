"""Runs custom actions inside this process where Rasa would call an action server; either way with a time limit."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from jsonschema import Draft202012Validator
from rasa.core.actions.action import RemoteAction
from rasa.utils.endpoints import EndpointConfig
from rasa_sdk.executor import ActionExecutor


class InProcessActions(EndpointConfig):
    """An action endpoint without a network: Rasa's RemoteAction only ever calls `request(json=...)`.

    Spares the second server, the hop, the open port and the minute's silence when that server hangs.
    """

    def __init__(self, package: str = "actions", seconds: float = 1.0) -> None:
        # Rasa would send the whole domain with every call; no action here reads it.
        super().__init__(url=None, enable_selective_domain=True)
        self._seconds = seconds
        self._executor = ActionExecutor()
        self._executor.register_package(package)
        if not self._executor.actions:
            raise ValueError(f"the package {package} holds no action")

    @property
    def action_names(self) -> tuple[str, ...]:
        """The actions that can be run."""
        return tuple(sorted(self._executor.actions))

    async def request(self, json: dict[str, Any] | None = None, **_: Any) -> dict[str, Any]:
        """Run the action that `json["next_action"]` names, as the action server would.

        Raises:
            TimeoutError: it took longer than the limit. Whatever else an action raises passes through; the channel
                answers both with the safe reply.
        """
        async with asyncio.timeout(self._seconds):
            result = await in_own_thread(lambda: self._run(json or {}))
        return dict(result or {})

    def _run(self, call: dict[str, Any]) -> Any:
        return asyncio.run(self._executor.run(call))


class ActionServer(EndpointConfig):
    """A stock Rasa action server, with our time limit in place of Rasa's five minutes."""

    def __init__(self, url: str, seconds: float = 1.0) -> None:
        super().__init__(url)
        self._seconds = seconds

    async def request(self, *args: Any, **kwargs: Any) -> Any:
        """Ask the server as Rasa does.

        Raises:
            TimeoutError: it took longer than the limit.
            aiohttp.ClientError: it cannot be reached, or refuses.
        """
        async with asyncio.timeout(self._seconds):
            return await super().request(*args, **kwargs)


async def in_own_thread(call: Callable[[], Any]) -> Any:
    """What `call` returns or raises, run in a thread of its own.

    Not asyncio.to_thread: its few threads are shared, so a handful of hanging actions would hold everybody's
    conversation, and it waits for them at exit.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[Any] = loop.create_future()
    context = contextvars.copy_context()

    def settle(result: Any, error: BaseException | None) -> None:
        if done.cancelled():
            return
        if error is None:
            done.set_result(result)
        else:
            done.set_exception(error)

    def work() -> None:
        result, failure = None, None
        try:
            result = context.run(call)
        except Exception as error:
            failure = error
        # The loop may have closed while the action hung; then nobody waits any more.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(settle, result, failure)

    threading.Thread(target=work, name="action", daemon=True).start()
    return await done


def compile_response_check() -> None:
    """Have Rasa check what an action returns against the same schema, but compiled once.

    Rasa compiles and checks the schema itself anew for every call, which with a current jsonschema takes three fifths of
    a whole turn.
    """
    validator = Draft202012Validator(RemoteAction.action_response_format_spec())

    def check(_self: RemoteAction, result: dict[str, Any]) -> bool:
        validator.validate(result)
        return True

    RemoteAction._validate_action_result = check
