"""Word and character n-grams: sparse features that see a misspelt word's pieces and a plain word whole."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import HashingVectorizer

#: Columns for words and for characters. Hashing keeps no dictionary, so nothing anybody typed is in the model.
WORD_COLUMNS = 2**17
CHAR_COLUMNS = 2**18

_words = HashingVectorizer(
    analyzer="word", ngram_range=(1, 2), n_features=WORD_COLUMNS, token_pattern=r"(?u)[^\W_]+(?:'[^\W_]+)?|[?!]",  # noqa: S106
    alternate_sign=False, norm="l2", dtype=np.float32, lowercase=True,
)  # fmt: skip
_chars = HashingVectorizer(
    analyzer="char_wb", ngram_range=(2, 5), n_features=CHAR_COLUMNS, alternate_sign=False, norm="l2",
    dtype=np.float32, lowercase=True,
)  # fmt: skip


def ngrams(texts: Sequence[str]) -> sparse.csr_matrix:
    """One row of n-gram features for each normalised text: shape (len(texts), WORD_COLUMNS + CHAR_COLUMNS), float32."""
    both = sparse.hstack([_words.transform(texts), _chars.transform(texts)], format="csr")
    both.data = np.sqrt(both.data)
    return both
