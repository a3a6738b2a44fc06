"""Emergencies are seen in English, Hinglish and Hindi, and what is none is left alone."""

from __future__ import annotations

import pytest

from agents.screen.red_flags import red_flags

EMERGENCIES = [
    ("chest pain and sweating", "chest_pain"),
    ("i have chest pain since morning and my left arm hurts", "chest_pain"),
    ("crushing chest pain", "chest_pain"),
    ("chst pain with swetting", "chest_pain"),
    ("chest me dard aur pasina aa raha hai", "chest_pain"),
    ("seene mein bahut dard hai", "chest_pain"),
    ("सीने में दर्द और पसीना आ रहा है", "chest_pain"),
    ("no fever but severe chest pain", "chest_pain"),
    ("i have chest pain", "chest_pain"),
    ("chest pain", "chest_pain"),
    ("im having chest pain, can i see dr pillai tomorrow", "chest_pain"),
    ("my chest feels tight", "chest_pain"),
    ("i feel pressure in my chest", "chest_pain"),
    ("my father's face is drooping and speech is slurred", "stroke"),
    ("left side of body is numb", "stroke"),
    ("lakwa maar gaya", "stroke"),
    ("tongue is swelling after eating peanuts", "anaphylaxis"),
    ("i want to kill myself", "suicide"),
    ("mar jana chahti hu", "suicide"),
    ("आत्महत्या करना चाहता हूं", "suicide"),
    ("i don't want to live anymore", "suicide"),
    ("heavy bleeding not stopping", "heavy_bleeding"),
    ("khoon ruk nahi raha", "heavy_bleeding"),
    ("my 2 month old baby has fever", "infant_fever"),
    ("newborn has a temperature of 101", "infant_fever"),
    ("cant breathe", "breathing"),
    ("saans nahi aa rahi", "breathing"),
    ("सांस नहीं आ रही है", "breathing"),
    ("she is unconscious", "unconscious"),
    ("behosh ho gaye", "unconscious"),
    ("he is having a seizure", "seizure"),
    ("took 20 sleeping pills", "overdose"),
    ("my son drank phenyl", "poisoning"),
    ("i'm 8 weeks pregnant and having some bleeding", "pregnancy_bleeding"),
    ("he fell and hit his head and is vomiting", "head_injury"),
]
CALM = [
    "no chest pain",
    "i don't have chest pain or breathlessness",
    "no bleeding",
    "my father had a stroke 5 years ago, need follow up",
    "i had a heart attack in 2019",
    "appointment for chest x-ray",
    "appointment for chest pain follow up",
    "i have a chest pain follow up appointment",
    "had chest pain last year, want a check up",
    "which doctor for chest pain",
    "this back pain is killing me",
    "my son has a seizure history, want a neurologist",
    "history of seizures",
    "what are the symptoms of stroke?",
    "my baby is 2 years old and has fever",
    "my 2 year old daughter has fever",
    "need flu vaccine for baby",
    "fever for two days",
    "cut my finger a bit",
    "book me with a cardiologist tomorrow",
    "appointment in 2 weeks, i have fever",
    "can't make it on monday",
    "not able to speak to doctor, please call",
    "cancel my appointment",
    "knee pain",
    "",
]


@pytest.mark.parametrize(("text", "code"), EMERGENCIES)
def test_emergencies_are_flagged(text: str, code: str) -> None:
    assert code in {flag.code for flag in red_flags(text)}


@pytest.mark.parametrize("text", CALM)
def test_other_messages_are_not(text: str) -> None:
    assert red_flags(text) == ()


def test_the_source_is_in_the_patients_own_words() -> None:
    text = "Hello, I am having CRUSHING chest pain now"
    (flag,) = red_flags(text)
    assert flag.source in text and "CRUSHING" in flag.source
    assert flag.label


@pytest.mark.parametrize(
    "text",
    ["mujhe 3 din se bukhar hai", "beti ko 3 din se bukhar hai", "i have cough and cold for three days", "3 days fever",
     "since 3 days i have fever", "my daughter has fever for 3 days", "3 din ka bukhar", "two days cold, need doctor"],
)  # fmt: skip
def test_how_long_it_lasts_is_no_age(text: str) -> None:
    assert red_flags(text) == ()


@pytest.mark.parametrize(
    "text",
    [
        "my baby is 10 days and has fever", "6 week old fever", "10 din ka baby bukhar",
        "bachchi 20 din ki hai, bukhar hai", "infant, 3 weeks, temperature 38.5",
        "fever in my 5 week old",
        "paanch din ka baby thanda pad gaya", "my 5 day old baby is cold and not feeding",
    ],
)  # fmt: skip
def test_an_age_of_days_or_weeks_is_one(text: str) -> None:
    assert red_flags(text)
