"""The measures of `signpost evaluate`, taken through the public contract from a server that runs.

    python bench/contract_score.py [--url http://127.0.0.1:5005] [--voices test|validation|FOLDER] [--out reports]

Without --url it serves the newest model itself. It knows nothing of the server but what the contract gives anybody: a
quick reply is chosen by what its `means` asserts, and the figures are counted from routes, channels and `exit`. Writes
contract.json; exits 1 when a figure is below evaluation_floor.json.
"""

import argparse
import json
import sys
from pathlib import Path

from serving import ROOT, Caller, served

from bot import clock, evaluate, outcome, report
from bot.directory import shared
from bot.nlu import corpus
from bot.outcome import DANGER_ROUTES, MOST_ANSWERS, Outcome, Reading, Turn


def converse(caller: Caller, example: corpus.Example) -> tuple[list[Turn], list[float]]:
    """One conversation: the message and truthful answers; its turns and the seconds each took."""
    token, known, text = caller.open(), outcome.truths(example), example.text
    turns, seconds = [], []
    for _ in range(1 + MOST_ANSWERS):
        reply, took = caller.say(token, text)
        seconds.append(took)
        turns.append(outcome.turn(reply["messages"], bool(reply.get("exit")), reply["status"] != 200))
        ended = example.danger or reply.get("exit") or reply["status"] != 200
        answer = None if ended else outcome.truthful_answer(reply["messages"], known)
        if answer is None:
            break
        text = answer
    caller.forget(token)
    return turns, seconds


def score(url: str, examples: list[corpus.Example]) -> tuple[list[Outcome], list[float]]:
    """Every message in a conversation of its own."""
    caller, found, seconds = Caller(url), [], []
    for number, example in enumerate(examples, 1):
        turns, took = converse(caller, example)
        # Over the contract a route is all one sees of how a message was read.
        first, last = turns[0].routes[0], turns[-1].routes[0]
        read = Reading(intent=first, route=last, danger=float(first in DANGER_ROUTES), net=False)
        found.append(Outcome(example, read, tuple(turns), outcome.expected_channels(example, shared(), clock.now())))
        seconds += took
        if sys.stderr.isatty() and number % 50 == 0:
            print(f"\r{number} of {len(examples)} ", end="", file=sys.stderr, flush=True)
    return found, seconds


def main() -> int:
    """Measure, print, write, compare with the floor."""
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--url")
    options.add_argument("--voices", default="test")
    options.add_argument("--out", type=Path, default=Path("reports"))
    options.add_argument("--floor", type=Path, default=ROOT / "evaluation_floor.json")
    args = options.parse_args()
    folder = evaluate.VOICES / args.voices if args.voices in evaluate.SPLITS else Path(args.voices)
    examples = corpus.read(folder)
    if args.url:
        found, seconds = score(args.url.rstrip("/"), examples)
    else:
        # Patient, so that a slow machine is not counted as a wrong answer.
        with served(reply_seconds="30") as server:
            found, seconds = score(server.url, examples)
    rates = evaluate.figures(found)
    seconds.sort()
    milliseconds = {f"p{p}": round(1000 * seconds[min(len(seconds) - 1, len(seconds) * p // 100)], 1) for p in (50, 95, 99)}
    print(f"{len(found)} messages of the {args.voices} voices through the public contract")
    for name, rate in rates.items():
        print(f"  {name.replace('_', ' '):<15}{rate}")
    print(f"  milliseconds a turn: {milliseconds}")
    args.out.mkdir(parents=True, exist_ok=True)
    written = {"voices": args.voices, "messages": len(found), "figures": {n: r.as_json() for n, r in rates.items()},
               "milliseconds": milliseconds}  # fmt: skip
    (args.out / "contract.json").write_text(json.dumps(written, indent=1) + "\n", encoding="utf-8")
    wrong = report.below_floor(args.voices, {name: rate.percent for name, rate in rates.items()}, args.floor)
    for line in wrong:
        print(f"BELOW THE FLOOR: {line}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
