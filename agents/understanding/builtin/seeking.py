"""Phrases by which patients ask to be seen without naming a visit, read on plain text."""

from __future__ import annotations

import re

_WANT = r"(?:want|wants|wanted|need|needs|needed|like|wish|require|looking|trying|have|hoping|love|chahiye|should|must|prefer)"

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
