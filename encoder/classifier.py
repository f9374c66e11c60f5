"""The encoder with its five linear heads, and the labels each head knows."""

from dataclasses import dataclass

import torch
from bert import WIDTH, Bert
from torch import Tensor, nn

# 'unknown' and 'none' are no classes: such a message says nothing about the head, so it is left out of that loss.
SPEAKERS = ("young", "adult")
ABOUT = ("self", "other")
WHEN = ("now", "past")
OUTPUTS = ("embedding", "route", "danger", "speaker", "about", "when")


@dataclass(frozen=True)
class Reading:
    """What one pass yields for n messages; every head gives logits."""

    embedding: Tensor  # [n, 384], unit length
    route: Tensor  # [n, routes]
    danger: Tensor  # [n]
    speaker: Tensor  # [n, 2]
    about: Tensor  # [n, 2]
    when: Tensor  # [n, 2]


class Classifier(nn.Module):
    """Mean-pooled MiniLM; its unit vector, times `scale`, feeds linear heads."""

    def __init__(self, routes: int, dropout: float, scale: float) -> None:
        super().__init__()
        self.bert = Bert(dropout)
        self.dropout = nn.Dropout(dropout)
        self.scale = scale
        self.heads = nn.ModuleDict(
            {
                "route": nn.Linear(WIDTH, routes),
                "danger": nn.Linear(WIDTH, 1),
                "speaker": nn.Linear(WIDTH, len(SPEAKERS)),
                "about": nn.Linear(WIDTH, len(ABOUT)),
                "when": nn.Linear(WIDTH, len(WHEN)),
            }
        )

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Reading:
        """Token ids and mask [n, tokens] -> a Reading of n messages."""
        hidden = self.bert(input_ids, attention_mask)
        mask = attention_mask.unsqueeze(-1).to(hidden.dtype)
        mean = (hidden * mask).sum(1) / mask.sum(1)
        embedding = mean / mean.pow(2).sum(-1, keepdim=True).sqrt()
        features = self.dropout(embedding * self.scale)
        logits = {name: head(features).float() for name, head in self.heads.items()}
        return Reading(
            embedding=embedding,
            route=logits["route"],
            danger=logits["danger"].squeeze(-1),
            speaker=logits["speaker"],
            about=logits["about"],
            when=logits["when"],
        )


class Exported(nn.Module):
    """The same, returning a tuple in the order of OUTPUTS: an ONNX graph has no dataclasses."""

    def __init__(self, classifier: Classifier) -> None:
        super().__init__()
        self.classifier = classifier

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> tuple[Tensor, ...]:
        reading = self.classifier(input_ids, attention_mask)
        return tuple(getattr(reading, name) for name in OUTPUTS)


def pad(rows: list[list[int]]) -> tuple[Tensor, Tensor]:
    """Lists of token ids -> (input_ids, attention_mask), both [n, longest]."""
    longest = max(map(len, rows))
    ids = torch.zeros(len(rows), longest, dtype=torch.int64)
    mask = torch.zeros_like(ids)
    for i, row in enumerate(rows):
        ids[i, : len(row)] = torch.tensor(row)
        mask[i, : len(row)] = 1
    return ids, mask
