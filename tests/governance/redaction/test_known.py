"""The hospital's own people: however they are written, with one edit, and whose data a text holds."""

import random
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evals.redaction_people import with_an_edit, written
from governance.redaction.known import Known
from governance.redaction.near import NearCodes, NearWords
from governance.redaction.person import Person
from governance.redaction.redactor import DATES, Redactor
from tests.governance.redaction.conftest import ASHA, DOCTOR, MORE, RAY

SPELLINGS = [
    "Asha Rao", "asha rao", "ASHA RAO", "Rao Asha", "rao, asha", "Asha  Rao", "A. Rao", "A Rao", "Asha R.", "ashaji",
 "Ahsa Rao", "asha roa", "AshaRao", "As ha rao", "ash arao", "Ashaji Rao", "Mrs Rao", "dr rao",
    "+919845010000", "98450 10000", "098450-10000", "984 501 0000", "+91-98450-10000", "9845010001", "984510000",
    "9854010000",
    "LH100000", "lh-100000", "LH 100000", "LH10000", "HL100000", "LH1000x0", "2345 6789 0124", "234567890142",
    "POL0012345", "pol-001-2345",
    "14 Residency Road, Bengaluru 560025", "14 residency road", "residency road", "14 Residncy Road",
    "bengaluru 560025",
    "asha.rao@example.com", "ASHA.RAO@EXAMPLE.COM", "asha.rao@exmple.com", "asha.rao example.com",
    "12 March 1980", "12/03/1980", "12-3-80", "March 12, 1980", "1980-03-12", "12 mar 80", "12th of March 1980",
    "12Mar1980",
]  # fmt: skip


@pytest.mark.parametrize("value", SPELLINGS)
def test_a_person_is_masked_however_written(redactor: Redactor, known: Known, value: str) -> None:
    text = f"please look at {value} today"
    masked = {i for f in redactor.find(text, known=known) for i in range(f.start, f.end)}
    start = text.index(value)
    assert all(i in masked for i in range(start, start + len(value)) if text[i].isalnum()), redactor.redact(
        text, known=known
    )


@given(seed=st.integers(0, 10**9))
@settings(max_examples=60, deadline=None)
def test_every_value_of_a_record_is_masked(redactor: Redactor, many: Known, people: list[Person], seed: int) -> None:
    rng = random.Random(seed)
    for kind, value, message in written(rng.choice(people), rng):
        masked = {i for f in redactor.find(message, known=many) for i in range(f.start, f.end)}
        start = message.index(value)
        assert all(i in masked or not message[i].isalnum() for i in range(start, start + len(value))), (kind, message)


@given(
    edits=st.integers(0, 10**9),
    name=st.sampled_from(["Asha Rao", "Vikram Ray", "Anand Vijay More", "Om Das", "Kevin D'Souza"]),
)
@settings(max_examples=150, deadline=None)
def test_a_full_name_with_one_edit_is_found(known: Known, edits: int, name: str) -> None:
    said = with_an_edit(name, random.Random(edits))
    text = f"is {said} well?"
    masked = {i for f in known.find(text) for i in range(f.start, f.end)}
    assert all(i in masked or not text[i].isalnum() for i in range(3, 3 + len(said))), said


@pytest.mark.parametrize(
    "text",
    [
        "the doctor has more to say about the x-ray", "More slots please", "a ray of hope", "X-Ray report",
        "Doctor is in",
        "I want more time and more tests", "MORE TESTS", "and more", "om namah", "dose for das", "ask her now",
    ],
)  # fmt: skip
def test_everyday_words_are_no_names(known: Known, text: str) -> None:
    assert list(known.find(text)) == []


def test_an_everyday_word_is_a_name_after_a_title(known: Known) -> None:
    for text in ("Dr More is in", "is Mr Ray there", "please ask More about it"):
        assert [f.entity for f in known.find(text)] == ["PERSON"]


def test_short_names_alone_only_as_they_are(known: Known) -> None:
    assert [f.entity for f in known.find("ask Das about it")] == ["PERSON"]
    assert list(known.find("ask Dus about it")) == []


@pytest.mark.parametrize(
    "text", ["asha ji", "asha-ben", "rao sahab", "mera naam asha hai", "this is asha speaking", "dr rao"]
)
def test_a_name_alone_in_small_letters_needs_a_cue(known: Known, text: str) -> None:
    assert [text[f.start : f.end] for f in known.find(text)] in (["asha"], ["rao"])


def test_a_name_in_focus_needs_no_capital(redactor: Redactor, known: Known) -> None:
    text = "asha wants more pills for rao"
    assert redactor.redact(text, known=known) == text
    assert redactor.redact(text, known=known, focus=[ASHA, MORE]) == "<PERSON> wants more pills for <PERSON>"


def test_birth_dates_are_masked_where_dates_are_kept(redactor: Redactor, known: Known) -> None:
    text = "born 12 March 1980, visit on 14 March 2026"
    assert redactor.redact(text, known=known, keep=DATES) == "born <BIRTH_DATE>, visit on 14 March 2026"


def test_mentions_say_whose_data_a_text_holds(known: Known) -> None:
    text = "Asha Rao asked for the report of vikram ray (mrn m-123456789), phone +1 415 555 0123"
    assert [(text[m.start : m.end], m.ids, m.kind) for m in known.mentions(text)] == [
        ("Asha Rao", ("asha",), "name"),
        ("vikram ray", ("ray",), "name"),
        ("m-123456789", ("ray",), "mrn"),
        ("1 415 555 0123", ("ray",), "phone"),
    ]


def test_mentions_leave_out_names_alone_and_birth_dates(known: Known) -> None:
    assert known.mentions("Asha came on 12 March 1980 with Dr More") == []


def test_namesakes_are_all_mentioned_and_a_near_name_is_not() -> None:
    known = Known(
        [
            Person(id="1", kind="patient", names=("Asha Rao",)),
            Person(id="2", kind="patient", names=("Asha Rao",)),
            Person(id="3", kind="patient", names=("Usha Rao",)),
        ]
    )
    assert [m.ids for m in known.mentions("is Asha Rao here")] == [("1", "2")]
    assert [m.ids for m in known.mentions("is Asja Rao here")] == [("1", "2")]


def test_titles_apostrophes_and_other_names_of_one_person(known: Known) -> None:
    for text in ("Kevin D'Souza", "kevin d’souza", "Kevin Dsouza", "D Souza Kevin", "Om Das"):
        assert [m.ids for m in known.mentions(text)] == [(DOCTOR.id,)], text


def test_names_in_other_scripts() -> None:
    known = Known([Person(id="1", kind="patient", names=("आशा राव", "Zoë Müller"))])
    for text in ("मरीज आशा राव आई हैं", "zoe muller came", "ZOË MÜLLER"):
        assert [m.ids for m in known.mentions(text)] == [("1",)], text


def test_nobody_known() -> None:
    assert Known([]).mentions("Asha Rao 9845010000") == []
    assert list(Known([Person(id="1", kind="patient")]).find("Asha Rao, 12 March 1980")) == []


def test_near_words_and_codes_are_those_one_edit_away() -> None:
    words = NearWords(["asha", "usha", "rao"])
    assert words.near("sha") == ("asha", "usha")
    assert words.near("asha") == ("usha",)
    assert words.near("ahsa") == ("asha",)
    assert words.near("oar") == ()
    table = ["9845010000", "lh100000", "123456"]
    codes = NearCodes(table)
    for code in table:
        codes.add(code)
    codes.seal()
    for code in ("9845100000", "845010000", "98450100000", "9845o10000", "9845010001"):
        assert codes.near(code) == ["9845010000"], code
    assert codes.near("hl100000") == ["lh100000"]
    assert codes.near("9845010000") == codes.near("123457") == codes.near("") == []


def test_the_birth_date_may_be_written_either_way_round() -> None:
    known = Known([Person(id="1", kind="patient", birth_date=date(1980, 3, 12))])
    assert [f.entity for f in known.find("03/12/1980")] == ["BIRTH_DATE"]
    assert list(known.find("04/12/1980")) == []
    assert RAY.birth_date is None


def test_a_comma_parts_a_name_only_before_a_small_letter() -> None:
    """Whichever way round the record has it."""
    for recorded in ("Hema Das", "Das Hema"):
        known = Known([Person(id="p", kind="patient", names=(recorded,))])
        assert [mention.ids for mention in known.mentions("The bed is Das, Hema's until noon.")] == [("p",)]
        assert known.mentions("Hallo Hema, das Labor ist geschlossen.") == []
