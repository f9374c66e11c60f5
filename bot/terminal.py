"""A chat in the terminal, for trying the words without a browser. Nothing typed here is stored or logged."""

from __future__ import annotations

import asyncio
import sys

from bot import log
from bot.conversation import Message
from bot.server import assemble
from bot.settings import Settings

HELP = "Type a message, or the number of a choice. An empty line leaves."


def shown(messages: list[Message]) -> str:
    """The messages as plain text: words, channels, numbered choices."""
    lines: list[str] = []
    for message in messages:
        lines += ["", message["text"]]
        for c in message["channels"]:
            when = {True: "open now", False: "closed now", None: c["hours"]}[c["open_now"]]
            lines.append(f"  * {c['name']}: {c['phone'] or c['text'] or c['url']} ({when}; {c['cost']})")
    choices = [q["title"] for q in messages[-1]["quick_replies"]] if messages else []
    lines += [f"  [{n}] {title}" for n, title in enumerate(choices, 1)]
    return "\n".join(lines)


def chat(settings: Settings) -> None:
    """Talk until an empty line, the end of input, or a reply that says to leave."""
    log.configure("ERROR")
    parts = assemble(settings)
    talk = parts.conversations
    token, messages = talk.open()
    conversation = talk.find(token)
    print(HELP)
    print(shown(messages))
    while conversation is not None:
        print("\n> ", end="", flush=True)
        typed = sys.stdin.readline().strip()
        if not typed:
            break
        choices = messages[-1]["quick_replies"] if messages else []
        if typed.isdecimal() and 0 < int(typed) <= len(choices):
            typed = choices[int(typed) - 1]["payload"]
        reply = asyncio.run(talk.reply(conversation, typed))
        messages = reply.messages
        print(shown(messages))
        if reply.exit:
            break
    talk.forget(token)
