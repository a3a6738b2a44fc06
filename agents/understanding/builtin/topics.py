"""Questions beside the flow."""

from __future__ import annotations

import re
from collections.abc import Sequence

from agents.commands import Topic

_DRUG = r"(?:paracetamol|crocin|dolo|ibuprofen|aspirin|antibiotics?|tablets?|medicines?|medications?|pills?|syrup|dose|dosage|insulin|metformin|combiflam|antacid|painkillers?|dawai?|goli|steroids?|cough syrup|inhaler|tylenol|advil|ointment|cream|drops)"
TOPICS: tuple[tuple[Topic, str], ...] = (
    ("medical_advice", rf"(?:can|should|may|shall) (?:i|he|she|we) apply (?!for(?!\w)|online|here|to(?!\w))\w+|(?:can|may|could) (?:i|he|she|we|my \w+) (?:still |also |now |safely )?(?:take|give|eat|drink|stop taking|have|use|apply|mix)(?: \w+){{0,3}} (?:{_DRUG}|alcohol|milk|food|coffee|rice|sugar|spicy\w*|bath)(?!\w)|(?:can|may) (?:i|he|she|we) (?:exercise|travel|drive|fly|swim|eat|drink)(?!\w)|(?:should|must) (?:i|he|she|we|my \w+) (?:still |also |just |now |safely |need to |be )?(?:take|taking|stop|eat|drink|give|use|apply|have|continue|increase|reduce|exercise|travel|skip|drive|double|worry|worried|put)(?!\w)(?! (?:an? |the |my )?(?:appointment|slot|report|parking|insurance|look|virtual|video|early))(?! (?:the (?:slot|appointment|\w+ one)|it|that|this|anything|something|any slot))"
        rf"|(?:what|which|how (?:much|many)) {_DRUG}|{_DRUG} (?:should|can|is safe|do i|for (?:fever|cough|pain|headache|cold))|how (?:much|many)(?: \w+){{0,2}} {_DRUG}|(?:give|tell|suggest|prescribe|recommend|want)(?: \w+){{0,3}} {_DRUG}(?! (?:refill|list|bill))|is it safe to(?! (?:book|share|give|send))|what do i have(?! (?:booked|scheduled|to (?:bring|carry|pay)|on))|what(?:'s| is) wrong with me|is (?:it|this|that) (?:serious|dangerous|normal|cancer|contagious|infectious|a (?:heart attack|stroke|tumou?r|fracture|symptom))|do i (?:need (?:surgery|antibiotics|a scan|an? operation|an? (?:x-?ray|mri))|have (?:cancer|diabetes|covid|an infection|a fever|dengue|a \w+ infection))|what (?:could|can|might) (?:it|this|that) be|what (?:does|do) (?:it|this|these symptoms|my symptoms) mean|what (?:causes|is causing)|how (?:do|can|to|should) (?:i )?(?:treat|cure|get rid of|relieve|stop the pain|reduce (?:my |the )?(?:fever|pain|swelling|weight|sugar))|side ?effects?|home remed\w+|kaun ?si dawai?|kya (?:khana|khau|khaun|lena|loon|lun|peena|khaye|kha\w*)(?! (?:hoga|laana))|dawai? (?:le|lu|loon|lun|khau|bata|batao|khaun|de|do)\w*|is my (?:bp|sugar|blood pressure|temperature|fever) (?:ok|okay|normal|high|too high|fine)|diagnos\w+|what (?:disease|illness|condition|medicine)|{_DRUG} (?:le|kha|de|pi) (?:sakta|sakti|lu|loon|sakte|sakti)|when (?:can|should) i (?:go back|return) to|ilaj|kaise theek|remedy|is \w+ (?:good|bad|safe|harmful) for"),
    ("preparation", r"(?:need|have|should|required|necessary|supposed)(?: i| to| be| come)* (?:fast|fasting|empty stomach)|fasting|empty stomach|khali pet|(?:prepare|preparation|prep)(?!\w)(?:d)?|(?:before|for) (?:the|my) (?:test|visit|appointment|scan|blood test|procedure|ultrasound)[^.!?]* (?:eat|drink|fast|prepare)|(?:eat|drink|khana|breakfast)(?: \w+){0,3} (?:before|se pehle)|how early should i (?:come|arrive|reach|be)|(?:come|arrive|reach) (?:how )?early"),
    ("results", r"(?:test|lab|blood|scan|mri|ct|x-?ray|biopsy|my|ultrasound|pathology)(?: test| work)? (?:results?|reports?)|(?:results?|reports?)(?: (?:are|is|of|for|ready|out|kab|aa\w*|my|test|lab|come|came|mil\w*|available)(?!\w))+|report (?:chahiye|kab|mil\w*|aayi|aa gay\w*)|(?:results|reports) (?:ready|yet)"),
    ("documents", r"(?:what|which|any|kya|kaun)(?: \w+){0,5} (?:bring|carry|documents?|papers?|id|ids|lana|laana|laun|le kar|leke)(?!\w)|(?:documents?|papers?|id proof|aadhaar|aadhar|id card|old reports|identity|photo id|prescriptions?)(?: \w+){0,4} (?:need|needed|required|bring|carry|chahiye|necessary|lana|laana|lagega|lagenge|leke)|(?:need|have|should i|must i)(?: to| i)* (?:bring|carry)(?!\w)|things to bring|need (?:an? |my |any )?(?:id|referral|aadhaar|aadhar|prescription)(?!\w)"),
    ("insurance", r"insurances?|mediclaim|cashless|tpa|health (?:card|cover|plan)|ayushman|cghs|echs|esi(?:c)?(?!\w)|medicare|medicaid|aetna|cigna|star health|policy|bima|reimburs\w+|copay|co-pay|in-?network|blue cross|coverage|insured"),
    ("fees", r"(?:fees?|charg(?:es?|ed|ing)|cost(?:s|ing|ly)?|pric(?:e|es|ing)|expensive|rates?(?! (?:me|it|you))|how much(?! (?:time|longer|pain))|kitn[aei] (?:paise|rupa\w*|paisa|lag\w*|fees?|charge|kharch\w*|hoga|ka)|paisa|paise|kharcha|payment|pay(?:ing)?(?!\w)|upi|credit card|free of cost|consultation (?:fee|charge)\w*|bill|discount|emi(?!\w)|cash)(?!\w)"),
    ("parking", r"parking|(?:free|where|place|space) to park|park (?:my|the|a|our)? ?(?:car|bike|vehicle|scooter|here|there)|where (?:can|do|should|to) (?:i )?park|valet|gaadi (?:kahan|khadi|park)\w*|(?:can|could) (?:i|we) park|park karn\w+"),
    ("hours", r"(?:opening|working|visiting|business|office|clinic|opd|consulting|hospital) (?:hours|times?|timings?)|what (?:are|is) (?:your|the) (?:hours|timings?)|(?:what time|when|kab|till when|until when|from when)(?: \w+){0,5} (?:open|close|closed|opens|closes|closing|khul\w*|band|shut)(?!\w)|(?:are|is|r)(?: (?:you|it|the|they|u|your|clinic|hospital|opd|guys))* (?:open|closed)(?!\w)|open (?:on|today|tomorrow|now|till|until|24)|timings?(?=[ ?.!]*$)|timings? (?:of|kya|for the (?:hospital|clinic)|please|batao|bata)|closing time|opening time|24 ?(?:x|/|hours) ?7?|khul[ae] (?:ho|hain|hai|rehta|rahta|hota)|kitne baje (?:khul|band|tak)\w*|hours of operation|do you (?:work|open) (?:on|at)|how late are you"),
    ("phone", r"(?:phone|contact|telephone|mobile|landline|whatsapp|helpline|reception|call(?:ing)?|emergency) (?:number|no|details?|information|info)|(?:their|your|the|his|her|doctor's|hospital|office|hospital's|its) (?:phone|number|contact|phone number|telephone)(?!\w)|what number|which number|number (?:to call|kya|do|dijiye|please|de)|(?:can|could|may) i (?:call|phone|ring) (?:you|them|the)|how (?:do|can) i (?:call|contact|reach)|phone ?(?:#|no)|contact (?:info\w*|details?|number)|phone number|email(?: address| id)?"),
    ("address", r"(?:what|where|which)(?:'s| is| are| was)? (?:the|your|their|its|his|her|this|that)? ?(?:exact |full |street |clinic |hospital |office )?(?:address|location|hospital|clinic|place|office)(?!\w)|where (?:are|is|r) (?:you|it|they|he|she|the|that|this|dr|u|their|doctor)(?: \w+){0,4}?(?: located| based| situated|$|[?.!,])|where(?:'s| is| are)(?: \w+){1,5} (?:located|situated|based)|located at\?|(?:their|your|the|its|his|her|hospital|exact|full|street|clinic) (?:address|location)(?!\w)|address(?: (?:please|bata\w*|bhej\w*|kya|do|of|for|send|is))|^address|directions?|(?:how|kaise) (?:do|can|to|should)? ?(?:i )?(?:get|reach|come|pahunch\w*)(?: (?:there|here|to|the|you|hospital|clinic|your))+|google maps?|map(?:s)? (?:link|location)|landmark|(?:hospital|clinic|aap|ap) kahan|kahan (?:hai|par|pe|aana|ana|located)|(?:send|share) (?:me )?(?:the |your )?(?:location|address|map)|which (?:floor|building|area)|where (?:do|should|to) i (?:come|go|report)|nearest (?:metro|station|bus)|(?:give|tell|know|have|get|share|provide|need|find out|and|what's|also|is|with)(?: \w+){0,4} (?:address|location)(?!\w)|where they(?: are|'re) (?:located|based)?|where (?:she|he|it|they|this|that)(?: \w+)? (?:is|are|located)"),
    ("who_are_you", r"(?:are|r) (?:you|u) (?:an? |the )?(?:bot|robot|human|real|ai|machine|person|computer|chatbot|real person|doctor|automated|chatgpt|alive)|who (?:are|r|is) (?:you|u|this|there)|who am i (?:talking|speaking|chatting)|what are you(?=[ ?.!]*$)|is this (?:an? )?(?:bot|robot|automated|human|real|ai|machine|computer)|(?:what's|what is) your name|your name\?|(?:aap|tum|ap) kaun|kaun (?:ho|hai|bol)\w*|(?:am i|is it) (?:talking|speaking|chatting) (?:to|with) (?:an? )?(?:bot|human|robot|person|machine|real)"),
    ("privacy", r"privacy|(?:is|are) (?:my|this|the|our) (?:data|information|chat|details|conversation|records?|messages?)(?: \w+){0,4} (?:safe|secure|private|confidential|shared|stored|encrypted|recorded)|(?:delete|erase|remove) (?:all )?(?:my|the) (?:data|information|records?|details|chats?|account)|who (?:can|will|else) (?:see|read|access|view)|(?:what|where|how)(?: \w+){0,3} (?:do|will|does|is)(?: \w+){0,4} (?:my (?:data|information|details|number))|confidential\w*|share my (?:data|information|details|number)|how did you get my number|why do you need my|gdpr|hipaa|dpdp|data protection|are you recording|is (?:this|the) (?:call|chat|conversation) (?:recorded|secure|private|safe)"),
    ("languages", r"(?:which|what|other) languages?|(?:do|does|can|any|koi)(?: \w+){0,4} (?:speaks?|understands?|know) (?:hindi|english|tamil|telugu|kannada|marathi|bengali|spanish|malayalam|gujarati|punjabi|urdu|french|chinese|mandarin)|(?:tamil|telugu|kannada|marathi|bengali|spanish|malayalam|gujarati|punjabi|urdu)(?: speaking| mein| available)?(?!\w)|languages? (?:do|are|can|available|support)"),
    ("specialties", r"(?:which|what|list(?: of)?|all|show)(?: \w+){0,4} (?:specialties|specialities|departments?|specialt(?:y|ies)|specialit(?:y|ies)|specialists?|services|treatments?)(?!\w)(?! (?:should|do i need))|(?:specialties|specialities|departments) (?:do|are|available|list)|do you (?:have|offer|do) (?:an? )?(?:[\w]+ )?(?:department|surgery|surgeries|services?|treatments?|tests?|x-?rays?|mri|vaccinations?|blood tests?|ultrasound|physiotherapy)|kaun ?(?:se|si) (?:department|vibhag|specialit)\w*"),
    ("doctors", r"(?:tell me (?:more )?about|who is|know (?:more )?about) (?:the )?(?:dr|doctor) \w+|(?:which|what|list(?: of)?|who(?: all)?|kaun ?(?:se|sa)?)(?: (?:all|are|is|the|other|of|your|good|best|skin|heart))* (?:doctors?|specialists?|dentists?)(?! (?:should|do i|is he|she)(?!\w))(?= (?:do|are|available|you|have|hai|hain|work|speak|there|in|at|sit|for|today|is|who)|[ ?.!]*$)|who (?:is|are) (?:the|your) (?:best |good |top )?(?:[\w]+ )?(?:doctors?|specialists?|dentists?|\w+ologists?)|doctors? (?:list|available\?|ki list|ke naam)|(?:tell me (?:more )?about|know (?:more )?about|is|how (?:good|experienced|old) is|qualifications? of|experience of|details of|info on) (?:the )?(?:dr|doctor) [\w' ]+?(?: (?:good|experienced|any good|qualified|nice|male|female|a (?:woman|man|lady|male|female)))|(?:what|how)(?:'s| is| are)? (?:his|her|their|the doctor's|dr [\w']+)(?: \w+)? (?:qualifications?|experience|ratings?|reviews?|rated|rating|specialt\w+)|(?:rating|ratings|rated|reviews?|qualifications?|highly rated|average rating|well rated|patients rate)(?!\w)|is (?:he|she) (?:any |a )?(?:good|experienced|qualified|male|female|a (?:woman|man|lady))|lady doctors? (?:available|hai)\?"),
    ("other", r"weather|forecast|(?:running|be|am|getting) (?:\w+ )?late(?! (?:slot|appointment))|(?:call|book|get|need|order|want|find)(?: \w+){0,2} (?:cab|taxi|uber|ride|auto|rickshaw)(?!\w)|(?:add|put|save|mark)(?: \w+){0,5} (?:calendar|event)|calendar|am i (?:free|available|busy)|(?:when|if|time)(?: \w+){0,3} (?:i am|i'm|will i be|am i) (?:free|available)|my (?:availability|free time|schedule|agenda)|my own calendar"),
    ("capabilities", r"what (?:can|all can|do|else can|things can) (?:you|u|i) (?:do|help|offer|ask)|how (?:can|do|does|will) (?:you|this|it|u) (?:help|work|assist)|(?:can|could) you help me(?: \w+)?[ ?.!]*$|^(?:help|menu|options|help me|help please|please help|i need help|need help|commands?|\?+)[ ?.!]*$|what (?:services|is this)(?: \w+)?(?: for)?[ ?.!]*$|kya (?:kar|kr) (?:sakte|sakti|sakta)\w*|(?:madad|help) (?:chahiye|karo|kar do|kijiye)|^i have (?:a|some) (?:question|doubt|query)s?[ ?.!]*$"),
)  # fmt: skip
TOPIC_PATTERNS = tuple((topic, re.compile(rf"(?<!\w)(?:{pattern})")) for topic, pattern in TOPICS)
_QUESTION = re.compile(
    r"\?|^(?:what|where|when|which|who|how|why|is|are|do|does|can|could|will|would|kya|kab|kahan|kaise|kaun|kitn\w+)(?!\w)"
)
_BREAK = re.compile(
    r"[.!?;\n]+ ?|,? (?:and|but|also|aur|then|by the way|btw) (?=(?:is|are|what|where|how|when|which|who|can|do|does|will|would|kya|kahan|should|could|please|i)(?!\w))|, "
)


def asked(text: str, names: Sequence[tuple[int, int]] = ()) -> list[tuple[Topic, int, int]]:
    """(topic, start, end) of each question found; each topic once, the longer clause around it as its span.

    `names`: spans that are names of the hospital's doctors, and so are no word of a question.
    """
    found: list[tuple[Topic, int, int]] = []
    for topic, pattern in TOPIC_PATTERNS:
        match = next((m for m in pattern.finditer(text) if not _cuts_name(m, names)), None)
        if match is None or any(a < match.end() and match.start() < b for _, a, b in found):
            continue
        found.append((topic, match.start(), match.end()))
    return sorted(found, key=lambda item: item[1])


def _cuts_name(match: re.Match[str], names: Sequence[tuple[int, int]]) -> bool:
    """Whether a match is part of a name, or begins or ends within one: "emi" is no word of "Emily"."""
    return any(
        start <= match.start() < end or start < match.end() < end or (start <= match.start() and match.end() <= end)
        for start, end in names
    )


def clause(text: str, start: int, end: int) -> tuple[int, int]:
    """The clause around a span."""
    left = max((match.end() for match in _BREAK.finditer(text) if match.end() <= start), default=0)
    right = next((match.start() for match in _BREAK.finditer(text) if match.start() >= end), len(text))
    return left, max(right, end)


def is_question(text: str) -> bool:
    """Whether a message asks something."""
    return bool(_QUESTION.search(text.strip()))
