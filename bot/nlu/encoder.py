"""The sentence encoder: MiniLM fine-tuned on the corpus, one int8 ONNX file, run without torch and without a download.

`encoder/` holds the file with its recipe and digests; `docs/model-card.md` says what it is and how well it reads.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Tokenizer

from bot.errors import ModelError

FOLDER = Path(__file__).resolve().parent.parent.parent / "encoder"
CARD, GRAPH, VOCABULARY = "encoder.json", "signpost-encoder.onnx", "tokenizer.json"

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Encoded:
    """What the encoder makes of n texts: log-odds or unnormalised log-probabilities, one row a text.

    `route` has a column for each name in `Encoder.labels["route"]`; `danger` is log-odds of danger now; `speaker`,
    `about` and `when` have two columns each, in the order of their labels.
    """

    route: Floats
    danger: Floats
    speaker: Floats
    about: Floats
    when: Floats


class Encoder:
    """The loaded encoder. One is enough for a process: see `shared`."""

    def __init__(self, folder: Path = FOLDER) -> None:
        """Load from `folder`.

        Raises:
            ModelError: a file is missing, or is not the one that encoder.json names by its digest.
        """
        mend = f"Check out the {folder.name}/ folder again, or make it anew with `make encoder`."
        try:
            card = json.loads((folder / CARD).read_text(encoding="utf-8"))
            contents = {name: (folder / name).read_bytes() for name in (GRAPH, VOCABULARY)}
            digests = {name: card["files"][name] for name in contents}
            self.labels: dict[str, list[str]] = card["labels"]
            most_tokens = int(card["max_tokens"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ModelError(f"{folder}: the encoder cannot be read ({type(error).__name__}). {mend}") from error
        for name, content in contents.items():
            if hashlib.sha256(content).hexdigest() != digests[name]:
                raise ModelError(f"{folder / name}: damaged, its digest is not the one in {CARD}. {mend}")
        options = onnxruntime.SessionOptions()
        # One thread: a turn takes milliseconds, and other people's turns have the other cores.
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.enable_cpu_mem_arena = False
        options.log_severity_level = 4
        self._outputs = list(Encoded.__dataclass_fields__)
        try:
            self._tokens: Any = Tokenizer.from_str(contents[VOCABULARY].decode("utf-8"))
            self._tokens.enable_truncation(most_tokens)
            self._tokens.no_padding()
            self._session: Any = onnxruntime.InferenceSession(contents[GRAPH], options, providers=["CPUExecutionProvider"])
        except Exception as error:
            # Both libraries raise bare exceptions of their own.
            raise ModelError(f"{folder}: the encoder cannot be loaded ({type(error).__name__}). {mend}") from error

    def encode(self, texts: Sequence[str]) -> Encoded:
        """Encode normalised texts; the rows come back in the order given.

        Each text has a run of its own: int8 takes its scale from all that a run holds, so company would move the result.
        """
        rows = [self._run(e.ids) for e in self._tokens.encode_batch(list(texts))]
        return Encoded(*(np.stack(column) for column in zip(*rows, strict=True)))

    def _run(self, ids: list[int]) -> list[Floats]:
        tokens = np.array([ids], dtype=np.int64)
        outputs = self._session.run(self._outputs, {"input_ids": tokens, "attention_mask": np.ones_like(tokens)})
        return [np.asarray(output, dtype=np.float32).reshape(-1) for output in outputs]


@cache
def shared() -> Encoder:
    """The project's own encoder, loaded once in a process."""
    return Encoder()
