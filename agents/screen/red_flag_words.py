"""The patterns of the red flags, read on plain text (see `resolve/spelling.py`): English and romanised Hindi."""

from __future__ import annotations

import re
from dataclasses import dataclass

_CHEST = r"(?:chest|seene|chaati|chhati|heart|dil)"
_PAIN = r"(?:pains?|paining|painful|hurts?|hurting|ache|aches|aching|pressure|tight(?:ness)?|heav(?:y|iness)|discomfort|squeezing|crushing|burning|dard|bhari ?pan|jakdan|dabav)"
_CHEST_PAIN = rf"(?:{_CHEST}(?: (?:is|has|feels?|feeling|mein|me|ka|very|really|so|bahut|tez|severe|bad|like|a|been|started|i have))* {_PAIN}|{_PAIN}(?: (?:in|on|across|of|my|his|her|the|left|side|centre|center|middle))* {_CHEST})"
# Chest pain that somebody has now, in so many words: a heart attack until a doctor has seen it.
_HAS_NOW = (
    rf"(?:(?<![^ .,!])(?:(?:i|he|she|we|my \w+|mother|father|wife|husband|mom|dad|papa|mummy)(?:'m| am| is|'ve| has been| have been)?(?: (?:also|still|now|suddenly))? |^ ?)"
    rf"(?:have|has|having|got|getting|feel|feels|feeling|experiencing)(?: (?:got|a|an|some|this|bad|slight|mild|little|lot of|bit of|really|very|my|in|strange|sharp|dull|constant))* (?:(?:chest|seene|chaati|chhati)(?: mein)? {_PAIN}|(?:pain|pressure|tightness|heaviness|burning|discomfort)(?: (?:in|on|across|the|left|right|side|of|centre|center))* (?:my|the) chest)"
    rf"|(?:my|his|her) chest (?:is |feels |has been )?(?:really |very |so |still )*(?:hurts?|hurting|paining|aching|aches|tight|heavy)"
    rf"|(?:chest|seene|chaati|chhati)(?: mein| me)? (?:dard|pain|bhari ?pan|jakdan)(?: (?:bahut|tez|sa))* (?:ho raha|ho rahi|hai|uth raha|ho rha)(?: hai| h)?"
    rf"|(?<![^ .,!])(?<!\w )(?<!for )(?:chest pain|seene mein dard|chest mein dard)(?= *(?:$|[.!]+ *$)))"
    rf"(?! (?:follow|appointment|clinic|specialist|doctor|review|consult|check|history|report|test))"
)
_COMPANY = r"(?:sweat(?:ing|s|y)?|pas(?:ee|i)na|pasine|breathless\w*|short(?:ness)? of breath|hard to breathe|can't breathe|trouble breathing|difficulty (?:in )?breathing|breathing (?:problem|difficult\w*|trouble)|sa+ns|(?:left |right )?(?:arms?|haath|hand|shoulder|baazu|jaw|jabd[ae]|neck)|nause\w*|vomit\w*|faint(?:ed|ing|y)?|dizz\w*|radiat\w+|spread\w*|chakkar|clammy|ulti)"
_BLEED = r"(?:bleed(?:ing|s)?|bleading|blood|khoon|khun|haemorrhag\w+|hemorrhag\w+)"
_YOUNG = r"(?:newborn|new born|neonate|(?:\d|1[0-2]|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|few|couple of)(?:-| )?(?:to (?:\w+) )?(?:weeks?|wks?|days?|hafte|din)(?:-| )?(?:ka|ki|ke|old)?|\d{1,2}(?:-| )?days?(?:-| )?old|(?:1|2|one|two|ek|do)(?:-| )?(?:and a half )?(?:months?|mahine|month)(?:-| )?(?:ka|ki|ke|old)?|just born)"
_CHILD = r"(?:baby|babies|infant|newborn|new born|neonate|bacche|bacha|baccha|bachcha|bachchi|bacchi|child|son|daughter|beta|beti|boy|girl|shishu|old)"
_FEVER = r"(?:fever|feverish|temperature|bukhar|(?:1?0[0-9]|10[0-6])(?:\.\d)? ?(?:f|degrees?)|38(?:\.\d)?|39(?:\.\d)?|very hot|burning up|tap raha)"
_BREATHE = r"(?:breath(?:e|ing)?|saans|sans)"
_GAP = r"(?: [^.!?;]{0,60}?)?[ ,]"


@dataclass(frozen=True, slots=True)
class Rule:
    """`deniable`: "no chest pain" is none. `past`: a sign of long ago is none."""

    code: str
    label: str
    pattern: re.Pattern[str]
    deniable: bool = True
    past: bool = True


def _rule(code: str, label: str, pattern: str, *, deniable: bool = True, past: bool = True) -> Rule:
    return Rule(code, label, re.compile(rf"(?<!\w)(?:{pattern})(?!\w)"), deniable, past)


RULES: tuple[Rule, ...] = (
    _rule(
        "chest_pain", "chest pain with signs of a heart attack",
        rf"{_CHEST_PAIN}{_GAP}(?:and |with |aur )?{_COMPANY}|{_COMPANY}{_GAP}(?:and |with |aur )?{_CHEST_PAIN}"
        rf"|(?:crushing|severe|squeezing|unbearable|intense|terrible|worst|sudden|excruciating|very bad|tez|bahut tez|extreme)(?: \w+){{0,2}} {_CHEST}(?: mein)? {_PAIN}"
        rf"|crushing (?:pain|feeling|pressure) (?:in|on) (?:my |the |his |her )?chest|{_CHEST} (?:mein )?(?:bahut|tez|zor ka|bohot|bahut tez|bahut zyada) (?:\w+ )?dard"
        r"|elephant (?:\w+ )*on (?:my |his |her )?chest|(?:having|getting|is having|think (?:it's|its|it is)) (?:a |an )?heart ?attack|heart ?attack (?:aa|aaya|ho)\w*|dil ka daura"
        rf"|{_HAS_NOW}|{_CHEST} (?:is |feels? )?(?:being )?crush\w+|chest pain (?:right )?now|chest pain since (?:\w+ ){{0,3}}(?:minutes?|hours?|morning)|dil mein (?:tez )?dard",
    ),
    _rule(
        "stroke", "signs of a stroke",
        r"(?:face|mouth|smile|muh|munh|chehra)(?: (?:is|has|was|side|one|on|the|his|her|left|right|suddenly|looks?|half))* (?:droop\w*|dropp(?:ed|ing)|sagg\w*|crooked|lopsided|twisted|uneven|numb|tedha|tedhi|terha|latak\w*)"
        r"|droop(?:ing|y|ed)? (?:of (?:the |his |her )?)?(?:face|mouth|smile)|(?:speech|words?|talking|speaking|boli|zuban)(?: (?:is|has|are|become|became|suddenly|was|coming out))* (?:slurr\w*|garbled|unclear suddenly|ladkhad\w*|jumbled)"
        r"|slurr(?:ed|ing) (?:speech|words|his words|her words)|slurring|(?:can't|cannot|unable to|not able to) (?:speak|talk|see) (?:properly|suddenly|clearly since|all of a sudden)|suddenly (?:can't|cannot|unable to|not able to|couldn't) (?:speak|talk|see|walk|move|lift)|(?:can't|cannot|unable to|not able to) (?:lift|move|raise|feel) (?:(?:his|her|my|one|the|left|right|side|of|both) )*(?:arm|leg|hand|side|body|half|face)"
        r"|(?:one|left|right|half) (?:side|half|arm|leg)(?: of (?:the |his |her |my )?(?:body|face))?(?: (?:is|has|gone|went|feels?|became|suddenly|going|completely|totally))* (?:numb|weak|paraly\w+|dead|not moving|limp|weakness)"
        r"|sudden(?:ly)? (?:numb\w*|weak\w*|confus\w+|(?:loss of|lost) (?:vision|speech|balance)|blind\w*|paralys\w+|(?:one|left|right)[ -]?(?:side|sided)(?: \w+)? ?(?:weak\w*|numb\w*))|(?:sudden )?weakness (?:on|in|of) (?:the |his |her |my )?(?:one|left|right) (?:side|arm|leg)"
        r"|(?:having|is having|signs of|think (?:\w+ ){1,3}having|had|getting|just had|may be having) (?:a |an )?(?:mini )?stroke|lakv?w?[ae]|paralysis (?:attack|ho|aa)\w*|falij|stroke (?:ho|aa) \w+"
        r"|sudden(?:ly)? (?:severe |very bad )?(?:worst )?head ?ache (?:of|in) (?:my|his|her) life|worst headache of (?:my|his|her) life|thunderclap headache",
    ),
    _rule(
        "anaphylaxis", "signs of a severe allergic reaction",
        r"(?:throat|tongue|lips?|face|gala|jeebh|honth|jibh)(?: (?:is|are|has|have|feels?|feeling|and|lips?|tongue|face|getting|mein|started|suddenly|been))* (?:swell(?:ing|s|ed)?|swollen|clos(?:ing|ed|es)|tighten\w*|sujan|suj|soojan|sooj\w*|puff\w+)"
        r"|(?:swollen|swelling(?: of| in)?)(?: (?:the|my|his|her))* (?:throat|tongue|lips?)|anaphyla\w+|anafila\w+|severe allergic reaction|bad allergic reaction"
        r"|(?:allerg\w+|hives|bee sting|stung|peanuts?|nuts|wasp)(?: [^.!?]{0,50})? (?:can't breathe|trouble breathing|hard to breathe|difficulty (?:in )?breathing|breathing (?:problem|difficult\w*|trouble)|breathless\w*|throat|wheez\w+|sa+ns (?:nahi|lene))"
        r"|throat (?:is )?clos\w+",
    ),
    _rule(
        "suicide", "thoughts of suicide or self-harm",
        r"suicid\w*|sucide|sucidal|suicde|(?:kill|hurt|harm|cut|cutting|hurting|killing|harming|hang|end)(?:ing)? (?:my ?self|me self|meself)|end(?:ing)? (?:my|this) (?:own )?life|end it all|ending it all|feel(?:ing)? like (?:i am |i'm )?dying|want(?: to)? die|wants? to die|wish (?:i was|i were|i am) dead|wish i (?:could|would|never) (?:die|been born|wake up)|better off (?:dead|without me)|don't want to (?:live|be alive|wake up|exist)|no (?:reason|point|will)(?: left)? (?:to live|in living|living|to go on)|not worth living|(?:can't|cannot) (?:go on|live) (?:living|anymore|any more|like this)|take my (?:own )?life|self ?-?harm\w*|overdose on purpose"
        r"|a+tmaha?tya|khud ?kh?ush?i|khudkushi|khud ko (?:maar|khatam|nuksan|hani|mar)\w*|mar(?: |na|ne|r)*(?:jana|jaana|jau|jaun|jaoon|jaaun) (?:chaht\w+|hai)?|marna chaht\w+|mar jana chaht\w+|jeena nahi|jine (?:ka|ki) (?:man|mann|iccha|ichha) nahi|jeene (?:ka|ki) (?:man|mann|iccha|ichha) nahi|zindagi (?:khatam|khtm)|jeena nahi chaht\w*|jina nahi chaht\w*|jaan de (?:dun|dunga|dungi|du|doon)\w*",
        deniable=True, past=False,
    ),
    _rule(
        "pregnancy_bleeding", "bleeding in pregnancy",
        rf"(?:pregnan(?:t|cy)|garbhvati|garbhavati|expecting(?: a baby)?|pet se|(?:\d+|first|second|third) (?:weeks?|months?|trimester)(?: \w+)? pregnan\w+)(?: [^.!?]{{0,60}}?)?[ ,.]+(?:\w+ ){{0,6}}(?:{_BLEED}|spotting|water broke|waters? (?:has |have )?brok\w+|baby (?:is )?not moving|no (?:fetal )?movements?)"
        rf"|(?:{_BLEED}|spotting)(?: [^.!?]{{0,60}}?)? (?:pregnan(?:t|cy)|garbhvati|garbhavati|expecting)|(?:think i'm|having a|may be|i am) (?:miscarr\w+)|miscarrying|water(?:s)? (?:just )?broke",
    ),
    _rule(
        "heavy_bleeding", "heavy bleeding",
        rf"(?:heavy|heavily|severe|uncontroll\w+|lots? of|losing (?:a )?(?:lot of )?|so much|too much|bahut|bohot|profuse(?:ly)?|excessive|continuous|non ?-?stop|massive)(?: \w+){{0,2}} {_BLEED}|{_BLEED}(?: \w+){{0,3}} (?:heav(?:y|ily)|a lot|badly|profusely|(?:won't|not|doesn't|isn't|can't|does not|is not|will not|can not) ?(?:be )?(?:stop\w*|control\w*)|non ?-?stop|nahi ruk\w*|ruk nahi|band nahi|everywhere|uncontroll\w*|gushing|pouring|spurting)"
        rf"|can't stop (?:the )?{_BLEED}|(?:vomit(?:ing|ed|s)?|cough(?:ing|ed)?|throwing|spitting)(?: up)? (?:of |out )?(?:blood|khoon)|khoon ki ulti|ulti mein khoon|blood (?:in (?:my |his |her )?vomit|vomit\w*)|khoon (?:nahi ruk|bahut|beh)\w*|deep cut (?:\w+ ){{0,4}}bleed\w*|(?:soak(?:ing|ed)) (?:\w+ ){{0,3}}pads?|(?:black|bloody) (?:tarry )?(?:stools?|vomit)",
    ),
    _rule(
        "infant_fever", "fever in a baby under three months",
        rf"{_YOUNG}(?: \w+){{0,4}}? ?{_CHILD}?(?: [^.!?]{{0,40}}?)? {_FEVER}|{_FEVER}(?: [^.!?]{{0,40}}?)? {_YOUNG}(?: \w+)? {_CHILD}|{_CHILD}(?: [^.!?]{{0,30}}?)? {_YOUNG}(?: [^.!?]{{0,40}}?)? {_FEVER}",
    ),
    _rule(
        "breathing", "cannot breathe",
        rf"(?:can't|cannot|can not|unable to|not able to|couldn't|struggling to|hard to|hardly|barely|difficult to|gasping to|trouble|difficulty(?: in| with)?|problem in|isn't|not|stopped|stop)(?: (?:even|really|able|to|properly|be|catch|get|my|his|her|a))* {_BREATHE}"
        rf"|{_BREATHE}(?: (?:is|has|has become|very|lene|mein|me|nahi|bahut|so|with|bohot|a lot of|ki|severe|getting))* (?:difficult\w*|trouble|hard|problem|dikkat|taklif|takleef|pareshani|stopped|nahi|phul|phool|ruk|atak|ghut|impossible|worse)(?: (?:a|aa|le|lo|ho|pa)\w*)*"
        r"|gasping(?: for (?:air|breath))?|(?:severe|very|extremely|suddenly|sudden) (?:breathless\w*|short(?:ness)? of breath)|chok(?:ing|ed|es)|turning blue|(?:lips|face) (?:are |is |turning |turned )+blue|suffocat\w+|dam ghut\w*|so breathless|breathless (?:at rest|now|and)|short(?:ness)? of breath (?:at rest|right now|now|since)",
    ),
    _rule(
        "unconscious", "unconscious or a seizure now",
        r"unconscious|unconsious|uncon?sc?ious|unresponsive|passed out|(?:not|isn't|won't|doesn't|does not|can't) (?:waking|wake|responding|respond|wak\w+)(?: up)?|won't wake(?: up)?|collapsed|lost consciousness|behosh\w*|hosh (?:nahi|mein nahi)(?: \w+)?|(?:is |has |just |suddenly )?fainted(?: and| now| just)?"
        r"|(?:having|has|is having|had|got|getting|started|went into) (?:a |an )?(?:seizures?|fits?|convulsions?|epileptic (?:fit|attack))|seizure (?:now|right now|for|that won't|not stopping)|seizing|convuls\w+|mirgi ka daura|daura (?:pad|par|aa)\w*|jhatke (?:aa|lag)\w*|fits (?:aa|ho)\w*|body (?:is )?(?:jerking|shaking uncontroll\w+)",
    ),
    _rule(
        "poisoning", "poisoning or an overdose",
        r"poison(?:ed|ing|s)?|over ?dos(?:e|ed|ing)|zehe?r|jehe?r|zahar|(?:swallow(?:ed|ing)?|drank|drunk|ate|eaten|ingested|consumed|took|pi liy?a|kha liy?a)(?: \w+){0,5} (?:bleach|detergent|phenyl\w*|kerosene|pesticide\w*|rat ?poison|acid|battery|batteries|harpic|insecticide|cleaner|disinfectant|mothballs?|antifreeze|whole (?:bottle|strip|pack)|too many (?:pills|tablets|tablet|medicines?))"
        r"|(?:took|taken|ate|swallowed|had|drank) (?:too many|a lot of|all (?:of )?(?:my|the|his|her)|\d{2,}|twenty|thirty|so many|a (?:whole )?(?:bottle|strip|pack|handful) of|handful of)(?: \w+){0,3} ?(?:pills|tablets|sleeping pills|medicines?|goli\w*|meds|paracetamol|crocin|capsules?)|(?:too many|bahut sari|bahut saari|dher sari) (?:pills|tablets|goli\w*|dawai?\w*)|(?:phenyl|kerosene|acid|pesticide|bleach|harpic|tezab)(?: \w+){0,2} (?:pi|kha|drank|swallowed)\w*|snake ?bite\w*|(?:snake|saanp) (?:bit|ne kat\w*|ne kaat\w*|bitten)|bitten by (?:a )?snake",
    ),
    _rule(
        "head_injury", "a severe head injury",
        r"(?:hit|hurt|injured|banged|smashed|bumped|struck|knocked)(?: (?:his|her|my|the|their|on|in))* (?:head|sir|sar|skull)(?: [^.!?]{0,80}?)? (?:vomit\w*|unconscious|confus\w+|drows\w*|bleed\w*|sleepy|passed out|blackout|blacked out|seizure|fits|not responding|faint\w*|blood|clear fluid|badly|memory|behosh\w*|ulti)"
        r"|(?:severe|serious|bad|major|open) head (?:injury|trauma|wound)|head (?:injury|trauma)(?: [^.!?]{0,60}?)? (?:vomit\w*|unconscious|confus\w+|drows\w*|bleed\w*|passed out|sleepy|accident)|skull (?:is )?(?:fracture\w*|crack\w*|broken|open)|(?:sir|sar|sir mein|sar mein|sir par|sar par)(?: (?:par|pe|mein|gehri|bahut|badi|tez))* (?:chot|chott)(?: [^.!?]{0,60}?)?(?: (?:ulti|behosh\w*|khoon|lagi|lag))\w*"
        r"|(?:fell|fallen|fall|falling|gir)(?: [^.!?]{0,60}?)? head(?: [^.!?]{0,50}?)? (?:vomit\w*|unconscious|confus\w+|drows\w*|bleed\w*|passed out|sleepy|blood)",
    ),
)  # fmt: skip
