"""The `signpost` command: run, train, chat, check, evaluate, tune, explain, embed, demo, rasa.

Each command imports what it needs itself, so that `signpost check` does not wait for Rasa.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

from bot import runtime, settings
from bot.errors import SignpostError

#: Rasa's own commands that would serve or print without Signpost's safeguards, and what to use instead.
NOT_RASA = {
    "run": "signpost run",
    "shell": "signpost chat",
    "x": "signpost run",
    "interactive": "signpost chat",
    "init": "the project that is already here",
    "telemetry": "nothing: it is off for good",
}


def _run(args: argparse.Namespace) -> int:
    chosen = settings.load()
    if args.train and chosen.model.suffix != ".gz":
        # In a process of its own: what training needs in memory, serving would keep.
        done = subprocess.run([sys.executable, "-m", "bot.cli", "train", "--if-needed"])
        if done.returncode:
            return done.returncode
    runtime.prepare()
    from bot.server import serve

    serve(chosen)
    return 0


def _embed(args: argparse.Namespace) -> int:
    from bot import directory, embed
    from bot.page import Pages

    chosen = settings.load()
    address = embed.check_address(args.address or f"http://{chosen.host}:{chosen.port}")
    print(embed.tag(address, Pages(chosen, directory.shared()).integrity(), args.label))
    if not chosen.embed_origins:
        print("No site may show the chat yet: name yours in SIGNPOST_EMBED_ORIGINS.", file=sys.stderr)
    return 0


def _demo(_args: argparse.Namespace) -> int:
    from bot import directory, embed
    from bot.page import Pages

    chosen = settings.load()
    own, port = f"http://127.0.0.1:{chosen.port}", chosen.port + 1
    site = f"http://localhost:{port}"
    # On this machine only, whatever the settings say.
    chosen = chosen.model_copy(update={"host": "127.0.0.1", "embed_origins": (*chosen.embed_origins, site)})
    tag = embed.tag(own, Pages(chosen, directory.shared()).integrity(), "Need to talk?")
    embed.serve_demo(embed.demo_server(tag, own, port))
    print(f"A page with the chat on it: {site}/", flush=True)
    runtime.prepare()
    from bot.server import serve

    serve(chosen)
    return 0


def _train(args: argparse.Namespace) -> int:
    chosen = settings.load()
    runtime.prepare()
    from bot import training

    if args.if_needed and training.current_model(chosen.model) is not None:
        print("The model is up to date.")
    else:
        training.train(chosen.model)
    return 0


def _chat(_args: argparse.Namespace) -> int:
    chosen = settings.load()
    runtime.prepare()
    from bot import terminal

    terminal.chat(chosen)
    return 0


def _check(_args: argparse.Namespace) -> int:
    from bot import directory, directory_check

    settings.load()
    findings = directory_check.check(directory.load(), date.today())
    for finding in findings:
        print(finding)
    errors = sum(finding.severity == "error" for finding in findings)
    print(f"{errors} errors, {len(findings) - errors} warnings in the directory.")
    return 1 if errors else 0


def _evaluate(args: argparse.Namespace) -> int:
    chosen = settings.load()
    runtime.prepare()
    from bot import evaluate, report, training
    from bot.nlu import corpus

    if args.show and args.voices == "test":
        raise SignpostError("The test voices stay unread. Use `--voices validation --show ...`.")
    if args.write_card and args.voices != "test":
        raise SignpostError("The model card shows the test voices. Use `--voices test --write-card`.")
    if not args.set_floor:
        report.below_floor(args.voices, {}, args.floor)  # A broken floor is told before minutes of work, not after.
    done, found = evaluate.run(chosen, args.voices, variants=not args.quick)
    if args.show:
        print(evaluate.shown(found, args.show))
    report.write(done, args.out)
    print(report.in_words(done))
    print(f"Written to {args.out / 'evaluation.json'} and {args.out / 'evaluation.md'}.")
    if args.write_card:
        folders = {"training": training.PROJECT / "data" / "nlu", **{v: evaluate.VOICES / v for v in evaluate.SPLITS}}
        report.write_card(done, args.card, {name: corpus.read(folder) for name, folder in folders.items()})
    if args.set_floor:
        report.write_floor(done, args.floor)
        return 0
    wrong = report.below_floor(done.voices, report.reached(done), args.floor)
    for line in wrong:
        print(f"BELOW THE FLOOR: {line}")
    return 1 if wrong else 0


def _tune(_args: argparse.Namespace) -> int:
    chosen = settings.load()
    runtime.prepare()
    from bot import evidence, tune
    from bot.nlu import corpus

    readers, weights = evidence.load(evidence.model_in(chosen.model))
    print(tune.in_words(tune.tune(readers, weights, corpus.read(tune.VOICES))))
    return 0


def _explain(args: argparse.Namespace) -> int:
    chosen = settings.load()
    runtime.prepare()
    from bot import explain

    print(explain.in_words(explain.run(chosen, " ".join(args.message))))
    return 0


def _flows(args: argparse.Namespace) -> int:
    chosen = settings.load()
    runtime.prepare()
    from bot import directory, flows, log, rehearsal

    kept = flows.read_files(args.files or sorted(flows.FOLDER.glob("*.yml")), directory.shared())
    log.configure("ERROR")
    stage = rehearsal.Rehearsal(chosen)
    outcomes = [stage.hold(flow) for flow in kept]
    for fault in (fault for outcome in outcomes for fault in outcome.faults):
        print(fault)
    wrong = sum(bool(outcome.faults) for outcome in outcomes)
    print(f"{len(outcomes) - wrong} of {len(outcomes)} transcripts hold.")
    if args.coverage:
        coverage = rehearsal.together(outcomes)
        print(coverage.in_words(stage.domain))
        wrong += any(coverage.missing(stage.domain).values())
    return 1 if wrong else 0


def _docs(args: argparse.Namespace) -> int:
    from bot import handbook

    made = handbook.current()
    if not args.check:
        handbook.write(handbook.FOLDER, made)
        return 0
    old = handbook.out_of_date(handbook.FOLDER, made)
    for name in old:
        print(f"docs/{name} is out of date. Run `signpost docs`.")
    return 1 if old else 0


def _rasa(args: argparse.Namespace) -> int:
    command = args.arguments[0] if args.arguments else "--help"
    if command in NOT_RASA:
        raise SignpostError(f"`rasa {command}` is not used here. Use {NOT_RASA[command]}.")
    runtime.rasa_main(args.arguments)
    return 0


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(prog="signpost", description=__doc__.splitlines()[0] if __doc__ else None)
    commands = top.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, words: str, act: Callable[[argparse.Namespace], int]) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=words, description=words)
        made.set_defaults(act=act)
        return made

    run = add("run", "Serve the chat page and its API.", _run)
    run.add_argument("--train", action="store_true", help="train first when the model is missing or out of date")
    embed = add("embed", "Print the tag that puts the chat on another site.", _embed)
    embed.add_argument("address", nargs="?", help="where Signpost is reached, such as https://chat.example.org")
    embed.add_argument("--label", default="Need to talk?", help="what the button says")
    add("demo", "Serve the chat and, on the next port, a page of somebody else's with the chat on it.", _demo)
    train = add("train", "Train the model.", _train)
    train.add_argument("--if-needed", action="store_true", help="only when the model is missing or out of date")
    add("chat", "Chat in the terminal; nothing is stored.", _chat)
    add("check", "Check the directory of services: numbers, dates, hours, sources.", _check)
    evaluate = add("evaluate", "Measure the trained model on labelled voices.", _evaluate)
    evaluate.add_argument("--voices", choices=("validation", "test"), default="test")
    evaluate.add_argument("--out", type=Path, default=Path("reports"), help="folder for evaluation.json and .md")
    evaluate.add_argument("--floor", type=Path, default=Path("evaluation_floor.json"), help="figures not to fall below")
    evaluate.add_argument("--set-floor", action="store_true", help="write the floor at what was reached now")
    evaluate.add_argument("--card", type=Path, default=Path("docs/model-card.md"), help="the model card's file")
    evaluate.add_argument("--write-card", action="store_true", help="put the figures into the model card")
    evaluate.add_argument("--quick", action="store_true", help="leave out the messages typed in other ways")
    evaluate.add_argument(
        "--show", choices=("missed", "alarm", "checked", "wrong", "second", "unapt", "language"),
        help="list validation messages of that kind",
    )  # fmt: skip
    add("tune", "Choose weights and thresholds for config.yml from the validation voices; writes nothing.", _tune)
    explain = add("explain", "Say why a message is read as it is; nothing is stored.", _explain)
    explain.add_argument("message", nargs="+")
    flows = add("flows", "Hold the conversations of the transcripts and say where the replies differ.", _flows)
    flows.add_argument("files", nargs="*", type=Path, help="transcripts (all of tests/flows when none is given)")
    flows.add_argument("--coverage", action="store_true", help="say what of Signpost they went through, and what not")
    docs = add("docs", "Write docs/signposting.md and docs/directory.md from the table, the words and the directory.", _docs)
    docs.add_argument("--check", action="store_true", help="only say whether they are up to date")
    rasa = add("rasa", "Run one of Rasa's own commands, such as `data validate` or `test`.", _rasa)
    rasa.add_argument("arguments", nargs=argparse.REMAINDER)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; errors that the operator can mend end in one plain message and exit status 2."""
    args = parser().parse_args(arguments)
    try:
        return int(args.act(args))
    except SignpostError as error:
        print(f"signpost: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
