"""What a message wants: flows to begin, and words that steer the conversation."""

from __future__ import annotations

import re

from agents.commands import (
    Abandon,
    Command,
    Goodbye,
    Greet,
    HandOver,
    Repeat,
    ResumeMessages,
    SetLanguage,
    Start,
    StartOver,
    StopMessages,
    Thank,
)  # fmt: skip
from agents.understanding.builtin.found import Intent, Piece, overlaps
from agents.understanding.builtin.seeking import DOCTOR, FREE, SEEK, SEEKING_COMPLAINT
from agents.vocabulary import FLOWS

_PERSON = r"(?:human(?: being)?|(?:real |actual |live )?(?:person|people|agent|operator)|representative|rep|receptionist|reception|front desk|staff(?: member)?|someone(?: real| there| from the hospital| else to talk)?|customer (?:care|service|support)|call cent(?:re|er)|help ?desk|somebody|executive|nurse|manager|supervisor)"
_STEERING: tuple[tuple[str, Command], ...] = (
    (
        rf"(?:talk|speak|chat|connect|transfer|put|get|hand|pass|switch|forward|speaking|talking)(?: (?:me|us|this|over|through|in touch|directly))* (?:to|with|on to) (?:an? |the |some |your |any )?(?:doctor's )?{_PERSON}(?!\w)(?! (?:about|who))"
        rf"|(?:want|need|get me|give me|like|prefer|call) (?:to (?:talk|speak|chat) )?(?:to |with )?(?:an? |the |some )?(?:human(?: being)?|real person|actual person|person|agent|live agent|operator|representative|receptionist|customer (?:care|service|support))(?!\w)"
        r"|^(?:a |an |the )?(?:human|agent|operator|representative|receptionist|reception|(?:real |live )?person|customer care|staff|help ?desk)(?: please)?[.! ]*$|(?:agent|human|person|operator) please|(?:please )?(?:call me|call me back|give me a call|have someone call)(?: back)?(?: please)?[.! ]*$"
        r"|(?:kisi|kisi se|insaan|staff|vyakti|operator|customer care|kisi insaan|kisi vyakti)(?: \w+){0,2} (?:se )?(?:baat|bat) (?:kar\w*|ho\w*|chah\w*)|baat (?:kar\w+ )(?:hai|chah\w+|do)|insaan se baat|can someone (?:call|help) me (?:personally|in person)|(?:no|not a) (?:bots?|robots?|machines?),? (?:a )?(?:human|person)",
        HandOver(),
    ),
    (r"start(?:ing)? (?:over|again|afresh|fresh|from (?:the )?(?:beginning|scratch|start))|restart|reset|begin again|from the beginning|(?:phir|fir|dobara|wapas) se (?:shuru|start)\w*|shuru se|new conversation|let's start again|main menu", StartOver()),
    (
        r"never ?mind|nevermind|nvm|forget (?:it|about it|this|that|the whole)|leave it|drop it|let it (?:be|go)|(?:chhodo|chodo|jaane do|jane do|rehne do|rahne do|chhod do|chod do|rehne dijiye|chodiye|chhodiye)|changed my mind|don't bother|skip it|scrap (?:it|that)|no longer (?:need|want) (?:it|this|that|to)|not (?:needed )?any ?more|stop this|abort|don't want (?:it|to book|to continue|this|to do this|any)(?: any ?more)?|i'll (?:do it|come back|book|try|message|let you know) later|maybe later|some other time|not now|exit|quit|let me think(?: about it)?|hold off(?: (?:for|on) \w+)?|(?:i think )?i'll wait|(?:i'll )?decide later|perhaps later|(?:abhi|baad mein) nahi",
        Abandon(),
    ),
    (
        r"(?:didn't|don't|did not|do not|couldn't|can't|not) (?:get|understand|follow|catch|hear|understood|clear)(?: (?:it|that|you|this|what))?|(?:come again|say (?:it |that )?again|repeat(?: (?:it|that|please|the|again))?|pardon(?: me)?|what did you say|what was that|once more|one more time|what do you mean|sorry\?|samajh nahi\w*|samjha nahi|samjhi nahi|nahi samjh\w*|phir se (?:bol|bata|kah)\w*|dobara (?:bol|bata|kah)\w*|fir se (?:bol|bata)\w*|huh|i'm confused|not clear)",
        Repeat(),
    ),
    (
        r"(?:speak|talk|reply|answer|write|chat|respond|continue|switch|change|message)(?: (?:to|in|with|me|the|language|please|back|mode))* hindi|in hindi|hindi (?:please|mein|language|only)|^hindi[.! ]*$|hindi (?:bol|likh|baat)\w*|(?:can|could|do) (?:we|you|i) (?:do |speak |use |talk |write |have )?(?:this )?(?:in )?hindi",
        SetLanguage(language="hi"),
    ),
    (
        r"(?:speak|talk|reply|answer|write|chat|respond|continue|switch|change|message)(?: (?:to|in|with|me|the|language|please|back|mode))* english|in english|english (?:please|mein|language|only)|^english[.! ]*$|angrezi mein|angrezi|(?:can|could|do) (?:we|you|i) (?:do |speak |use |talk |write |have )?(?:this )?(?:in )?english|don't (?:know|understand|speak) hindi|hindi nahi aati",
        SetLanguage(language="en"),
    ),
    (
        r"thank(?:s|ing)?(?: you| u)?(?: (?:so|very) much| a (?:lot|ton|bunch|million)| again)?|many thanks|much appreciated|appreciate (?:it|that|your help)|dhanyava?a?d|shukriya|(?:you've|you have|you were) been (?:very |so )?(?:helpful|great)|grateful|gracias|god bless",
        Thank(),
    ),
    (
        r"(?:good ?)?bye(?: ?bye)?|see (?:you|ya)(?: (?:later|soon|then|there|tomorrow|(?:on |next )?\w+day|next week))?(?! (?:doctor|dr))|take care|have a (?:nice|good|great|lovely|wonderful|blessed) (?:day|one|evening|weekend|night|rest)|good ?night|alvida|cya|ttyl|that(?:'s| is| will be|'ll be| would be)(?: it| all)(?: for (?:now|today))?(?=[.! ,]*(?:$|thank|i need|for|bye|that|i |have))|(?:that's|that is) (?:everything|all i needed|all i need|all)|nothing else|phir milenge|chalo bye|(?:i'm|i am|we're) (?:all set|all good|done|good for now|good now)|no more (?:help|questions)|(?:don't|do not|won't) need (?:anything|any|further|more)(?: (?:else|more|further|other|help|assistance))*",
        Goodbye(),
    ),
    (
        r"^[ ,.!]*(?:hi+|hey+|hello+|hii|heya|greetings|namaste|namaskar|namaskaram|vanakkam|salaam|salam|assalam\w*|good (?:morning|afternoon|evening|day)|hey there|hi there|hello there|howdy|sat sri akal|pranam|ram ram|radhe radhe|yo)(?: (?:there|ji|sir|madam|team|doctor|everyone|all|good (?:morning|afternoon|evening)))*(?!\w)|^(?:hello|hi|hey)|(?:^|[,.!] )good (?:morning|afternoon|evening)",
        Greet(),
    ),
)  # fmt: skip
_STEERING_PATTERNS = tuple((re.compile(rf"(?<!\w)(?:{pattern})(?!\w)"), command) for pattern, command in _STEERING)
_STOP = re.compile(
    r"(?:please )?(?:stop|unsubscribe|stop ?all|opt ?out|end messages|optout|stop (?:all )?(?:sending )?(?:me )?(?:these |the |any |more |your )*(?:messages?|msgs?|messaging|texts?|texting|whatsapp|notifications?|reminders?)(?: me| to me)?|stop (?:messaging|texting|contacting) me"
    r"|(?:don't|do not) (?:send|message|text|contact)(?: me)?(?: (?:any|more|messages?|again|anymore|any more|these|further))*|(?:no more|remove me|take me off)(?: (?:messages?|texts?|from (?:your|the|this) list|your list|the list|from list))*|unsubscribe me|band|band (?:karo|kar do|kijiye|karein|kariye|do)|messages? band(?: \w+){0,2}|message mat (?:karo|bhej\w*)|message bhejna band(?: \w+){0,2}|messages? (?:mat|na) bhej\w*|roko|ruko messages?)(?: please)?(?: ji)?[.! ]*"
)
_RESUME = re.compile(
    r"(?:please )?(?:start|unstop|un-stop|subscribe|resubscribe|resume|opt ?in|start (?:sending )?(?:me )?(?:the )?(?:messages?|messaging|texts?)(?: again| me again)?|resume (?:the )?(?:messages?|reminders?|texts?)|subscribe (?:me )?again|(?:messages? )?(?:phir se |wapas )?(?:shuru|chalu|start) (?:karo|kar do|kijiye|karein)|messages? (?:phir se |dobara )?(?:shuru|chalu)(?: \w+){0,2}|you can message me again|send me messages again)(?: please)?[.! ]*"
)
_NEGATED_BEFORE = re.compile(
    r"(?<!\w)(?:don't|do not|didn't|not|never|no need to|without|mat|not asking to|don't want to|not to) (?:\w+ ){0,1}$"
)


def only_messages_wanted(text: str) -> Command | None:
    """The command of a message that is consent withdrawn or given, and nothing else."""
    said = text.strip(" .!")
    if _STOP.fullmatch(said):
        return StopMessages()
    if _RESUME.fullmatch(said):
        return ResumeMessages()
    return None


def steering(text: str) -> list[Intent]:
    """Hand over, start over, never mind, repeat, language, thanks, greeting, goodbye; each kind once."""
    found: list[Intent] = []
    for pattern, command in _STEERING_PATTERNS:
        match = pattern.search(text)
        if match and not overlaps(match.start(), match.end(), [(intent.start, intent.end) for intent in found]):
            found.append(Intent(command, match.start(), match.end()))
    return found


def flow_starts(text: str, pieces: list[Piece], *, taken: list[tuple[int, int]]) -> list[Intent]:
    """The flows that the message begins, in order: direct phrases first, then a doctor or help sought."""
    found: list[Intent] = []
    for flow in FLOWS.values():
        for match in flow.starts.finditer(text) if flow.starts is not None else ():
            spans = [*taken, *((intent.start, intent.end) for intent in found)]
            if not overlaps(match.start(), match.end(), spans) and not _NEGATED_BEFORE.search(text[: match.start()]):
                found.append(Intent(Start(flow=flow.name), match.start(), match.end()))
    if not found:
        found = _sought(text, pieces)
    return sorted(found, key=lambda intent: intent.start)


def _sought(text: str, pieces: list[Piece]) -> list[Intent]:
    """A visit wished for without its name: "need a skin doctor", "is dr nair free on friday", "knee pain, see someone"."""
    targets = [(p.start, p.end) for p in pieces if p.slot in ("specialty", "practitioner")]
    targets += [match.span() for match in DOCTOR.finditer(text)]
    for start, end in sorted(targets):
        sentence = max(text.rfind(mark, 0, start) for mark in ".!?;") + 1
        for cue in SEEK.finditer(text, sentence, start):
            weak = cue.group() in ("is", "are", "does", "which", "tell", "have", "please", "can i", "could i")
            if not weak or FREE.search(text, end) or cue.group() in ("can i", "could i"):
                return [Intent(Start(flow="book"), cue.start(), end)]
        if FREE.match(text[end:].lstrip()) or re.match(
            r" ?(?:chahiye|please|ko dikhana|se milna|ki zarurat)", text[end:]
        ):
            return [Intent(Start(flow="book"), start, end)]
    if any(p.slot == "complaint" for p in pieces) and SEEKING_COMPLAINT.search(text):
        first = next(p for p in pieces if p.slot == "complaint")
        return [Intent(Start(flow="book"), first.start, first.end)]
    return []
