"""bot.nlu.danger: the net behind the model, every pattern both ways."""

import time
from collections.abc import Callable

import pytest

from bot.nlu.danger import NET, caught
from bot.nlu.normalise import normalise

#: For each pattern, plain danger as people type it.
FIRES = {
    "weapon": [
        "hes got a nife",
        "HE HAS A KNIFE",
        "shes holding scissors",
        "dad has got a big hammer",
        "theyve got machete",
        "someone is waving a gun",
        "my brother has an axe",
        "mans got a blade",
        "a lad come at me with a bottle",
        "he's got the kitchen knives",
    ],
    "coming_with_weapon": [
        "hes coming up the stairs with a knife",
        "dad comin with the hammer",
        "the lads are stood outside with a machete",
        "hes sat on the bed with a blade",
        "hes coming at me with a knife",
    ],
    "weapon_at": [
        "hes put a knife to my throat an a nife to my mum",
        "theres a gun at my head",
        "knife against the baby",
        "blade on me",
    ],
    "not_breathing": [
        "shes not breathing",
        "he cant breathe",
        "the baby isnt breathing",
        "hes stopped breathin",
        "my nan has turned blue",
        "hes breathing funny",
        "she can't breath",
    ],
    "wont_wake": ["she wont wake up", "i cant wake him", "he won't wake", "i cannot wake her up", "we cant get her up"],
    "overdose": [
        "ive taken all my tablets",
        "i took loads of pills",
        "shes swallowed bleach",
        "i've taken an overdose",
        "he's taken 30 paracetamol",
        "i just had a whole packet of ibuprofen",
        "i took all of mums tablets",
    ],
    "breaking_in": [
        "someone is breaking in",
        "hes kicking the door",
        "hes booting our front door",
        "theyre kickin my bedroom door",
        "a man is trying to get in",
        "hes breaking the door down",
        "he is kicking me door in",
    ],
    "fire": [
        "the house is on fire",
        "ar house is on fyer",
        "hes set fire to the bed",
        "hes pouring petrol everywhere",
        "our house on fire help",
        "he set the house on fire",
        "hes setting fire to the curtains",
    ],
    "strangling": [
        "hes strangling her",
        "he's choking me",
        "he has his hands round my throat",
        "hes got his hands around her neck",
    ],
    "being_hit": [
        "hes hitting me",
        "dad is beating my mum",
        "my stepdad is battering my brother",
        "shes kicking my sister",
        "they are stabbing him",
        "hes hurting us",
        "mum's fella, he's hittin me",
    ],
    "going_to_kill": ["hes gonna kill me", "he is going to stab my mum", "they're gunna shoot us", "dad is going to murder her"],
    "going_to_die": [
        "im going to kill myself tonight",
        "i am killing myself now",
        "im jumping off right now",
        "im ending it today",
        "im going to kill myself when this battery runs out",
    ],
    "standing_at": ["im on the bridge and im jumping", "im at the railway n im going to", "on the roof and i'm going"],
    "stabbed": [
        "hes been stabbed",
        "shes been shot",
        "he stabbed my brother",
        "im bleeding loads",
        "shes bleeding out",
        "my mate got bleeding badly",
    ],
    "locked_in": [
        "hes locked me in",
        "i cant get out",
        "they wont let me leave",
        "he wont let us out",
        "they have locked her in",
    ],
    "followed": [
        "a man keeps following me",
        "this fella keeps follwin me",
        "theyre chasing us",
        "im being followed by a car n he's following me",
    ],
    "goodbye": [
        "by the time u read this i will be dead",
        "when you read this i'll be gone",
        "when mum reads this i wont be here",
        "if ur reading this i wont be here in the morning",
        "no more mornings after this one",
    ],
    "about_to_harm": [
        "im about to hit my kid",
        "im scared im about to hurt my baby",
        "i'm going to stab him",
        "im so close to gonna shake the baby im going to shake the baby",
        "gonna batter him til hes dead when he gets off that bus",
    ],
    "swallowed": [
        "what happens if a 3 year old eats a strip of tablets",
        "my baby swallowed a battery",
        "my little brother just drank bleach",
        "our toddler ate nans pills",
    ],
    "taken": [
        "someone has taken my daughter",
        "a man took my baby",
        "a stranger grabbed a little girl",
        "he snatched the baby",
        "bloke has grabbed a kid",
        "my nephew was taken from nursery by his dad and theres a court order",
        "she's been picked up from school by a man",
    ],
    "attack_planned": [
        "my brother says hes gonna shoot up the mosque on friday",
        "he's going to burn down the school",
        "they are planning to attack people in town",
    ],
    "ring_for_me": ["call 999 4 me", "can u ring the police for us", "please send an ambulance now", "get the police to my house"],
}

#: For each pattern, messages with its words that are not here and now: negation, the past, play, other people's stories.
LETS_GO = {
    "weapon": [
        "he hasnt got a knife",
        "nobody has a gun",
        "in the film he has a knife",
        "last year he had a gun",
        "my dad has a bat in fortnite",
        "what if he has a knife",
        "he used to have a knife",
    ],
    "coming_with_weapon": [
        "in the film hes coming with a knife",
        "she was never standing there with a knife",
        "last year he come running in with a bat",
        "in the game theyre coming up the stairs with a machete",
    ],
    "weapon_at": [
        "he never put a knife to my throat",
        "years ago my dad held a knife to me",
        "in the game they put a gun to me",
        "i had a dream about a blade on me",
    ],
    "not_breathing": [
        "in the story she was not breathing",
        "last week he stopped breathing for a second, hes ok",
        "i had a nightmare that i couldnt breathe and im not breathing in it",
        "when i was 3 i stopped breathing",
    ],
    "wont_wake": [
        "in the film she wont wake up",
        "yesterday i couldnt wake her and she won't wake in the dream",
        "lol my brother wont wake up",
        "when i was small mum won't wake up used to scare me",
    ],
    "overdose": [
        "i never took tablets",
        "years ago i took loads of pills",
        "i took all my tablets in the game",
        "my mate didnt say he took pills",
        "last month she took all her tablets",
        "imagine he took too many pills",
    ],
    "breaking_in": [
        "nobody is breaking in",
        "last year someone was breaking in",
        "in gta hes kicking the door",
        "he isnt trying to get in",
        "i had a dream a man was trying to get in",
    ],
    "fire": [
        "the house isnt on fire",
        "in minecraft the house is on fire",
        "someone set fire to our bins last summer",
        "my essay is about who set fire to rome",
        "the house was on fire years ago",
    ],
    "strangling": [
        "he isnt strangling me",
        "he used to be strangling her",
        "lol im choking",
        "im choking on my tea lol",
        "in that drama hes strangling her",
        "i could strangle him haha jk",
    ],
    "being_hit": [
        "hes not hitting me",
        "he used to start and he's hitting me in the nightmare",
        "in roblox hes hitting me",
        "he isnt hurting me",
        "dad is hitting me in the play",
        "last week he was hitting me",
    ],
    "going_to_kill": [
        "mum is going to kill me lol",
        "he isnt really and he's going to kill me in the game",
        "dad is gonna kill me in fortnite",
        "she said as a joke she's gonna kill me",
        "he never said he's going to kill me",
    ],
    "going_to_die": [
        "in the song she says im ending it tonight",
        "im killing myself tonight is a line from a book",
        "my homework poem ends with i'm ending it now",
        "i never said im going to kill myself when im older",
        "im not at risk and never said im killing myself now",
    ],
    "standing_at": [
        "in the book he is on the bridge and i'm sad",
        "once i was on the roof and i'm scared of it since",
        "in the film they are on the railway and im crying",
        "last year i was on the bridge and i'm better",
    ],
    "stabbed": [
        "he hasnt been stabbed",
        "my cousin has been stabbed years ago",
        "in the episode he's stabbed",
        "a lad had been stabbed last year",
        "in cod ive been shot",
        "nobody has been shot",
    ],
    "locked_in": [
        "he never locked me in",
        "i cant get out of this level in roblox",
        "he used to say he locked me in",
        "last year he locked me in",
        "in the escape room game we cant get out",
        "my nightmare is that i can't get out",
    ],
    "followed": [
        "he keeps following me on insta",
        "last week a man was following me",
        "in the game they keep chasing me and its following me",
        "nobody is following me",
    ],
    "goodbye": [
        "in the book it says when you read this i'll be gone",
        "when you read this i'll be at school lol",
        "the song goes by the time you read this im gone",
        "she never wrote when you read this i'll be gone",
        "no more mornings for the milkman in the story",
    ],
    "about_to_harm": [
        "im gonna kill my sister lol",
        "im not going to hit my kid",
        "in the film im going to kill the baby line",
        "im going to batter my brother at fifa jk",
        "gonna shoot them till theyre dead in cod",
    ],
    "swallowed": [
        "yesterday my baby swallowed a battery",
        "my baby never swallows his medicine",
        "years ago my son drank bleach",
        "my daughter ate a pill in minecraft, pills heal you",
    ],
    "taken": [
        "in the film someone has taken my daughter",
        "nobody has not seen it but he took my son years ago",
        "a man took my baby in a dream",
        "he took my daughter last week to his mums",
        "in the book a man has taken a child",
        "he was picked up from school by his dad yesterday",
    ],
    "attack_planned": [
        "in the game he's going to burn down the school",
        "he never said he's gonna shoot up the school",
        "he's going to bomb the school in the film",
        "she dreamt that they're going to attack everyone",
    ],
    "ring_for_me": [
        "dont call the police for me",
        "can you ring an ambulance for her in the story",
        "please call the police now is a line in our play",
        "i asked her to ring the police for us last year",
    ],
}


CHANGES: dict[str, Callable[[str], str]] = {
    "capitals": str.upper,
    "shouted": "{}!!!".format,
    "after a greeting": "hi. sorry. {}".format,
    "with another line": "{}\nplease".format,
    "played down": "{} but im ok".format,
}


def test_every_pattern_is_tried_both_ways() -> None:
    names = [pattern.name for pattern in NET]
    assert len(names) == len(set(names))
    assert set(names) == set(FIRES) == set(LETS_GO)
    assert all(len(FIRES[name]) >= 3 and len(LETS_GO[name]) >= 4 for name in names)


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in FIRES.items() for text in texts])
def test_catches_plain_danger_as_it_is_typed(name: str, text: str) -> None:
    shape = {pattern.name: pattern.shape for pattern in NET}[name]
    assert shape.search(normalise(text))
    assert caught(normalise(text)) is not None


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in FIRES.items() for text in texts])
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_catches_it_in_any_case_and_company(name: str, text: str, change: Callable[[str], str]) -> None:
    assert caught(normalise(change(text))) is not None


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in LETS_GO.items() for text in texts])
def test_lets_go_of_what_is_not_here_and_now(name: str, text: str) -> None:
    assert caught(normalise(text)) is None


@pytest.mark.parametrize("text", ["", " ", "hello", "how do i spell necessary", "my dad is ill", "i feel sad", "\n\n", "?", "🔪"])
def test_says_nothing_about_other_messages(text: str) -> None:
    assert caught(normalise(text)) is None


def test_each_clause_is_read_by_itself() -> None:
    """A calm clause does not carry a dangerous one away, nor a story beside it."""
    assert caught(normalise("last year was bad. hes got a knife")) == "weapon"
    assert caught(normalise("it was a joke at first but hes strangling her")) == "strangling"
    assert caught(normalise("we watched a film\nthe house is on fire")) == "fire"
    assert caught(normalise("hes got a knife. in the film i mean")) == "weapon"


def test_negation_inside_a_pattern_belongs_to_it() -> None:
    assert caught(normalise("shes not breathing")) == "not_breathing"
    assert caught(normalise("she isnt not breathing")) is None


LONGEST = 4_000
ADVERSARIAL = {
    "one word": "he " * (LONGEST // 3),
    "begun weapons": "he has got has got has got a " * (LONGEST // 29),
    "begun pattern without end": "he's got the big " * (LONGEST // 17),
    "begun overdoses": "i've taken a whole packet of the mum's " * (LONGEST // 39),
    "weapons let go": "he has a knife in the film " * (LONGEST // 27),
    "letters": "a" * LONGEST,
    "letters with spaces": "a " * (LONGEST // 2),
    "digits": "i took " + "1" * (LONGEST - 7),
    "clauses": "he has a knife in the film. " * (LONGEST // 28),
    "full stops": "." * LONGEST,
    "but": "but " * (LONGEST // 4),
    "spaces": " " * LONGEST,
    "hands": "hands round my " * (LONGEST // 15),
    "breath": "breathin" * (LONGEST // 8),
    "at words": "he's at aaaaaaaaa with at aaaaaaaaa " * (LONGEST // 36),
    "no film ends it": "not breathing once " * (LONGEST // 19),
}


@pytest.mark.parametrize("name", ADVERSARIAL)
def test_no_text_of_the_longest_length_takes_long(name: str) -> None:
    """50 ms of processor time for the search, as it is typed and in one line."""
    text = ADVERSARIAL[name][:LONGEST]
    for read in (text, normalise(text)):
        began = time.process_time()
        caught(read)
        assert time.process_time() - began <= 0.05
