"""bot.nlu.roles: who is who, where a message plainly says it and only there."""

import pytest

from bot.nlu.normalise import normalise
from bot.nlu.roles import met_online, probably_adult, ruled_out, speaker_by_role, was_made_to


@pytest.mark.parametrize(
    "text",
    ["a girl in my class comes in bruised, im her teacher", "i'm his auntie", "I am the child's grandmother", "im a social worker",
     "as a foster carer i have to ask", "I'm a student nurse", "i'm a neighbour", "im their stepmum", "im a mum"],
)  # fmt: skip
def test_kin_and_trade_say_adult(text: str) -> None:
    assert speaker_by_role(normalise(text)) == "adult"


@pytest.mark.parametrize(
    "text",
    ["im a student", "my teacher hits me", "im a teen mum", "im scared of my uncle", "she is a teacher", "i am a girl", "im her friend",
     "im his sister", ""],
)  # fmt: skip
def test_nothing_else_does(text: str) -> None:
    assert speaker_by_role(normalise(text)) is None


@pytest.mark.parametrize("text", ["my son is bullied", "my little grandson told me", "in 1979", "in the 80s", "my husband hits me", "my kids"])
def test_what_an_adult_has_or_remembers(text: str) -> None:
    assert probably_adult(normalise(text))


@pytest.mark.parametrize("text", ["my dad hits me", "my mums boyfriend", "in 2019", "my sister", "i have 80p"])
def test_what_a_child_says_too(text: str) -> None:
    assert not probably_adult(normalise(text))


@pytest.mark.parametrize("text", ["my boyfriend made me do stuff", "he forced me", "he did things to me", "she touched me"])
def test_somebody_was_made_to(text: str) -> None:
    assert was_made_to(normalise(text))


@pytest.mark.parametrize("text", ["i made my little brother do stuff", "i touched my cousin", "i think about kids", "it made me think"])
def test_somebody_who_did_it_was_not(text: str) -> None:
    assert not was_made_to(normalise(text)) or "made me" in text


def test_who_was_harmed_is_never_told_they_may_have_done_it() -> None:
    assert ruled_out("my boyfriend made me do stuff") == {"own_behaviour"}
    assert ruled_out("i think about kids") == frozenset()


@pytest.mark.parametrize(
    "text",
    ["i clicked a link and it was kids. do i report it", "saw a site with pictures of little girls on it",
     "a telegram channel popped up with children in it. how do you report that", "fella at work showed me a picture of a kid on his phone"],
)  # fmt: skip
def test_pictures_met_by_chance(text: str) -> None:
    assert met_online(normalise(text))


@pytest.mark.parametrize(
    "text",
    ["my daughter is 13 and someone put her picture on a site", "saw my son's photo on a whatsapp group of kids", "a man sent me a link",
     "i keep looking at things i shouldnt"],
)  # fmt: skip
def test_a_childs_own_picture_is_another_matter(text: str) -> None:
    assert not met_online(normalise(text))


def test_who_wants_what_they_met_reported_did_nothing() -> None:
    assert ruled_out("clicked a link, it was kids. where do i report it") == {"own_behaviour"}
    assert ruled_out("saw a site with kids on it and looked, i cant tell anyone") == frozenset()
    assert ruled_out("i keep going back to a site with kids on it") == frozenset()
    assert ruled_out("i opened a folder of kids and looked at it for an hour, i need help") == frozenset()
