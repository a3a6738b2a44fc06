"""Numbers, units, drugs and doses."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scribe.language.doses import doses, frequencies
from scribe.language.drugs import drugs
from scribe.language.quantities import known_codes, quantities

ONES = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
]
TENS = {20: "twenty", 30: "thirty", 40: "forty", 50: "fifty", 60: "sixty", 70: "seventy", 80: "eighty", 90: "ninety"}


def spoken(value: int) -> str:
    """17 to 19 are not made here."""
    if value < 17:
        return ONES[value]
    if value < 100:
        return TENS[value // 10 * 10] + (f" {ONES[value % 10]}" if value % 10 else "")
    return f"{ONES[value // 100]} hundred" + (f" and {spoken(value % 100)}" if value % 100 else "")


@given(st.integers(20, 999).filter(lambda value: value % 100 not in (17, 18, 19)))
def test_a_number_said_is_the_number_written(value: int) -> None:
    (said,) = quantities(f"take {spoken(value)} milligrams")
    (written,) = quantities(f"take {value} mg")
    assert (said.value, said.code) == (written.value, written.code) == (Decimal(value), "mg")


@given(st.integers(90, 220), st.integers(40, 89))
def test_a_pressure_is_two_values(upper: int, lower: int) -> None:
    for text in (f"blood pressure {upper}/{lower}", f"it was {upper} over {lower} today"):
        assert [(one.value, one.code) for one in quantities(text)] == [(upper, "mm[Hg]"), (lower, "mm[Hg]")]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("one twenty over eighty", [("120", "mm[Hg]"), ("80", "mm[Hg]")]),
        ("ninety eight point six degrees fahrenheit", [("98.6", "[degF]")]),
        ("101.2 degrees", [("101.2", "[degF]")]),
        ("38.5 degrees", [("38.5", "Cel")]),
        ("ten out of ten", [("10", "{score}")]),
        ("8/10", [("8", "{score}")]),
        ("two and a half weeks", [("2.5", "wk")]),
        ("half a pack a day", [("0.5", "{pack}")]),
        ("a week ago", [("1", "wk")]),
        ("twice a week", []),
        ("a 25-year-old", [("25", "a")]),
        ("two to three weeks", [("2", "wk"), ("3", "wk")]),
        ("10,000 units", [("10000", "[iU]")]),
        ("hemoglobin 7.2 g/dl", [("7.2", "g/dL")]),
        ("nineteen ninety eight", [("1998", None)]),
        ("98 %", [("98", "%")]),
    ],
)
def test_quantities(text: str, found: list[tuple[str, str | None]]) -> None:
    assert [(str(one.value), one.code) for one in quantities(text)] == found


def test_every_code_of_a_quantity_is_a_known_one() -> None:
    text = "5 mg, 3 weeks, 120/80, 72 beats per minute, 180 pounds, 5 feet, 2 puffs, 20 units"
    assert {one.code for one in quantities(text)} <= known_codes()


@pytest.mark.parametrize("brand", ["motrin", "Advil", "ibuprofen", "Nurofen", "iboprofen", "ibuprofin"])
def test_brands_and_slips_are_the_generic(brand: str) -> None:
    assert [drug.generic for drug in drugs(f"she takes {brand} at night")] == ["ibuprofen"]


@pytest.mark.parametrize(
    "word", ["ice", "water", "oxygen", "coffee", "iron", "milk", "dragon", "martha", "today", "caps", "sits"]
)
def test_everyday_words_are_no_drugs(word: str) -> None:
    assert drugs(f"i had {word} this morning") == []


def test_classes_are_told_apart() -> None:
    assert [(drug.generic, drug.kind) for drug in drugs("a blood thinner and coumadin")] == [
        ("anticoagulant", "class"),
        ("warfarin", "drug"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "twice a day",
        "bid",
        "b.i.d.",
        "every 12 hours",
        "q.12h.",
        "two times a day",
        "twice daily",
        "every twelve hours",
    ],
)
def test_twice_a_day_however_it_is_put(text: str) -> None:
    assert [one.per_day for one in frequencies(f"take it {text}")] == [2]


@pytest.mark.parametrize(
    "text",
    [
        "ibuprofen 800 milligrams every six hours with food for two weeks",
        "Motrin 800 mg p.o. q.6h. x 14 days",
        "eight hundred milligrams of motrin every 6 hours for 14 days",
    ],
)
def test_a_dose_said_is_the_dose_written(text: str) -> None:
    (dose,) = doses(text)
    assert dose.drug and dose.drug.generic == "ibuprofen"
    assert (dose.value, dose.code, dose.duration_days) == (800, "mg", 14)
    assert dose.frequency and dose.frequency.per_day == 4


def test_each_drug_has_its_own_dose() -> None:
    found = doses(
        "start lasix 20 milligrams a day and increase your lisinopril to 40 milligrams twice a day, and tylenol as "
        "needed"
    )
    assert [(one.drug.generic if one.drug else "", one.value) for one in found] == [
        ("furosemide", 20),
        ("lisinopril", 40),
        ("acetaminophen", None),
    ]
    assert [one.as_needed for one in found] == [False, False, True]
