"""Roles: what a message plainly says of who is who, where a classifier is easily wrong.

"I'm her teacher" is an adult, whatever the child's words around it sound like; "my grandson" is probably said by one; and
somebody who was made to do something is not somebody who worries about their own behaviour.
"""

from __future__ import annotations

import re

_KIN = (
    r"(?:mum|mam|mother|mummy|dad|father|nan|nana|nanna|gran|granny|grandma|grandmother|grandad|grandpa|grandfather|auntie|"
    r"aunty|aunt|uncle)"
)
_CARER = r"(?:step(?:mum|mam|dad|mother|father)|(?:foster )?(?:carer|parent|mum|dad)|guardian|childminder|nanny|babysitter)"
_WORK = (
    r"(?:teacher|head ?teacher|teaching assistant|lecturer|tutor|(?:school |student )?nurse|midwife|doctor|gp|health visitor|"
    r"social worker|youth worker|support worker|police officer|coach|scout leader|nursery (?:nurse|worker)|colleague|manager|"
    r"neighbour|vicar|imam|priest|counsellor|therapist)"
)
#: Whose relative or what by trade; "I'm a student teacher" is one as well, "I'm a student" is not.
_ADULT = re.compile(
    rf"\b(?:i am|i'm|im|as)(?: only| just)? (?:(?:her|his|their|the|this child's|the child's) {_KIN}|"
    rf"(?:a |an |the |her |his |their |my )?(?:(?!teen|young)\w+ )?(?:{_CARER}|{_WORK}))\b",
    re.IGNORECASE,
)
#: Said by somebody old enough to have one; a year or decade of the last century is remembered by an adult.
_PROBABLY_ADULT = re.compile(
    r"\bmy (?:\w+ ){0,2}?(?:son|daughter|stepson|stepdaughter|grandson|granddaughter|grandchild|grandkid|grandchildren|pupil)s?\b"
    r"|\b(?:19[3-9]\d|(?:19)?[3-9]0s)\b|\bmy (?:own )?(?:kids|children)\b|\bmy (?:husband|wife|ex[ -]?(?:husband|wife))\b",
    re.IGNORECASE,
)
_MADE_TO = re.compile(
    r"\b(?:made|makes|making|forced|forces|forcing|pressured|pressures|pressuring|blackmailed|blackmails) me\b"
    r"|\bdid (?:stuff|things|something|it) to me\b|\btouche[sd] me\b|\bi did(?:n't| not|nt) want (?:it|to)\b",
    re.IGNORECASE,
)


#: Three signs that together mean pictures of children met by chance: how, where, and of whom.
_MET = tuple(
    re.compile(rf"\b(?:{words})\b", re.IGNORECASE)
    for words in (
        r"c[ao]me (?:across|on|up)|stumbled|clicked|popped up|brought up|saw|seen|showed me|looking for|searching for|opened|"
        r"landed on|uploaded|(?:was|got) sent|shut it|closed it|dropped",
        r"sites?|website|web ?page|page|link|forum|channel|chat|folder|thumbnail|streams?|advert|search|dark ?web|phone|telegram|"
        r"whatsapp|group|discord|server",
        r"kids?|child|children|bairns?|weans?|minors?|(?:little|young|underage) (?:girls?|boys?|lads?|lasses)|under ?18s?",
    )
)
#: A child the writer knows is another matter: that child's picture is to be taken down.
_THEIRS = re.compile(
    r"\b(?:my|our|her|his|ma|me) (?:\w+ ){0,2}?(?:son|daughter|lad|girl|boy|kids?|child|children|niece|nephew|grand\w+|step\w+|"
    r"sister|brother|pupils?|students?|eldest|youngest|bairn|wean|friend|mate|little one|foster \w+|cousin)\b",
    re.IGNORECASE,
)
_TO_BE_REPORTED = re.compile(
    r"\b(?:report\w*|t(?:ake|akes|aken|ook|aking)(?: \w+)? down|remov\w+|send (?:the|a) link|"
    r"who (?:do|should) (?:i|we) (?:tell|inform))\b",
    re.IGNORECASE,
)


def speaker_by_role(text: str) -> str | None:
    """`adult` where a normalised text says that its writer is an adult by kin or by trade, else None."""
    return "adult" if _ADULT.search(text) else None


def probably_adult(text: str) -> bool:
    """Whether a normalised text speaks of what an adult has or remembers: a guess, which a stated age goes before."""
    return _PROBABLY_ADULT.search(text) is not None


def was_made_to(text: str) -> bool:
    """Whether a normalised text says that something was done to its writer, who was made to take part."""
    return _MADE_TO.search(text) is not None


def met_online(text: str) -> bool:
    """Whether a normalised text says that its writer met pictures of children nobody has named as theirs."""
    return all(sign.search(text) for sign in _MET) and not _THEIRS.search(text)


def ruled_out(text: str) -> frozenset[str]:
    """The routes that a normalised text cannot be about.

    Who was harmed is never told that they may have done the harm; nor is who met such pictures and asks how to report them.
    """
    innocent = was_made_to(text) or (met_online(text) and _TO_BE_REPORTED.search(text) is not None)
    return frozenset({"own_behaviour"}) if innocent else frozenset()
