"""bot.tokens: what a client holds is made, signed and understood here only."""

import base64
import json
import secrets

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.tokens import ID_BITS, Tokens, looks_chosen, parse_payload

SECRET = "a secret of more than thirty-two characters"
TOKENS = Tokens(SECRET)
ID, TOKEN = TOKENS.new()
PAYLOAD = '/inform{"speaker": "young"}'
CHOICE = TOKENS.offer(ID, PAYLOAD)

#: Any text, lone surrogates included: JSON can carry them.
anything = st.text(st.characters(exclude_categories=()))
facts = st.dictionaries(
    st.sampled_from(["speaker", "about", "when", "area", "danger_now"]), st.one_of(st.booleans(), st.text())
)


def test_an_id_has_128_random_bits_and_never_comes_twice() -> None:
    made = {TOKENS.new()[0] for _ in range(1000)}
    assert len(made) == 1000
    assert all(len(base64.urlsafe_b64decode(i + "==")) * 8 == ID_BITS for i in made)


def test_a_token_names_its_conversation_and_fits_into_an_address() -> None:
    assert TOKENS.conversation(TOKEN) == ID
    assert set(TOKEN) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")
    assert len(TOKEN) < 200


@given(anything)
def test_no_text_is_a_token_or_a_choice(text: str) -> None:
    assert TOKENS.conversation(text) is None
    assert TOKENS.chosen(ID, text) is None
    assert TOKENS.chosen(ID, f"choice.{text}") is None
    assert TOKENS.conversation(TOKEN + text) in (None, ID)
    assert TOKENS.conversation(text + TOKEN) in (None, ID)


@given(st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.lists(st.text()), st.binary()))
def test_only_text_is_a_token(value: object) -> None:
    assert TOKENS.conversation(value) is None


@given(st.integers(0, len(TOKEN) - 1), st.characters(exclude_categories=()))
def test_a_changed_token_names_no_other_conversation(place: int, character: str) -> None:
    changed = TOKEN[:place] + character + TOKEN[place + 1 :]
    # The last character of base64 holds two bits that mean nothing.
    assert TOKENS.conversation(changed) in ((None, ID) if place == len(TOKEN) - 1 else (None,)) or changed == TOKEN


@given(st.integers(0, len(CHOICE) - 1), st.characters(exclude_categories=()))
def test_a_changed_choice_is_none(place: int, character: str) -> None:
    changed = CHOICE[:place] + character + CHOICE[place + 1 :]
    assert TOKENS.chosen(ID, changed) in ((None, PAYLOAD) if place == len(CHOICE) - 1 else (None,)) or changed == CHOICE


@given(st.from_regex(r"[a-z_]{1,30}", fullmatch=True), facts)
def test_a_choice_carries_its_payload_and_payloads_their_facts(intent: str, means: dict[str, object]) -> None:
    payload = f"/{intent}" + (json.dumps(means) if means else "")
    assert TOKENS.chosen(ID, TOKENS.offer(ID, payload)) == payload
    assert parse_payload(payload) == (intent, means)


def test_a_choice_is_good_in_its_own_conversation_only() -> None:
    other, other_token = TOKENS.new()
    assert TOKENS.chosen(ID, CHOICE) == PAYLOAD
    assert TOKENS.chosen(other, CHOICE) is None
    # Neither passes for the other, whatever it is dressed up as.
    assert TOKENS.conversation(CHOICE) is None
    assert TOKENS.conversation(CHOICE.removeprefix("choice.")) is None
    assert TOKENS.chosen(other, f"choice.{other_token}") is None


def test_a_choice_without_its_mark_is_words() -> None:
    assert TOKENS.chosen(ID, CHOICE.removeprefix("choice.")) is None
    assert TOKENS.chosen(ID, " " + CHOICE) is None
    assert TOKENS.chosen(ID, PAYLOAD) is None


def test_every_choice_looks_like_one_and_words_do_not() -> None:
    assert looks_chosen(CHOICE)
    assert looks_chosen("choice.")
    for words in ("", "choice", "choice. i have none", "my choice.x", "choice.é!", "choice.x y", "choice.x\n"):
        assert not looks_chosen(words)


def test_the_secret_decides() -> None:
    assert Tokens(SECRET).conversation(TOKEN) == ID, "the same after a restart, or in another replica"
    assert Tokens(SECRET + "x").conversation(TOKEN) is None
    assert Tokens().conversation(Tokens().new()[1]) is None, "without one, each start makes its own"


def test_what_is_far_too_long_is_not_even_looked_at() -> None:
    long = TOKENS.offer(ID, "/inform" + json.dumps({"area": secrets.token_hex(1000)}))
    assert TOKENS.chosen(ID, long) is None


@pytest.mark.parametrize(
    "payload",
    ["", "inform", " /inform", "/", "/{}", '/{"a": 1}', "/inform{", '/inform{"a"}', "/inform{]", "/inform{} x"],
)
def test_what_is_no_payload_is_refused(payload: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_payload(payload)


@given(anything)
def test_any_text_is_a_payload_or_a_value_error(text: str) -> None:
    try:
        intent, means = parse_payload(text)
    except ValueError:
        return
    assert intent
    assert isinstance(means, dict)
