"""How patients call specialties, and which complaint belongs to which. Patterns are read on plain text."""

from __future__ import annotations

import re

_KIND = r"(?:doctors?|dr|specialists?|spl|surgeons?|physicians?|clinic|department|dept|opd|ka doctor|ke doctor|wala doctor|ki doctor|wale doctor|consultant|expert)"

# What a doctor of the specialty is called.
ROLES: dict[str, str] = {
    "dentistry": rf"dentists?|dentistry|dental(?: {_KIND})?|(?:tooth|teeth|dant|gum) {_KIND}|orthodontists?|endodontists?|periodontists?",
    "dermatology": rf"dermatolog(?:ists?|y)|dermat|derma|(?:skin|hair|twacha|chamdi)(?: and hair)? (?:care )?{_KIND}|skin (?=appointment|consult)|cosmetologists?|skin ?doc",
    "ophthalmology": rf"op[ht]+h?a?lmolog(?:ists?|y)|(?:eyes?|aankh|vision|retina)(?: (?:care|ki|ke|ka))? {_KIND}|eye (?=check|test|appointment|exam)|optometrists?|opticians?|eye ?doc",
    "ent": rf"ent(?: {_KIND})?|e\.n\.t\.?(?: {_KIND})?|otolaryngolog(?:ists?|y)|(?:ear|ears|nose|throat|kaan|naak|gala|gale)(?:,? (?:and |nose |throat |naak |gala |gale |aur )+)?(?: (?:ka|ke|ki))? {_KIND}|ear,? nose,? (?:and )?throat(?: {_KIND})?|audiologists?",
    "cardiology": rf"cardiolog(?:ists?|y)|cardio(?: {_KIND})?|cardiac(?: {_KIND})?|(?:heart|dil)(?: (?:ka|ke|ki))? {_KIND}",
    "orthopaedics": rf"ortho ?pa?edi(?:cs?|st|cian)(?: {_KIND})?|orthopod|ortho(?: {_KIND})?|(?:bones?|joints?|haddi|knee|spine|back|sports medicine)(?: and joints?)?(?: (?:ka|ke|ki))? {_KIND}",
    "neurology": rf"neurolog(?:ists?|y)|neuro(?: {_KIND})?|(?:brain|nerves?|dimag|nas|headache)(?: (?:ka|ke|ki))? {_KIND}|neuro ?surgeons?",
    "gastroenterology": rf"gastro ?enterolog(?:ists?|y)|gastro(?: {_KIND})?|(?:stomach|digesti(?:ve|on)|liver|gut|pet|belly|tummy)(?: (?:ka|ke|ki))? {_KIND}|hepatologists?",
    "psychiatry": rf"psychiatr(?:ists?|y|ic)(?: {_KIND})?|psycholog(?:ists?|y)|(?:mental health|mind|mann|mental)(?: (?:ka|ke|ki))? {_KIND}|(?:family |marriage |couples? |grief |mental health )?(?:counsell?ors?|therapists?|psychotherapists?|shrink)|mental health professional",
    "paediatrics": rf"pa?ediatric(?:ians?|s)?(?: {_KIND})?|(?:child(?:ren)?(?:'?s)?|kids?(?:'s)?|baby|babies|infants?|bacche|newborn)(?: (?:ka|ke|ki))? {_KIND}|child spe\w+|neonatologists?",
    "obstetrics-gynaecology": rf"gyna?e?colog(?:ists?|y)(?: {_KIND})?|gyna?ec?(?: {_KIND})?|gyna?e(?: {_KIND})?|gyno(?: {_KIND})?|obgyn|ob-gyn|ob/gyn|ob gyn|obstetric(?:ians?|s)?(?: and gyna?ecology)?|(?:lady|ladies|women'?s?(?: health)?|female|pregnancy|maternity|mahila|delivery)(?: (?:ka|ke|ki))? {_KIND}",
    "endocrinology": rf"endocrinolog(?:ists?|y)|diabetologists?|(?:sugar|diabet(?:es|ic)|thyroid|hormones?)(?: (?:ka|ke|ki))? {_KIND}",
    "general-medicine": rf"general (?:medicine|physicians?|practi[ct]i?oners?|practice|doctors?|dr|checkup doctor)|gps?|physicians?|family (?:doctors?|physicians?|medicine|practice|practitioner)|internal medicine|internist|primary care(?: {_KIND})?|mbbs doctor|regular doctor|normal doctor|fever {_KIND}|(?:regular|normal|local|family) gp",
    "urology": rf"urolog(?:ists?|y)|kidney {_KIND}|nephrolog(?:ists?|y)",
    "pulmonology": rf"pulmonolog(?:ists?|y)|(?:chest|lungs?) {_KIND}",
    "oncology": rf"oncolog(?:ists?|y)|cancer {_KIND}",
    "physiotherapy": r"physio ?therap(?:ists?|y)|physio|physical therapists?",
}  # fmt: skip

_PAIN = r"(?:pain(?:s|ing|ful)?|hurt(?:s|ing)?|ache(?:s)?|aching|sore|dard|swollen|swelling|injur(?:y|ed)|sprain(?:ed)?|stiff(?:ness)?|problem|issue|troubl(?:e|ed|es|ing)|bother(?:s|ing)?|kill(?:s|ing) me|dukh|sujan|taklif|cho+t)"


def _of(parts: str) -> str:
    """Pain of a part of the body, in either order."""
    return rf"(?:{parts})(?: (?:is|are|has been|have been|has|have|mein|me|ka|ke|ki|very|really|so|badly|been|a lot of|bahut|bohot|joint|was|keeps?|bit|started))* {_PAIN}|{_PAIN}(?: (?:in|of|on|around|near|with|my|the|both|left|right|lower|upper|his|her|our|mere|his))* (?:{parts})"


# What a complaint points at, the more telling first.
COMPLAINTS: dict[str, str] = {
    "obstetrics-gynaecology": r"pregnan(?:t|cy)|garbhvati|irregular periods?|periods? (?:is |are )?(?:late|irregular|pain|delayed|problem|missed)|missed (?:my )?period|period pain|menstrua\w+|pcos|pcod|white discharge|mahavari|morning sickness|menopause|fertility|ivf|pap smear|antenatal|prenatal|cramps during period|vaginal \w+",
    "paediatrics": r"(?:my |our |the )?(?:baby|infant|newborn|toddler|bacche|kid|child|little one|(?:\d+|one|two|three|four|five|six|seven|eight|nine|ten) ?(?:year|yr|month|mon|week|day)s?(?:-| )?old (?:son|daughter|boy|girl|baby|child|kid))(?: (?:has|have|is|was|had|got|ko|ka|ke|needs?|keeps?|with|won't)\b)|vaccinat\w+ (?:for|of) (?:my )?(?:baby|child|kid|son|daughter|infant)|(?:baby|child|infant) vaccin\w+|teething",
    "dentistry": _of("tooth|teeth|dant|gums?|molar|jaw tooth|dental") + r"|tooth ?ache|toothache|cavit(?:y|ies)|root canal|wisdom tooth|bleeding gums|broken tooth|braces|teeth clean\w+|teeth whiten\w+|dental clean\w+|gum bleeding|bad breath|tooth (?:broke|is broken|fell|sensitiv\w+|extraction)|chipped tooth|dentures?",
    "cardiology": r"(?:chest )?palpitations?|palpitation|heart (?:is )?(?:racing|beat\w*|flutter\w+|problem|issue|disease|checkup|check up|condition)|irregular heart ?beat|(?:high |low )?(?:bp|blood pressure)|dil ki dhadkan|chest (?:pain|tightness|discomfort|pressure)|seene mein dard|dhadkan|cholesterol|angina|ecg|angiogra\w+",
    "ophthalmology": _of("eyes?|aankh") + r"|blur(?:ry|red|ring)? (?:of )?vision|vision (?:is |has )?(?:blur\w*|problem|weak|loss|poor|getting \w+)|can't see (?:clearly|properly|well)|(?:red|itchy|watery|dry|watering|burning|pink) eyes?|eyes? (?:is|are|has been|feels?|keep)? ?(?:red|itch\w*|water\w*|dry|burn\w*|blurry|infected|twitch\w*)|cataracts?|glaucoma|eye (?:infection|test|checkup|check up|exam|irritation)|conjunctivitis|double vision|spects?|glasses|dhundh?la|motiyabind|lasik",
    "ent": _of("ears?|kaan|throats?|gala|gale|sinus(?:es)?|nose|naak|tonsils?") + r"|ear ?ache|earache|sinus(?:itis)?|tonsil\w*|utterance (?:loss|problem|issue|aid|test)|can't hear|blocked (?:nose|ear)s?|(?:nose|ears?) (?:is |are |feels? |feel )?block(?:ed|age)?|(?:ringing|buzzing)(?: sound)? in (?:my |the |both )?ears?|ears? (?:is |are |keeps? |has been )?(?:ringing|buzzing)|tinnitus|vertigo|nose ?bleeds?|hoarse\w*|snor(?:e|ing)|ear infection|ear wax|kaan band|naak band|gale mein kharash|lost my voice",
    "neurology": r"migraines?|head ?aches?|seizures?|epilep\w+|fits|numb(?:ness)?|tingling|tremors?|memory (?:loss|problem|issues?)|forgetful\w*|parkinson\w*|dizz(?:y|iness)|chakkar|sar ?dard|sir ?dard|sir mein dard|sar mein dard|" + _of("head|sir mein") + r"|paralysis|stroke|nerve pain|sciatica|half head",
    "gastroenterology": _of("stomach|tummy|belly|abdom(?:en|inal)|pet|gut|gastric|liver|stomch") + r"|acidity|acid reflux|heart ?burn|gas(?:tric|tritis)?(?: (?:problem|trouble|issue))?|constipat\w+|kabz|diarrh?o?ea|loose motions?|indigestion|bloat\w*|vomit(?:s|ing|ed)?|ulti|nausea|ulcers?|jaundice|piliya|piles|blood in (?:my )?stool|dast|ibs|motions|stomach (?:upset|bug|infection)|upset stomach|hernia|fatty liver|gallstones?",
    "orthopaedics": _of("knees?|ghutn[aeo]\\w*|backs?|lower back|upper back|kamar|shoulders?|kandh[ae]|hips?|ankles?|elbows?|wrists?|necks?|gardan|joints?|jod(?:on)?|legs?|pair|paer|arms?|foot|feet|heels?|fingers?|thumb|hands?|haath|haddi|spine|toes?|thighs?|calf|muscles?|bones?|rib") + r"|back ?ache|backache|back pain|arthritis|gathiya|fracture[ds]?|broken (?:bone|arm|leg|wrist|ankle|finger|hand|foot)|broke my (?:arm|leg|wrist|ankle|finger|hand|foot|toe)|(?:twisted|sprained) (?:my )?\w+|slip(?:ped)? disc|ligament\w*|frozen shoulder|joint (?:replacement|pain)|knee replacement|spondyl\w+|osteo\w+|acl|cervical(?: pain)?|uric acid|gout|haddi (?:tut|toot)\w*|torn \w+|moch",
    "psychiatry": r"depress(?:ed|ion|ing)|anxi(?:ety|ous)|panic(?: attacks?)?|can't sleep|cannot sleep|not able to sleep|insomnia|sleepless\w*|stress(?:ed)?|neend (?:nahi|nhi)\w*|mental health|ocd|adhd|mood swings?|addict(?:ed|ion)|feeling (?:very )?(?:low|hopeless|down)|ghabrahat|tension|overthinking|trauma|ptsd|grief|alcohol problem|de-?addiction|bipolar|eating disorder",
    "dermatology": r"(?:itch(?:y|ing|iness)?|skin|red|heat) (?:skin )?(?:rash(?:es)?|patch(?:es)?|bumps?)|rash(?:es)?|itch(?:y|ing)?|acne|pimples?|eczema|psoriasis|hair ?(?:loss|fall(?:ing)?)|losing (?:my )?hair|bal jhad\w*|baal (?:jhad|gir)\w*|dandruff|fung(?:al|us)(?: infection)?|ring ?worm|khujli|daad|dane|daane|muhase|warts?|moles?|skin (?:infection|problem|issue|allergy|peeling|is \w+|tags?|cancer|care|condition)|hives|vitiligo|dark spots?|pigment\w+|boils?|phode|blisters?|skin is \w+|nail infection|sunburn|botox",
    "endocrinology": r"(?:sugar|glucose|blood sugar|hba1c)(?: level)?s?(?: (?:is|are|has|was|bahut|very|badh|badha|gone|went|ki))* (?:high|low|up|badh\w*|problem|issue|bimari|hua|gaya|uncontrolled|increased)|(?:high|low|uncontrolled) (?:blood )?sugar|diabet(?:es|ic)|thyroid|hormon\w+|sugar ki (?:bimari|problem)",
    "urology": r"kidney (?:stones?|pain|problem)|pathri|urin(?:e|ary|ation)\w*(?: \w+)?|burning (?:while|when) (?:pee\w*|urinat\w*)|uti|prostate|pee(?:ing)? (?:a lot|blood|often)|peshab\w*",
    "general-medicine": r"fever|bukhar|temperature|viral|cough(?:s|ing)?|khansi|colds?|flu|jukham|jukam|zukam|sardi|sore throat|body (?:ache|pain)s?|weak(?:ness)?|kamzori|kamjori|tired(?:ness)?|fatigue|thakan|chills?|infections?|allerg(?:y|ies|ic)|unwell|not (?:feeling|keeping) (?:well|good)|not well|feeling (?:sick|ill|unwell|weak|bad|dizzy)|sick|tabi?yat (?:kharab|theek nahi|thik nahi)|bimar|dengue|malaria|typhoid|covid|corona|full body (?:check ?up|checkup)|(?:health|general|routine|annual|medical|physical|regular) (?:check ?ups?|check-up|physical|exam\w*)|check ?up|checkup|weight loss|weight gain|losing weight|anaemia|anemia|breathless\w*|asthma|dama|wheez\w+|short(?:ness)? of breath|saans \w+|loss of appetite|swollen glands?|high temperature|wound|cuts?|lump|" + _of("body|badan|sharir"),
}  # fmt: skip

_OPEN, _SHUT = r"(?<![\w])", r"(?![\w])"
ROLE_PATTERNS = {slug: re.compile(rf"{_OPEN}(?:{pattern}){_SHUT}") for slug, pattern in ROLES.items()}
COMPLAINT_PATTERNS = {slug: re.compile(rf"{_OPEN}(?:{pattern}){_SHUT}") for slug, pattern in COMPLAINTS.items()}
ANY_ROLE = re.compile(rf"{_OPEN}(?:{'|'.join(ROLES.values())}|[a-z]{{4,}}(?:ologists?|iatrists?|iatricians?)){_SHUT}")
ANY_COMPLAINT = re.compile(rf"{_OPEN}(?:{'|'.join(COMPLAINTS.values())}){_SHUT}")
# A message of a word or two that is only a part of the body, where a specialty was asked for.
BARE_PARTS = {
    "dentistry": r"tooth|teeth|dant|gums?", "dermatology": r"skin|hair|twacha", "ophthalmology": r"eyes?|aankh|vision",
    "ent": r"ears?|nose|throat|kaan|naak|gala", "cardiology": r"heart|dil|cardio",
    "orthopaedics": r"bones?|joints?|knees?|haddi|back|shoulder|spine|ortho", "neurology": r"brain|nerves?|head",
    "gastroenterology": r"stomach|pet|liver|tummy|digestion", "psychiatry": r"mind|mental|mental health",
    "paediatrics": r"child(?:ren)?|kids?|baby|bacche", "obstetrics-gynaecology": r"women|ladies|pregnancy|maternity",
    "endocrinology": r"sugar|thyroid|hormones?", "general-medicine": r"general|medicine|fever",
}  # fmt: skip
BARE_PATTERNS = {
    slug: re.compile(rf"(?:the |my |for |for my )?(?:{pattern})(?: please| problem| issue)?")
    for slug, pattern in BARE_PARTS.items()
}
# Where a hospital has no such specialty, the one that sees these patients.
INSTEAD = {
    "endocrinology": "general-medicine",
    "urology": "general-medicine",
    "pulmonology": "general-medicine",
    "physiotherapy": "orthopaedics",
    "oncology": "general-medicine",
}
