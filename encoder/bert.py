"""MiniLM in plain torch: the six-layer BERT encoder, read from a safetensors file."""

import json
import math
import struct
from pathlib import Path

import torch
from torch import Tensor, nn

WIDTH = 384
LAYERS = 6
ATTENTION_HEADS = 12
INNER = 1536
VOCABULARY = 30522
POSITIONS = 512
EPSILON = 1e-12


def read_safetensors(path: Path) -> dict[str, Tensor]:
    """Read a safetensors file: eight bytes of header length, a JSON header, then the raw tensors.

    Only float32 and int64 are understood (all the published weights use); KeyError for another type.
    """
    raw = path.read_bytes()
    (header_length,) = struct.unpack("<Q", raw[:8])
    header = json.loads(raw[8 : 8 + header_length])
    body = bytearray(raw[8 + header_length :])
    types = {"F32": torch.float32, "I64": torch.int64}
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        begin, end = entry["data_offsets"]
        flat = torch.frombuffer(body, dtype=types[entry["dtype"]], offset=begin, count=math.prod(entry["shape"]))
        assert flat.numel() * flat.element_size() == end - begin, name
        tensors[name] = flat.reshape(entry["shape"]).clone()
    return tensors


class Layer(nn.Module):
    """One post-norm transformer layer; query, key and value share one matrix (one product instead of three)."""

    def __init__(self, dropout: float) -> None:
        super().__init__()
        self.qkv = nn.Linear(WIDTH, 3 * WIDTH)
        self.mix = nn.Linear(WIDTH, WIDTH)
        self.mix_norm = nn.LayerNorm(WIDTH, EPSILON)
        self.widen = nn.Linear(WIDTH, INNER)
        self.narrow = nn.Linear(INNER, WIDTH)
        self.narrow_norm = nn.LayerNorm(WIDTH, EPSILON)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        """x [n, tokens, 384], bias [n, 1, 1, tokens] (0 to see a token, very negative to hide it) -> like x."""
        n, tokens = x.shape[0], x.shape[1]
        head = WIDTH // ATTENTION_HEADS
        query, key, value = (
            part.reshape(n, tokens, ATTENTION_HEADS, head).transpose(1, 2) for part in self.qkv(x).split(WIDTH, dim=-1)
        )
        # Written out, not F.scaled_dot_product_attention: it exports to a handful of plain ONNX nodes.
        seen = self.dropout(torch.softmax(query @ key.transpose(-1, -2) * head**-0.5 + bias, dim=-1))
        attended = (seen @ value).transpose(1, 2).reshape(n, tokens, WIDTH)
        x = self.mix_norm(x + self.dropout(self.mix(attended)))
        inner = nn.functional.gelu(self.widen(x))
        return self.narrow_norm(x + self.dropout(self.narrow(inner)))


class Bert(nn.Module):
    """all-MiniLM-L6-v2 up to its last hidden state."""

    def __init__(self, dropout: float = 0.1) -> None:
        super().__init__()
        self.words = nn.Embedding(VOCABULARY, WIDTH)
        self.positions = nn.Embedding(POSITIONS, WIDTH)
        self.norm = nn.LayerNorm(WIDTH, EPSILON)
        self.layers = nn.ModuleList(Layer(dropout) for _ in range(LAYERS))
        self.dropout = nn.Dropout(dropout)

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Token ids and mask [n, tokens] -> last hidden state [n, tokens, 384]."""
        place = torch.cumsum(torch.ones_like(input_ids), dim=1) - 1
        x = self.dropout(self.norm(self.words(input_ids) + self.positions(place)))
        bias = (1.0 - attention_mask[:, None, None, :].to(x.dtype)) * -1e4
        for layer in self.layers:
            x = layer(x, bias)
        return x

    def load(self, tensors: dict[str, Tensor]) -> None:
        """Copy published BERT weights in. The segment embedding is folded into the positions: there is one segment."""
        ours = {
            "words.weight": tensors["embeddings.word_embeddings.weight"],
            "positions.weight": tensors["embeddings.position_embeddings.weight"]
            + tensors["embeddings.token_type_embeddings.weight"][0],
        }
        for kind in ("weight", "bias"):
            ours[f"norm.{kind}"] = tensors[f"embeddings.LayerNorm.{kind}"]
            for i in range(LAYERS):
                theirs = f"encoder.layer.{i}"
                parts = [tensors[f"{theirs}.attention.self.{part}.{kind}"] for part in ("query", "key", "value")]
                ours[f"layers.{i}.qkv.{kind}"] = torch.cat(parts)
                for mine, name in (
                    ("mix", "attention.output.dense"),
                    ("mix_norm", "attention.output.LayerNorm"),
                    ("widen", "intermediate.dense"),
                    ("narrow", "output.dense"),
                    ("narrow_norm", "output.LayerNorm"),
                ):
                    ours[f"layers.{i}.{mine}.{kind}"] = tensors[f"{theirs}.{name}.{kind}"]
        self.load_state_dict(ours)
