"""Candidates for the reader, compared on the validation voices by their raw outputs, as a Markdown table.

    python bench/compare.py [--embeddings NAME=FILE.npz ...] [--stock FILE.json] [--write-card]

Every candidate reads the whole message at once and nothing else decides: no parts, no net, no thresholds. "n-grams"
and "encoder" are those of the newest model; vectors of encoders that were not fine-tuned come from bench/embed.py and
get logistic regression trained on the same corpus; --stock is what bench/stock_rasa/ wrote.
"""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bot import measures, runtime, settings
from bot.errors import SignpostError
from bot.evidence import Evidence, Said, load, model_in
from bot.nlu import corpus
from bot.nlu.normalise import normalise

ROOT = Path(__file__).resolve().parent.parent
START, END = "<!-- candidates: written by bench/compare.py --write-card -->", "<!-- end of candidates -->"
#: Logistic regression's C on unit vectors.
STRENGTH = 10.0
#: The weight of the n-grams beside vectors that were not fine-tuned; both are logistic regressions of equal standing.
EQUAL = 1.0


@dataclass(frozen=True)
class Raw:
    """A candidate's log-odds on the validation voices: danger [n], route [n, routes], speaker [n] (young over adult)."""

    danger: np.ndarray
    route: np.ndarray
    speaker: np.ndarray

    def plus(self, other: "Raw", danger: float, route: float, speaker: float) -> "Raw":
        """This with another's log-odds added, weighed."""
        return Raw(self.danger + danger * other.danger, self.route + route * other.route,
                   self.speaker + speaker * other.speaker)  # fmt: skip


def of_model(said: Sequence[Said], readers: Evidence) -> tuple[Raw, Raw]:
    """The encoder's and the n-grams' raw outputs."""
    sign = 1 if readers.values["speaker"][1] == "young" else -1
    return tuple(
        Raw(
            np.array([getattr(s, f"danger_{who}")[0] for s in said]),
            np.stack([getattr(s, f"route_{who}") for s in said]),
            np.array([sign * getattr(s, f"facts_{who}")["speaker"] for s in said]),
        )
        for who in ("encoder", "ngrams")
    )  # type: ignore[return-value]


def of_vectors(file: Path, train: list[corpus.Example], texts: list[str], routes: Sequence[str]) -> tuple[Raw, float]:
    """Logistic regression on frozen vectors, trained here, and the milliseconds a message takes.

    Raises:
        SignpostError: the file is of another corpus.
    """
    from embed import digest
    from sklearn.linear_model import LogisticRegression

    with np.load(file) as found:
        vectors, new = found["train"], found["validation"]
        milliseconds, of = float(found["milliseconds"]), str(found["digest"])
    if of != digest(texts):
        raise SignpostError(f"{file}: these vectors are of another corpus. Run bench/embed.py again.")

    def fitted(rows: list[int], labels: list[str]) -> LogisticRegression:
        return LogisticRegression(C=STRENGTH, max_iter=300).fit(vectors[rows], labels)

    everything = list(range(len(train)))
    danger = fitted(everything, ["danger" if e.danger else "calm" for e in train])
    calm = [i for i in everything if train[i].route in routes]
    route = fitted(calm, [train[i].route for i in calm])
    known = [i for i in everything if train[i].speaker != "unknown"]
    speaker = fitted(known, [train[i].speaker for i in known])
    order = [list(route.classes_).index(r) for r in routes]
    raw = Raw(danger.decision_function(new), route.predict_log_proba(new)[:, order], speaker.decision_function(new))
    return raw, milliseconds


def row(name: str, raw: Raw, examples: list[corpus.Example], routes: Sequence[str], milliseconds: float | None) -> list[str]:
    """One line of the table."""
    positive = np.array([e.danger for e in examples])
    alarms = [measures.alarms_at(raw.danger, positive, r) for r in (0.90, 0.95, 0.98)]
    calm = np.array([not e.danger and e.route in routes for e in examples])
    true = np.array([routes.index(e.route) if e.route in routes else -1 for e in examples])
    named = measures.Rate.counted(list((raw.route.argmax(1) == true)[calm]))
    shown = np.array([e.speaker != "unknown" for e in examples])
    young = np.array([e.speaker == "young" for e in examples])
    told = measures.Rate.counted(list(((raw.speaker > 0) == young)[shown]))
    return [name, f"{measures.auc(raw.danger, positive):.4f}", " / ".join(f"{100 * a:.1f}" for a in alarms),
            f"{named.percent:.1f} %", f"{told.percent:.1f} %", "" if milliseconds is None else f"{milliseconds:.1f}"]  # fmt: skip


def milliseconds_of(act: object, texts: list[str]) -> float:
    """The median processor time of one message: other work on the machine does not count."""
    took = []
    for text in texts[:100]:
        began = time.process_time()
        act([text])  # type: ignore[operator]
        took.append(time.process_time() - began)
    return 1000 * sorted(took)[len(took) // 2]


def table(args: argparse.Namespace) -> str:
    """All candidates that can be measured now."""
    from bot.nlu import encoder
    from bot.nlu.ngrams import ngrams

    readers, weights = load(model_in(settings.load().model))
    examples = corpus.read(ROOT / "tests" / "voices" / "validation")
    texts = [normalise(e.text) for e in examples]
    fine, grams = of_model([readers.read_normalised((t,)) for t in texts], readers)
    routes = readers.routes
    ms_grams, ms_fine = milliseconds_of(ngrams, texts), milliseconds_of(encoder.shared().encode, texts)
    rows = [row("n-grams only", grams, examples, routes, ms_grams)]
    train = corpus.read(ROOT / "data" / "nlu") if args.embeddings else []
    for name, file in (given.split("=", 1) for given in args.embeddings):
        frozen, milliseconds = of_vectors(Path(file), train, [e.text for e in (*train, *examples)], routes)
        rows.append(row(name, frozen, examples, routes, milliseconds))
        both = frozen.plus(grams, EQUAL, EQUAL, EQUAL)
        rows.append(row(f"{name} + n-grams", both, examples, routes, milliseconds + ms_grams))
    both = fine.plus(grams, weights.danger, weights.route, weights.speaker)
    rows += [row("released encoder (MiniLM fine-tuned, int8)", fine, examples, routes, ms_fine),
             row("**released encoder + n-grams**", both, examples, routes, ms_fine + ms_grams)]  # fmt: skip
    if args.stock:
        stock = json.loads(args.stock.read_text(encoding="utf-8"))
        rows.append([stock[k] for k in ("name", "auc", "alarms", "route", "speaker", "milliseconds")])
    danger = sum(e.danger for e in examples)
    head = ["", "danger AUC", "false alarms, %, at 90 / 95 / 98 % recall", "route of calm", "speaker", "CPU ms a message"]
    learnt = len(corpus.read(ROOT / "data" / "nlu"))
    lines = [f"{len(examples)} validation messages, {danger} of danger; false alarms are shares of the calm ones. Trained on",
             f"{learnt:,} messages.", "",
             "| " + " | ".join(head) + " |", "|---" * len(head) + "|", *("| " + " | ".join(r) + " |" for r in rows)]  # fmt: skip
    return "\n".join(lines)


def main() -> int:
    """Measure, print, and write into the card where asked."""
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--embeddings", nargs="*", default=[], metavar="NAME=FILE")
    options.add_argument("--stock", type=Path, help="what bench/stock_rasa/evaluate.py wrote")
    options.add_argument("--write-card", action="store_true", help="put the table into docs/model-card.md")
    args = options.parse_args()
    runtime.prepare()
    try:
        text = table(args)
    except SignpostError as error:
        print(error, file=sys.stderr)
        return 2
    print(text)
    if args.write_card:
        from bot.report import between

        card = ROOT / "docs" / "model-card.md"
        card.write_text(between(card, START, END, f"\n{text}\n"), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
