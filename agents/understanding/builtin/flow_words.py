"""Phrases by which patients begin a flow, read on plain text."""

from __future__ import annotations

import re

_VISIT = r"(?:appointments?|visits?|bookings?|slots?|consultations?|check ?ups?|sessions?|follow ups?|reservations?|it|this|that|one|them|all)"
_MY = r"(?:my|the|our|this|that|his|her|a|an|mera|meri|all|of|both|existing|upcoming|next|current|booked|scheduled|earlier|previous|old)"
_NEAR = r"(?: [^.!?;]{0,45}?)?"
_OTHERWISE = r"(?:later|another|other|different|instead|move|reschedul|change|shift|postpone|next)"
_CANNOT = r"(?:won't|will not|not going to|can't|am not able to|unable to|not able to|couldn't)"
_NOUN = r"(?:appointments?|consultations?|consults?|check ?ups?|visits?|slots?|bookings?|openings?|follow ups?|reservations?|sessions?|physical)"
_WANT = r"(?:want|wants|wanted|need|needs|needed|like|wish|require|looking|trying|have|hoping|love|chahiye|should|must|prefer)"

CANCEL = (
    rf"(?:cancel|call off|scrap|delete|drop|radd|remove)(?:ling)?(?: {_MY})*{_NEAR} {_VISIT}",
    r"(?:(?:want|need|like|have|wish|going|please|can you|could you|can i|could i|just) (?:to )?|^|\b(?:and|then|also|aur|i'll|let's|but) )(?:cancel|call off)(?:ling)?(?!led)(?!\w)",
    r"cancel(?:ling|lation)?(?: (?:kar\w*|do|dr|doctor|the|my|for|both|all|request|please))",
    r"(?:appointment|booking|visit|ko) (?:ko )?(?:cancel|radd|hata)\w*",
    r"(?:radd|cancel) (?:kar|kr)\w*|cancellation",
    rf"{_CANNOT} (?:be able to )?(?:come|make it|attend|be there|be coming|go)(?!\w)(?! [^.]{{0,60}}{_OTHERWISE})(?! (?:in|ahead|with))",
    rf"{_CANNOT} (?:be able to )?(?:make|keep|attend|come (?:to|for)) (?:it to )?(?:my|the|our|this|that) (?:[\w']+ ){{0,3}}(?:appointment|visit|booking)(?! [^.]{{0,60}}{_OTHERWISE})",
    r"(?:don't|no longer|do not) (?:need|want) (?:my|the|that|this) (?:[\w']+ ){0,4}(?:appointment|visit|booking)",
    r"nahi aa (?:pa\w+|sak\w+|raha|rahi)|aana nahi ho payega",
)
RESCHEDULE = (
    rf"(?:reschedul(?:e|ed|ing)|re-?book|postpon(?:e|ed|ing)|prepon(?:e|ed|ing))(?: {_MY})*(?:{_NEAR} {_VISIT}(?!\w))?",
    r"(?:move|shift|change|bring|swap|switch|delay|advance|modify|update|transfer|push|badal\w*)(?:d|ing)?(?: (?:up|forward|back|out))?"
    rf"(?: {_MY})*(?: [^.!?;]{{0,40}}?)? (?:appointments?|visits?|bookings?|slots?|consultations?|check ?up)",
    r"(?:appointment|visit|booking)(?: ko| ki| ka)?(?: [\w']+){0,5} (?:badal\w*|change kar\w*|shift|aage badha\w*|moved?|postponed?)",
    r"(?:ka|ki|wala|wali) (?:appointment|visit) (?!book|cancel|fix|confirm|radd|chah|mil|le|ke)\w+ (?:ko )?(?:kar|kr|shift)\w*",
    r"(?:change|move|shift) (?:my|the) (?:time|date|day|timing) of (?:my|the)|change (?:my|the) (?:appointment )?(?:time|date|day)",
    r"(?:move|shift|push|change) (?:dr|doctor) [\w']+(?: [\w']+)? (?:to|from)(?!\w)",
    rf"{_CANNOT}(?: be able to)? (?:come|make it|attend|make|do)(?= [^.]{{0,60}}{_OTHERWISE})|(?:come|make it|attend)[^.]{{0,30}} (?:move|reschedule) it",
    r"(?:different|another|other|new|later|earlier) (?:time|day|date|slot) for (?:my|the) (?:existing |booked |current )?(?:[\w']+ )?(?:appointment|visit|booking)",
    r"(?:can|could|may|shall) (?:i|we) (?:come|do|make it|have it) [^.?!]{0,40}?instead(?!\w)",
    r"(?:mera|meri|mere|my) (?:appointment|visit|booking)(?: [\w:]+){0,6} (?:ko|par|pe|baje|din) (?:ka |ki )?(?:kar|kr|rakh)\w*",
    r"nahi aa (?:pa|sak)\w+[^.!?]{0,60}? (?:baje|din|ko|par|pe|subah|shaam|dopahar) (?:kar|rakh|shift|de|aa)\w*",
    r"(?:move|shift|push|change|prepone|postpone) (?:it|this|that)(?: one)? (?:to|from|by)(?!\w)",
    r"(?:move|shift|push|postpone|prepone) (?:the )?(?:first|second|third|fourth|last|1st|2nd|3rd|\w+day|other)(?:'s)? (?:one|visit|appointment)(?!\w)",
)
LIST = (
    r"(?:what|which|when)(?:'s| is| are| was| time is| time are| day is| all)* (?:my|our|mera|meri)(?: \w+'s)?(?: (?:next|upcoming|existing|scheduled|booked|current|\w+day|future|other))*"
    r" (?:appointments?|visits?|bookings?|consultations?|check ?up|follow up)",
    r"what (?:appointments?|visits?|bookings?) (?:do|did|have|are) (?:i|there)|which (?:appointments?|visits?) (?:do|have) i",
    r"(?:show|list|see|tell|check|view|give|send|confirm|know|look up|find|review|remind)(?: (?:me|about|when|what|all|of|the|is|details|list))*"
    r" (?:my|our|mere|meri|mera)(?: (?:next|upcoming|existing|scheduled|booked|current|future))* (?:appointments?|visits?|bookings?|consultations?)(?!\w)",
    r"(?:do|did) i (?:still |already )?(?:have|got|book)(?: got)?(?: (?:any|an|a|some|that|the|my))?(?: (?:upcoming|other|more|existing|booked|scheduled|future))* (?:appointments?|visits?|bookings?|(?:any|some)thing (?:booked|scheduled|coming))",
    r"(?:when|what time|which day|what day) (?:is|was|are|am|do|did) (?:i|my)(?: \w+){0,4} (?:appointment|visit|booked|booking|scheduled|coming|seeing|see|supposed)",
    r"(?:have|had) i (?:already )?booked|am i booked|is my (?:appointment|visit|booking)(?: [\w']+){0,4} (?:confirmed|booked|still)",
    r"(?:meri|mere|mera)(?: \w+){0,2} appointments?(?: \w+){0,3} (?:kab|kya|kaun|dikha|bata|kis)\w*|(?:meri|mere|mera) appointments? (?:dikha|bata)\w*",
    r"^(?:please )?(?:my |upcoming |my upcoming )appointments?[ ?.!]*$|(?:upcoming|existing|booked) appointments|^appointment (?:details|status|list)|(?:appointment|booking) (?:status|details)",
)
WAITLIST = (
    r"wait ?-?(?:ing)?[ -]?list|(?:join|be on|put me on|add me to)(?: the| a)? (?:queue|list|waiting)|cancellation list",
    r"(?:let|tell|inform|notify|call|message|text|alert|ping|update) me (?:know )?(?:if|when|whenever|once|as soon as|in case|about)(?: \w+){1,7}? ?"
    r"(?:opens?|available|free|frees|cancels?|cancellations?|comes? up|earlier|sooner|becomes)(?!\w)",
    r"(?:if|when)(?: \w+){1,4} (?:opens up|frees up|cancels|is free|gets free|comes up)[^.?!]{0,30} (?:tell|let|call|message|inform|notify|text) me",
    r"(?:slot|jagah)(?: \w+)? (?:khali|milte|milne|mile)(?: \w+)* (?:bata|inform|message)\w*",
)
BOOK = (
    rf"(?:book|schedul|reserv|arrang|fix|mak|set up|setting up|setup)(?:e|ing)?(?!ed)(?: [^.!?;,]{{0,45}}?)? {_NOUN}",
    rf"{_WANT}(?: to)?(?: (?:get|have|make|take|find|see|book|fix|do))?(?: [^.!?;,]{{0,30}}?)? {_NOUN}",
    rf"(?:get|give|find|do|have|take|getting|any)(?: (?:me|us|you|there|my|an?|the|any|some|early|earliest|quick|urgent|free|another|available|morning|evening|first|next))* {_NOUN}",
    r"(?:book|schedule|reserve)(?:ing)? (?:me|it|us|him|her|with|a|an|for|the|dr|doctor|one|in|this|that|my|on|another|now|session|tomorrow|today|next|at)(?!\w)",
    r"^(?:(?:please|can you|could you|i want to|i need to|i'd like to|i would like to|let's|hi|hello|ok|yes) )*(?:book(?:ing)?|schedule|new booking)(?: please)?[.! ]*$|please book",
    r"appointments? (?:chahiye|book|len\w|karn\w|karwan\w|dila\w*|mil\w*|fix|do|de|available|please|for|with|on|tomorrow|today|at|ke liye|dena|bana\w*|laga\w*|possible|needed|required|ho sakta)",
    r"^(?:(?:new|an|a|doctor|dr|urgent|need|hi|hello) )*appointments?[.!? ]*$",
    r"(?:dikhana|dikhwana|dikhane) (?:hai|tha|chah\w+|aana)|milna (?:hai|chah\w+)|number lag\w+|(?:time|slot) (?:mil\w*|chahiye|dila\w*)",
    r"(?:anything|something|any (?:slots?|time|openings?|appointments?|availability))(?: \w+)? (?:available|free|open|on|for|tomorrow|today|this|next|with|left)",
    r"^(?:(?:i |please |need |want |to see |a |hi |hello )*)(?:doctor|dr)(?: please)?[.!? ]*$",
    r"fit me in|squeeze me in|(?:can|could|may) i (?:come(?! back)|get in|drop in|be seen|visit)(?!\w)|dikha sakt\w*|(?:next|first|earliest) (?:available )?(?:appointment|slot)(?!\w)",
    r"^(?:follow ?up|check ?up|consultation|vaccination)(?: (?:with|for|appointment|please)|$)|(?:video|online|tele|phone) ?-?(?:consult\w*|appointment|visit)",
    r"(?:don't|do not) know (?:which|what|whom?)(?: kind of| type of)? ?(?:doctor|dr|specialist)?(?: \w+){0,4} (?:see|consult|need|go to|visit|meet)",
    r"(?:need|want) (?:a |an |to get a )?(?:vaccination|vaccine|flu shot|blood test|check ?up|follow up)|need to (?:be seen|see someone|get checked)|(?:need|want|have|get)(?: to)?(?: (?:get|have))?(?: [\w']+){1,4} (?:checked|looked at|examined|seen to)|set (?:me|us|him|her) up with|(?:come|coming) in (?:for|to see)|\bbook (?:kar|kr)\w*",
)
# A wish to be seen, when a doctor or a complaint follows in the same sentence.
SEEK = re.compile(
    rf"(?<!\w)(?:{_WANT}|find(?:ing)?|search(?:ing)?|look(?:ing)?|locate|recommend|suggest|help|see|consult|meet|visit|show|book|schedule|is there|are there|do you have|have you got|any|get|is|are|does|can i|could i|speak|talk|seeking|which|refer|make it|appointment|provide|interested|please|searching|tell)(?!\w)"
)
DOCTOR = re.compile(r"(?<!\w)(?:doctors?|dr|specialists?|providers?|practi[ct]i?oners?|clinics?|surgeons?)(?!\w)")
# "Is Dr Rao free on Friday?"
FREE = re.compile(
    r"(?<!\w)(?:free|available|in|around|sitting|there|on duty|working|seeing patients|have time|have any|slots?|openings?|availability|hai kya|milenge|milega|baithte|aate|aayenge|fit me)(?!\w)"
)
SEEKING_COMPLAINT = re.compile(
    r"(?<!\w)(?:see|seen|help|doctor|check(?:ed)?|consult\w*|appointment|look(?:ed)? at|treat\w*|someone|dikhana|dikhwana|book)(?!\w)"
)


def compiled(patterns: tuple[str, ...]) -> re.Pattern[str]:
    """One pattern for all phrases of a wish."""
    return re.compile(rf"(?<!\w)(?:{'|'.join(patterns)})")


FLOWS = {
    "waitlist": compiled(WAITLIST),
    "reschedule": compiled(RESCHEDULE),
    "list": compiled(LIST),
    "cancel": compiled(CANCEL),
    "book": compiled(BOOK),
}
