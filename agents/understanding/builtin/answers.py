"""Answers to what was asked: yes, no, one of the options, others."""

from __future__ import annotations

import re
from datetime import date

from agents.commands import Choose, More
from agents.understanding.builtin.found import Intent, Piece
from agents.understanding.resolve.clock import find_times
from agents.understanding.resolve.days import find_days, weekday_of
from agents.understanding.resolve.names import name_words
from agents.understanding.resolve.spelling import Plain, plain
from agents.understanding.utterance import Utterance
from governance.redaction.sounds import likeness

_YES_LEAD = re.compile(
    r"^[ ,.!]*(?:(?:ah|oh|um+|hmm+|well|great|so|again|and|thanks|thank you|awesome|nice),? )?(?:yes|ya(?! \w+ (?:ko|phir))|y|ok(?:ay)?|sure|haan|ji haan|ji(?! nahi)|yes please|absolutely|definitely|of course|certainly|correct|right(?! now)|exactly|perfect|fine|great|alright|all right|agreed|confirm(?:ed)?|bilkul|theek|sahi|accha|acha|achha|done|cool|good(?! (?:morning|afternoon|evening|night|day|bye))|please do|go ahead|go for it|book it|do it|why not|i guess so|works|lovely|excellent|wonderful|awesome|super|nice|yahi|chalega|kar do|proceed|that'?s? (?:is |will |would |'ll )?(?:be )?(?:fine|good|great|perfect|correct|right|ok(?:ay)?|it|works?|what i want\w*|cool)|pakka|zaroor|han|very good|very well|looks good|sounds)(?!\w)(?! (?:worse|no|not|bad))"
)
_YES_WITHIN = re.compile(
    r"(?<!\w)(?:(?:that|it|this|these|all|everything|which|time|one|he|she|they|date|\d\d|am|pm|details?|doctor)(?:'s| is| are| will| would|'ll| all)?(?: be| do| also| really| all)? (?:works?|fine|sounds? (?:good|great|perfect|fine|nice|right|okay|ok|wonderful|excellent|amazing|like a plan|lovely|reasonable)|good|great|perfect|correct|right|ok(?:ay)?|suits?|looks? (?:good|great|right|correct|fine)|do|alright|excellent|wonderful|acceptable|lovely|accurate|ideal)(?! (?:doctor|dentist|time|for (?:you|them)|enough\?))"
    r"|sounds? (?:good|great|perfect|fine|nice|right|okay|ok|wonderful|excellent|amazing|like a plan|lovely|interesting)|works for me|(?:please )?go ahead|(?:please )?proceed|let's (?:do|go with|book|take|get|try) (?:it|that|this|them|him|her)|(?:please )?do (?:it|so|that)|please do|(?:please )?confirm (?:it|this|that)|i(?:'ll| will) (?:take|go with|do|choose) (?:it|that|this|them|him|her)|i(?:'d| would) (?:like|love) (?:that|it|to)(?: one)?[.! ]*$|i (?:like|want|confirm|agree|accept|prefer|am ok with|will take|choose)(?: with)? ?(?:that|it|this|them|him|her|those)?(?: one)?[.! ]*$|book (?:it|that|this)(?: one)?|theek (?:hai|rahega)|kar do|chalega|haan|that'?s? (?:is )?(?:the one|what i (?:want|need|like|said|meant)\w*|it)|yes|sure|okay|absolutely|perfect|(?:i am|i'm) (?:ok|okay|fine|good|happy) with|suits me|you got it|correct)(?!\w)"
)
_NO_LEAD = re.compile(
    r"^[ ,.!]*(?:(?:oh|um+|hmm+|well|sorry|thanks|thank you|ok|okay|ji|actually),? )?(?:no(?! (?:problem|worries|preference|matter|issue|idea|later|time|one|more|need to worry))|nahi|not really|not yet|not that|not this|not now|not at|not right|not today|not \w+day|not interested|not necessary|not needed|none|neither|never|mat karo|na(?:,| |$)(?!am)|ji nahi|wrong|incorrect|negative|don't(?! (?:have|know|mind))|do not|cancel that|i don't (?:want|think|like|need)|i do not|that'?s? (?:is )?(?:not|wrong)|that (?:doesn't|does not|won't) work|doesn't work|can't do|no need)(?!\w)"
)
_NO_WITHIN = re.compile(
    r"(?<!\w)(?:(?:that|it|this|which|time|one) (?:doesn't|does not|won't|will not|isn't|is not|'s not|wouldn't)(?: \w+)? (?:work|suit|good|right|correct|fine|okay|ok|possible)|no(?:,| )+(?:thanks|thank you)|don't (?:book|confirm|do|want) (?:it|that|this)|not (?:okay|good|correct|right|suitable|convenient)|(?:i'm|i am) (?:good|fine|okay) (?:for now|thanks)|nahi|galat|mat karo|no need|not (?:really|now|yet|at this time|right now|at the moment|necessary|interested|today)|(?:i'd|i would) rather not)(?!\w)"
)
_BUT = re.compile(r"(?<!\w)(?:but|except|however|instead|lekin|magar|par|only if|make it|change it)(?!\w)")
_ORDINAL = r"(?:first|second|third|fourth|fifth|sixth|last|1st|2nd|3rd|4th|5th|6th|pehla|dusra|teesra|chautha|aakhri|akhri|final|former|latter|middle)"
_PICK = re.compile(
    rf"(?<!\w)(?:(?:the |option |number |no\.? |slot |choice |doctor |appointment )*(?:{_ORDINAL})(?: (?:one|option|slot|wala|time|choice|doctor|appointment|available|work\w*))*(?! (?:of|name|visit|time|available|week|half|thing|nov|dec|jan|feb|mar|apr|may|jun|jul|aug|sep|oct))"
    rf"|(?:option|number|no\.?|slot|choice|#|opt) ?(?P<labelled>\d{{1,2}}|one|two|three|four|five|six)|(?:book|take|choose|pick|go with|prefer|want) (?:the )?(?:number |option |slot )?(?P<taken>\d{{1,2}})(?= *(?:please|[.!]|$))|(?P<digits>\d{{1,2}})(?: (?:please|wala|is good|works|is fine|ok|sounds good|pls|number))|(?:the )?(?:earlier|earliest|later|latest|soonest|morning|evening|afternoon|cheaper|nearest|closest) (?:one|slot|option|wala)|(?:the )?one (?:with|at|on|in)(?: the)? [\w .:]+|(?:the )?(?!that|this|no|any|another|which|good|other|each|every)[\w:.]+ one|(?:the )?\w+ wala)(?!\w)"
)
_MORE: tuple[tuple[str, str], ...] = (
    (
        "other_practitioner",
        r"(?:any ?|some ?|an)?(?:other|another|different|else|new) (?:doctors?|dr|specialists?|dentists?|practitioners?|providers?|[a-z]+ologists?|[a-z]+iatrists?|therapists?|person|clinic|one in)|(?:someone|anyone|anybody|somebody|who) (?:else|different)|(?:koi (?:aur|dusra)|dusra|dusre) (?:doctor|dr)|(?:don't|do not) (?:want|like) (?:to see )?(?:him|her|this doctor|that doctor)|(?:change|switch) (?:the )?doctor|other than (?:him|her|dr|them)",
    ),
    (
        "earlier",
        r"(?:any(?:thing|one)? |something |is there |can i get |a little |bit |slightly |even )*(?:earlier|sooner|before (?:that|this|then|these))(?: than (?:that|this|these|those|it)(?!\w))?(?! (?:than|this|i said|one|date))(?: (?:slots?|times?|dates?|day|options?|appointments?|possible|available))?|(?:isse |is se |us se |thoda )(?:pehle|jaldi)(?: ka| ki)?|prepone",
    ),
    (
        "later",
        r"(?:any(?:thing|one)? |something |is there |can i get |a little |bit |slightly |even |much )+(?:later|after (?:that|this|then|these))(?: than (?:that|this|these|those|it)(?!\w))?(?! (?:today|this|than|one|on))(?: (?:slots?|times?|dates?|day|options?|appointments?))?|^later(?: (?:slots?|times?|dates?|please))?[ ?.!]*$|later (?:slots?|times?|dates?|day|options?|appointments?|in the day)|(?:isse |is se |us se |thoda )(?:baa?d|late)(?: ka| ki| mein)?|after that\?",
    ),
    (
        "any",
        r"(?:other|different|another) (?:day|date|time|slot)(?! (?:to|for (?:my|the) appointment))|change (?:the )?(?:time|day|date|slot)(?! to)|none of (?:these|those|them|the)|neither(?: of)?|(?:any|some|what|show|see|have|other|more|different|another|alternate|alternative|give|few|want|are there|got)(?: (?:me|the|are|any|some|other|more|there|you|do|have))* (?:other|others|else|more|alternatives?|different)(?: (?:options?|slots?|times?|choices?|dates?|days?|one|ones|available|please|appointments?|places?|thing|suggestions?|recommendations?))*|(?:other|more|different|another|alternate|alternative) (?:options?|slots?|times?|choices?|dates?|ones?|possibilities|suggestions?|recommendations?|place|places|alternatives?)|something (?:else|different)|anything else(?! (?:i|you|that|to))|what else|someplace else|somewhere else|next (?:ones?|options?|page)|(?:aur|koi aur|dusra|dusre)(?: (?:slot|time|option|din|batao|bataye|dikhao|dikhaiye|bataiye|wala|koi|hai))+|koi (?:aur|dusra)|keep (?:looking|searching)|look for (?:another|others)|^(?:others?|more|next|else|another|aur)[ ?.!]*$|(?:don't|do not) (?:like|want) (?:any of )?(?:these|those)|not (?:any of )?(?:these|those)",
    ),
)
_NO_MORE = re.compile(
    r"(?<!\w)(?:don't|do not|not|no|won't|isn't|nothing)(?: (?:need|want|have|require|be|needing|there|any))* $"
)
MORE = tuple((direction, re.compile(rf"(?<!\w)(?:{pattern})(?!\w)")) for direction, pattern in _MORE)


def find_yes(text: str) -> tuple[int, int] | None:
    """Where the message says yes."""
    match = _YES_LEAD.match(text) or _YES_WITHIN.search(text)
    if match is None or re.search(
        r"(?<!\w)(?:not|isn't|doesn't|don't|if|whether|is|does|would|are|will|do you think|what) (?:\w+ )?$",
        text[: match.start()],
    ):
        return None
    return match.span()


def find_no(text: str) -> tuple[int, int] | None:
    """Where the message says no."""
    match = _NO_LEAD.match(text) or _NO_WITHIN.search(text)
    return match.span() if match else None


def changes(text: str) -> bool:
    """Whether a "but" or "make it" turns a yes into a change."""
    return bool(_BUT.search(text))


def find_more(text: str) -> Intent | None:
    """Others than those shown."""
    for direction, pattern in MORE:
        match = pattern.search(text)
        if match and not _NO_MORE.search(text[: match.start()]):
            return Intent(More(direction=direction), match.start(), match.end())
    return None


def find_choice(message: Plain, utterance: Utterance, pieces: list[Piece]) -> Intent | None:
    """The option that is picked: by number or place, or by the day, time or doctor that one option alone has."""
    if not utterance.options:
        return None
    text = message.text
    if (
        bare := re.fullmatch(
            r"[ .#(]*(?:(?:yes|ok|okay|haan|sure)[ ,]+)?(\d{1,2})[ .,!)]*(?:please|ok|okay|yes|haan|wala|no\.?)?[ .!]*",
            text,
        )
    ) and 1 <= int(bare[1]) <= len(utterance.options):
        return _choose(message, bare.span(1))
    if bare and any(_shows(option, int(bare[1]), utterance.now.date()) for option in utterance.options):
        return _choose(message, bare.span(1))
    if (
        re.fullmatch(r"[ .]*(?:one|two|three|four|five|six|ek|do|teen|char)[ .!]*(?:please)?", text)
        and len(utterance.options) > 1
    ):
        return _choose(message, (0, len(text)))
    fits = [option for option in utterance.options if _fits(option, message, pieces, utterance.now.date())]
    told = [piece for piece in pieces if piece.slot in ("day", "time", "practitioner", "location")]
    if told and len(fits) == 1 and len(utterance.options) >= 1:
        return _choose(message, (told[0].start, _one_after(text, told[-1].end)))
    match = next((m for m in _PICK.finditer(text) if _in_reach(m, len(utterance.options))), None)
    return _choose(message, match.span()) if match and not (told and not fits) else None


def _shows(option: str, number: int, today: date) -> bool:
    """Whether a number beyond the list is an hour or a day of the month of this option."""
    label = plain(option).text
    hours = {t.times.start.hour for t in find_times(label) if t.times.exact and not t.times.start.minute}
    days = {d.days.start.day for d in find_days(label, today, month_first=False)}
    return number in days or bool({number, number + 12} & hours if number <= 12 else {number} & hours)


def _in_reach(match: re.Match[str], count: int) -> bool:
    said = match["digits"] or match["labelled"] or match["taken"]
    if re.search(
        r"(?:^|the )(?:this|that|another|other|new|any|which|better|no|different|good|next) one$", match.group()
    ):
        return False
    return not (said and said.isdigit()) or 1 <= int(said) <= count


def _one_after(text: str, end: int) -> int:
    match = re.match(r" (?:one|slot|option|wala)(?!\w)", text[end:])
    return end + match.end() if match else end


def _choose(message: Plain, span: tuple[int, int]) -> Intent:
    return Intent(Choose(value=message.words(*span)[:200]), *span)


def _fits(option: str, message: Plain, pieces: list[Piece], today: date) -> bool:
    """Whether an option has all that was said about day, time, doctor and place."""
    label = plain(option).text
    told = 0
    for piece in pieces:
        said = message.text[piece.start : piece.end]
        if piece.slot == "day":
            fits = _day_fits(label, said, today)
        elif piece.slot == "time":
            fits = _time_fits(label, said)
        elif piece.slot in ("practitioner", "location"):
            words = [w for w in name_words(said) if w not in ("dr", "doctor")]
            fits = all(any(likeness(word, part) >= 85 for part in name_words(label)) for word in words)
        else:
            continue
        told += 1
        if not fits:
            return False
    return told > 0


def _day_fits(label: str, said: str, today: date) -> bool:
    shown = find_days(label, today, month_first=False)
    if (weekday := weekday_of(said)) is not None:
        return any(s.days.start.weekday() == weekday for s in shown)
    wanted = find_days(said, today, month_first=False)
    return any(w.days.start <= s.days.start <= w.days.end for w in wanted if not w.days.asap for s in shown)


def _time_fits(label: str, said: str) -> bool:
    wanted = find_times(said, bare=True)
    shown = [t.times.start for t in find_times(label) if t.times.exact]
    return any(t == w.times.start if w.times.exact else w.times.start <= t < w.times.end for w in wanted for t in shown)
