"""Runs custom actions inside this process, with a time limit, where Rasa would call an action server over HTTP."""

from __future__ import annotations

import asyncio
from typing import Any

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
        # In a thread of its own, so that an action that blocks cannot hold anybody else's conversation.
        async with asyncio.timeout(self._seconds):
            result = await asyncio.to_thread(self._run, json or {})
        return dict(result or {})

    def _run(self, call: dict[str, Any]) -> Any:
        return asyncio.run(self._executor.run(call))
