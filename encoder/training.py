"""Training: batches, losses, rates, and an epoch at a time that a cut-off run can go on from."""

import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from bert import LAYERS
from classifier import Classifier, pad
from noise import damage
from settings import Settings
from torch import Tensor, nn

# torch's 'leave this one out of the loss'.
LEFT_OUT = -100


@dataclass(frozen=True)
class Data:
    """Texts as typed (noise comes first, normalising second, as with a real message) and their label tensors [n]."""

    texts: list[str]
    labels: dict[str, Tensor]


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


def loss_of(model: Classifier, ids: Tensor, mask: Tensor, truth: dict[str, Tensor], settings: Settings) -> Tensor:
    """One batch -> the weighted sum of the five losses."""
    reading = model(ids, mask)
    target = truth["danger"] * (1 - 2 * settings.danger_target) + settings.danger_target
    total = nn.functional.cross_entropy(reading.route, truth["route"], label_smoothing=settings.smoothing)
    total = total + settings.danger_weight * nn.functional.binary_cross_entropy_with_logits(
        reading.danger, target, pos_weight=torch.tensor(settings.danger_positive)
    )
    for name in ("speaker", "about", "when"):
        # A batch in which nobody shows it would make the mean of nothing.
        if (truth[name] != LEFT_OUT).any():
            total = total + getattr(settings, f"{name}_weight") * nn.functional.cross_entropy(
                getattr(reading, name), truth[name], label_smoothing=settings.smoothing, ignore_index=LEFT_OUT
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
    model: Classifier,
    data: Data,
    encode: Callable[[Sequence[str]], list[list[int]]],
    settings: Settings,
    checkpoint: Path,
    mark: str,
    bfloat16: bool,
) -> None:
    """Train `model` in place. `encode` turns texts into token ids.

    `checkpoint` is written after each epoch; one that carries the same `mark` is gone on from, another is ignored.
    """
    steps = settings.epochs * -(-len(data.texts) // settings.batch)
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
            print(f"seed {settings.seed}: going on after epoch {first}", flush=True)
    for epoch in range(first, settings.epochs):
        # Seeded by the epoch, so that a run that was cut off draws the same noise as one that was not.
        chance = random.Random(f"{settings.seed}/{epoch}")  # noqa: S311
        torch.manual_seed(settings.seed * 1000 + epoch)
        model.train()
        begin, total = time.monotonic(), 0.0
        rows = encode([damage(text, settings.noise, chance) for text in data.texts])
        for chosen in batches([len(row) for row in rows], settings.batch, chance):
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
        state = {
            "mark": mark,
            "model": model.state_dict(),
            "optimiser": optimiser.state_dict(),
            "schedule": schedule.state_dict(),
            "epoch": epoch + 1,
        }
        # Written beside and moved, so that a run cut off while saving leaves the epoch before intact.
        beside = checkpoint.with_suffix(".part")
        torch.save(state, beside)
        beside.replace(checkpoint)
        seconds = time.monotonic() - begin
        print(f"seed {settings.seed}, epoch {epoch + 1}: loss {total / len(rows):.4f}, {seconds:.0f} s", flush=True)


def averaged(models: Sequence[Classifier]) -> dict[str, Tensor]:
    """The mean of the weights of several runs, as one state dict.

    Runs from one starting point that differ in their seed end in one valley; the middle of it reads new voices better
    and far more evenly than the runs do (Wortsman et al., 'Model soups', 2022), at the cost of one model.
    """
    states = [model.state_dict() for model in models]
    return {name: torch.stack([state[name] for state in states]).mean(0) for name in states[0]}
