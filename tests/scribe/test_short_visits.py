"""Whole short visits, from the transcript to the draft: what was said is in its division and among the facts."""

from __future__ import annotations

import pytest

from scribe.builtin import write_note
from scribe.drafting import Draft, draft_of
from scribe.note import Division
from scribe.visit import read_visit

CHEST_PAIN = """Doctor: Hello Mr. Rao, how can I help?
Patient: I have chest pain when I climb the stairs. It started about a month ago.
Doctor: Any shortness of breath or sweating?
Patient: A little short of breath, no sweating.
Doctor: Do you have diabetes or high blood pressure?
Patient: I have had high blood pressure for ten years.
Doctor: Have you had any operations?
Patient: They took out my gallbladder in 2015.
Doctor: Does anyone in your family have heart disease?
Patient: My father had a heart attack at 55.
Doctor: Do you smoke or drink?
Patient: I smoke ten cigarettes a day.
Doctor: What medications are you on?
Patient: Amlodipine 5 mg once a day and aspirin 75 mg. I used to take atenolol but I stopped it.
Doctor: Your blood pressure today is 150 over 94, oxygen 97 percent, temperature 36.8. Heart sounds are normal, no \
murmurs.
Doctor: This could be stable angina. I will start metoprolol 25 mg twice daily. We will do a stress test and check a \
lipid
panel. I'll refer you to cardiology. If the pain comes at rest go to the emergency department. See you again in one \
week."""

EARACHE = """Doctor: What's wrong with little Maya today?
Mother: She has had an earache since yesterday.
Doctor: Are her vaccines up to date?
Mother: Yes, all of them.
Doctor: Any allergies to medicines?
Mother: She got hives from amoxicillin.
Doctor: Her weight is 14 kilograms. The right eardrum is red and bulging.
Doctor: She has an ear infection on the right, acute otitis media. Because of the allergy I'll give azithromycin 140 \
mg on the
first day, then 70 mg once a day for four days. Bring her back if the fever lasts more than three days."""

LOW_MOOD = """Doctor: How have you been sleeping?
Patient: Badly. I wake up at three and can't go back to sleep.
Doctor: Any thoughts of harming yourself?
Patient: No. Never.
Doctor: Are you still taking the sertraline?
Patient: Yes, 50 milligrams every morning.
Doctor: Your PHQ-9 is 16 today. I'd like to see you in four weeks."""

WRIST = """Doctor: What happened?
Patient: I fell off a ladder this morning and landed on my right wrist.
Doctor: When was your last tetanus shot?
Patient: I think five years ago.
Doctor: Are you on blood thinners?
Patient: Yes, warfarin for atrial fibrillation.
Doctor: On exam the right wrist is swollen. The x-ray shows a fracture of the distal radius.
Doctor: So you have a broken wrist. Take acetaminophen 1 gram every six hours, no ibuprofen because of the warfarin."""

URINE = """Doctor: good morning what seems to be the problem
Patient: i have had burning when i pee for three days
Doctor: any fever or back pain or blood in the urine
Patient: no fever no back pain a little blood
Doctor: okay the urine dip shows nitrites so this is a urinary tract infection
Doctor: i will prescribe nitrofurantoin 100 milligrams twice a day for five days"""

LOOSE_MOTIONS = """Doctor: Namaste, tell me what is the problem?
Patient: Doctor, since four days I am having loose motions and vomiting.
Nurse: I will take your vitals. Pulse is 104, BP 100 by 60, sat 94 on room air.
Doctor: It is acute gastroenteritis. Use your albuterol inhaler two puffs every four hours as needed. Get a serum \
electrolytes
test today. Review after two days."""

PRESSURE = """Doctor: So you're here for your blood pressure. Any chest pain or trouble breathing?
Patient: No, nothing like that. But the lisinopril gives me a cough.
Doctor: Your pressure today is 158 over 96. I'd switch you from lisinopril 20 mg to losartan 50 mg once a day. Let's \
check your
potassium in two weeks."""


ANTENATAL = """Doctor: How are you feeling?
Patient: Tired, and my feet swell in the evening.
Doctor: Blood pressure is 146 over 92. The fetal heart rate is 140. Fundal height is 31 centimeters.
Doctor: Your blood pressure is raised, so I am worried about preeclampsia. I'll see you in three days."""

RASH = """Doctor: What can I do for you?
Patient: I have a rash on both elbows for six months, and it itches.
Doctor: Does anything make it worse?
Patient: Stress, and cold weather.
Doctor: Joint pains?
Patient: No.
Doctor: There are well demarcated erythematous plaques with silvery scale on both elbows.
Doctor: This looks like plaque psoriasis."""


def draft(text: str) -> Draft:
    visit = read_visit(text)
    return draft_of(write_note(visit), visit)


def words(of: Draft, division: Division) -> str:
    return " ".join(
        one.text for section in of.note.sections if section.division is division for one in section.sentences
    )


@pytest.mark.parametrize(
    ("talk", "division", "expected"),
    [
        (CHEST_PAIN, Division.PRESENT_ILLNESS, "chest pain when he climbs the stairs"),
        (CHEST_PAIN, Division.PRESENT_ILLNESS, "A little short of breath, no sweating"),
        (CHEST_PAIN, Division.PAST_MEDICAL, "high blood pressure for 10 years"),
        (CHEST_PAIN, Division.PAST_SURGICAL, "gallbladder in 2015"),
        (CHEST_PAIN, Division.FAMILY, "father had a heart attack at 55"),
        (CHEST_PAIN, Division.SOCIAL, "10 cigarettes a day"),
        (CHEST_PAIN, Division.MEDICATIONS, "Amlodipine 5 mg once a day and aspirin 75 mg"),
        (CHEST_PAIN, Division.EXAM, "Heart sounds are normal"),
        (CHEST_PAIN, Division.ASSESSMENT, "stable angina"),
        (CHEST_PAIN, Division.PLAN, "refer him to cardiology"),
        (CHEST_PAIN, Division.PLAN, "again in 1 week"),
        (EARACHE, Division.CHIEF_COMPLAINT, "Ear pain"),
        (EARACHE, Division.ALLERGIES, "hives from amoxicillin"),
        (EARACHE, Division.IMMUNIZATIONS, "Her vaccines are up to date"),
        (EARACHE, Division.VITALS, "14 kg"),
        (EARACHE, Division.EXAM, "eardrum is red and bulging"),
        (EARACHE, Division.ASSESSMENT, "acute otitis media"),
        (EARACHE, Division.PLAN, "Because of the allergy"),
        (LOW_MOOD, Division.PRESENT_ILLNESS, "wakes up at 3"),
        (LOW_MOOD, Division.PRESENT_ILLNESS, "denies thoughts of harming"),
        (LOW_MOOD, Division.MEDICATIONS, "Sertraline 50 mg every morning"),
        (LOW_MOOD, Division.PLAN, "in 4 weeks"),
        (WRIST, Division.IMMUNIZATIONS, "Last tetanus shot: the patient thinks 5 years ago"),
        (URINE, Division.PRESENT_ILLNESS, "denies fever or back pain"),
        (URINE, Division.ASSESSMENT, "urinary tract infection"),
        (LOOSE_MOTIONS, Division.VITALS, "BP 100/60"),
        (PRESSURE, Division.REVIEW_OF_SYSTEMS, "Respiratory: Denies dyspnea"),
        (PRESSURE, Division.PLAN, "check their potassium"),
        (ANTENATAL, Division.ASSESSMENT, "worried about preeclampsia"),
        (RASH, Division.PRESENT_ILLNESS, "Worse with: Stress, and cold weather"),
        (RASH, Division.PRESENT_ILLNESS, "denies joint pains"),
        (RASH, Division.REVIEW_OF_SYSTEMS, "Integumentary: Reports rash, elbow rash"),
        (RASH, Division.EXAM, "erythematous plaques"),
    ],
)
def test_what_was_said_is_in_its_division(talk: str, division: Division, expected: str) -> None:
    assert expected in words(draft(talk), division)


@pytest.mark.parametrize(
    "talk", [CHEST_PAIN, EARACHE, LOW_MOOD, WRIST, URINE, LOOSE_MOTIONS, PRESSURE, ANTENATAL, RASH]
)
def test_nothing_that_was_said_is_dropped_as_unsupported(talk: str) -> None:
    assert draft(talk).unsupported == 0


@pytest.mark.parametrize(
    ("talk", "drug", "status", "dose"),
    [
        (CHEST_PAIN, "amlodipine", "taking", "5 mg"),
        (CHEST_PAIN, "atenolol", "stopped", None),
        (CHEST_PAIN, "metoprolol", "prescribed", "25 mg"),
        (EARACHE, "azithromycin", "prescribed", None),
        (LOW_MOOD, "sertraline", "taking", "50 mg"),
        (WRIST, "warfarin", "taking", None),
        (LOOSE_MOTIONS, "albuterol", "taking", "2 puffs"),
        (PRESSURE, "lisinopril", "stopped", "20 mg"),
        (PRESSURE, "losartan", "prescribed", "50 mg"),
    ],
)
def test_medications(talk: str, drug: str, status: str, dose: str | None) -> None:
    [found] = [one for one in draft(talk).note.medications if one.name == drug]
    assert found.status == status
    assert (f"{found.dose.value} {found.dose.unit}" if found.dose else None) == dose


def test_an_answer_that_goes_through_the_symptoms_denies_only_those_that_it_names() -> None:
    told = " ".join(one.text for section in draft(URINE).note.sections for one in section.sentences)
    assert "blood in the urine" not in told and "a little blood" in told


def test_what_to_do_if_it_gets_worse_is_no_order() -> None:
    orders = {(one.kind, one.what) for one in draft(CHEST_PAIN).note.orders}
    assert orders == {
        ("procedure", "stress test"),
        ("laboratory", "lipid panel"),
        ("referral", None),
        ("follow_up", None),
    }
    assert ("laboratory", "electrolytes") in {(one.kind, one.what) for one in draft(LOOSE_MOTIONS).note.orders}


def test_measurements() -> None:
    found = {
        (one.name, str(one.quantity.value), one.quantity.code)
        for talk in (CHEST_PAIN, LOW_MOOD, LOOSE_MOTIONS)
        for one in draft(talk).note.measurements
    }
    assert {
        ("oxygen saturation", "97", "%"),
        ("oxygen saturation", "94", "%"),
        ("temperature", "36.8", None),
        ("phq-9 score", "16", "{score}"),
        ("diastolic blood pressure", "60", "mm[Hg]"),
    } <= found


def test_the_childs_heart_is_not_the_mothers() -> None:
    assert {one.name for one in draft(ANTENATAL).note.measurements} == {
        "systolic blood pressure",
        "diastolic blood pressure",
    }


def test_a_parent_is_told_about_the_child() -> None:
    told = [one.text for one in draft(EARACHE).note.summary]
    assert "She has an ear infection on the right, acute otitis media." in told


def test_a_dictation_is_not_read_out_to_the_patient_with_its_commands() -> None:
    dictated = draft("Assessment colon acute sinusitis period plan colon follow up in ten days period")
    assert [one.text for one in dictated.note.summary] == ["Acute sinusitis.", "Follow up in 10 days."]


def test_what_was_denied_and_then_affirmed_is_written_both_and_the_check_decides() -> None:
    visit = read_visit("""Doctor: How is the knee?
Patient: I have no pain at rest.
Doctor: And on the stairs?
Patient: I have pain at rest sometimes, and it swells in the evening.""")
    told = " ".join(one.text for section in write_note(visit).sections for one in section.sentences)
    assert "no pain at rest" in told and "swells in the evening" in told
