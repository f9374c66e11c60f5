"""The language guard: is a message in another language than English, and is somebody in danger in it?

Signpost works in English. Whoever writes in another language gets a short approved text in it, 999 first if in doubt, so
two things are asked of a message here: its language, and a careful first reading. What is known of each language stands
in languages/ (see lexicons.py).

Why no library: both were measured on the 14,469 training messages of the day (13,507 English). Asked to be surer than
.9, py3langid 0.4 (4.5 MB) took 2 English messages for another language and named 69 % of the foreign ones rightly;
lingua 2.1 (96 MB on disk, 1.3 GB in memory) took none and named 72 %; surer than .5, 25 and 4, and 87 % of both. Neither
knows Urdu or Punjabi in Latin letters, which is how most young people here write them (of 50 messages, none was right),
and neither says anything about danger, for which the words of each language are needed anyway. So the words decide
both; on the same messages they took no English one for another language.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache

from bot.nlu.age import ADULT_FROM, OLDEST, YOUNGEST
from bot.nlu.lexicons import CUES, Known, Lexicon, fold, known_in, lexicons

#: Where each script begins and ends, and the language it stands for when nothing else tells. Languages that share a
#: script (Arabic, Cyrillic) are told apart by letters and words; Amharic passes for Tigrinya, which has no text either.
SCRIPTS: tuple[tuple[int, int, str], ...] = (
    (0x0370, 0x03FF, "el"), (0x0400, 0x052F, "uk"), (0x0530, 0x058F, "hy"), (0x0590, 0x05FF, "he"),
    (0x0600, 0x077F, "ar"), (0x08A0, 0x08FF, "ar"), (0x0900, 0x097F, "hi"), (0x0980, 0x09FF, "bn"),
    (0x0A00, 0x0A7F, "pa"), (0x0A80, 0x0AFF, "gu"), (0x0B80, 0x0BFF, "ta"), (0x0C00, 0x0C7F, "te"),
    (0x0C80, 0x0CFF, "kn"), (0x0D00, 0x0D7F, "ml"), (0x0D80, 0x0DFF, "si"), (0x0E00, 0x0E7F, "th"),
    (0x0E80, 0x0EFF, "lo"), (0x1000, 0x109F, "my"), (0x10A0, 0x10FF, "ka"), (0x1100, 0x11FF, "ko"),
    (0x1200, 0x139F, "ti"), (0x1780, 0x17FF, "km"), (0x3040, 0x30FF, "ja"), (0x3400, 0x4DBF, "zh"),
    (0x4E00, 0x9FFF, "zh"), (0xAC00, 0xD7A3, "ko"), (0x20000, 0x2FA1F, "zh"),
)  # fmt: skip
#: Scripts that several languages share, by the language that stands for the script.
SHARING = {"ar": ("ar", "ur", "fa", "ku"), "uk": ("uk", "bg")}
#: Letters of another script that a message must have; a single one is a symbol (π, ツ).
FEWEST_LETTERS = 3
#: Han writes a word with one or two characters and no spaces: so many count as one word.
HAN_PER_WORD = 2

#: What normalising writes for "y", "ty", "u" and "cos", which are words of other languages too: beside enough of those
#: these are no sign of English.
SPOKEN = frozenset({"why", "thank", "you", "because"})
#: What a letter counts that only one of the languages sharing a script has, when a word of it counts one.
OWN_LETTER = 2
_KANA = re.compile(r"[\u3041-\u3096\u30a1-\u30fa]")

#: How many words that English does not have a message in Latin letters must show, and their sum must be greater than
#: that of the English words that the language does not have. Of 13,507 English training messages 17 % have one such word
#: (a name, a relative, a dish); with a minimum of one, three would be taken for another language, with two none. With the
#: English words of the first 9,200 messages alone, none of 4,853 later ones was.
FEWEST_WORDS = 2
#: What a word counts that both languages have ("me", "on", "main"): something, but not by itself.
SHARED_WORD = 0.5


def _script(word: str) -> str | None:
    """The language that stands for the script of a word; None for Latin letters, digits and what is not known."""
    first = ord(unicodedata.normalize("NFC", word)[0])
    return next((code for begin, end, code in SCRIPTS if begin <= first <= end), None)


def detect(text: str) -> str | None:
    """The language of a message, as its ISO 639-1 code; None for English, for a mere greeting, and when unsure.

    `text` may be normalised, but is better as it was typed: normalising writes "y", "ty" and "im" out as English words,
    and other languages have them too. English with words of another language in it is English; languages
    without a text of their own have a code all the same (the caller answers in simple English).
    """
    words = list(dict.fromkeys(fold(text).split()))
    if not words or _greets(words):
        return None
    by_script: dict[str, list[str]] = {}
    latin = []
    for word in words:
        script = _script(word)
        if script is None:
            latin.append(word)
        else:
            by_script.setdefault(script, []).append(word)
    known = {word: known_in(word) for word in words}
    english = {word for word in latin if "en" in known[word].common}
    if by_script:
        main = max(by_script, key=lambda script: sum(map(len, by_script[script])))
        letters = sum(map(len, by_script[main]))
        size = letters / HAN_PER_WORD if main in ("zh", "ja") else len(by_script[main])
        if letters >= (HAN_PER_WORD if main == "zh" else FEWEST_LETTERS) and size >= len(english):
            return _sharing(main, [known[word] for word in by_script[main]], text)
    return _latin({word: known[word] for word in latin}, english, text)


def _greets(words: list[str]) -> bool:
    """Whether all there is are greetings and thanks of any language."""
    return all(word in _greetings() or word.isdigit() for word in words)


@cache
def _greetings() -> frozenset[str]:
    return frozenset().union(*(lexicon.greetings for lexicon in lexicons().values()))


def _lettered(text: str) -> dict[str, frozenset[str]]:
    """Each word of `text` with the letters it is written with, accents and all, by its folded form."""
    found: dict[str, frozenset[str]] = {}
    if text.isascii():
        return found
    for word in re.split(r"[\W\d_]+", unicodedata.normalize("NFC", text.casefold())):
        if word:
            found[fold(word)] = found.get(fold(word), frozenset()) | frozenset(word)
    return found


def _sharing(script: str, known: list[Known], text: str) -> str:
    """Which of the languages that share a script a message is in; `known` is which of them has each of its words."""
    if script in ("ja", "zh"):
        return "ja" if len(_KANA.findall(text)) > 1 else "zh"
    lettered = _lettered(text).values()

    def shown(code: str) -> int:
        own = lexicons()[code].letters
        return sum(code in word.at_all for word in known) + OWN_LETTER * sum(bool(letters & own) for letters in lettered)

    return max(SHARING.get(script, (script,)), key=shown) if script in SHARING else script


def _latin(known: dict[str, Known], english: set[str], text: str) -> str | None:
    """The language of a message in Latin letters, by the words and letters that only it has."""
    lettered = _lettered(text)
    whole = " ".join(known)
    best, best_score = None, 0.0
    for code, lexicon in lexicons().items():
        if code == "en":
            continue
        common = {word for word in known if len(word) > 1 and code in known[word].common}
        marked = {word for word in known if lettered.get(word, frozenset()) & lexicon.letters}
        common |= marked
        theirs = common | {word for word in known if len(word) > 1 and code in known[word].at_all}
        own = theirs - english
        score = len(own) + SHARED_WORD * len(theirs & english)
        against = len(english - theirs)
        if len(own) > FEWEST_WORDS and not english - theirs - SPOKEN:
            against = 0
        # Without any English beside it, one word of its own is enough: "ellerimi bağladılar", "mi-au legat mâinile".
        brief = not against and (len(theirs) > FEWEST_WORDS or (bool(marked) and len(known) > 1))
        shows = bool(own & common) and (len(own) >= FEWEST_WORDS or brief) and score > against
        if (shows or lexicon.spell(whole) in lexicon.alone) and score > best_score:
            best, best_score = code, score
    return best


@dataclass(frozen=True)
class Reading:
    """A first reading of a message in another language.

    `danger`: True where it plainly says that somebody is in danger now, False where it is plainly calm, None where
    neither is plain (999 first, then). `topic`: a route id or None. `speaker`: "young", "adult" or None.
    """

    danger: bool | None = None
    topic: str | None = None
    speaker: str | None = None
    wants_anonymous: bool = False


#: Topics that a phrase of their own shows, the most telling first, before who does what to whom is looked at...
SPECIFIC = (
    "fgm", "forced_marriage_or_honour", "modern_slavery", "radicalisation", "online_images", "online_contact",
    "self_harm", "feeling_suicidal", "exploitation", "sexual_violence_support", "run_away_or_missing", "bullying",
)  # fmt: skip
#: ...and those that are looked for after it.
GENERAL = (
    "past_abuse", "abuse_now", "professional_concern", "neglect", "domestic_abuse", "worried_about_child", "feeling_low",
    "report_to_police", "anonymous_information", "crime_not_child", "medical", "cannot_call", "privacy", "which_number",
    "ask_number", "other_language", "thanks",
)  # fmt: skip
#: Topics of which the asking is itself calm.
ASKING = frozenset({
    "report_to_police", "anonymous_information", "privacy", "which_number", "ask_number", "other_language", "thanks",
    "past_abuse", "bullying", "crime_not_child",
})  # fmt: skip
#: Topics that last for weeks or years. One of them told with a word for how long, or in the words of `mild`, is calm
#: where nothing frightens: no sign of danger, of a blow or of alarm, nobody near and no "now".
LASTING = frozenset({
    "domestic_abuse", "worried_about_child", "professional_concern", "neglect", "feeling_low", "modern_slavery",
    "online_images", "online_contact", "forced_marriage_or_honour",
})  # fmt: skip
#: So many words of a message may be unknown for its topic to make it calm: a message can begin with a husband who keeps
#: the money and end with what no phrase knows. Three would call a tenth more of the calm messages calm, and more of those.
UNREAD = 2
#: Somebody of theirs: who names one beside asking for a language has more to say than that.
FAMILY = frozenset({"partner", "father", "mother", "elder", "child"})
#: Topics that explain a weak sign of danger: a throat that hurts, a night away, a boss who shouts.
BESIDE_ALARM = frozenset({"medical", "modern_slavery", "run_away_or_missing"})
#: Topics that leave danger undecided: whoever is this low may be in danger without saying so.
NEVER_CALM = frozenset({"feeling_suicidal", "self_harm"})

_SENTENCE_END = re.compile(r"[.!?\n;。！？；؟۔।…]+")


def reading(text: str, lang: str) -> Reading:
    """Read a message in the language `detect` found, by that language's phrases.

    As for `detect`, `text` is better as it was typed than normalised. A language that is not known gives an empty
    reading: in doubt.
    """
    lexicon = lexicons().get(lang)
    if lexicon is None or lang == "en":
        return Reading()
    whole = lexicon.folded(text)
    cues = frozenset(name for name in CUES if lexicon.shows(name, whole))
    topic = _topic(whole, cues, lexicon)
    sentences = [lexicon.folded(sentence) for sentence in _SENTENCE_END.split(text)]
    return Reading(
        danger=_danger(sentences, cues, topic, lexicon),
        topic=topic,
        speaker=_speaker(whole, cues, lexicon),
        wants_anonymous="anonymous" in cues,
    )


def _danger(sentences: list[str], cues: frozenset[str], topic: str | None, lexicon: Lexicon) -> bool | None:
    """Danger as Reading has it.

    A plain sign (`danger`) stands; it is undecided where its own sentence is about another time or a story (`over`), or
    where the message asks to report. A blow (`harm`) is danger too, since many languages say "he hits" and "he is
    hitting" in one word, unless it happens again and again, is over, or the message calmly asks where to turn; seen at
    a neighbour's or among pupils, it is undecided. Weak signs (`alarm`, and `now` itself) give way to any of these, but
    only time takes a weak sign away: beside a calm question it leaves the message undecided. So does what is no sign by
    itself (`near`: somebody at the door, on the way or back, today, a note, a birth), whatever else is said.

    Without any of these, calm is what asks calmly (`calm`), and a message of which nearly every word is known and that
    asks (ASKING) or tells of what lasts as lasting (LASTING).
    """
    plain = [sentence for sentence in sentences if lexicon.shows("danger", sentence)]
    if plain:
        here = any(not lexicon.shows("over", sentence) or lexicon.shows("now", sentence) for sentence in plain)
        asked = cues & {"report", "anonymous"} and "now" not in cues
        return True if here and not asked else None
    lowered = bool(cues & {"over", "away", "habit", "calm"})
    if "harm" in cues:
        if "now" in cues:
            return None if cues & {"over", "away"} else True
        if lowered:
            return None if cues & {"alarm", "near"} else False
        return None if "neighbour" in cues or topic == "bullying" else True
    if cues & {"alarm", "now"} and not lowered and topic not in ASKING | BESIDE_ALARM:
        return True
    if "near" in cues or ("alarm" in cues and not cues & {"over", "away", "habit"}):
        return None
    told = topic in LASTING and cues & {"mild", "habit"} and "alarm" not in cues
    asked = topic in ASKING and not (topic == "other_language" and cues & FAMILY)
    understood = (told or asked) and sum(map(lexicon.unread, sentences)) <= UNREAD
    calm = understood or "calm" in cues
    return False if calm and "now" not in cues and topic not in NEVER_CALM else None


def _topic(whole: str, cues: frozenset[str], lexicon: Lexicon) -> str | None:
    """The route that a message is about, where its words say so."""
    shown = {route for route, phrases in lexicon.topics.items() if phrases.found(whole)}
    # "She touched my little brother" is told of today as it is of then.
    if "over" not in cues:
        shown.discard("past_abuse")
    if "child" in cues and cues & {"neighbour", "report"}:
        shown.add("worried_about_child")
    found = [*(r for r in SPECIFIC if r in shown), _by_who(cues), *(r for r in GENERAL if r in shown)]
    return next((route for route in found if route), None)


def _by_who(cues: frozenset[str]) -> str | None:
    """The route of a blow, by who is named with it."""
    if "harm" not in cues:
        return None
    if {"neighbour", "child"} <= cues:
        return "worried_about_child"
    if "partner" in cues or {"father", "mother"} <= cues:
        return "domestic_abuse"
    if cues & {"father", "mother", "elder"}:
        return "past_abuse" if "over" in cues and "habit" not in cues else "abuse_now"
    return None


def _speaker(whole: str, cues: frozenset[str], lexicon: Lexicon) -> str | None:
    """Young or adult by a stated age; without one by whom they call theirs, where only one of the two fits."""
    stated = lexicon.age(whole)
    if stated is not None and YOUNGEST <= stated <= OLDEST:
        return "young" if stated < ADULT_FROM else "adult"
    own = cues & {"young", "adult"}
    return next(iter(own)) if len(own) == 1 else None
