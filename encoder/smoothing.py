"""Make the layers easy to quantise: move the spread of their inputs into their weights, where int8 copes with it.

A few channels of a transformer's activations are a hundred times larger than the rest, and one int8 scale for all of
them would drown the rest. Dividing each channel by a factor and multiplying the matching weights by it changes no
result. The factors are those of SmoothQuant (Xiao et al., 2023): (largest input)^a / (largest weight)^(1-a).
"""

from collections.abc import Sequence

import torch
from classifier import Classifier, pad
from torch import Tensor, nn

# 0.5, 0.65, 0.75, 0.85 and 0.95 were tried: 0.75 and 0.85 stay closest to float32.
EXPONENT = 0.75
PARTS = ("qkv", "mix", "widen", "narrow")
_TINY = 1e-5


class Smoothed(nn.Module):
    """A linear layer that divides its input by `factors` [in] and has them in its weights."""

    def __init__(self, linear: nn.Linear, factors: Tensor) -> None:
        super().__init__()
        self.linear = nn.Linear(linear.in_features, linear.out_features)
        with torch.no_grad():
            self.linear.weight.copy_(linear.weight * factors)
            self.linear.bias.copy_(linear.bias)
        self.register_buffer("inverse", 1 / factors)

    def forward(self, x: Tensor) -> Tensor:
        """x [..., in] -> [..., out], as the plain layer would give it."""
        return self.linear(x * self.inverse)


def smooth(classifier: Classifier, rows: Sequence[list[int]]) -> None:
    """Replace the linear layers in place by smoothed ones; `rows` are token ids of messages to see the inputs of."""
    largest: dict[str, Tensor] = {}

    def watch(name: str, linear: nn.Module) -> torch.utils.hooks.RemovableHandle:
        def note(_module: nn.Module, inputs: tuple[Tensor, ...], _output: Tensor) -> None:
            seen = inputs[0].abs().amax((0, 1))
            largest[name] = torch.maximum(largest[name], seen) if name in largest else seen

        return linear.register_forward_hook(note)

    layers = classifier.bert.layers
    hooks = [watch(f"{i}.{part}", getattr(layer, part)) for i, layer in enumerate(layers) for part in PARTS]
    classifier.eval()
    with torch.no_grad():
        for row in rows:
            classifier(*pad([row]))
    for hook in hooks:
        hook.remove()
    for i, layer in enumerate(layers):
        for part in PARTS:
            linear = getattr(layer, part)
            weights = linear.weight.detach().abs().amax(0).clamp(min=_TINY)
            factors = largest[f"{i}.{part}"].clamp(min=_TINY) ** EXPONENT / weights ** (1 - EXPONENT)
            setattr(layer, part, Smoothed(linear, factors))
