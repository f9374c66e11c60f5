"""Answers: a few words that only state facts ("im 15", "liverpool", "no its my friend", "last year").

Somebody who was just asked how old they are, or who corrects what was understood, types no more than that. Such a message
goes on with what was talked about; a classifier would take it for a new topic. Only whole messages count: one word that is
no fact and no filler, and the message is for the classifiers to read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from bot.areas import Areas, plain
from bot.nlu.age import speaker_by_age
from bot.signposting import IN_PASSING, SMALL_TALK, TABLE

#: Longer than this is a story, even when every word of it is a fact.
MOST_WORDS = 14

# Who is meant, and not who did it: "my cousin" alone may be either, "for my cousin" is not.
_CHILD = r"(?:son|daughter|grandson|granddaughter|grandchild|grandkid|stepson|stepdaughter|pupil|student)s?"
_FRIEND = r"(?:best friend|bestie|bff|friend|mate|classmate|child|kid|children|nephew|niece|lad|lass|boy|girl)s?"
_RELATIVE = r"(?:brother|sister|cousin|mum|mam|mom|dad|nan|partner|wife|husband|girlfriend|boyfriend|ex|family|neighbour)"
_WHOSE = (
    r"(?:my|a|our|his|her|their|the|one of my)"
    r"(?: (?:little|young|younger|older|own|good|close|mates|friends|neighbours|\d+ year old))*"
)
_FROM = r"(?: (?:from|at|in) (?:my )?(?:school|class|work)| i know| next door)?"
_AGO = (
    r"(?:(?:about |around |like )?(?:\w+|a few|a couple of|a long|quite a few) (?:years|months|weeks|days|time|while)"
    r"|(?:a|one) (?:year|month|week|while)|ages|years|months|weeks) ago"
)
_PAST = (
    rf"(?:last (?:year|month|week|summer|christmas)|yesterday|{_AGO}|long ago|in the past|in (?:19|20)\d\d"
    r"|when i was (?:\d+|little|young|younger|small|(?:a )?(?:kid|child|baby|teenager)))"
)
_WANT = r"(?:(?:i )?(?:just )?(?:want|need|would like|id like) to )?"
_GROWN_UP = (
    r"(?:parent|mum|mam|mother|dad|father|nan|grandma|grandmother|grandad|grandfather|auntie|aunt|uncle|carer|"
    r"foster carer|neighbour|teacher|social worker|nurse)"
)

#: What a stretch of words asserts, as the web channel's `means` spells it. The first that fits is taken.
_SAYING: tuple[tuple[dict[str, str], str], ...] = (
    ({"speaker": "young"}, r"(?:im |i am )?under (?:19|18|16)"),
    ({"speaker": "adult"}, r"(?:im |i am )?(?:19 or over|over (?:18|19|21)|not under 19)"),
    ({"speaker": "young"}, r"(?:im |i am )(?:still )?(?:a )?(?:kid|child|teenager|teen|minor|young person|at school)"),
    ({"speaker": "young"}, r"(?:im |i am )?in (?:year|yr|y) ?(?:[1-9]|1[0-3])"),
    ({"speaker": "adult"}, r"(?:im |i am )?(?:an |a |the )?(?:adult|grown ?up)"),
    ({"speaker": "adult"}, rf"(?:im |i am )(?:a |the |his |her |their )?{_GROWN_UP}"),
    ({"about": "other", "speaker": "adult"}, rf"(?:for )?{_WHOSE} {_CHILD}{_FROM}"),
    ({"about": "other"}, rf"(?:for )?{_WHOSE} {_FRIEND}{_FROM}"),
    ({"about": "other"}, rf"for {_WHOSE} {_RELATIVE}"),
    ({"about": "other"}, r"(?:for )?(?:some ?(?:one|body) else|someone i know|a child i know)"),
    ({"about": "other"}, r"not (?:about |for )?me"),
    ({"about": "other"}, r"(?:hes|shes|theyre|he is|she is) \d{1,2}(?: (?:months|weeks|years|yrs)(?: old)?)?"),
    ({"about": "self"}, r"(?:for )?(?:me|myself)"),
    ({"when": "past"}, rf"(?:(?:that|it|this|it all) was |(?:it )?(?:all )?happened |from )?{_PAST}"),
    ({"when": "past"}, r"(?:it )?(?:has )?(?:stopped|finished)(?: now)?"),
    ({"when": "now"}, r"(?:it is )?(?:still )?(?:happening|going on)(?: (?:right )?now)?"),
    ({"when": "now"}, r"(?:right )?now|at the moment|today|tonight|every day|all the time"),
    ({"wants": "report"}, rf"{_WANT}(?:report (?:it|this|him|her|them|that)|tell the police)(?: to the police)?"),
    ({"wants": "anonymous"}, rf"{_WANT}(?:(?:stay|be|remain) )?anonymous(?:ly)?|without (?:giving |saying )?my name"),
)
_SAYINGS = tuple((facts, re.compile(rf"(?:{shape})(?= |$)")) for facts, shape in _SAYING)
#: The speaker's own age, in words `age` understands when "i'm" stands before it.
_AGE = re.compile(
    r"(?:im |i am |am |aged? |(?:we are|were)(?: both| all)? )?(?:only |just |nearly |almost )?(\d{1,2}|[a-z]{3,9})"
    r"(?: (?:years old|yrs old|year old|years|yrs|yo|y o))?(?: (?:boy|girl|lad|lass|male|female|[mf]))?(?= |$)"
)
_PLACE = re.compile(
    r"(?:(?:im|i am|i live|we live|live|living|were|we are|i stay|he lives|she lives|they live|hes|shes|theyre) )?"
    r"(?:(?:in|from|near|around|at|by|over) ){0,2}"
)
_PLACE_END = re.compile(r"(?: (?:area|way|really))*")
_FILLER = re.compile(
    r"(?:no|nah|nope|sorry|oh|actually|well|um+|erm+|ok|okay|and|but|so|please|thanks|thank you|mate|lol|xx?|only|just|"
    r"i mean|i meant|i said|it is|its|it was|this is|thats|that is|about|by the way|btw|hi|hello|we are talking)(?: |$)"
)

#: What goes on is not yet danger; what goes on at this moment may be.
_AT_ONCE = re.compile(r"\b(?:now|moment|today|tonight)\b")
#: A typed yes, whatever follows it.
_YES = re.compile(r"(?:yes|yeah|yea|yep|yup|yh|yeh|ye|aye|yas)(?: |$)")
#: Topics that another time makes another topic.
OTHER_TIME = {("abuse_now", "past"): "past_abuse", ("past_abuse", "now"): "abuse_now"}


#: Replies after which somebody may be in danger at this moment.
CRISIS_REPLY = re.compile(r"utter_(?:urgent_danger|danger_check|cannot_speak|language_[a-z]+_(?:urgent|check))")
#: What is remembered where the last reply told what ringing 999 is like.
ABOUT_999 = "danger"
#: What people say then about the conversation itself, and what it is taken for: help by phone stays in front until they
#: say that nobody is in danger.
IN_CRISIS = {
    "cannot_call": "cannot_speak", "deaf": "cannot_speak", "back_again": "danger_check", "someone_else": "repeat",
    "no_police": "repeat", "not_open": "repeat", "keep_open": "repeat", "show_help": "repeat", "unsure": "repeat",
    "rude": "repeat",
}  # fmt: skip
#: A question about ringing that mentions nothing new goes on with the topic; a longer one is one of its own.
MOST_WORDS_IN_PASSING = 8
#: What is taken as part of the topic: writing in place of ringing, whom to ring, and what says nothing new ("what do i do").
GOES_ON = {"cannot_call": "cannot_call_them", "which_number": "back_again", "unsure": "back_again"}
#: A typed answer to "Did this help?".
_HELPED = re.compile(r"(?:yes|yeah|yea|yep|yup|yh|yeh|ye|aye|it did|a bit|a little|kind of|it helped|you did)"
                     r"(?: (?:it did|it has|it helped|you did|thanks|thank you|ta|a lot|loads|a bit|a little|so much|mate|x+))*")
_NO_HELP = re.compile(r"(?:no|nope|nah|na|not really|not at all|it didnt|it hasnt|not much|no help)"
                      r"(?: (?:not really|it didnt|it hasnt|it did not|not at all|sorry|thanks|not much|x+))*")


@dataclass(frozen=True)
class Reading:
    """What an answer means where it was given. `sure` is False where danger is still to be judged from the words."""

    intent: str
    facts: dict[str, str]
    sure: bool = True


def stated(text: str, areas: Areas) -> dict[str, str] | None:
    """The facts a normalised text states when it does nothing else, else None. A later word overrules an earlier one."""
    rest = words = plain(text)
    if not words or len(words.split()) > MOST_WORDS:
        return None
    facts: dict[str, str] = {}
    while rest:
        for read in (_saying, _place, _age):
            found, length = read(rest, areas)
            if length:
                facts |= found
                break
        else:
            filler = _FILLER.match(rest)
            if filler is None:
                return None
            length = filler.end()
        rest = rest[length:].lstrip()
    if "area" in facts:
        # Two places together may name a third, smaller or larger: 'bootle liverpool' is Sefton.
        whole = areas.of(words)
        facts = {k: v for k, v in facts.items() if k != "area"} | ({"area": whole} if whole else {})
    return facts or None


def _saying(text: str, _areas: Areas) -> tuple[dict[str, str], int]:
    for facts, shape in _SAYINGS:
        if found := shape.match(text):
            return facts, found.end()
    return {}, 0


def _place(text: str, areas: Areas) -> tuple[dict[str, str], int]:
    before = _PLACE.match(text)
    start = before.end() if before else 0
    for begin in {start, 0}:
        if place := areas.leading(text[begin:]):
            end = begin + len(place)
            after = _PLACE_END.match(text, end)
            return {"area": areas.of(place) or ""}, after.end() if after else end
    return {}, 0


def _age(text: str, _areas: Areas) -> tuple[dict[str, str], int]:
    found = _AGE.match(text)
    speaker = speaker_by_age(f"i'm {found.group(1)}") if found else None
    return ({"speaker": speaker}, found.end()) if found and speaker else ({}, 0)


def reading(
    text: str, areas: Areas, remembered: Mapping[str, str | None], last_action: str | None
) -> Reading | None:
    """What a normalised text means as an answer to the last reply, or None when it is more than an answer.

    `remembered` are the facts of the conversation, its `topic` among them; `last_action` is the last thing Signpost did.
    """
    asked_about_danger = last_action == "utter_danger_check"
    if asked_about_danger and _YES.match(plain(text)):
        return Reading("affirm_danger", {})
    if last_action == "action_goodbye" and remembered.get("asked") == "helped":
        for intent, shape in {"helped": _HELPED, "not_helped": _NO_HELP}.items():
            if shape.fullmatch(plain(text)):
                return Reading(intent, {})
    facts = stated(text, areas)
    if facts is None:
        return None
    topic, when, wants = remembered.get("topic"), facts.get("when"), facts.get("wants")
    if asked_about_danger:
        # Who and where says neither yes nor no: the question, with 999 in front, stands until it is answered.
        return Reading({"now": "affirm_danger", "past": "deny_danger"}.get(when or "", "danger_check"), facts)
    if topic is None or topic in SMALL_TALK or last_action == "utter_not_what_i_meant":
        # Nothing to go on with. Whom it is about or when it was begins a topic; age and place alone do not.
        return Reading("inform", {**facts, "topic": "unsure"}) if facts.keys() <= {"speaker", "area"} else None
    if wants and not any(row.route == topic and row.conditions.get("wants") == wants for row in TABLE):
        # The topic knows no such wish, but it is a topic of its own.
        return None
    other_topic, about = OTHER_TIME.get((topic, when or "")), remembered.get("about")
    if other_topic:
        facts = {**({"about": about} if about else {}), **facts, "topic": other_topic}
    return Reading("inform", facts, sure=when != "now" or _AT_ONCE.search(plain(text)) is None)


def in_crisis(last_action: str | None, asked: str | None) -> bool:
    """Whether Signpost's last reply was about danger now; `asked` is what is remembered of it."""
    if last_action == "action_follow_up":
        return asked == ABOUT_999
    return CRISIS_REPLY.fullmatch(last_action or "") is not None


def onward(
    found: Reading, *, instead: str, words: int, remembered: Mapping[str, str | None], last_action: str | None
) -> Reading | None:
    """What something said about the conversation itself, or in passing, means after the last reply; None as it stands.

    `found` is how the message was read so far, `instead` the route a classifier would give it, `words` its length.
    """
    if in_crisis(last_action, remembered.get("asked")):
        meant = IN_CRISIS.get(found.intent)
        check = "danger_check" if last_action == "utter_danger_check" else "urgent_danger"
        # What a classifier read is still judged for danger; not being able to speak is answered with 999 as it is.
        sure = found.sure or meant == "cannot_speak"
        return replace(found, intent=check if meant == "repeat" else meant, sure=sure) if meant else None
    topic = remembered.get("topic")
    going_on = topic is not None and topic not in SMALL_TALK and last_action != "utter_not_what_i_meant"
    if found.intent == "what_happens" and not going_on and "service" not in found.facts:
        # "Them" is nobody yet.
        return replace(found, intent=instead, sure=False)
    short = words <= MOST_WORDS_IN_PASSING and "service" not in found.facts
    if going_on and short and topic not in IN_PASSING and (intent := GOES_ON.get(found.intent)):
        return replace(found, intent=intent, sure=False)
    if going_on and found.intent in IN_PASSING and topic not in IN_PASSING:
        # Whom a question in passing is about says nothing of the topic.
        return replace(found, facts={k: v for k, v in found.facts.items() if k not in ("about", "when")}, sure=False)
    return None
