"""Linear classifiers as plain arrays on disk: no pickle, checked by digest, small in memory."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from bot.errors import ModelError

Floats = NDArray[np.float32]

#: Columns that fewer training messages show are noise: mostly one voice's private spelling.
FEWEST_MESSAGES = 2


@dataclass(frozen=True)
class Linear:
    """A trained classifier: `classes` in order, weights of shape (columns, classes) over the kept hashed columns.

    Two classes are held as one column of log-odds for the second.
    """

    classes: tuple[str, ...]
    columns: NDArray[np.int64]
    idf: Floats
    weights: Floats
    bias: Floats

    @classmethod
    def train(cls, rows: sparse.csr_matrix, labels: Sequence[str], *, strength: float, rounds: int = 60) -> Linear:
        """Logistic regression of `labels` on the n-gram rows; `strength` is scikit-learn's C.

        Raises:
            ModelError: fewer than two classes are among the labels.
        """
        if len(set(labels)) < 2:
            raise ModelError(f"a classifier needs two classes and got {sorted(set(labels))}. Look at data/nlu.")
        counts = np.asarray((rows > 0).sum(axis=0)).ravel()
        columns = np.flatnonzero(counts >= FEWEST_MESSAGES).astype(np.int64)
        idf = (np.log((1 + rows.shape[0]) / (1 + counts[columns])) + 1).astype(np.float32)
        solver = "liblinear" if len(set(labels)) == 2 else "lbfgs"
        model = LogisticRegression(C=strength, solver=solver, max_iter=rounds, tol=1e-2)
        model.fit(_weighed(rows, columns, idf), np.asarray(labels))
        return cls(
            classes=tuple(str(c) for c in model.classes_),
            columns=columns,
            idf=idf,
            weights=np.ascontiguousarray(model.coef_.T, dtype=np.float32),
            bias=model.intercept_.astype(np.float32),
        )

    def scores(self, rows: sparse.csr_matrix) -> Floats:
        """Log-odds for each row: shape (n, 1) for two classes, unnormalised log-probabilities (n, classes) for more."""
        found = np.empty((rows.shape[0], self.weights.shape[1]), dtype=np.float32)
        for n in range(rows.shape[0]):
            # By hand and not by sparse matrix slicing, which takes milliseconds for one row.
            kept, values = self._kept(rows, n)
            found[n] = values @ self.weights[kept] + self.bias
        return found

    def _kept(self, rows: sparse.csr_matrix, n: int) -> tuple[NDArray[np.int64], Floats]:
        """Where row n's n-grams stand among the kept columns, and their values weighed and brought to length one."""
        part = slice(rows.indptr[n], rows.indptr[n + 1])
        asked = rows.indices[part]
        places = np.minimum(np.searchsorted(self.columns, asked), len(self.columns) - 1)
        known = self.columns[places] == asked
        kept = places[known]
        values = rows.data[part][known] * self.idf[kept]
        length = float(np.sqrt(values @ values)) or 1.0
        return kept, np.asarray(values / length, dtype=np.float32)

    def contributions(self, row: sparse.csr_matrix) -> Floats:
        """What each kept column adds to the scores of one row: shape (columns, scores)."""
        return np.asarray(_weighed(row, self.columns, self.idf).toarray().T * self.weights, dtype=np.float32)


def _weighed(rows: sparse.csr_matrix, columns: NDArray[np.int64], idf: Floats) -> sparse.csr_matrix:
    """The kept columns, weighed by rarity and brought to length one."""
    kept = sparse.csr_matrix(rows[:, columns], copy=True)
    kept.data *= idf[kept.indices]
    lengths = np.sqrt(np.asarray(kept.multiply(kept).sum(axis=1)).ravel())
    lengths[lengths == 0] = 1
    return sparse.csr_matrix(sparse.diags(1 / lengths) @ kept, dtype=np.float32)


def softmax(scores: Floats) -> Floats:
    """Probabilities along the last axis."""
    grown = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return np.asarray(grown / grown.sum(axis=-1, keepdims=True), dtype=np.float32)


def sigmoid(scores: Floats) -> Floats:
    """Probability from log-odds, safe for any size."""
    return np.asarray(1 / (1 + np.exp(-np.clip(scores, -60, 60))), dtype=np.float32)


def save(path: Path, models: dict[str, Linear], extra: dict[str, Any] | None = None) -> None:
    """Write `models` by name, and `extra` (plain JSON), to one file with a digest of its contents."""
    arrays: dict[str, Any] = {}
    head: dict[str, Any] = {"extra": extra or {}, "models": {}}
    for name, model in models.items():
        head["models"][name] = list(model.classes)
        arrays |= {f"{name}.{part}": getattr(model, part) for part in ("columns", "idf", "weights", "bias")}
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, head=np.frombuffer(json.dumps(head).encode(), dtype=np.uint8), **arrays)
    body = buffer.getvalue()
    path.write_bytes(hashlib.sha256(body).digest() + body)


def load(path: Path) -> tuple[dict[str, Linear], dict[str, Any]]:
    """Read what `save` wrote.

    Raises:
        ModelError: the file is missing, cut short or changed.
    """
    mend = "Train again with `make train`."
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path.name} cannot be read. {mend}") from error
    digest, body = content[:32], content[32:]
    if hashlib.sha256(body).digest() != digest:
        raise ModelError(f"{path.name} is damaged: its digest does not match. {mend}")
    try:
        with np.load(io.BytesIO(body), allow_pickle=False) as arrays:
            head = json.loads(arrays["head"].tobytes())
            models = {
                name: Linear(tuple(classes), *(arrays[f"{name}.{p}"] for p in ("columns", "idf", "weights", "bias")))
                for name, classes in head["models"].items()
            }
    except (EOFError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise ModelError(f"{path.name} has no usable contents. {mend}") from error
    return models, head["extra"]
