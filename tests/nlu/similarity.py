"""How alike messages are: the Jaccard index of their character trigrams, for the whole corpus in seconds.

Comparing every pair would take minutes, so the rarest trigrams of each message are compared first (counting them is one
product of sparse matrices). Order all trigrams by rarity and cut each set x into its rare begin and its rest r(x): of two
sets that share c trigrams of their begins, at most c + max(|r(x)|, |r(y)|) are shared in all, and a Jaccard index above t
needs more than t / (1 + t) of |x| + |y|. The few pairs that can still reach it are counted in full; nothing is lost.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence

import numpy as np
from scipy import sparse

#: The index from which one message counts as another with words swapped (the corpus rules' figure).
ALIKE = 0.6
_ROWS_AT_ONCE = 2_000


def trigrams(text: str) -> frozenset[str]:
    """The character trigrams of a message, without case; a message of one or two characters is its own trigram."""
    flat = re.sub(r"\s+", " ", text.lower()).strip()
    return frozenset(flat[i : i + 3] for i in range(max(1, len(flat) - 2)))


def _rows(sets: Sequence[Sequence[int]], columns: int) -> sparse.csr_matrix:
    lengths = np.cumsum([0, *(len(s) for s in sets)])
    indices = np.concatenate([np.asarray(s, dtype=np.int32) for s in sets]) if sets else np.zeros(0, dtype=np.int32)
    ones = np.ones(len(indices), dtype=np.int32)
    return sparse.csr_matrix((ones, indices, lengths), shape=(len(sets), columns))


def pairs_alike(texts: Sequence[str], above: float = ALIKE) -> list[tuple[int, int]]:
    """All pairs of `texts` (by position, the lower first) whose trigrams have a Jaccard index above `above`."""
    sets = [trigrams(text) for text in texts]
    spread = Counter(gram for grams in sets for gram in grams)
    rank = {gram: i for i, (gram, _) in enumerate(sorted(spread.items(), key=lambda item: (item[1], item[0])))}
    ordered = [sorted(rank[gram] for gram in grams) for grams in sets]
    # Of any two sets above `above`, the begins of this length share at least one element.
    begins = [ids[: len(ids) - math.ceil(above * len(ids)) + 1] for ids in ordered]
    whole, begin = _rows(ordered, len(rank)), _rows(begins, len(rank))
    sizes = np.asarray([len(ids) for ids in ordered])
    rests = sizes - np.asarray([len(ids) for ids in begins])
    across = sparse.csr_matrix(begin.T)
    found: list[tuple[int, int]] = []
    for start in range(0, len(texts), _ROWS_AT_ONCE):
        both = (begin[start : start + _ROWS_AT_ONCE] @ across).tocoo()
        first, second = both.row + start, both.col
        needed = above / (1 + above) * (sizes[first] + sizes[second])
        possible = both.data + np.maximum(rests[first], rests[second])
        near = (first < second) & (possible > needed)
        first, second = first[near], second[near]
        common = np.asarray(whole[first].multiply(whole[second]).sum(axis=1)).ravel()
        alike = common > above * (sizes[first] + sizes[second] - common)
        found += zip(first[alike].tolist(), second[alike].tolist(), strict=True)
    return found
