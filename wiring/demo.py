"""The demo hospital: 3 locations, 12 specialties, 30 doctors, 200 patients, 60 days of slots, from a seed: the same
every time. All people are invented."""

from __future__ import annotations

import hashlib
import hmac
import random
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from db.engine import Database
from db.json import JsonObject
from tools.access.keys import hash_key
from tools.access.tables import ApiKey
from tools.facility.tables import Location, Practitioner, Specialty
from tools.patients.tables import Consent, Patient, PatientRelation
from tools.runtime.tables import TenantRecord
from tools.scheduling.calendar import intervals
from tools.scheduling.tables import ProviderSchedule, TimeSlot

SEED = 20261121
SLUG = "demo"
ZONE = "Asia/Kolkata"
WHATSAPP = "+918045550100"
VOICE = "+918045550101"
TRANSFER = "+918045550102"
ROLES = (
    "physician", "nurse", "front_desk", "care_coordinator", "ops_lead", "quality_officer", "auditor", "admin", "patient"
)  # fmt: skip

SPECIALTIES = {
    "general-medicine": "General Medicine", "paediatrics": "Paediatrics",
    "obstetrics-gynaecology": "Obstetrics & Gynaecology",
    "orthopaedics": "Orthopaedics", "cardiology": "Cardiology", "dermatology": "Dermatology",
    "ophthalmology": "Ophthalmology", "ent": "ENT", "neurology": "Neurology", "gastroenterology": "Gastroenterology",
    "psychiatry": "Psychiatry", "dentistry": "Dentistry",
}  # fmt: skip
LOCATIONS: tuple[JsonObject, ...] = (
    {"name": "Main Campus", "aliases": ["main hospital", "main branch", "Residency Road"], "city": "Bengaluru",
     "address": "14 Residency Road, Bengaluru 560025", "phone": "+91 80 4555 0101",
     "hours": "Monday to Saturday 8 am to 8 pm, emergency always",
     "parking": "free for patients in the basement, entrance from Museum Road"},
    {"name": "Lakeside Clinic", "aliases": ["lake side", "Ulsoor", "lake clinic"], "city": "Bengaluru",
     "address": "3 Ulsoor Lake View, Bengaluru 560008", "phone": "+91 80 4555 0102",
     "hours": "Monday to Saturday 9 am to 6 pm", "parking": "twenty places in front of the clinic, Rs 20 an hour"},
    {"name": "North Centre", "aliases": ["north center", "Hebbal", "north branch"], "city": "Bengaluru",
     "address": "88 Bellary Road, Hebbal, Bengaluru 560024", "phone": "+91 80 4555 0103",
     "hours": "Monday to Saturday 8 am to 7 pm", "parking": "car park behind the building, free for two hours"},
)  # fmt: skip
DOCTORS = (
    ("Meera Nair", 0), ("Rajesh Kulkarni", 0), ("Sarah Thompson", 0), ("Imran Sheikh", 0),
    ("Kavita Rao", 1), ("Daniel Fernandes", 1), ("Lakshmi Menon", 1),
    ("Ananya Iyer", 2), ("Fatima Qureshi", 2), ("Emily Carter", 2),
    ("Vikram Shetty", 3), ("Arjun Reddy", 3), ("Michael Okafor", 3),
    ("Suresh Pillai", 4), ("Deepa Krishnan", 4), ("Robert Hayes", 4),
    ("Nisha Agarwal", 5), ("Priya Banerjee", 5),
    ("Harish Gowda", 6), ("Grace Mathew", 6),
    ("Sanjay Deshpande", 7), ("Ritu Malhotra", 7),
    ("Ashok Srinivasan", 8), ("Claire Bennett", 8),
    ("Mohammed Ansari", 9), ("Sunita Joshi", 9),
    ("Neha Kapoor", 10), ("Thomas Varghese", 10),
    ("Pooja Hegde", 11), ("Kevin D'Souza", 11),
)  # fmt: skip
_MEN = {"Rajesh", "Imran", "Daniel", "Vikram", "Arjun", "Michael", "Suresh", "Robert", "Harish", "Sanjay", "Ashok",
        "Mohammed", "Thomas", "Kevin"}  # fmt: skip
_GIVEN = {
    "female": ("Asha", "Bhavna", "Chitra", "Divya", "Farah", "Gita", "Hema", "Indira", "Jaya", "Kiran", "Leela",
    "Manju",
               "Nandini", "Olivia", "Padma", "Rachel", "Sneha", "Tara", "Usha", "Zoya"),
    "male": ("Aditya", "Bharat", "Chetan", "Dev", "Eshan", "Farhan", "Ganesh", "Hari", "Ishaan", "James", "Karthik",
             "Lokesh", "Manish", "Nikhil", "Omkar", "Pranav", "Rahul", "Siddharth", "Tarun", "Yusuf"),
}  # fmt: skip
_FAMILY = ("Acharya", "Bhat", "Chandra", "Das", "Easwaran", "Fernandez", "Ghosh", "Hussain", "Jain", "Kamath", "Lobo",
           "Mehta", "Naidu", "Oberoi", "Patil", "Rangan", "Saxena", "Thomas", "Upadhyay", "Verma", "Walker",
           "Yadav")  # fmt: skip
_HOURS = ((time(9), time(13)), (time(14), time(18)), (time(10), time(16)), (time(16), time(20)))


def demo_key(secret: bytes, role: str) -> str:
    """The demo key of a role: derived from the installation's secret, so that it can be printed again."""
    return f"wl_{SLUG}_{hmac.new(secret, f'demo-key:{role}'.encode(), hashlib.sha256).hexdigest()}"


def _id(*names: object) -> UUID:
    digest = hashlib.sha256(f"{SEED}|{'|'.join(map(str, names))}".encode()).digest()
    return UUID(bytes=digest[:16], version=4)


TENANT_ID = _id("tenant")


async def load(owner_url: str, *, secret: bytes, now: datetime, horizon_days: int = 60) -> bool:
    """Make the demo hospital, unless it is there. Runs as the owner: only the owner makes tenants."""
    database = Database(owner_url, pool_size=1)
    try:
        async with database.begin(TENANT_ID) as session:
            if await session.get(TenantRecord, TENANT_ID) is not None:
                return False
            tenant = {
                "slug": SLUG,
                "name": "Lotus Hospital",
                "zone": ZONE,
                "country": "IN",
                "whatsapp_number": WHATSAPP,
                "voice_number": VOICE,
                "transfer_number": TRANSFER,
            }
            await session.execute(insert(TenantRecord).values(id=TENANT_ID, **tenant))
            today = now.astimezone(ZoneInfo(ZONE)).date()
            schedules = await _people_and_places(session, today)
            await _patients(session, now)
            await _keys(session, secret)
            await _slots(session, schedules, today=today, horizon_days=horizon_days)
        return True
    finally:
        await database.close()


async def _people_and_places(session: AsyncSession, today: date) -> list[ProviderSchedule]:
    rng = random.Random(SEED)
    codes = list(SPECIALTIES)
    await session.execute(
        insert(Location), [{"id": _id("location", location["name"]), "tenant_id": TENANT_ID, "zone": ZONE, "version": 1,
        **location} for location in LOCATIONS]
    )  # fmt: skip
    await session.execute(
        insert(Specialty), [{"id": _id("specialty", code), "tenant_id": TENANT_ID, "code": code, "name": name} for code,
        name in SPECIALTIES.items()]
    )  # fmt: skip
    doctors, schedules = [], []
    for number, (name, specialty) in enumerate(DOCTORS):
        doctor_id = _id("doctor", name)
        doctors.append(
            {"id": doctor_id, "tenant_id": TENANT_ID, "version": 1, "name": f"Dr. {name}", "active": True,
             "specialty_code": codes[specialty], "languages": ["en", "hi"],
             "sex": "male" if name.split()[0] in _MEN else "female"}
        )  # fmt: skip
        start, end = _HOURS[number % len(_HOURS)]
        off = rng.randrange(6)
        schedules.append(
            ProviderSchedule(
                id=_id("schedule", name), tenant_id=TENANT_ID, practitioner_id=doctor_id, state="active", version=1,
                location_id=_id("location", LOCATIONS[number % len(LOCATIONS)]["name"]),
                specialty_code=codes[specialty],
                weekdays=[day for day in range(6) if day != off], local_start=start, local_end=end, slot_minutes=30,
                capacity=1, valid_from=today, exceptions=[],
            )
        )  # fmt: skip
    await session.execute(insert(Practitioner), doctors)
    session.add_all(schedules)
    await session.flush()
    return schedules


async def _patients(session: AsyncSession, now: datetime) -> None:
    rng = random.Random(SEED + 1)
    patients, consents, relations = [], [], []
    for number in range(200):
        sex = "female" if number % 2 == 0 else "male"
        patient_id = _id("patient", number)
        family = _FAMILY[number // 4 % len(_FAMILY)]
        # every tenth patient is a child or parent on the number of the patient before
        shares = number % 10 == 9
        phone = f"+9198450{10000 + (number - 1 if shares else number):05d}"
        years = rng.randrange(3, 14) if shares else rng.randrange(19, 88)
        born = date(2026 - years, rng.randrange(1, 13), rng.randrange(1, 29))
        patients.append(
            {"id": patient_id, "tenant_id": TENANT_ID, "version": 1, "mrn": f"LH{100000 + number}",
             "given": _GIVEN[sex][number // 2 % 20], "family": family, "birth_date": born, "sex": sex, "phone": phone,
             "language": "en", "channel": "whatsapp", "address": f"{rng.randrange(1, 300)} {family} Layout, Bengaluru"}
        )  # fmt: skip
        for purpose in ("care", "messages"):
            consents.append(
                {"id": _id("consent", number, purpose), "tenant_id": TENANT_ID, "patient_id": patient_id,
                 "purpose": purpose, "channel": "any", "given_at": now.astimezone(UTC),
                 "evidence": {"how": "registration"}}
            )  # fmt: skip
        if shares:
            other = _id("patient", number - 1)
            relations.append(_relation(other, patient_id, "daughter" if sex == "female" else "son"))
        elif number % 10 == 4:  # the patient may act for a parent with a number of their own
            parent = _id("patient", number - 1)
            relations.append(_relation(patient_id, parent, "father" if (number - 1) % 2 else "mother"))
    await session.execute(insert(Patient), patients)
    await session.execute(insert(Consent), consents)
    await session.execute(insert(PatientRelation), relations)


def _relation(patient_id: UUID, related_id: UUID, relation: str) -> JsonObject:
    names = {"patient_id": patient_id, "related_id": related_id, "relation": relation, "may_act": True}
    return {"id": _id("relation", patient_id, related_id), "tenant_id": TENANT_ID, **names}


async def _keys(session: AsyncSession, secret: bytes) -> None:
    rows = [
        {"id": _id("key", role), "tenant_id": TENANT_ID, "name": f"demo {role}", "role": role,
         "key_hash": hash_key(demo_key(secret, role)), "patient_id": _id("patient", 0) if role == "patient" else None,
         "practitioner_id": _id("doctor", "Meera Nair") if role == "physician" else None}
        for role in ROLES
    ]  # fmt: skip
    await session.execute(insert(ApiKey), rows)


async def _slots(session: AsyncSession, schedules: list[ProviderSchedule], *, today: date, horizon_days: int) -> None:
    zone = ZoneInfo(ZONE)
    rows = [
        {"id": _id("slot", schedule.id, interval.starts_at), "tenant_id": TENANT_ID, "schedule_id": schedule.id,
         "practitioner_id": schedule.practitioner_id, "location_id": schedule.location_id,
         "specialty_code": schedule.specialty_code, "starts_at": interval.starts_at, "ends_at": interval.ends_at,
         "local_date": interval.local_date, "local_time": interval.local_time, "capacity": schedule.capacity}
        for schedule in schedules
        for interval in intervals(schedule, zone, first=today, last=today + timedelta(days=horizon_days - 1))
    ]  # fmt: skip
    await session.execute(insert(TimeSlot), rows)
    await session.execute(text("ANALYZE"))


@dataclass(frozen=True, slots=True)
class DemoFacts:
    """What someone who tries the service needs to know."""

    patients: list[JsonObject]
    doctors: list[JsonObject]


async def facts(database: Database, tenant_id: UUID) -> DemoFacts:
    """The demo's patients with numbers and birth dates, and doctors with specialties."""
    async with database.begin(tenant_id) as session:
        patients = await session.execute(
            select(Patient.id, Patient.given, Patient.family, Patient.phone, Patient.birth_date, Patient.mrn).order_by(
                Patient.mrn
            )
        )
        doctors = await session.execute(
            select(Practitioner.id, Practitioner.name, Practitioner.specialty_code).order_by(Practitioner.name)
        )
        return DemoFacts(
            patients=[dict(row._mapping) for row in patients], doctors=[dict(row._mapping) for row in doctors]
        )
