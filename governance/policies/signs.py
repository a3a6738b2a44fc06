"""Wordings that an answer to a patient must not hold, and abuse. Patterns favour precision: each is a whole phrase."""

from __future__ import annotations

import re

_CONDITION = (
    r"(?:diabet(?:es|ic)|cancer|tumou?r|infection|pneumonia|asthma|hypertension|high blood pressure|migraine|flu|influenza|covid|"
    r"malaria|dengue|typhoid|tuberculosis|tb|an[a]?emia|appendicitis|gastritis|hepatitis|arthritis|bronchitis|sinusitis|tonsillitis|"
    r"dermatitis|cystitis|conjunctivitis|fracture|sprain|hernia|ulcers?|kidney stones?|gallstones?|thyroid|hypothyroidism|depression|"
    r"anxiety|heart (?:attack|disease|failure)|angina|stroke|epilepsy|allerg(?:y|ies)|eczema|psoriasis|scabies|piles|uti|pcos|"
    r"endometriosis|dehydration|food poisoning|sepsis|clot|concussion|\w{4,}(?:itis|osis|emia|oma|opathy|algia))"
)
_AFTER = (  # a condition that names a service, a day or a thing is none: "the diabetes clinic", "the flu season"
    r"(?!\w)(?!(?:'s)? (?:season|clinics?|desk|camps?|groups?|day|days|week|vaccin\w+|shots?|tests?|control|follow|checks?|check-?up|"
    r"specialists?|doctors?|department|centre|center|package|unit|ward|nurses?|patients?|appointment|visits?|profile|panel|screening|"
    r"awareness|education|room|weather|drinks?|pack|water|call|form))"
)
_PERHAPS = r"(?:probably |likely |possibly |clearly |almost certainly |definitely |most likely |perhaps |maybe |just |really )*"
_A = r"(?:an? |the |some |your )?(?:\w+ ){0,2}?"
_UNLESS = r"(?<!\bif )(?<!\bwhether )(?<!\bwhen )(?<!\bunless )(?<!\bdo )(?<!\bcase )(?<!\bbecause )(?<!\bsince )"
_KIN = r"(?:child|son|daughter|baby|mother|father|wife|husband|brother|sister|mum|mom|dad)"
_WHO = rf"(?:you|your {_KIN}|he|she)"
_HINDI_CONDITION = (
    r"(?:मधुमेह|शुगर|डायबिटीज|डायबिटीज़|डेंगू|मलेरिया|टाइफाइड|कैंसर|टीबी|दमा|अस्थमा|निमोनिया|पीलिया|एनीमिया|बवासीर|संक्रमण|इन्फेक्शन|पथरी|माइग्रेन|"
    r"थायराइड|उच्च रक्तचाप|दिल का दौरा|अवसाद|एलर्जी|गठिया)"
)
DIAGNOSIS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"{_UNLESS}\b{_WHO} {_PERHAPS}(?:(?:may|might|could|must|can|will)(?: well)? )?{_PERHAPS}(?:have|has|had|got|having|are having|is having|developed|caught|contracted)(?: had| got)? {_PERHAPS}{_A}{_CONDITION}{_AFTER}",
        rf"{_UNLESS}\byou(?:'ve| have) {_PERHAPS}(?:got )?{_A}{_CONDITION}{_AFTER}",
        rf"\b(?:suffer|suffers|suffering) from {_PERHAPS}{_A}{_CONDITION}{_AFTER}",
        rf"\byou (?:do not|don't|did not|haven't|have no)(?: have| got)?(?: any)? {_A}{_CONDITION}{_AFTER}",
        rf"\b(?:this|that|it|these|those|(?:the|your|this|that) (?:pain|rash|lump|swelling|fever|cough|bleeding|itching|spots?|ache|headache|skin|wound))"
        rf"(?:'s|(?: (?:is|are|was|sounds?|looks?|seems?|appears?|could|may|might|must|can|suggests?|indicates?|points?|means?))?)(?: not)?(?: well)?(?: be| to)?(?: be| like)? {_PERHAPS}"
        rf"(?:like )?(?:you(?:'ve| have) |a case of |(?:an? |the )?(?:\w+ )?(?:signs?|symptoms?) of |caused by |due to |because of )?{_PERHAPS}{_A}(?:{_CONDITION}|(?<=a )cold){_AFTER}",
        rf"\b(?:your|the) (?:diagnosis|symptoms?|condition|reports?|results?|scan|x-ray|blood test) (?:is|are|suggests?|indicates?|shows?|means?|points? to|confirms?)(?: that you (?:have|are))? (?:an? )?(?:\w+ )?(?:{_CONDITION}{_AFTER}|an[a]?emic|diabetic|pregnant)",
        rf"{_UNLESS}\byou (?:are|seem|appear|look|might be|may be|could be|must be)(?: to be)? {_PERHAPS}(?:diabetic|anaemic|anemic|hypertensive|depressed|pregnant|asthmatic|allergic)\b",
        r"\b(?:it|this|that|(?:the|that|this|your) (?:lump|mole|rash|growth|spot|pain))(?:'s| is) (?:nothing serious|not serious|nothing to worry about|harmless|benign|malignant)\b|\byou do(?: not|n't) need (?:to see )?a doctor\b|\bno need (?:for you )?to (?:see|visit|consult) (?:a|the|any) doctor\b",
        rf"आपको (?:शायद )?(?:\S+ )?{_HINDI_CONDITION}(?: की बीमारी)? (?:है|हो|हुआ|हुई)|\b(?:aapko|apko|aap ko) (?:shayad |lagta hai )?(?:\w+ )?(?:{_CONDITION}|sugar|madhumeh|bawasir|peeliya|piliya)(?: ki bimari)? (?:hai|ho|hua|hui)\b",
    )
)
_COUNT = r"(?:\d+(?:[.,]\d+)?|half|one|two|three|four|an?|ek|do|teen|aadh[ai])"
_AMOUNT = (
    rf"{_COUNT}(?: (?:more|extra|whole))?(?: (?:of )?)?(?:an? )?"
    r"(?:mg|mcg|µg|ug|g|ml|iu|units?|tablets?|tabs?|capsules?|pills?|drops?|puffs?|teaspoons?|tsp|sachets?|goli|goliyan)"
)
_MEDICINE = r"(?:doses?|dosage|medicines?|medications?|tablets?|pills?|capsules?|antibiotics?|painkillers?|steroids?|inhaler|syrup)"
_DRUG = (
    r"(?:paracetamol|acetaminophen|ibuprofen|aspirin|crocin|dolo|combiflam|antibiotics?|amoxicillin|azithromycin|metformin|insulin|"
    r"antacids?|painkillers?|steroids?|cetirizine|pantoprazole|omeprazole|vitamin \w+|iron|thyroxine|statins?|atorvastatin|amlodipine|"
    r"telmisartan|losartan|diclofenac|tramadol|prednisolone|warfarin|clopidogrel|salbutamol|ors)"
)
_OWN = r"(?: (?:your|the|all|any|this|that|these|his|her|a course of|the course of))?"
_NOT_ASKED = r"(?<!before you )(?<!whether to )(?<!ask before you )"
_HINDI_AMOUNT = r"(?:एक|दो|तीन|चार|आधी|\d+) (?:गोली|गोलियाँ|गोलियां|टैबलेट|चम्मच|कैप्सूल|बूँद|बूंद)"
DOSAGE = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b(?:take|taking|use|give|swallow|inject|apply|inhale|khayein|lein|le lo|khao)\b[^.!?\n]{{0,40}}\b{_AMOUNT}\b",
        rf"\b{_AMOUNT}\b[^.!?\n]{{0,40}}\b(?:once|twice|thrice|\d+ times|times)? ?(?:a day|daily|per day|every (?:\d+|two|three|four|six|eight|twelve) hours?|at night|in the morning|before food|after food|morning and (?:evening|night)|din mein)\b",
        rf"\b{_AMOUNT}\b[^.!?\n]{{0,40}}\b(?:lein|le lo|lijiye|khayein|khaiye|kha lo|khao)\b",
        rf"\b(?:apply|use|put|rub)\b[^.!?\n]{{0,40}}\b(?:once|twice|thrice|\w+ times) (?:a day|daily)\b|\bput {_AMOUNT} (?:in|into|on)\b",
        rf"{_NOT_ASKED}\b(?:increase|decrease|reduce|double|halve|raise|lower|skip|stop|start|restart|change)(?: taking)?{_OWN}(?: \w+){{0,2}} (?:{_MEDICINE}|{_DRUG})\b",
        rf"\b(?:start|stop|begin|try|continue|keep|resume|switch to|change to)(?: taking| using)?{_OWN}(?: some| an?)? {_DRUG}\b",
        r"\b(?:dose|dosage) (?:is|of|should be|for (?:an? |your )?\w+ is)\b[^.!?\n]{0,20}\d",
        r"\b\d+(?:\.\d+)? ?(?:mg|mcg|ml|units?)/(?:kg|day|dose)\b",
        rf"\b(?:you (?:can|could|should|may|must)|try|please) (?:take|taking|have|use) (?:an? |some )?{_DRUG}\b|\b(?:take|have) (?:some |an? |one |two |\d+ )?{_DRUG}\b",
        rf"\b{_DRUG} (?:is|are) (?:safe|fine|ok|okay|good)\b|\b(?:safe|fine|ok|okay) (?:for you )?to (?:take|stop|combine|mix|use|skip)\b[^.!?\n]{{0,30}}\b(?:{_MEDICINE}|{_DRUG})\b",
        rf"\b(?:no need|don't need|do not need|need not|needn't)(?: to)? (?:take|continue|finish|use)\b[^.!?\n]{{0,20}}\b(?:{_MEDICINE}|{_DRUG})\b",
        rf"{_HINDI_AMOUNT}[^।.!?\n]{{0,40}}(?:लें|लीजिए|ले लो|खाएँ|खाएं|खाइए|खा लें|दें|दीजिए)|(?:दवा|दवाई|दवाइयाँ|गोली|इंसुलिन)(?: \S+){{0,2}}? (?:बंद|शुरू|कम|ज़्यादा|ज्यादा|दोगुनी|बढ़ा|घटा)",
        r"\b(?:dawa|dawai|dawaiyan|goli|insulin|dose)(?: \w+){0,2}? (?:band|shuru|kam|badha|ghata) (?:kar|do|de|dein|dijiye)\b",
    )
)
_PEOPLE = r"(?:doctors?|nurses?|staff|hospital|clinic|desk|receptionist|team|people|guard|family|house|place)"
_YOU = rf"(?:you|u|(?:your|this|the|that|every)(?: \w+)? {_PEOPLE}|doctors|everyone|all of you)"
TOXIC = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"(?<!\w)(?:f+u+c+k+(?:ing|er|ers|ed|s)?|motherf\w+|bullshit|assholes?|arseholes?|bastards?|bitch(?:es)?|cunts?|dickheads?|wankers?|sluts?|whores?|retards?|faggots?|niggers?|kikes?|pakis?)(?!\w)",
        rf"\b(?:i(?:'ll| will| am going to|'m going to|'m gonna| shall)|we(?:'ll| will)) (?:kill|murder|shoot|stab|beat(?: up)?|bomb|burn(?: down)?|destroy|hurt|attack|rape|hunt) {_YOU}\b",
        r"\b(?:go (?:to hell|die|kill yourself)|kill yourself|drop dead|hope you (?:die|rot|get cancer))\b",
        r"\b(?:you(?:'re| are)|u r|ur|such) (?:an? |all |a bunch of )?(?:idiots?|morons?|imbeciles?|useless (?:idiots?|bots?|people)|pigs?|scum|garbage|trash|stupid (?:bot|machine|idiots?|people))\b",
        r"(?<!\w)(?:madarchod|bhenchod|behenchod|chutiya|chutiye|harami|haramzad[ae]|gaandu|gandu|randi|bhosdike|bhosadike|kutte ke (?:bach+e|pil+e)|saale kutte|(?:teri |tere )?maa ki (?:chu+t|choot|aankh)\w*|(?:teri|tere) maa ki(?= *(?:$|[!.,]))|maa chuda\w*)(?!\w)",
        r"(?:मादरचोद|बहनचोद|चूतिया|हरामी|हरामज़ादा|गांडू|रंडी|भोसड़ी)",
    )
)
