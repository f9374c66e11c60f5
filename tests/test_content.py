"""The words people read: every rule of the content guide that a program can check, over domain.yml.

Each rule is a function from one `Text` to the faults it finds, and each fault names the key, the words and how to mend
them. `PLANTED` holds a text that breaks each rule, so a rule that stops finding anything fails too.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.directory import Directory
from bot.directory import load as load_directory
from bot.nlg import Words
from bot.signposting import FACT_VALUES, MOST_CHANNELS, ROUTES, TABLE, Facts, row_for

ROOT = Path(__file__).resolve().parent.parent
DOMAIN = ROOT / "domain.yml"

SPEAKERS = FACT_VALUES["speaker"]
LANGUAGES = ("cy", "pl", "ro", "ar", "ur", "pa", "uk", "tr", "es", "fr", "zh")

#: Responses that no row of the signposting table names: rules, the questions, and the channel itself utter them.
FIXED = frozenset(
    {
        "utter_cannot_speak", "utter_safe_reply", "utter_not_what_i_meant", "utter_too_long", "utter_too_fast",
        "utter_start_again", "utter_numbers", "utter_lead_closed", "utter_lead_closed_only",
        "utter_ask_speaker", "utter_ask_area", "utter_ask_helped", "utter_helped", "utter_not_helped", "utter_help",
        "utter_deaf", "utter_keep_open", "utter_rude", "utter_someone_else", "utter_nobody_else", "utter_not_open", "utter_what_happens",
        "utter_what_happens_emergency", "utter_bill_unknown", "utter_cannot_call_them", "utter_back_again",
        "utter_way_text", "utter_way_chat", "utter_way_email", "utter_language_cy_greeting", "utter_language_cy_check",
        "utter_language_cy_safe",
        *(f"utter_language_{code}{urgent}" for code in LANGUAGES for urgent in ("", "_urgent")),
    }
)  # fmt: skip

#: Read by somebody in danger now: one wording, checked by people, the same every time.
CRISIS = frozenset(
    {"utter_urgent_danger", "utter_danger_check", "utter_cannot_speak", "utter_language_cy_check"}
    | {f"utter_language_{code}_urgent" for code in LANGUAGES}
)

#: One question at most and only in a text made for it: everything else ends in a full stop.
MAY_ASK = frozenset({"utter_danger_check", "utter_language_cy_check", "utter_ask_speaker", "utter_ask_area",
                     "utter_ask_helped", "utter_greeting"})

#: Parts of other texts, one sentence each, and what they may speak of.
WITHIN = {"utter_bill_unknown": set(), "utter_way_text": {"name", "address"}, "utter_way_chat": {"name"},
         "utter_way_email": {"name", "address"}}
#: What the directory says of the service that leads, in the texts that speak of it.
OF_THE_LEAD = {"utter_what_happens": {"expect", "tells", "cost", "bill"},
               "utter_what_happens_emergency": {"expect", "tells", "cost"}, "utter_cannot_call_them": {"ways"}}

#: Small talk and lines that stand under another text: they lead nowhere, so they need no lead.
LEADLESS = frozenset(
    {"utter_lead_closed", "utter_lead_closed_only", "utter_ask_speaker", "utter_ask_area", "utter_greeting",
     "utter_thanks", "utter_about_bot", "utter_quick_exit", "utter_ask_helped", "utter_helped", "utter_keep_open", *WITHIN}
)  # fmt: skip

#: Texts without {999}: nobody in them is in danger, or danger would be the wrong first thing to speak of.
#: `past_abuse_adult` is about abuse that is over, `quick_exit` must show nothing, jokes never get 999.
#: What ringing 999 is like is told with 999 as its lead.
WITHOUT_999 = LEADLESS | {"utter_past_abuse_adult", "utter_out_of_scope", "utter_privacy", "utter_what_happens_emergency",
                          "utter_rude"}

#: A number in prose that is in no row: the English domestic abuse line is for women, so men are told of theirs.
BESIDE_THE_ROW = {"utter_domestic_abuse_adult": {"mens_advice"}}

#: An adult is told of a service for children that the child uses, and the text says so.
FOR_SOMEBODY_ELSE = frozenset({"utter_online_images_adult"})

MOST_WORDS, MOST_SENTENCES = 20, 3

#: Flesch-Kincaid grade 5 is read at ten to eleven, the upper half of 'reading age 9 to 11'; most texts are below 4.
HIGHEST_GRADE = 5.0

#: Each pattern (whole words, any case) with the reason and what to write instead.
BANNED = {
    r"should(n't)?|must(n't)?|ought": "it gives orders: say what they can do",
    r"child prostitut\w*|promiscuous|lover boy|sex with a child": "it blames a child: a child was harmed",
    r"alleg\w+|claim(s|ed|ing)?|so-called": "it doubts: believe",
    r"suffer\w*|victims? of|afflicted": "it makes the person the harm: 'people who were harmed'",
    r"historic(al)?": "say 'non-recent', or when it happened",
    r"put (your|them|him|her)sel(f|ves)|consent\w*|asking for it|risky behaviou?r": "it blames: nobody chose this",
    r"children? at risk|young people at risk": "a child who was exploited was harmed",
    r"(commit\w*|successful|failed) suicide|attention.seek\w*": "it judges: 'hurt yourself', 'wanting to die'",
    r"paedo\w*|pervert\w*|monsters?|evil|sick people|offenders?|abusers?|perpetrators?": "it has contempt in it",
    r"confidential\w*|secret\w*|anonymous\w*|nobody will (know|find out)|no one will (know|find out)":
        "never promise secrecy: say what they need not tell",
    r"promise\w*|guarantee\w*|police will|will be (fine|ok|okay|safe|believed)|untraceable|cannot be traced":
        "never promise what others do",
    r"tell me more|what happened|what has been happening|who did": "never ask for detail",
    r"why (did|didn't|are|do)|calm down|don't worry|just|simply|obviously|of course": "it makes little of the person",
    r"doors?|journey|step(s|ping)?|reach out|light|dark|burden|heal\w*|survivors?|open up|speak out|your story":
        "a figure of speech or a label: say the plain thing",
    r"safeguard(?!ing lead)\w*|disclos\w*|referral|signpost\w*|perpetrat\w*|vulnerable|agenc(y|ies)|concerns?":
        "a work word: say it as people at home do",
}  # fmt: skip

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
#: The stops of Chinese, Urdu and Punjabi too; Chinese writes no space after one.
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|(?<=[\u3002\u06d4\u0964])\s*")
#: Three digits or more in a row, spaced as people space a number: 19 and 55 are not numbers to ring.
_NUMBER = re.compile(r"(?<!\w)\+?\d(?:[ \-]?\d){2,}")
_PRESS = "press 55 when you are asked"


@dataclass(frozen=True)
class Text:
    """One response of the domain as it stands there, before anything is filled in."""

    key: str
    text: str
    custom: Mapping[str, Any] = field(default_factory=dict)
    buttons: tuple[Mapping[str, str], ...] = ()

    @property
    def english(self) -> bool:
        return not self.key.startswith("utter_language_")

    @property
    def base(self) -> str:
        """The key without the speaker it is written for."""
        return next((self.key.removesuffix(f"_{s}") for s in SPEAKERS if self.key.endswith(f"_{s}")), self.key)

    @property
    def paragraphs(self) -> list[list[str]]:
        """Paragraphs as lists of sentences."""
        plain = (" ".join(paragraph.split()) for paragraph in re.split(r"\n\s*\n", self.text.strip()))
        return [[sentence for sentence in _SENTENCE_END.split(paragraph) if sentence] for paragraph in plain]

    @property
    def sentences(self) -> list[str]:
        return list(itertools.chain.from_iterable(self.paragraphs))

    def names(self) -> set[str]:
        """Placeholders of the text; `{childline_name}` and `{childline_line}` are `childline`."""
        return {name.removesuffix("_name").removesuffix("_line") for name in _PLACEHOLDER.findall(self.text)}

    def fault(self, words: str, mend: str) -> str:
        """A message that says where, what and how to mend it."""
        return f"{self.key}: {words!r} - {mend}"


Rule = Callable[[Text], Iterable[str]]


@cache
def directory() -> Directory:
    return load_directory()


@cache
def responses() -> dict[str, list[dict[str, Any]]]:
    domain: dict[str, Any] = yaml.safe_load(DOMAIN.read_text(encoding="utf-8"))
    found: dict[str, list[dict[str, Any]]] = domain["responses"]
    return found


@cache
def texts() -> tuple[Text, ...]:
    return tuple(
        Text(key, variant["text"], variant.get("custom", {}), tuple(variant.get("buttons", ())))
        for key, variants in responses().items()
        for variant in variants
    )


@cache
def shown_with() -> dict[str, set[tuple[str, ...]]]:
    """For each response a person can be given: the rows of channels it stands over, in any circumstances."""
    shown: dict[str, set[tuple[str, ...]]] = {}
    areas = {row.conditions.get("area") for row in TABLE}
    circumstances = list(itertools.product(*((*values, None) for values in FACT_VALUES.values()), areas))
    for route, (speaker, about, when, wants, area) in itertools.product(ROUTES, circumstances):
        row = row_for(Facts(route, speaker, about, when, wants, area))
        base = f"utter_{row.words or row.route}"
        own = f"{base}_{speaker}"
        shown.setdefault(own if own in responses() else base, set()).add(row.channels)
    for text in texts():
        if "channels" in text.custom:
            shown[text.key] = {tuple(text.custom["channels"])}
    return shown


@cache
def phrases(channel: str) -> tuple[str, ...]:
    """Every way a channel of the table may be spoken of, whichever area somebody is in."""
    areas = directory().areas
    if channel in directory() and channel not in directory().roles:
        return (directory()[channel].call_phrase(),)
    return tuple({directory()[directory().for_area(channel, area)].call_phrase() for area in areas})


def filled(text: Text, sentence: str) -> str:
    """A sentence with its longest names and numbers in place, as the unluckiest reader gets it."""

    def longest(match: re.Match[str]) -> str:
        name = match.group(1).removesuffix("_name")
        leads = [row[0] for row in shown_with().get(text.key, ()) if row]
        if name == "opens":
            return "opens Monday at 10am"
        channels = leads if name == "lead" else [c for row in shown_with().get(text.key, ()) for c in row]
        channels = [name] if name in known_channels() else channels
        options = itertools.chain.from_iterable(map(phrases, channels or ["childline"]))
        return max(options, key=lambda phrase: len(phrase.split()))

    return _PLACEHOLDER.sub(longest, sentence)


@cache
def known_channels() -> frozenset[str]:
    return frozenset(directory().ids()) | frozenset(s.channel_id for s in directory().values())


def syllables(word: str) -> int:
    """Syllables of an English word by its vowel groups, a silent ending aside.

    Against the CMU pronouncing dictionary this is right for all but 18 of these texts' words, and by one for those.
    Pattern hyphenation, the usual way without a dictionary, misses a fifth of them and makes every text look easier.
    """
    bare = word.lower().replace("'", "")
    if len(bare) <= 3:
        return 1
    bare = re.sub(r"(?:[^laeiouy]es|[^dt]ed|[^l]e)$", lambda ending: ending.group()[0], bare)
    return max(1, len(re.findall(r"[aeiouy]+", bare)))


def grade(sentences: Iterable[str]) -> float:
    """The Flesch-Kincaid grade of English sentences (Kincaid and others, 1975): 4 is read at nine to ten.

    Names and numbers are left as one short word each: a reader finds 'Childline on ...' no harder than 'them'.
    """
    plain = [_PLACEHOLDER.sub("them", sentence) for sentence in sentences]
    words = [word for sentence in plain for word in re.findall(r"[A-Za-z']+", sentence)]
    return 0.39 * len(words) / len(plain) + 11.8 * sum(map(syllables, words)) / len(words) - 15.59


# --- The rules ---


def no_typed_numbers(text: Text) -> Iterator[str]:
    """Numbers live in the directory, so that a changed one is one edit."""
    for words in (text.text, *(button["title"] for button in text.buttons)):
        for number in _NUMBER.findall(_PLACEHOLDER.sub("", words)):
            yield text.fault(number, "write the service's placeholder, {childline}, in place of the number")
        for match in re.finditer(r"\b55\b", words):
            if not words[: match.start()].endswith("press "):
                yield text.fault("55", f"only ever '{_PRESS}'")


@cache
def service_names() -> re.Pattern[str]:
    names = {name for s in directory().values() for name in (s.name, s.short) if not name.isdigit()}
    # 'children's services' is also what everybody calls them.
    bare = {re.sub(r"\s*\(.*\)$|^the ", "", name) for name in names} - {"children's services"}
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, sorted(bare, key=len, reverse=True)))})(?!\w)")


def no_typed_names(text: Text) -> Iterator[str]:
    """Names change as numbers do (SafeCall was the Runaway Helpline)."""
    for name in service_names().findall(_PLACEHOLDER.sub("", text.text)):
        yield text.fault(name, "write {<service id>_name}")


def known_placeholders(text: Text) -> Iterator[str]:
    """A placeholder nobody fills would be read out as braces."""
    closed = {"opens", "open"} if text.base.startswith("utter_lead_closed") else set()
    closed |= WITHIN.get(text.key, set()) | OF_THE_LEAD.get(text.key, set())
    for name in text.names() - closed - {"lead"} - known_channels():
        yield text.fault(
            f"{{{name}}}", "no such service in directory/; {opens} and {open} are for utter_lead_closed only"
        )


def no_banned_words(text: Text) -> Iterator[str]:
    """Words that blame, doubt, promise, judge or need explaining."""
    if text.english:
        for words in (*text.sentences, *(button["title"] for button in text.buttons)):
            for pattern, reason in BANNED.items():
                if found := re.search(rf"\b(?:{pattern})\b", words, re.IGNORECASE):
                    yield text.fault(words, f"'{found.group()}': {reason}")


def short_sentences(text: Text) -> Iterator[str]:
    """Counted with names and numbers filled in."""
    if text.english:
        for sentence in text.sentences:
            if (count := len(filled(text, sentence).split())) > MOST_WORDS:
                yield text.fault(sentence, f"{count} words with the names filled in: cut to {MOST_WORDS}, or make two")


def short_paragraphs(text: Text) -> Iterator[str]:
    """In every language."""
    for paragraph in text.paragraphs:
        if len(paragraph) > MOST_SENTENCES:
            yield text.fault(
                paragraph[0], f"{len(paragraph)} sentences in a paragraph: start a new one after the third"
            )


def easy_to_read(text: Text) -> Iterator[str]:
    """The text as a whole when it has three sentences or more; shorter ones are judged together, further down.

    The formula is meant for a hundred words: on one or two sentences a single long word decides it.
    """
    if text.english and len(text.sentences) >= 3 and (found := grade(text.sentences)) > HIGHEST_GRADE:
        hardest = max(text.sentences, key=lambda sentence: grade([sentence]))
        yield text.fault(hardest, f"grade {found:.1f}, at most {HIGHEST_GRADE}: use shorter words, or two sentences")


def lead_in_front(text: Text) -> Iterator[str]:
    """What to do comes first: the first channel is named in the first two sentences."""
    if text.base in LEADLESS:
        return
    front = " ".join(text.paragraphs[0][:2])
    fixed = tuple(text.custom.get("channels", ()))
    wanted = {f"{{{name}{end}}}" for name in ("lead", *fixed[:1]) for end in ("", "_name")}
    if not any(placeholder in front for placeholder in wanted):
        yield text.fault(front, f"name {' or '.join(sorted(wanted))} in the first two sentences")


def few_known_channels(text: Text) -> Iterator[str]:
    """Three at most: a frightened reader takes in no more."""
    fixed = text.custom.get("channels", ())
    if len(fixed) > MOST_CHANNELS:
        yield text.fault(str(fixed), f"at most {MOST_CHANNELS} channels")
    for channel in fixed:
        if channel not in known_channels():
            yield text.fault(str(channel), "no such channel: see directory/, and quote numbers ('999')")


def names_only_its_channels(text: Text) -> Iterator[str]:
    """A number in prose stands in the row too, with its hours and cost; 999 and its kin may stand anywhere."""
    emergency = {service.id for service in directory().values() if service.group == "emergency"}
    for row in shown_with().get(text.key, ()):
        extra = text.names() & known_channels() - emergency - set(row) - BESIDE_THE_ROW.get(text.key, set())
        # A name alone, with no number, explains a word ('the council's LADO') and needs no row.
        extra = {name for name in extra if f"{{{name}}}" in text.text}
        if extra:
            yield text.fault(", ".join(sorted(extra)), f"not among the channels shown with it ({' '.join(row)})")


def names_a_channel_once(text: Text) -> Iterator[str]:
    """The lead is not named a second time under its own id."""
    for row in shown_with().get(text.key, ()):
        if row and "lead" in text.names() and row[0] in text.names() and row[0] != "999":
            yield text.fault(row[0], "this is the lead of the row: it is named twice")


def a_lead_where_it_speaks_of_one(text: Text) -> Iterator[str]:
    """{lead} with no channel in the row would crash, and become the safe reply."""
    rows = shown_with().get(text.key, set())
    if "lead" in text.names() and any(not row for row in rows):
        yield text.fault("{lead}", "a row shows this text with no channel: add one, or name no lead")


def the_right_age(text: Text) -> Iterator[str]:
    """Childline is under 19, the NSPCC helpline for adults: neither is named to the other."""
    for speaker, age in {"young": 14, "adult": 40}.items():
        if text.key.endswith(f"_{speaker}") and text.key not in FOR_SOMEBODY_ELSE:
            named = {row[0] for row in shown_with().get(text.key, ()) if row and "lead" in text.names()}
            for name in (named | text.names()) & set(directory().ids()):
                if not directory()[name].ages.fits(age):
                    yield text.fault(name, f"not for a reader who is {speaker}: it refuses somebody of {age}")
    if text.english and not text.key.endswith(("_young", "_adult")):
        for sentence in text.sentences:
            for name, saying in {"childline": r"under 1\d", "nspcc": "adult"}.items():
                if f"{{{name}}}" in sentence and not re.search(saying, sentence):
                    yield text.fault(sentence, f"say in the same sentence whom {name} is for: 'under 19', 'an adult'")


def no_stray_questions(text: Text) -> Iterator[str]:
    """Questions are responses of their own, asked only when the answer changes the channels."""
    marks = len(re.findall(r"[?\u061f\uff1f]", text.text))
    if marks > (1 if text.base in MAY_ASK else 0):
        yield text.fault(text.text.strip().splitlines()[-1], "make it a statement: a question is a response of its own")


def crisis_first(text: Text) -> Iterator[str]:
    """Somebody in danger reads one sentence."""
    if text.key in CRISIS:
        if "{999}" not in text.sentences[0]:
            yield text.fault(text.sentences[0], "the first sentence names {999}")
        if list(text.custom.get("channels", ()))[:1] != ["999"]:
            yield text.fault(str(text.custom), 'custom channels begin with "999"')


def danger_now(text: Text) -> Iterator[str]:
    """Whatever else a text is about, it says what to do in danger."""
    if text.key not in WITHOUT_999 and text.base not in WITHOUT_999 and "{999}" not in text.text:
        yield text.fault(text.sentences[-1], "add 'If someone is in danger right now, ring {999}.'")


def exact_silent_call(text: Text) -> Iterator[str]:
    """Pressing 55 works on mobiles only, when asked, and only for somebody still on the line."""
    if "press 55" in text.text:
        sentence = next(sentence for sentence in text.sentences if "press 55" in sentence)
        if _PRESS not in sentence or "mobile" not in sentence:
            yield text.fault(sentence, f"exactly: 'On a mobile, {_PRESS}.'")
        if "stay on the line" not in text.text:
            yield text.fault(sentence, "say 'stay on the line' as well")


def no_lecture(text: Text) -> Iterator[str]:
    """A joke or a rude word gets one kind line and the topics, and no 999."""
    if text.base == "utter_out_of_scope" and (len(text.sentences) > 4 or "{999}" in text.text or not text.buttons):
        yield text.fault(text.text, "four sentences at most, no {999}, and the topics as buttons")


def working_buttons(text: Text) -> Iterator[str]:
    """A quick reply says what choosing it asserts, in values the contract knows."""
    values: dict[str, Iterable[object]] = {
        **FACT_VALUES, "danger_now": (True, False), "topic": ROUTES, "area": directory().areas
    }  # fmt: skip
    for button in text.buttons:
        if len(button["title"]) > 30:
            yield text.fault(button["title"], "30 characters at most: it is a button")
        match = re.fullmatch(r"/[a-z_]+(\{.*\})?", button["payload"])
        if match is None:
            yield text.fault(button["payload"], 'a payload is /intent or /intent{"key": "value"}')
            continue
        for key, value in json.loads(match.group(1) or "{}").items():
            if value not in values.get(key, ()):
                yield text.fault(button["payload"], f"the contract's `means` has no {key}: {value}")


#: The letters a language is written in, where they are not Latin ones.
SCRIPTS = {
    "ar": "\u0600-\u06ff",
    "ur": "\u0600-\u06ff",
    "pa": "\u0a00-\u0a7f",
    "uk": "\u0400-\u04ff",
    "zh": "\u4e00-\u9fff",
}
_LATIN = "A-Za-z\u00c0-\u024f"


def in_its_language(text: Text) -> Iterator[str]:
    """Right code, right script, and 999 before everything else."""
    if text.english:
        return
    code = text.key.removeprefix("utter_language_").partition("_")[0]
    if text.custom.get("lang") != code:
        yield text.fault(str(text.custom), f"custom lang is {code}")
    if "{999}" not in text.sentences[0]:
        yield text.fault(text.sentences[0], "the first sentence names {999}")
    # The first paragraph: Urdu and Punjabi say it again further down in Latin letters, as many people write them.
    # What stands in quotation marks is to be said to the operator, in English.
    front = re.sub(r"[\u201c\u201e\u00ab\"].*?[\u201d\u00bb\"]", "", _PLACEHOLDER.sub("", " ".join(text.paragraphs[0])))
    own = len(re.findall(f"[{SCRIPTS.get(code, _LATIN)}]", front))
    if own <= len(re.findall(r"[^\W\d_]", front)) - own:
        yield text.fault(text.sentences[0], "most of it is not in the language's own letters")


RULES: tuple[Rule, ...] = (
    no_typed_numbers, no_typed_names, known_placeholders, no_banned_words, short_sentences, short_paragraphs,
    easy_to_read, lead_in_front, few_known_channels, names_only_its_channels, names_a_channel_once,
    a_lead_where_it_speaks_of_one, the_right_age, no_stray_questions, crisis_first, danger_now, exact_silent_call,
    no_lecture, working_buttons, in_its_language,
)  # fmt: skip


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_every_text_keeps_the_rule(rule: Rule) -> None:
    faults = [fault for text in texts() for fault in rule(text)]
    assert not faults, "\n" + "\n".join(faults)


TOPICS = ({"title": "Something online", "payload": '/inform{"topic": "online_contact"}'},)

#: A text that breaks the rule: without these a rule that finds nothing would look like a rule that is kept.
PLANTED: tuple[tuple[Rule, Text], ...] = (
    (no_typed_numbers, Text("utter_bullying", "You can ring 0800 1111.")),
    (no_typed_numbers, Text("utter_bullying", "You can ring 999.")),
    (no_typed_numbers, Text("utter_bullying", "Dial 55.")),
    (no_typed_names, Text("utter_bullying", "You can ring Childline.")),
    (known_placeholders, Text("utter_bullying", "You can ring {chidline}.")),
    (known_placeholders, Text("utter_bullying", "It {opens}.")),
    (no_banned_words, Text("utter_bullying", "You should talk to {lead}.")),
    (no_banned_words, Text("utter_bullying", "What you say is confidential.")),
    (short_sentences, Text("utter_bullying", "You can talk to {lead} " + "and say it " * 6 + "now.")),
    (short_paragraphs, Text("utter_bullying", "One. Two. Three. Four.")),
    (short_paragraphs, Text("utter_language_zh", "一。二。三。四。")),
    (easy_to_read, Text("utter_bullying", "Immediate intervention is available. Contact authorities. Facilitate it.")),
    (lead_in_front, Text("utter_bullying", "I am sorry. It is not your fault. You can talk to {lead}.")),
    (lead_in_front, Text("utter_safe_reply", "Sorry. Ring {childline}.", {"channels": ["999", "childline"]})),
    (few_known_channels, Text("utter_unsure", "", {"channels": ["999", "101", "childline", "nspcc"]})),
    (few_known_channels, Text("utter_unsure", "", {"channels": [999]})),
    (names_only_its_channels, Text("utter_bullying_young", "You can talk to {samaritans}.")),
    (names_a_channel_once, Text("utter_bullying_young", "You can talk to {lead}. That is {childline}.")),
    (a_lead_where_it_speaks_of_one, Text("utter_about_bot", "You can talk to {lead}.")),
    (the_right_age, Text("utter_past_abuse_young", "You can talk to {napac}.")),
    (the_right_age, Text("utter_neglect_adult", "You can talk to {childline}.")),
    (the_right_age, Text("utter_unsure", "You can talk to {childline}.")),
    (no_stray_questions, Text("utter_bullying", "Are you OK?")),
    (no_stray_questions, Text("utter_language_ar", "هل أنت بخير؟")),
    (crisis_first, Text("utter_urgent_danger", "I'm sorry. Ring {999}.", {"channels": ["999"]})),
    (crisis_first, Text("utter_urgent_danger", "Ring {999}.", {"channels": ["101", "999"]})),
    (danger_now, Text("utter_bullying", "You can talk to {lead}.")),
    (exact_silent_call, Text("utter_cannot_call", "Ring {999} and press 55.")),
    (no_lecture, Text("utter_out_of_scope", "Ring {999}.", buttons=TOPICS)),
    (working_buttons, Text("utter_unsure", "", buttons=({"title": "A", "payload": '/inform{"topic": "none"}'},))),
    (working_buttons, Text("utter_unsure", "", buttons=({"title": "A", "payload": "inform"},))),
    (in_its_language, Text("utter_language_uk", "Ring {999} now.", {"lang": "uk"})),
)  # fmt: skip


@pytest.mark.parametrize(("rule", "text"), PLANTED, ids=lambda value: getattr(value, "__name__", None))
def test_the_rule_finds_what_breaks_it(rule: Rule, text: Text) -> None:
    faults = list(rule(text))
    assert faults, f"{rule.__name__} finds nothing wrong with {text.text!r}"
    assert all(fault.startswith(f"{text.key}: ") for fault in faults)


def test_every_rule_has_a_planted_fault() -> None:
    assert {rule for rule, _ in PLANTED} == set(RULES)


# --- The texts together ---


def test_short_texts_are_easy_to_read_together() -> None:
    """See `easy_to_read`."""
    sentences = [s for text in texts() if text.english and len(text.sentences) < 3 for s in text.sentences]
    assert grade(sentences) <= HIGHEST_GRADE, f"grade {grade(sentences):.1f}: {sentences}"


def test_syllables_are_counted() -> None:
    words = {"cat": 1, "help": 1, "child": 1, "abuse": 2, "police": 2, "happened": 2, "danger": 2, "little": 2}
    assert {word: syllables(word) for word in words} == words


def test_crisis_texts_have_one_wording() -> None:
    """No second variant, no condition, no channel of its own: what is shown in danger never depends on anything."""
    faults = []
    for key in sorted(CRISIS):
        variants = responses().get(key, [])
        parts = {part for variant in variants for part in variant}
        if len(variants) != 1 or parts - {"text", "custom", "buttons"}:
            faults.append(f"{key}: {len(variants)} variants of {sorted(parts)} - keep one, of text, custom and buttons")
    assert not faults, "\n" + "\n".join(faults)


def test_every_row_of_the_table_has_its_words() -> None:
    wanted = {f"utter_{row.words or row.route}" for row in TABLE} | FIXED
    missing = sorted(wanted - set(responses()))
    assert not missing, f"add these responses to domain.yml: {missing}"


def test_every_response_can_be_reached() -> None:
    """A text nobody can be given is a text nobody keeps right."""
    spare = sorted(set(responses()) - set(shown_with()) - FIXED - _bases())
    assert not spare, f"no row, rule or question utters these: remove them, or add the row: {spare}"


def test_every_fixed_response_is_uttered_somewhere() -> None:
    """`FIXED` is no excuse: a rule or the code names each, or the beginning of its family (`utter_ask_`)."""
    folders = {"data": "*.yml", "bot": "*.py", "actions": "*.py"}
    files = [file for folder, kind in folders.items() for file in sorted((ROOT / folder).rglob(kind))]
    named = set(re.findall(r"utter_[a-z_]+", "\n".join(file.read_text(encoding="utf-8") for file in files)))
    families = tuple(name for name in named if name.endswith("_") and name != "utter_")
    spare = sorted(key for key in FIXED if key not in named and not key.startswith(families))
    assert not spare, f"nothing utters these: add the rule, or remove them: {spare}"


def _bases() -> set[str]:
    """Texts kept for when a speaker is not known, though every row today knows: the table may grow such a row."""
    return {text.base for text in texts() if text.base != text.key}


def test_no_row_is_taken_for_a_speakers_own_text() -> None:
    """`<key>_adult` is what an adult gets in place of `<key>`: a row's words may not be called that."""
    words = {row.words or row.route for row in TABLE}
    taken = sorted(word for word in words if any(word == f"{other}_{s}" for other in words for s in SPEAKERS))
    assert not taken, f"rename these words in bot/signposting.py, or a speaker gets another row's text: {taken}"


def test_a_speakers_own_text_has_a_text_for_everybody() -> None:
    orphans = sorted(text.key for text in texts() if text.base != text.key and text.base not in responses())
    assert not orphans, f"the NLG finds <key>_young and <key>_adult only beside <key>: {orphans}"


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_language_says_the_same_two_things(code: str) -> None:
    by_key = {text.key: text for text in texts()}
    calm, urgent = by_key[f"utter_language_{code}"], by_key[f"utter_language_{code}_urgent"]
    assert calm.custom == {"route": "other_language", "channels": ["999", "childline", "nspcc"], "lang": code}
    assert urgent.custom == {"route": "urgent_danger", "channels": ["999"], "lang": code}
    assert {"999", "childline", "nspcc"} <= calm.names()
    assert urgent.names() == {"999"}


def test_the_topics_are_the_same_wherever_they_stand() -> None:
    offered = {text.key: text.buttons for text in texts() if any("topic" in b["payload"] for b in text.buttons)}
    assert "utter_greeting" in offered
    different = [key for key, buttons in offered.items() if buttons != offered["utter_greeting"]]
    assert not different, f"give these the greeting's buttons: {different}"


def test_the_greeting_says_what_it_is() -> None:
    """Before the first word is typed: not a person, sees nobody, sends nobody, no names."""
    greeting = next(text for text in texts() if text.key == "utter_greeting")
    for saying in ("not a person", "cannot see who or where you are", "cannot send help", "No names, please"):
        assert saying in greeting.text


def test_fallbacks_name_999_and_childline() -> None:
    """Whatever breaks, the two doors stay: errors, limits, an ended chat, not understood, misunderstood."""
    fallbacks = ("safe_reply", "too_long", "too_fast", "start_again", "unsure", "not_what_i_meant")
    lacking = [t.key for t in texts() if t.key[6:] in fallbacks and not {"999", "childline"} <= t.names()]
    assert not lacking, f"name {{999}} and {{childline}} in: {lacking}"


def test_the_texts_about_ones_own_behaviour_say_what_is_passed_on() -> None:
    """Stop It Now passes on what identifies a child, a person at risk or an offence: said before the call."""
    for key in ("utter_own_behaviour", "utter_own_behaviour_adult"):
        text = next(text for text in texts() if text.key == key).text
        assert "pass on" in text
        assert "crime" in text


# --- Texts that the directory completes ---

EVERY = sorted(directory().ids())


@pytest.mark.parametrize("service", EVERY)
def test_what_ringing_is_like_is_told_in_short_sentences(service: str) -> None:
    """What the directory says of a service stands in an approved text: as short, and never a promise, as that is."""
    words = Words(responses(), directory())
    emergency = directory()[service].group == "emergency"
    said = words.say("utter_what_happens_emergency" if emergency else "utter_what_happens", channels=[service])
    text = Text(service, said["text"])
    assert [p for p in text.paragraphs if len(p) > MOST_SENTENCES] == []
    assert [s for s in text.sentences if len(s.split()) > MOST_WORDS] == []
    assert not text.text.endswith(" ")
    assert "  " not in text.text
    assert grade(Text(service, directory()[service].expect).sentences) <= HIGHEST_GRADE + 4, "one or two sentences: see easy_to_read"
    promises = r"(?:must|should|promise\w*|guarantee\w*|confidential|will be (?:fine|ok|safe|believed))"
    assert not re.search(rf"\b{promises}\b", directory()[service].expect, re.IGNORECASE)


@pytest.mark.parametrize("service", EVERY)
def test_the_bill_is_told_or_said_to_be_unknown(service: str) -> None:
    """Never promise that a call is hidden from a bill unless the operator says so."""
    if directory()[service].phone is not None and directory()[service].group != "emergency":
        said = Words(responses(), directory()).say("utter_what_happens", channels=[service])["text"]
        assert ("does not show on phone bills" in said) != ("I do not know if it shows on a phone bill." in said)


@pytest.mark.parametrize("service", [s for s in EVERY if directory().quiet(s)])
def test_each_way_of_writing_is_one_sentence(service: str) -> None:
    said = Words(responses(), directory()).say("utter_cannot_call_them", channels=[service])
    ways = said["text"].split("\n\n")[-2]
    assert directory()[service].short in ways
    assert len(ways.split()) <= MOST_WORDS
    assert "{" not in said["text"]
