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
_PERHAPS = r"(?:probably |likely |possibly |clearly |almost certainly |definitely |most likely |just )*"
DIAGNOSIS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\byou(?:'ve| have|r (?:child|son|daughter|mother|father|wife|husband) has)? {_PERHAPS}(?:have|got|has|having|suffer(?:ing)? from) (?:an? |the |some )?(?:\w+ )?{_CONDITION}\b",
        rf"\byou(?:'ve| have) {_PERHAPS}(?:got )?(?:an? |the )?(?:\w+ )?{_CONDITION}\b",
        rf"\b(?:this|that|it|these|those)(?:'s| is| are| sounds?| looks?| seems?)(?: like| to be)? {_PERHAPS}(?:an? |the )?(?:\w+ )?{_CONDITION}\b",
        rf"\b(?:your|the) (?:diagnosis|symptoms?|condition|report|results?) (?:is|are|suggests?|indicates?|shows?|means?|points? to|confirms?)(?: that you have)? (?:an? )?(?:\w+ )?{_CONDITION}\b",
        r"\byou (?:are|seem|appear)(?: to be)? (?:diabetic|anaemic|anemic|hypertensive|depressed|pregnant|asthmatic)\b",
        r"\b(?:it|this|that)(?:'s| is) (?:nothing serious|not serious|nothing to worry about|harmless|benign|malignant)\b|\byou do(?: not|n't) need (?:to see )?a doctor\b",
        rf"\bआपको {_CONDITION}|\baapko (?:\w+ )?{_CONDITION} (?:hai|ho gaya|ho gayi)\b",
    )
)
_AMOUNT = (
    r"(?:\d+(?:[.,]\d+)?|half|one|two|three|an?)(?: (?:of )?)?"
    r"(?:mg|mcg|µg|ug|g|ml|iu|units?|tablets?|tabs?|capsules?|pills?|drops?|puffs?|teaspoons?|tsp|sachets?|goli|goliyan)"
)
DOSAGE = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b(?:take|taking|use|give|swallow|inject|apply|inhale|khayein|lein|le lo|khao)\b[^.!?\n]{{0,40}}\b{_AMOUNT}\b",
        rf"\b{_AMOUNT}\b[^.!?\n]{{0,40}}\b(?:once|twice|thrice|\d+ times|times)? ?(?:a day|daily|per day|every \d+ hours?|at night|before food|after food|morning and (?:evening|night)|din mein)\b",
        r"\b(?:increase|decrease|reduce|double|halve|raise|lower|skip|stop|start|restart|change)(?: taking)?(?: \w+){0,2} (?:dose|dosage|medicines?|medications?|tablets?|pills?|insulin|antibiotics?)\b",
        r"\b(?:dose|dosage) (?:is|of|should be)\b[^.!?\n]{0,20}\d",
        r"\b\d+(?:\.\d+)? ?(?:mg|mcg|ml|units?)/(?:kg|day|dose)\b",
        r"\b(?:you (?:can|could|should|may|must)|try|please) (?:take|taking|have|use) (?:an? |some )?(?:paracetamol|acetaminophen|ibuprofen|aspirin|crocin|dolo|combiflam|antibiotics?|amoxicillin|azithromycin|metformin|insulin|antacids?|painkillers?|steroids?|cetirizine|pantoprazole|omeprazole)\b",
    )
)
_YOU = r"(?:you|u|your|this|the|doctor|doctors|nurse|staff|hospital|clinic|everyone|all of you)"
TOXIC = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"(?<!\w)(?:f+u+c+k+(?:ing|er|ers|ed|s)?|motherf\w+|bullshit|assholes?|arseholes?|bastards?|bitch(?:es)?|cunts?|dickheads?|wankers?|sluts?|whores?|retards?|faggots?|niggers?|kikes?|pakis?)(?!\w)",
        rf"\b(?:i(?:'ll| will| am going to|'m going to|'m gonna| shall)|we(?:'ll| will)) (?:kill|murder|shoot|stab|beat(?: up)?|bomb|burn(?: down)?|destroy|hurt|attack|rape|hunt) {_YOU}\b",
        r"\b(?:go (?:to hell|die|kill yourself)|kill yourself|drop dead|hope you (?:die|rot|get cancer))\b",
        r"\b(?:you(?:'re| are)|u r|ur|such) (?:an? |all |a bunch of )?(?:idiots?|morons?|imbeciles?|useless (?:idiots?|bots?|people)|pigs?|scum|garbage|trash|stupid (?:bot|machine|idiots?|people))\b",
        r"(?<!\w)(?:madarchod|bhenchod|behenchod|chutiya|chutiye|harami|haramzad[ae]|gaandu|gandu|randi|bhosdike|bhosadike|kutte ke|saale kutte|maa ki|teri maa)(?!\w)",
        r"(?:मादरचोद|बहनचोद|चूतिया|हरामी|हरामज़ादा|गांडू|रंडी|भोसड़ी)",
    )
)
