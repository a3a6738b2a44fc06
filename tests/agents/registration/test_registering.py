"""Registering in the chat: what is a name, who is likely the same, and that nothing of another record is told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pytest
from sqlalchemy import text

from agents.registration.details import is_name, read_details, split_name
from agents.understanding.resolve.births import find_birth_date
from cli.chat import say
from tools.patients.duplicates import LIKELY, score
from tools.runtime.runtime import Runtime
from wiring import demo

TODAY = date(2026, 11, 23)
PHONED = "+919999900135"


@dataclass(frozen=True)
class Person:
    given: str
    family: str
    birth_date: date = date(1988, 2, 9)
    sex: str = "male"
    phone: str | None = None


RAVI = Person("Ravi", "Kumaran", phone="+911")
SAME = (
    Person("Ravi", "Kumaran"), Person("Ravee", "Kumaran", phone="+911"), Person("R.", "Kumaran"),
    Person("Kumaran", "Ravi"), Person("रवि", "कुमारन"), Person("Ravi", "Kumaran", date(1988, 9, 2)),
    Person("Ravi", "Kumaran", sex="unknown"),
)  # fmt: skip
OTHERS = (
    Person("Kavi", "Shah", phone="+911"), Person("Ravi", "Shah"), Person("Ravi", "Kumaran", date(1958, 3, 1)),
    Person("Arjun", "Kumaran", phone="+911"), Person("Leela", "Kumaran", sex="female", phone="+911"),
    Person("Ravi", "Kumaran", date(2015, 7, 7), phone="+911"),
)  # fmt: skip


@pytest.mark.parametrize("other", SAME)
def test_one_person_written_twice_is_likely_the_same(other: Person) -> None:
    assert score(RAVI, other)[0] >= LIKELY


@pytest.mark.parametrize("other", OTHERS)
def test_a_twin_a_namesake_and_a_family_are_not(other: Person) -> None:
    assert score(RAVI, other)[0] < LIKELY


@pytest.mark.parametrize(
    "words", ["Ravi Kumar", "O'Brien", "K. Lakshmi", "सुनीता देवी", "Md. Irfan Khan", "Anne-Marie D'Souza", "asha"]
)
def test_a_name(words: str) -> None:
    assert is_name(words)


@pytest.mark.parametrize(
    "words", ["12345", "why do you need it", "hello", "is it free?", "yes", "book a dentist", "what", "नमस्ते", "me", "k",
              "i have fever", "no thanks", "a b c d e f g", "haan ji", "my mother"],
)  # fmt: skip
def test_no_name(words: str) -> None:
    assert not is_name(words)


@pytest.mark.parametrize(
    ("words", "awaiting", "name", "born", "sex"),
    [
        ("ravi kumar, 9-2-1988", "name", "ravi kumar", date(1988, 2, 9), None),
        ("Sunita Devi female 3 june 1980", "name", "Sunita Devi", date(1980, 6, 3), "female"),
        ("मेरा नाम सुनीता देवी है", "name", "सुनीता देवी", None, None),
        ("her name is asha rao and she was born 2-3-1990", None, "asha rao", date(1990, 3, 2), None),
        ("i want a skin doctor", "name", None, None, None),
        ("5 मई 1991", "birth_date", None, date(1991, 5, 5), None),
        ("M", "sex", None, None, "male"),
        ("Tanvi Shah naam hai", "name", "Tanvi Shah", None, None),
        ("I told the lady already. Anita Desai", "name", "Anita Desai", None, None),
        ("female. is that relevant?", "sex", None, None, "female"),
        ("Kindly write Rohan Malik.", "name", "Rohan Malik", None, None),
    ],
)
def test_details(words: str, awaiting: str | None, name: str | None, born: date | None, sex: str | None) -> None:
    said = read_details(words, awaiting=awaiting, month_first=False, today=TODAY)
    assert (said.name, said.birth_date, said.sex) == (name, born, sex)


def test_given_and_family() -> None:
    assert split_name("ravi KUMARAN") == ("Ravi", "Kumaran")
    assert split_name("Mrs Asha Devi Rao") == ("Asha Devi", "Rao")
    assert split_name("Kamala") == ("Kamala", "Kamala")


async def test_who_is_likely_the_same_goes_to_a_person_and_hears_nothing(own_runtime: Runtime) -> None:
    facts = await demo.facts(own_runtime.database, demo.TENANT_ID)
    known = facts.patients[30]
    async with own_runtime.database.begin(demo.TENANT_ID) as session:
        sex = (await session.execute(text("SELECT sex FROM patient WHERE id = :id"), {"id": known["id"]})).scalar()
        mrn = (await session.execute(text("SELECT mrn FROM patient WHERE id = :id"), {"id": known["id"]})).scalar()
    said = ["register me", f"{known['given']} {known['family']}", f"{known['birth_date']:%d-%m-%Y}", str(sex)]
    replies = [str((await say(own_runtime, demo.TENANT_ID, "+919999900131", one))["reply"]) for one in said]
    assert "colleague" in replies[-1]
    assert known["phone"] not in " ".join(replies) and str(mrn) not in " ".join(replies)
    async with own_runtime.database.begin(demo.TENANT_ID) as session:
        query = text("SELECT count(*) FROM patient WHERE phone = '+919999900131'")
        assert (await session.execute(query)).scalar() == 0
        state = text("SELECT state FROM conversation")
        assert (await session.execute(state)).scalar() == "handed_over"


async def test_the_consents_say_where_they_were_given(own_runtime: Runtime) -> None:
    for words in ("register me", "Zubin Quill", "9-2-1988", "male", "yes"):
        await say(own_runtime, demo.TENANT_ID, "+919999900132", words)
    query = (
        "SELECT c.purpose, c.evidence ->> 'how' FROM consent c JOIN patient p ON p.id = c.patient_id"
        " WHERE p.phone = '+919999900132' ORDER BY c.purpose"
    )
    async with own_runtime.database.begin(demo.TENANT_ID) as session:
        rows = (await session.execute(text(query))).all()
        conversation = (await session.execute(text("SELECT id FROM conversation"))).scalar()
    assert [tuple(row) for row in rows] == [(one, f"conversation {conversation}") for one in ("care", "messages")]


async def test_a_namesake_is_registered(own_runtime: Runtime) -> None:
    """Who has the name of another patient, and was born on another day, is read back and registered all the same."""
    facts = await demo.facts(own_runtime.database, demo.TENANT_ID)
    name = f"{facts.patients[31]['given']} {facts.patients[31]['family']}"
    said = ("register me", name, "9-2-1931", "female", "yes")
    replies = [str((await say(own_runtime, demo.TENANT_ID, "+919999900133", one))["reply"]) for one in said]
    assert name in replies[-2] and f"{name} is registered" in replies[-1]


async def test_by_phone_the_same_with_spoken_sentences(own_runtime: Runtime) -> None:
    said = ("i need a dentist tomorrow", "for me", "Zubin Quill", "09021988", "male", "yes")
    replies = [str((await say(own_runtime, demo.TENANT_ID, PHONED, one, channel="phone"))["reply"]) for one in said]
    assert "press them as eight digits" in replies[2] and "call from" in replies[4]
    assert "Zubin Quill is registered" in replies[5] and "(" not in replies[4]


async def test_who_withholds_the_number_gets_a_person(own_runtime: Runtime) -> None:
    reply = str(
        (await say(own_runtime, demo.TENANT_ID, "+88812345678901", "i need a dentist", channel="phone"))["reply"]
    )
    assert "colleague" in reply


async def test_a_birth_date_in_the_future_is_none(own_runtime: Runtime) -> None:
    for words in ("register me", "Zubin Quill", "9-2-2030"):
        reply = str((await say(own_runtime, demo.TENANT_ID, "+919999900136", words))["reply"])
    assert "date" in reply and "Please check" not in reply


@pytest.mark.parametrize(
    "words", ["my son wants me to see someone, i am new here", "my daughter told me to register", "i live with my son"]
)
def test_a_relative_who_sends_the_writer_is_no_patient_and_gives_no_sex(words: str) -> None:
    assert read_details(words, awaiting=None, month_first=False, today=date(2026, 11, 23)).relation is None


@pytest.mark.parametrize(
    ("words", "awaiting", "sex"),
    [("f", "confirm", "female"), ("female", "register_detail", "female"), ("m", "confirm", "male"),
     ("f", None, None), ("a man told me", "confirm", None), ("my mother wants to see a doctor", None, None)],
)  # fmt: skip
def test_a_sex_alone_puts_right_what_was_read_back(words: str, awaiting: str | None, sex: str | None) -> None:
    assert read_details(words, awaiting=awaiting, month_first=False, today=date(2026, 11, 23)).sex == sex


@pytest.mark.parametrize(
    "words",
    ["my slef", "its 4 me", "for mee onley", "That'd be me", "I'm the one coming in", "i'm coming myself",
     "The appointment is for the undersigned, that is, me.", "mere liye"],
)  # fmt: skip
def test_the_writer_is_meant(words: str) -> None:
    said = read_details(words, awaiting="whose", month_first=False, today=TODAY)
    assert said.self and not said.other


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("My name in full is Vivek Nanda.", "Vivek Nanda"), ("Shalini Rao, yehi naam hai mera", "Shalini Rao"),
        ("Please enter the name as Vivek Nanda, thank you.", "Vivek Nanda"),
        ("Shalini Rao bol rahe hain", "Shalini Rao"),
        ("on my passport it says Manju Rangan, at home they call me something else", "Manju Rangan"),
        ("what should i write here", None), ("Namaste, pehli baar aa raha hoon", None), ("namaskar", None),
    ],
)  # fmt: skip
def test_a_name_among_other_words(words: str, name: str | None) -> None:
    assert read_details(words, awaiting="name", month_first=False, today=TODAY).name == name


def test_of_two_birth_dates_each_is_its_own() -> None:
    said = "i'm jaya rao, born 11 february 1988. please register my daughter myra, born 9 may 2021"
    assert read_details(said, awaiting=None, month_first=False, today=TODAY).birth_date == date(2021, 5, 9)
    assert find_birth_date("his is 8 september 2017, mine is 16 february 1993") == (33, 49)


async def test_a_relative_is_registered_with_all_that_the_first_message_says(own_runtime: Runtime) -> None:
    row = (await demo.facts(own_runtime.database, demo.TENANT_ID)).patients[20]
    said = (
        f"I'm {row['given']} {row['family']}, born {row['birth_date']:%d %B %Y}. Please register my daughter Myra "
        f"{row['family']}, girl, born 9 may 2021, she has never come to you"
    )
    reply = (await say(own_runtime, demo.TENANT_ID, row["phone"], said))["reply"]
    assert f"Myra {row['family']}" in reply and "9 May 2021" in reply and "female" in reply


async def test_what_stands_before_her_name_is_hers_too(own_runtime: Runtime) -> None:
    row = (await demo.facts(own_runtime.database, demo.TENANT_ID)).patients[20]
    said = (
        f"I'm {row['given']} {row['family']}, born {row['birth_date']:%d %B %Y}",
        "please register my daughter, she was born 9 may 2021, her name is Myra Lobo",
    )
    replies = [(await say(own_runtime, demo.TENANT_ID, row["phone"], words))["reply"] for words in said]
    assert "Myra Lobo (your daughter), born 9 May 2021, female" in str(replies[-1])


async def test_a_relative_told_of_beside_who_writes(own_runtime: Runtime) -> None:
    row = (await demo.facts(own_runtime.database, demo.TENANT_ID)).patients[20]
    said = (
        "book a gynaecologist for my wife on thursday please. she has never been to your hospital",
        f"I am {row['given']}, born {row['birth_date']:%d %B %Y}. Her name is Maria Lobo, female, born 14 march 1976",
    )
    replies = [(await say(own_runtime, demo.TENANT_ID, row["phone"], words))["reply"] for words in said]
    assert "Please check: Maria Lobo (your wife), born 14 March 1976, female" in str(replies[-1])
