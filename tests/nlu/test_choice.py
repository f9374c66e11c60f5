"""bot.nlu.choice: the route whose doors serve most of what may be meant."""

import numpy as np
import pytest

from bot.nlu.choice import chosen, likeness, second
from bot.signposting import ROUTES


def odds(**chances: float) -> tuple[list[str], np.ndarray]:
    return list(chances), np.log(list(chances.values()))


def test_every_route_serves_itself_best() -> None:
    for meant in ROUTES:
        assert likeness(meant, meant) == 1
        assert all(likeness(other, meant) < 1 for other in ROUTES if other != meant)


def test_a_clear_first_is_chosen() -> None:
    routes, given = odds(own_behaviour=0.8, past_abuse=0.1, abuse_now=0.1)
    assert routes[chosen(routes, given)] == "own_behaviour"


def test_routes_with_one_door_stand_together() -> None:
    """Three kinds of abuse beside a slightly likelier wish to stop one's own behaviour: nobody hurt is sent there."""
    routes, given = odds(own_behaviour=0.3, past_abuse=0.25, abuse_now=0.25, exploitation=0.2)
    assert routes[chosen(routes, given)] in ("past_abuse", "abuse_now")


@pytest.mark.parametrize("talk", ["quick_exit", "thanks", "privacy", "cannot_call", "ask_number", "medical"])
def test_what_has_a_reply_of_its_own_serves_nothing_else(talk: str) -> None:
    assert {likeness(talk, r) for r in ROUTES if r != talk} == {0.0}
    assert {likeness(r, talk) for r in ROUTES if r != talk} == {0.0}


def test_unnormalised_odds_will_do() -> None:
    routes, given = odds(bullying=0.6, neglect=0.4)
    assert chosen(routes, given) == chosen(routes, given + 7) == 0


@pytest.mark.parametrize(("likely", "left"), [(0.9, True), (0.6, False)])
def test_the_page_is_left_only_when_that_is_plain(likely: float, left: bool) -> None:
    routes, given = odds(quick_exit=likely, unsure=1 - likely)
    assert (routes[chosen(routes, given)] == "quick_exit") is left


@pytest.mark.parametrize(
    ("answered", "chances", "other"),
    [
        ("bullying", {"bullying": 0.5, "online_images": 0.3, "feeling_low": 0.2}, "online_images"),
        ("online_images", {"bullying": 0.5, "online_images": 0.3}, "bullying"),
        ("bullying", {"bullying": 0.7, "online_images": 0.3}, None),
        ("bullying", {"bullying": 0.5, "online_images": 0.07}, None),
        ("bullying", {"bullying": 0.5, "unsure": 0.3, "online_images": 0.2}, "online_images"),
        ("past_abuse", {"past_abuse": 0.5, "own_behaviour": 0.4, "feeling_low": 0.1}, None),
        ("abuse_now", {"abuse_now": 0.5, "anonymous_information": 0.4}, None),
        ("thanks", {"thanks": 0.4, "bullying": 0.3}, None),
        ("unsure", {"bullying": 0.1, "neglect": 0.1}, None),
        ("cannot_call", {"cannot_call": 0.94, "bullying": 0.05}, "bullying"),
        ("cannot_call", {"cannot_call": 0.94, "which_number": 0.04, "bullying": 0.02}, None),
        ("cannot_call", {"cannot_call": 0.6, "bullying": 0.19, "neglect": 0.11, "abuse_now": 0.1}, None),
        ("cannot_call", {"cannot_call": 0.6, "own_behaviour": 0.4}, None),
    ],
)
def test_an_unsure_reading_has_a_second_matter(answered: str, chances: dict[str, float], other: str | None) -> None:
    assert second(answered, chances) == other
