"""People of a made-up hospital, the values of their records as people write them, and ordinary messages beside."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta

from governance.redaction.ordinary import is_ordinary, word_set
from governance.redaction.person import Person, plain

GRAMMAR = word_set("grammar")
GIVEN = (
    "Asha Ravi Meera Anil Sunita Vikram Lakshmi Imran Fatima Gurpreet Harish Kavya Om Jyoti Deepak Ananya Suresh "
    "Nandini Farhan "
    "Priyanka Rohit Shalini Arjun Tanvi Mohammed Zoya Ishaan Padma Kiran Bhavna Emily Robert Grace William Olivia "
    "James Rachel Michael Sofia Daniel Katrin Lars Chloe Antonio Ingrid Wei Keiko Kwame Amina Pedro"
)
FAMILY = (
    "Rao Nair Kulkarni Sharma Iyer More Ray Das Khan Sheikh Patel Reddy Gowda Menon Banerjee Chatterjee D'Souza "
    "Fernandes Agarwal "
    "Srinivasan Deshpande Joshi Kapoor Malhotra Pillai Ansari Qureshi Varghese Hegde Shetty Thompson Carter Hayes "
    "Bennett Walker O'Brien Garcia Müller Andersson Nakamura Okafor Mensah Rossi Novak Young Brown Bishop Wood"
)
STREETS = (
    "Residency Road",
    "MG Road",
    "5th Cross",
    "Lake View Layout",
    "Gandhi Nagar",
    "Church Street",
    "Oak Avenue",
    "Sector 21",
)
TOWNS = ("Indiranagar, Bengaluru 560038", "Andheri West, Mumbai 400058", "Salem 636001", "Springfield, IL 62704")
FULL = (
    "Hi, this is {} and I need an appointment", "please cancel the booking of {} for monday",
    "{} ka appointment kal ka hai kya?",
    "I am calling about {}, she has fever since yesterday", "kya {} ki report aa gayi?",
    "Can you tell {} that I will be late?",
)  # fmt: skip
CUED = ("my name is {}", "mera naam {} hai", "for my mother {} please", "{} ji ki report chahiye", "hello, {} speaking",
    "meri beti {} ko bukhar hai")  # fmt: skip
TITLED = ("is Dr {} free on friday?", "Mr. {} wants to come at 5", "dr. {} ka slot chahiye", "report of Mrs {} please")
NUMBER = (
    "call me on {}",
    "mera number {} hai",
    "my new phone is {} please update",
    "you can reach my son at {} after 6 pm",
    "whatsapp {} par bhejo",
)
CODE = ("it is {}", "here you go: {} thanks", "mera {} hai", "please check {} once", "{}")
BORN = ("born on {}", "dob {}", "my date of birth is {}", "janam {} ko hua", "{}")
PLACE = ("I live at {}", "please send the report to {}", "mera ghar {} mein hai", "{}")
ORDINARY = (
    "I need more time, can we move it?",
    "The doctor said my X-ray is fine",
    "Will the ray of light hurt my eyes?",
    "may i come at 10:30",
    "Take 1-0-1 after food for 5 days",
    "my bp is 120/80 and sugar 140",
    "Temperature 101.5 since Monday",
    "pain is 7/10 in the left knee",
    "kal subah 9 baje ka slot hai kya",
    "mujhe bukhar hai do din se",
    "Do you take insurance?",
    "How much is an MRI?",
    "OTP is 482913",
    "Is the pharmacy open on Sunday?",
    "paid Rs 1500 yesterday",
    "my son is 5 years old and has a cough",
    "I am 34 weeks pregnant",
    "Metformin 500 mg twice a day",
    "Token number 23",
    "please book more than one slot",
    "Grace period kitna hai?",
    "See you at 5 pm",
    "bahut dard ho raha hai",
    "Good Morning, I want a Full Body Checkup",
    "COVID-19 vaccine second dose",
    "Room 204, second floor",
    "I was told to fast for 12 hours",
    "report ready hai?",
    "Is there wheelchair access at the main gate?",
    "Main Campus or Lakeside Clinic?",
    "Thank You",
    "OK BOOK IT",
    "WHY IS NOBODY ANSWERING ME",
    "haan ji",
    "nahi ji rehne do",
    "theek hai ji",
    "thanks sir",
    "yes madam",
    "my HbA1c is 6.8",
    "I have Type 2 Diabetes",
    "ENT doctor available today?",
    "Paracetamol 650 khana hai kya",
)  # fmt: skip


def register(count: int, seed: int = 7) -> list[Person]:
    """People of a made-up hospital; beyond the listed names, family names are put together from syllables."""
    rng = random.Random(seed)
    given_names, family_names = GIVEN.split(), FAMILY.split()
    more = [
        "".join(rng.choice("bcdghjklmnprstvy") + rng.choice("aeiou") for _ in range(rng.choice((2, 3)))).title()
        + rng.choice(("", "n", "r", "kar"))
        for _ in range(2500)
    ]
    people = []
    for number in range(count):
        given, family = rng.choice(given_names), rng.choice(family_names) if number % 2 else rng.choice(more)
        phone = (
            f"+91{rng.choice('6789')}{rng.randrange(10**9):09d}"
            if number % 4
            else f"+1{rng.randrange(201, 990)}{rng.randrange(201, 990)}{rng.randrange(10**4):04d}"
        )
        people.append(
            Person(
                id=str(number), kind=("patient", "patient", "patient", "practitioner", "relative")[number % 5],
                names=(f"{given} {family}",), phones=(phone,),
                mrn=f"LH{100000 + number}" if number % 3 else f"M{rng.randrange(10**9):09d}",
                identifiers=(f"{rng.randrange(2, 10)}{rng.randrange(10**11):011d}", f"POL{rng.randrange(10**8):08d}"),
                addresses=(f"{rng.randrange(1, 300)} {rng.choice(STREETS)}, {rng.choice(TOWNS)}",),
                birth_date=date(1930, 1, 1) + timedelta(days=rng.randrange(33000)),
                email=f"{given}.{plain(family)}{rng.randrange(100)}@".lower()
                + rng.choice(("example.com", "mail.example.in")),
            )
        )  # fmt: skip
    return people


def with_an_edit(value: str, rng: random.Random) -> str:
    """A character too many, too few or wrong, or two neighbours swapped; never only in letter case or at a blank's
    cost."""
    while True:
        i = rng.randrange(len(value))
        new = rng.choice("0123456789") if value[i].isdigit() else rng.choice("abcdefghijklmnopqrstuvwxyz")
        edited = {
            "insert": value[:i] + new + value[i:],
            "delete": value[:i] + value[i + 1 :],
            "change": value[:i] + new + value[i + 1 :],
            "swap": value[:i] + value[i + 1 : i + 2] + value[i] + value[i + 2 :],
        }[rng.choice(("insert", "delete", "change", "swap"))]
        if edited.strip() == edited and edited.lower() != value.lower():
            return edited


def written(person: Person, rng: random.Random) -> Iterator[tuple[str, str, str]]:
    """The values of a person's record as people write them: kind, value, a message that holds it."""
    name = person.names[0]
    given, family = name.split(" ", 1)
    for form in (name, name.lower(), name.upper(), f"{family} {given}", f"{given}  {family}", f"Dr. {name}"):
        yield "name, full", form.removeprefix("Dr. "), rng.choice(FULL).format(form)
    for form in (name, name.lower(), f"{family} {given}"):
        edited = with_an_edit(form, rng)
        if not GRAMMAR.isdisjoint(edited.lower().split()):
            continue  # "as Michael" may be nobody's "Das Michael"
        yield "name, full, one edit", edited, rng.choice(FULL).format(edited)
    for form in (f"{given[0]}. {family}", f"{given[0]} {family}", f"{family} {given[0]}."):
        yield "name, initial", form.rstrip("."), rng.choice(FULL).format(form)
    yield "name, alone", given, rng.choice(FULL).format(given)
    yield "name, alone", given.lower(), rng.choice(CUED).format(given.lower())
    yield "name, alone", family, rng.choice(TITLED).format(family)
    for word in (given, family):
        edited = with_an_edit(word, rng).capitalize()
        if len(word) > 3 and len(edited) > 3 and edited.isalpha() and not is_ordinary(edited.lower()):
            yield "name, alone, one edit", edited, rng.choice(FULL).format(edited)
    yield from _written_codes(person, rng)
    yield from _written_birth_dates(person, rng)
    address = person.addresses[0]
    for form in (
        address,
        address.lower(),
        address.replace(",", "\n"),
        address.split(",")[0],
        address.rpartition(",")[2].strip(),
    ):
        yield "address", form, rng.choice(PLACE).format(form)
    edited = with_an_edit(address.split(",")[0], rng)
    yield "address, one edit", edited, rng.choice(PLACE).format(edited)
    email = person.email or ""
    edited = with_an_edit(email, rng)
    for form in (email, email.upper()):
        yield "e-mail", form, rng.choice(CODE).format(form)
    yield "e-mail, one edit", edited, rng.choice(CODE).format(edited)


def _written_codes(person: Person, rng: random.Random) -> Iterator[tuple[str, str, str]]:
    digits = person.phones[0].lstrip("+")
    national, prefix = digits[-10:], digits[:-10]
    phones = (
        f"+{digits}", national, f"0{national}", f"+{prefix} {national[:5]} {national[5:]}",
        f"{national[:5]}-{national[5:]}",
        f"({national[:3]}) {national[3:6]}-{national[6:]}", f"+{prefix}-{national}",
        f"{national[:4]} {national[4:7]} {national[7:]}",
    )  # fmt: skip
    for form in phones:
        yield "phone", form, rng.choice(NUMBER).format(form)
    for form in (national, digits):
        edited = with_an_edit(form, rng)
        yield "phone, one edit", edited, rng.choice(NUMBER).format(edited if form == national else f"+{edited}")
    mrn = person.mrn or ""
    letters = mrn.rstrip("0123456789")
    for form in (mrn, mrn.lower(), mrn.replace(letters, letters + "-"), mrn.replace(letters, letters + " ")):
        yield "mrn", form, rng.choice(CODE).format(form)
    edited = with_an_edit(mrn, rng)
    yield "mrn, one edit", edited, rng.choice(CODE).format(edited)
    for code in person.identifiers:
        edited = with_an_edit(code, rng)
        parted = " ".join(code[i : i + 4] for i in range(0, len(code), 4))
        for form in (code, parted, parted.replace(" ", "-")):
            yield "identifier", form, rng.choice(CODE).format(form)
        yield "identifier, one edit", edited, rng.choice(CODE).format(edited)


def _written_birth_dates(person: Person, rng: random.Random) -> Iterator[tuple[str, str, str]]:
    born = person.birth_date or date(1980, 3, 12)
    forms = [
        f"{born:%d/%m/%Y}", f"{born:%d-%m-%y}", f"{born:%Y-%m-%d}", f"{born:%m/%d/%Y}", f"{born.day} {born:%B %Y}",
        f"{born:%B} {born.day}, {born.year}", f"{born.day}th {born:%b} {born.year}", f"{born:%d %b %y}",
        f"{born:%d.%m.%Y}",
        f"{born.day}/{born.month}/{born.year}", f"{born:%d %m %Y}", f"{born:%d%b%Y}",
        f"{born.day} {born:%B %Y}".lower(),
    ]  # fmt: skip
    for form in forms:
        yield "birth date", form, rng.choice(BORN).format(form)
    for form in (forms[0], forms[2], forms[4], forms[5]):
        edited = with_an_edit(form, rng)
        yield "birth date, one edit", edited, rng.choice(BORN).format(edited)
