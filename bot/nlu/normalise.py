"""Normalising: one spelling for what people type in many, so that every later component reads the same text.

Letters of one Unicode form, emoji as words, stretched letters cut, text-speak written out, doubled letters and look-alikes
mended (bot/nlu/spelling.py). It never decides anything.
The encoder is trained on text normalised here, so a change means training it again (`make encoder`).
"""

from __future__ import annotations

import re
import unicodedata

import emoji

from bot.nlu.spelling import letters_joined, mended

#: Text-speak with one reading only. A word with two ("n", "2", "4") stays: the classifiers learn it from its company.
TEXT_SPEAK = {
    "u": "you", "ur": "your", "urs": "yours", "r": "are", "ru": "are you", "y": "why", "bc": "because", "cuz": "because",
    "coz": "because", "cos": "because", "cus": "because", "bcos": "because", "wat": "what", "wot": "what",
    "wen": "when", "wont": "won't", "cant": "can't", "dont": "don't", "doesnt": "doesn't", "didnt": "didn't",
    "isnt": "isn't", "wasnt": "wasn't", "havent": "haven't", "hasnt": "hasn't", "wouldnt": "wouldn't",
    "couldnt": "couldn't", "shouldnt": "shouldn't", "aint": "ain't", "im": "i'm", "ive": "i've", "iv": "i've",
    "hes": "he's", "shes": "she's", "theyre": "they're", "theyve": "they've", "thats": "that's", "whats": "what's",
    "theres": "there's", "youre": "you're", "weve": "we've", "pls": "please", "plz": "please", "plss": "please",
    "ppl": "people", "smth": "something", "sth": "something", "summat": "something", "sumthing": "something",
    "some1": "someone", "sum1": "someone", "no1": "no one", "any1": "anyone", "every1": "everyone", "b4": "before",
    "l8r": "later", "gr8": "great", "m8": "mate", "tmrw": "tomorrow", "tmr": "tomorrow", "2moro": "tomorrow",
    "tmoz": "tomorrow", "2nite": "tonight", "2night": "tonight", "tonite": "tonight", "2day": "today", "rn": "right now",
    "idk": "i don't know", "dunno": "don't know", "tbh": "to be honest", "ngl": "not going to lie", "thx": "thanks",
    "ty": "thank you", "msg": "message", "msgs": "messages", "bf": "boyfriend", "gf": "girlfriend", "bro": "brother",
    "sis": "sister", "nite": "night", "luv": "love", "skl": "school", "pic": "picture", "pics": "pictures",
    "dms": "messages", "hsptl": "hospital", "omg": "oh my god", "wanna": "want to", "gonna": "going to",
    "gunna": "going to", "gna": "going to", "gotta": "got to", "kno": "know", "abt": "about", "sed": "said",
}  # fmt: skip

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_STRETCHED = re.compile(r"([^\W\d_])\1{2,}")
_PUNCTUATION_RUN = re.compile(r"([!?.,~*\-_=])\1{2,}")
_SPACE = re.compile(r"\s+")
#: Invisible characters: controls, zero-width and direction marks, which change how a text looks but not what it says.
_INVISIBLE = dict.fromkeys(range(32), " ") | dict.fromkeys((173, 8203, 8206, 8207, 8288, 65279))
_INVISIBLE |= dict.fromkeys((*range(8234, 8239), *range(8294, 8298), *range(65024, 65040)))
_INVISIBLE |= {0x7F: None}


def _written_out(match: re.Match[str]) -> str:
    word = match.group().replace("’", "'")
    spelt = TEXT_SPEAK.get(word.lower())
    if spelt is None:
        # What stands behind an apostrophe is an ending: "'s", "'ll".
        stem, *ending = word.split("'", 1)
        spelt = "'".join((mended(stem, TEXT_SPEAK), *ending))
        spelt = TEXT_SPEAK.get(spelt.lower(), spelt)
    return spelt


def _emoji_words(_chars: str, data: dict[str, str]) -> str:
    return f" {data['en'].strip(':').replace('_', ' ')} "


#: Emoji that say how somebody feels about what their words say already: sad, frightened and pleading ones. What is left
#: is what can change the meaning: things (a knife, tablets) and laughter.
_SAD = re.compile(
    r"crying|pleading|pensive|disappointed|worried|anxious|fearful|frown|weary|tired|sad|confounded|persevering|flushed|"
    r"downcast|anguished|broken_heart|folded_hands|screaming_in_fear|holding_back_tears"
)
#: Words that must stand beside a sad emoji for it to say nothing more.
FEWEST_BESIDE_SAD = 3


def _without_sad(words: str) -> str:
    """The words without emoji that are only sad, where enough is left without them."""
    rest: str = emoji.replace_emoji(words, lambda chars, data: " " if _SAD.search(data["en"]) else chars)
    return rest if len(_WORD.findall(rest)) >= FEWEST_BESIDE_SAD else words


def normalise(text: str) -> str:
    """Return `text` in one spelling: NFKC, emoji as words, letters stretched thrice cut to two, text-speak written out.

    Any string is accepted, lone surrogates and NULs too. Line breaks become full stops' equals: they are kept as "\\n",
    because a pasted chat is read line by line.
    """
    clean = text.encode("utf-8", "replace").decode("utf-8")
    lines = []
    for line in unicodedata.normalize("NFKC", clean).splitlines():
        words = letters_joined(line.translate(_INVISIBLE))
        if not words.isascii():
            words = emoji.replace_emoji(_without_sad(words), _emoji_words)
        words = _STRETCHED.sub(r"\1\1", words)
        words = _PUNCTUATION_RUN.sub(r"\1\1\1", words)
        words = _WORD.sub(_written_out, words)
        lines.append(_SPACE.sub(" ", words).strip())
    return "\n".join(line for line in lines if line)


_OPENER = re.compile(
    r"^(?:(?:hi|hiya|hello|hey|heya|hello there|hi there|good (?:morning|afternoon|evening)|(?:i'm )?(?:so )?sorry to (?:bother|trouble) "
    r"(?:you|yous|yas?|anyone)|sorry|excuse me)\b[\s,.!?:;-]*)+",
    re.IGNORECASE,
)
#: Words that must be left for a greeting or an apology in front to be taken off: a bare "sorry to bother you" stays.
FEWEST_AFTER_OPENER = 3


def without_opener(text: str) -> str:
    """A normalised text without the greeting or apology it begins with, which says nothing of what it is about."""
    rest = _OPENER.sub("", text, count=1)
    return rest if len(rest.split()) >= FEWEST_AFTER_OPENER else text


_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+|\n+")
#: A message this short is read whole; a longer one is read part by part as well.
SHORT_WORDS = 18
#: Words in one part, and by how many the next part begins later, where no full stop says where a sentence ends.
PART_WORDS, PART_STEP = 24, 14
#: Parts of one message at most, so that its cost is bounded; beyond it neighbours are read together, and none is lost.
MOST_PARTS = 64


def parts(text: str) -> list[str]:
    """The parts of a long normalised message, so that one dangerous sentence is not drowned by calm ones.

    A short message has none (it is read whole). Sentences of three words or fewer are read with the one before.
    """
    if len(text.split()) <= SHORT_WORDS:
        return []
    found: list[str] = []
    for sentence in _SENTENCE_END.split(text):
        words = sentence.split()
        if not words:
            continue
        if found and len(words) <= 3:
            found[-1] = f"{found[-1]} {sentence}"
            continue
        start = 0
        while start < len(words):
            found.append(" ".join(words[start : start + PART_WORDS]))
            if start + PART_WORDS >= len(words):
                break
            start += PART_STEP
    while len(found) > MOST_PARTS:
        found = [" ".join(found[i : i + 2]) for i in range(0, len(found), 2)]
    return found if len(found) > 1 else []
