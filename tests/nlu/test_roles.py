"""bot.nlu.roles: who is who, where a message plainly says it and only there."""

import pytest

from bot.nlu.normalise import normalise
from bot.nlu.roles import probably_adult, ruled_out, speaker_by_role, was_made_to


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
