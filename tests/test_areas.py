"""bot.areas: which area a message names."""

import pytest

from bot.areas import Area, Areas, plain
from bot.directory import load

AREAS = load().areas


@pytest.mark.parametrize(
    ("text", "area"),
    [
        ("Bootle", "sefton"), ("i live in crosby", "sefton"), ("SOUTHPORT", "sefton"),
        ("birkenhead", "wirral"), ("the wirral", "wirral"), ("New Brighton", "wirral"),
        ("huyton", "knowsley"), ("kirkby", "knowsley"), ("west kirby", "wirral"),
        ("widnes", "halton"), ("im from runcorn", "halton"),
        ("toxteth", "liverpool"), ("liverpool", "liverpool"), ("in Liverpool, England", "liverpool"),
        ("st helens", "st_helens"), ("St. Helens", "st_helens"), ("St Helen's", "st_helens"),
        ("St Helen\u2019s", "st_helens"), ("saint helens", "st_helens"), ("St-Helens", "st_helens"),
        ("newton-le-willows", "st_helens"), ("Chester", "cheshire"), ("cheshire", "cheshire"),
        ("merseyside", "merseyside"), ("manchester", "england"), ("brighton", "england"),
        ("Cardiff", "wales"), ("glasgow", "scotland"), ("derry", "northern_ireland"),
        ("Northern Ireland", "northern_ireland"), ("N. Ireland", "northern_ireland"),
    ],
)  # fmt: skip
def test_a_place_finds_its_area(text: str, area: str) -> None:
    assert AREAS.of(text) == area


@pytest.mark.parametrize(
    ("text", "area"),
    [
        ("Sefton Park", "liverpool"),
        ("scotland road", "liverpool"),
        ("liverpool street station", "england"),
        ("waterloo, Liverpool", "sefton"),
    ],
)
def test_the_longest_name_wins_where_names_overlap(text: str, area: str) -> None:
    assert AREAS.of(text) == area


@pytest.mark.parametrize(
    ("text", "area"),
    [
        ("Bootle, Liverpool", "sefton"),
        ("Huyton in Liverpool", "knowsley"),
        ("knowsley, liverpool", "knowsley"),
        ("Widnes, Cheshire", "halton"),
        ("Wirral, Merseyside, England", "wirral"),
    ],
)
def test_a_place_says_more_than_a_wide_name(text: str, area: str) -> None:
    assert AREAS.of(text) == area


@pytest.mark.parametrize(
    ("text", "area"),
    [
        ("from bootle, now in huyton", "merseyside"),
        ("birkenhead or widnes", "england"),
        ("glasgow and belfast", None),
        ("sefton or wirral", "merseyside"),
    ],
)
def test_two_areas_give_the_smallest_around_both(text: str, area: str | None) -> None:
    assert AREAS.of(text) == area


@pytest.mark.parametrize(
    "text",
    ["", "   ", "my mum hit me", "bootles", "I was reading", "he will bury it", "prince of wales", "Liverpool FC",
     "the liverpool match", "crosbyx", "\U0001f600", "speaking"],
)  # fmt: skip
def test_words_that_are_no_place_find_nothing(text: str) -> None:
    assert AREAS.of(text) is None


def test_what_surrounds_an_area() -> None:
    assert list(AREAS.around("sefton")) == ["sefton", "merseyside", "england"]
    assert list(AREAS.around("halton")) == ["halton", "cheshire", "england"]
    with pytest.raises(KeyError):
        list(AREAS.around("atlantis"))


def test_a_role_is_taken_from_the_nearest_area_around() -> None:
    areas = Areas([Area(id="a", name="A", services={"x": "far"}), Area(id="b", name="B", parent="a")], "a")
    assert areas.filling("x", "b") == "far"
    assert areas.filling("y", "b") is None


def test_areas_without_places_find_nothing() -> None:
    assert Areas([], "none").of("liverpool") is None


@pytest.mark.parametrize(
    ("text", "seen"),
    [("St. Helen's!", "st helens"), ("Saint  Helens", "st helens"), ("STOKE-ON-TRENT", "stoke on trent")],
)
def test_plain(text: str, seen: str) -> None:
    assert plain(text) == seen
