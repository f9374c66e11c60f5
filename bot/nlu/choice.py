"""Choice: which of several likely routes to answer with, so that the doors shown serve most of what may be meant.

The likeliest route is not always the best answer. When three routes that lead to one line share most of the likelihood,
that line is the better door than the one of a fourth, slightly likelier route: the choice with the least expected harm
(Bayes' rule, with the signposting table as its measure of harm).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.signposting import FACT_VALUES, NEVER_ASK, Facts, row_for

Floats = NDArray[np.float64]

#: What the same lead and a shared channel are worth, of what the right words with all of it are.
SAME_LEAD, SHARED_CHANNEL = 0.25, 0.5
#: How much likelihoods are sharpened first: an answer with the right words counts for more than this table can say. This
#: and the two above were chosen on the validation voices.
SHARPEN = 1 / 0.7
#: The route that takes the page away at once, and how likely it must be for that: a page that goes because of a typo
#: has thrown somebody out. Of the validation voices' calm messages one that meant something else reaches this.
LEAVE, LEAVE_FROM = "quick_exit", 0.65
#: How likely it must be for the page to go although danger cannot be ruled out, and how likely danger may be: who says
#: "hes back, close it" is safer with the page gone than with a question about danger on the screen. Of the validation
#: voices nobody in danger reaches this; "am bein followed" has a danger of .26.
LEAVE_PLAINLY, LEAVE_BELOW = 0.9, 0.15
#: While the route answered with is less likely than this, the last door shown is the first one of the likeliest other
#: route, if that is likely at all. Of the 1,445 validation messages for signposting 180 are shown another door by it; 16
#: get a right one for it and 4 lose the only one. Chosen there; from .8 on nothing is gained.
UNSURE_BELOW, SECOND_FROM = 0.7, 0.08
#: Who cannot speak may say in the same breath what it is about, which a classifier of one route leaves a small chance: it
#: is taken for the matter from this chance on, when it has this share of what is not about speaking.
UNSPOKEN, MATTER_FROM, MATTER_SHARE = "cannot_call", 0.04, 0.5
#: Doors nobody is shown by the way: who was harmed must not read that they may have done the harm, and Crimestoppers turns
#: away what was done to oneself.
_NEVER_SECOND = frozenset({"own_behaviour", "anonymous_information"})
#: Routes whose reply is a matter of its own: no other reply serves for it, and the likeliest of all is simply given.
_ALONE = NEVER_ASK | {"cannot_call", "which_number", "crime_not_child"}


def likeness(answered: str, meant: str) -> float:
    """How far the reply of one route serves somebody who meant another: 1 for the same, 0 where it does not.

    Averaged over who may be speaking about whom, since both are often unknown when this is asked.
    """
    if answered == meant:
        return 1.0
    if answered in _ALONE or meant in _ALONE:
        return 0.0
    worth = []
    for speaker, about in product(FACT_VALUES["speaker"], FACT_VALUES["about"]):
        given, wanted = (row_for(Facts(r, speaker=speaker, about=about)).channels for r in (answered, meant))
        worth.append(SAME_LEAD * (given[:1] == wanted[:1]) + SHARED_CHANNEL * bool(set(given) & set(wanted)))
    return sum(worth) / len(worth)


@lru_cache(maxsize=8)
def _likenesses(routes: tuple[str, ...]) -> Floats:
    return np.array([[likeness(answered, meant) for meant in routes] for answered in routes])


def chosen(routes: Sequence[str], odds: NDArray[np.floating[Any]]) -> int:
    """The place in `routes` of the one to answer with; `odds` are their unnormalised log-probabilities."""
    given = np.asarray(odds, dtype=np.float64) - np.max(odds)
    if LEAVE in routes:
        leave = routes.index(LEAVE)
        if np.exp(given[leave]) / np.exp(given).sum() < LEAVE_FROM:
            given[leave] = -np.inf
    first = int(given.argmax())
    if routes[first] in _ALONE:
        return first
    shared = _likenesses(tuple(routes)) @ np.exp(SHARPEN * given)
    return max((place for place, route in enumerate(routes) if route not in _ALONE), key=lambda place: float(shared[place]))


def second(answered: str, chances: Mapping[str, float]) -> str | None:
    """The other matter that a message answered with `answered` may well be about, or None; `chances` are by route."""
    first = chances.get(answered, 1.0)
    other = max((route for route in chances if route not in _ALONE and route != answered), key=chances.__getitem__, default=None)
    if other is None or other in _NEVER_SECOND:
        return None
    if answered == UNSPOKEN:
        enough = chances[other] >= MATTER_FROM and chances[other] >= MATTER_SHARE * (1 - first)
    else:
        enough = answered not in _ALONE and first < UNSURE_BELOW and chances[other] >= SECOND_FROM
    return other if enough else None
