"""The net behind the model: patterns for plain danger, which may only raise a message to the danger check, and for what
is plainly told or over, which may only lower the urgent reply to the danger check, which 999 leads all the same. A danger
check is left out only for what is plainly told, where the model holds calm for likelier than danger.

It exists so that no change of corpus or model can lose the plainest words. It knows negation, the past, play and other
people's stories, and gives way to them: the model reads those better. Each pattern has tests both ways.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_WEAPON = r"(?:kni(?:fe|ves|f)|nife|blade|gun|machete|axe|hammer|bat|bottle|scissors|sword|zombie knife|petrol|lighter|acid)"
_HE = r"(?:he|she|they|dad|daddy|mum|mam|mummy|stepdad|step dad|brother|uncle|boyfriend|bloke|man|fella|lad|lads|someone|somebody|ex|partner)"
_IS = r"(?:'s| is|'re| are|'ve| have|s|)"

#: Words that take a sentence out of here and now. The net lets such a sentence go; the model still reads it.
_ELSEWHERE = re.compile(
    r"\b(?:film|movie|game|gta|fortnite|minecraft|roblox|cod|netflix|episode|book|story|song|lyric\w*|drama|play(?:ed|ing)|"
    r"homework|essay|assembly|dream\w*|nightmare|joke|joking|jk|lol|ha(?:ha)+|imagine|pretend|what if|if (?:he|she|someone|i)|"
    r"last (?:year|month|week|night|summer|christmas)|years? ago|months? ago|weeks? ago|days? ago|yesterday|"
    r"used to|when i was|back then|in (?:19|20)\d\d|once|never|not|no one|nobody|the play|a play|our play|isn't|wasn't|didn't|doesn't|don't|hasn't|"
    r"safe now|arrested|he's gone|she's gone|prison|moved out|died in|insta\w*|tiktok|snap\w*|online|youtube)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Pattern:
    """One kind of plain danger: its name and what it looks like in a normalised text."""

    name: str
    shape: re.Pattern[str]

    @classmethod
    def of(cls, name: str, shape: str) -> Pattern:
        """Compile `shape`, blind to case."""
        return cls(name, re.compile(shape, re.IGNORECASE))


#: Repetition in every shape is bounded, so that no text can make a search slow.
NET: tuple[Pattern, ...] = (
    Pattern.of("weapon", rf"\b{_HE}{_IS} (?:has |have |as |got |gota |with |holding |waving |come |at \w{{1,9}} ){{1,3}}(?:a |the |an |his |her |my )?(?:\w{{1,10}} )?{_WEAPON}\b"),
    Pattern.of("coming_with_weapon", rf"\b{_HE}{_IS} (?:com(?:ing|in|es|e)|runn?ing?|walk(?:ing|in)|charg(?:ing|in)|stood|standing|sat|sitting|outside)(?: \w{{1,10}}){{0,5}} with (?:a |an |the |his |her |my )?(?:\w{{1,10}} )?{_WEAPON}\b"),
    Pattern.of("weapon_at", rf"\b{_WEAPON} (?:to|at|on|against|near) (?:my|me|her|his|him|mum|mam|dad|our|the baby|the kids)\b"),
    Pattern.of("not_breathing", r"\b(?:(?:not|isn't|stopped|can't|won't|hardly|barely) breath\w{0,3}|breathing funny|turned blue|going blue)\b"),
    Pattern.of("wont_wake", r"\b(?:won't|can't|cannot|wont|not) (?:wake|waken|get (?:her|him|them) (?:up|awake))(?: up| him up| her up)?\b"),
    Pattern.of("overdose", r"\b(?:i've |i |she's |she |he's |he |just )(?:taken|took|swallowed|had) (?:all (?:of )?|an |loads of |a load of |a lot of |too many |\d{1,3} |a whole (?:packet|box|pack) of |the whole (?:packet|box|pack) of )?(?:my |her |his |the |mum'?s |mam'?s |nan'?s )?(?:tablets|pills|paracetamol|ibuprofen|medicine|meds|bleach|overdose)\b"),
    Pattern.of("breaking_in", r"\b(?:breaking in|break(?:ing)? the door|kick(?:ing?)? (?:the|our|my|me) (?:front |back |bedroom )?door|boot(?:ing?)? (?:the|our|my|me) (?:front |back |bedroom )?door|trying to get in)\b"),
    Pattern.of("fire", r"\b(?:house is on f(?:ire|yer|ier|iya)|house on f(?:ire|yer|ier|iya)|set fire|setting fire|set (?:it|the house|us|me) on fire|pour(?:ing|ed) petrol)\b"),
    Pattern.of("strangling", r"\b(?:strangl\w{1,4}|chok(?:ing|ed|es)|hands (?:round|around) (?:my|her|his) (?:neck|throat))\b"),
    Pattern.of("being_hit", rf"\b{_HE}{_IS} (?:hitt|beat|batter|kick|punch|stabb|attack|leather|hurt)ing? (?:me|my|our|us|mum|mam|her|him|the)\b"),
    Pattern.of("going_to_kill", rf"\b{_HE}{_IS} (?:going to|gonna|gunna) (?:kill|stab|shoot|murder) (?:me|us|her|him|my|mum|mam|our|them)\b"),
    Pattern.of("going_to_die", r"\bi(?:'m| am) (?:going to |about to )?(?:kill(?:ing)? myself|jump(?:ing)? off|end(?:ing)? it) (?:now|tonight|right now|today|when|after|before|as soon)\b"),
    Pattern.of("standing_at", r"\b(?:on|at|off) the (?:bridge|ledge|roof|railway|train) (?:and|n) (?:i'm|im|going|want)\b"),
    Pattern.of("stabbed", r"\b(?:been stabbed|been shot|he's stabbed|she's stabbed|stabbed (?:me|him|her|my)|bleeding (?:loads|everywhere|bad|badly|out))\b"),
    Pattern.of("locked_in", r"\b(?:locked (?:me|us|her|him) in|can't get out|won't let (?:me|us|her) (?:out|leave))\b"),
    Pattern.of("followed", r"\b(?:keeps?|is|'s|are|'re|been|being) (?:foll?o?win'?g?|followed|chas(?:ing?|ed)) (?:me|us)\b"),
    Pattern.of("goodbye", r"\b(?:by the time|when|if) (?:your?|they|she|he|mum|anyone)(?:'re|'s| are| is)? (?:read(?:s|ing)?|gets?|sees?|finds?) this\b.{0,20}\b(?:dead|gone|not be here|won't be here)\b|\b(?:my|the) last (?:night|day|hour|message|text|words?|time)\b.{0,20}\b(?:alive|living|on earth|to anyone|ever|goodbye|bye)\b|\b(?:goodbye|bye) (?:forever|for good|world|everyone)\b|\bno more (?:mornings|tomorrows) (?:after|for)\b"),
    Pattern.of("about_to_harm", r"\b(?:about to|going to|gonna|gunna|close to|feel like) (?:i'm )?(?:\w+ ){0,4}?(?:hit|hurt|throw|shake|smack|punch|stab|kill|batter|smother|drown|strangle)(?:ting|ing|ning)? (?:my|the|our|this) (?:kids?|baby|son|daughter|child|children|little one|toddler|wife|husband|lad|girl|boy)\b|\bi(?:'m| am) (?:about to|going to|gonna|gunna) (?:stab|kill|strangle) (?:him|her|them)\b|\b(?:about to|going to|gonna|gunna) (?:\w+ ){1,3}(?:till|til|until) (?:he|she|they)(?:'s|'re|s| is| are)? dead\b"),
    Pattern.of("swallowed", r"\b(?:\d{1,2} (?:year|month) old|baby|toddler|cousin|kid|child|son|daughter|brother|sister|little one)\s+(?:(?!never\b|not\b)\S+\s+){0,5}?(?:eats?|ate|eaten|eating|swallow\w{0,3}|drank|drinks?|drunk|drinking|bit|bitten|chewed|licked)\b.{0,40}?\b(?:tablets?|tabs?|pills?|medicine|bleach|battery|paracetamol|antifreeze|weedkiller|cleaner|capsules?)\b|\b(?:tablets?|tabs?|pills?|medicine|bleach|battery|antifreeze|weedkiller|cleaner)\b.{0,20}\b(?:my|the|our) (?:\d{1,2} (?:year|month) old|baby|toddler|little one) (?:just )?(?:ate|swallowed|drank|bit|chewed|licked)\b"),
    Pattern.of("taken", r"\b(?:someone|man|bloke|stranger|he) (?:has |'s )?(?:taken|took|grabbed|snatched) (?:a child|a kid|my (?:son|daughter|baby|child|sister|brother)|the baby|a little (?:girl|boy))\b|\b(?:son|daughter|nephew|niece|baby|child|kid|grandson|granddaughter|cousin|brother|sister|he|she|they)(?:'s|'ve| has| have| was| were| got)(?: just)?(?: been)? (?:taken|snatched|grabbed|picked up|lifted) from (?:\w+ ){0,2}?(?:nursery|school|playgroup|childminder'?s?|park|playground|garden) by (?:\w+ )?(?:dad|mum|mam|father|mother|ex|man|bloke|someone|stranger)\b"),
    Pattern.of("attack_planned", rf"\b{_HE}{_IS} (?:going to|gonna|gunna|planning to) (?:shoot|blow|bomb|burn|stab|attack) (?:up |down )?(?:(?:the|a|his|her|our|my|this) )?(?:school|mosque|church|synagogue|temple|college|class|town|train|shops?|everyone|everybody|people|them all|us all|loads)\b"),
    Pattern.of("ring_for_me", r"\b(?:call|ring|phone|get|send) (?:me )?(?:the )?(?:999|police|bizzies|ambulance) (?:for|4|to) (?:me|us|my|her|him)\b|\b(?:please|pls|can you|just) (?:call|ring|get|send) (?:the )?(?:999|police|bizzies|an ambulance|ambulance) (?:now|quick|please|he's|she's|they're)\b"),
)  # fmt: skip

_CLAUSE = re.compile(r"[.!?\n]+|\bbut\b")


def caught(text: str) -> str | None:
    """The name of the first pattern that a clause of a normalised text shows as here and now, else None.

    Negation inside a pattern ("not breathing", "won't wake") belongs to it; outside, it lets the clause go.
    """
    for clause in _CLAUSE.split(text):
        for pattern in NET:
            match = pattern.shape.search(clause)
            if match is None:
                continue
            around = clause[: match.start()] + " " + clause[match.end() :]
            if not _ELSEWHERE.search(around):
                return pattern.name
    return None


#: What is plainly a story, or dealt with by the police or a hospital.
_TOLD = re.compile(
    r"\bin (?:the|a|this|my) (?:film|movie|book|game|show|episode|song|play|story|dream|lesson)\b|"
    r"\b(?:bit|part|scene|chapter|level) in (?:the|a|this)\b|\b(?:fortnite|minecraft|roblox|gta|sims|netflix|youtube|homework|essay)\b|"
    r"\bpolice (?:have |has |'ve )?(?:got|took|taken|arrested|lifted|nicked) (?:him|her|them)\b|\b(?:been|was|were|got|is) arrested\b|"
    r"\b(?:home|back|out) (?:from|of) (?:the )?hospital\b",
    re.IGNORECASE,
)
#: What is said to be over or not now. "He's home now" is none of these: it may be whom somebody is afraid of.
_OVER = re.compile(
    r"\b(?:he|she|they|we|i|everyone)(?:'s|'m|'re| is| am| are) (?:all )?(?:safe|ok|okay|alright|fine) now\b|"
    r"\b(?:i'm|i am|we're|we are) (?:all )?home now\b|"
    r"\bit(?:'s| is) (?:all )?(?:over|ok|okay|fine|sorted) now\b|"
    r"\b(?:not|isn't) (?:happening |going on )?(?:at |right )?(?:this|the) (?:very )?(?:minute|moment|second)\b|"
    r"\b(?:not|isn't) (?:happening|going on|urgent|an emergency|for tonight)\b|\bnot (?:right )?now but\b",
    re.IGNORECASE,
)


def told(text: str) -> bool:
    """Whether a normalised text plainly tells a story, or what police or a hospital have dealt with."""
    return _TOLD.search(text) is not None


def told_or_over(text: str) -> bool:
    """The same, or whether it says that it is over or not now."""
    return told(text) or _OVER.search(text) is not None
