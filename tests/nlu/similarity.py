"""How alike messages are: the Jaccard index of their character trigrams, for the whole corpus in seconds.

Comparing every pair would take minutes, so messages are compared with those of about their own length only, and by their
rarest trigrams first (counting those is one product of sparse matrices). Order all trigrams by rarity and cut each set x
into its rare begin and its rest r(x): when the begin of x ends with the rarer trigram of the two, x and y share at most as
many as their begins do plus |r(x)|, and a Jaccard index above t needs more than t / (1 + t) of |x| + |y|. The few pairs
that can still reach it are counted in full; nothing is lost.
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
_ROWS_AT_ONCE = 1_000


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
    by_size = sorted(range(len(texts)), key=lambda i: len(sets[i]))
    ordered = [sorted(rank[gram] for gram in sets[i]) for i in by_size]
    # Two sets whose index is above `above` share at least one element of begins of this length.
    begins = [ids[: len(ids) - math.ceil(above * len(ids)) + 1] for ids in ordered]
    whole, begin = _rows(ordered, len(rank)), _rows(begins, len(rank))
    across = sparse.csc_matrix(begin.T)
    size = np.asarray([len(ids) for ids in ordered], dtype=np.int32)
    rest = size - np.asarray([len(ids) for ids in begins], dtype=np.int32)
    last = np.asarray([ids[-1] for ids in begins], dtype=np.int32)
    found: list[tuple[int, int]] = []
    for start in range(0, len(texts), _ROWS_AT_ONCE):
        stop = min(start + _ROWS_AT_ONCE, len(texts))
        end = int(np.searchsorted(size, size[stop - 1] / above, side="right"))
        both = (begin[start:stop] @ across[:, start:end]).tocoo()
        first, second = both.row + start, both.col + start
        needed = above / (1 + above) * (size[first] + size[second])
        possible = both.data + np.where(last[first] <= last[second], rest[first], rest[second])
        near = (first < second) & (np.minimum(possible, size[first]) > needed)
        first, second = first[near], second[near]
        common = np.asarray(whole[first].multiply(whole[second]).sum(axis=1)).ravel()
        alike = common > above * (size[first] + size[second] - common)
        pairs = zip(first[alike].tolist(), second[alike].tolist(), strict=True)
        found += (tuple(sorted((by_size[i], by_size[j]))) for i, j in pairs)
    return sorted(found)
