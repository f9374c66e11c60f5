"""What a turn costs, and what of it each component: latency, memory, start, and a long conversation.

    python bench/bench.py [--messages 500] [--out reports]

Milliseconds depend on the machine and on what else it does, so every figure also stands as a ratio to another of the
same run. Writes bench.json.
"""

import argparse
import asyncio
import json
import random
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import wraps
from pathlib import Path

import psutil
from serving import ROOT, Caller, served

from bot import evaluate, runtime, settings
from bot.nlu import corpus

#: Turns of the long conversation, and the turns that are compared: the median of a few around each.
LONG, EARLY, AROUND = 100, 5, 2
CLIENTS = 8
WHOLE_PARSE = "parse, all components"


def spread(seconds: list[float]) -> dict[str, float]:
    """Median and 95th percentile in milliseconds."""
    ordered = sorted(seconds)
    return {f"p{p}": round(1000 * ordered[min(len(ordered) - 1, len(ordered) * p // 100)], 2) for p in (50, 95)}


def components(texts: list[str]) -> dict[str, dict[str, float]]:
    """Every component's own time in the loaded model, by the clock and of the processor; `WHOLE_PARSE` is all of them."""
    runtime.prepare()
    from bot import evidence, log
    from bot.nlu.components import Component
    from bot.server import assemble

    took: dict[str, list[tuple[float, float]]] = {}

    def timed(name: str, process: Callable) -> Callable:
        @wraps(process)
        def measured(*given: object, **named: object) -> object:
            began, worked = time.perf_counter(), time.thread_time()
            done = process(*given, **named)
            took.setdefault(name, []).append((time.perf_counter() - began, time.thread_time() - worked))
            return done

        return measured

    def kinds(kind: type) -> list[type]:
        return [kind, *(k for sub in kind.__subclasses__() for k in kinds(sub))]

    # Before the model is loaded: Rasa takes the method from the class then.
    for kind in kinds(Component):
        if not kind.__subclasses__():
            kind.process = timed(kind.__name__, kind.process)  # type: ignore[attr-defined]

    log.configure("ERROR")
    parts = assemble(settings.load().model_copy(update={"model": evidence.model_in(settings.load().model)}))

    async def parse() -> None:
        for text in texts[:20]:
            await parts.brain.read(text)
        took.clear()
        for text in texts:
            began, worked = time.perf_counter(), time.thread_time()
            await parts.brain.read(text)
            took.setdefault(WHOLE_PARSE, []).append((time.perf_counter() - began, time.thread_time() - worked))

    asyncio.run(parse())
    return {
        name: {**spread([wall for wall, _ in pairs]), "cpu_p50": spread([cpu for _, cpu in pairs])["p50"]}
        for name, pairs in took.items()
    }


def turns(url: str, texts: list[str]) -> list[float]:
    """First turns of conversations, one after the other."""
    caller, seconds = Caller(url), []
    for text in texts:
        token = caller.open()
        seconds.append(caller.say(token, text)[1])
        caller.forget(token)
    return seconds


def crowd(url: str, texts: list[str]) -> tuple[list[float], float]:
    """The same by `CLIENTS` clients at once: each turn's seconds, and turns a second."""
    began = time.perf_counter()
    with ThreadPoolExecutor(CLIENTS) as pool:
        shares = list(pool.map(lambda i: turns(url, texts[i::CLIENTS]), range(CLIENTS)))
    return [s for share in shares for s in share], len(texts) / (time.perf_counter() - began)


def staying(url: str, texts: list[str]) -> list[str]:
    """The texts that do not make the bot leave, which would end a long conversation."""
    caller, kept = Caller(url), []
    for text in texts:
        token = caller.open()
        if not caller.say(token, text)[0].get("exit"):
            kept.append(text)
        caller.forget(token)
    return kept


def long_talk(url: str, texts: list[str]) -> list[float]:
    """One conversation of `LONG` turns: the seconds of each."""
    caller = Caller(url)
    token = caller.open()
    seconds = []
    for turn in range(LONG):
        # As many texts as turns are compared, so that both windows hold the same ones.
        reply, took = caller.say(token, texts[turn % (2 * AROUND + 1)])
        if reply["status"] != 200:
            raise SystemExit(f"turn {turn + 1} of the long conversation was answered with {reply['status']}")
        seconds.append(took)
    caller.forget(token)
    return seconds


def middle(seconds: list[float], turn: int) -> float:
    """The median milliseconds of the turns around number `turn` (from 1)."""
    near = sorted(seconds[max(0, turn - 1 - AROUND) : turn + AROUND])
    return round(1000 * near[len(near) // 2], 2)


def ratio(one: float, other: float) -> float:
    """How many times the other."""
    return round(one / other, 2) if other else 0.0


def main() -> int:
    """Measure, print, write."""
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--messages", type=int, default=500)
    options.add_argument("--out", type=Path, default=Path("reports"))
    args = options.parse_args()
    examples = corpus.read(evaluate.VOICES / "validation")
    chosen = random.Random(20).sample(examples, min(args.messages, len(examples)))  # noqa: S311
    texts = [e.text for e in chosen]
    found: dict = {"messages": len(texts), "cores": psutil.cpu_count(), "load_before": round(psutil.getloadavg()[0], 2)}
    found["components"] = components(texts)
    with served(messages_per_minute="10000") as server:
        process = psutil.Process(server.pid)
        found["seconds_to_ready"] = round(server.seconds_to_ready, 2)
        found["cpu_seconds_to_ready"] = round(sum(process.cpu_times()[:2]), 2)
        found["megabytes_at_start"] = round(process.memory_info().rss / 2**20, 1)
        turns(server.url, texts[:20])
        found["turn_one_client"] = spread(turns(server.url, texts))
        many, rate = crowd(server.url, texts)
        found[f"turn_{CLIENTS}_clients"] = {**spread(many), "turns_a_second": round(rate, 1)}
        seconds = long_talk(server.url, staying(server.url, texts[:LONG]))
        found["long_conversation"] = {f"turn {EARLY}": middle(seconds, EARLY), f"turn {LONG}": middle(seconds, LONG - AROUND)}
        found["megabytes_at_end"] = round(process.memory_info().rss / 2**20, 1)
    whole = found["turn_one_client"]["p50"]
    parse = found["components"][WHOLE_PARSE]["p50"]
    long_one = found["long_conversation"]
    found["ratios"] = {
        **{f"{name} : whole turn": ratio(c["p50"], whole) for name, c in found["components"].items()},
        "whole turn : parse": ratio(whole, parse),
        "encoder : n-grams": ratio(found["components"]["SentenceEncoder"]["p50"], found["components"]["NgramFeaturizer"]["p50"]),
        f"{CLIENTS} clients : one client": ratio(found[f"turn_{CLIENTS}_clients"]["p50"], whole),
        f"turn {LONG} : turn {EARLY}": ratio(long_one[f"turn {LONG}"], long_one[f"turn {EARLY}"]),
    }
    print(json.dumps(found, indent=1))
    args.out.mkdir(parents=True, exist_ok=True)
    (args.out / "bench.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.exit(main())
