"""Case threads, and notes with their versions: saved, edited at once, signed, amended, erased."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from db.blobs import Blobs
from scribe.making import ModelSilent, NoteModel
from tests.conftest import Clone, staff
from tests.doubles.recognisers import instant
from tests.tools.hospital import TENANT, approved, call, follow, new_patient, refused, rows, tools_over
from tools.collab.notes import ContentDiffers, EditedMeanwhile, NoteState
from tools.collab.threads import ThreadClosed, mentions_in
from tools.runtime.errors import Forbidden, Gone, InvalidArguments, NotFound
from tools.runtime.principals import system
from tools.runtime.runtime import Runtime
from tools.runtime.unit_of_work import unit_of_work
from tools.scribe.schemas import DraftNote
from tools.scribe.tools import draft_note
from tools.voice.recognizers import Recognizers
from tools.voice.transcribing import transcribe_session

DOCTOR, NURSE, DESK = staff("physician"), staff("nurse"), staff("front_desk")
VISIT = [
    ("doctor", "what brings you in today ?"),
    ("patient", "my right knee hurts since yesterday . i twisted it on a ladder ."),
    ("doctor", "any numbness or tingling ?"),
    ("patient", "no , none ."),
    ("doctor", "are you taking any medications ?"),
    ("patient", "i take lisinopril 10 milligrams once a day ."),
    ("doctor", "on exam there is tenderness over the medial joint line of the right knee ."),
    ("doctor",
    "i think you have a medial meniscus sprain of the right knee . i want you to take ibuprofen 800 milligrams every "
               "six hours with food for two weeks . we'll get an mri of the right knee if it is not better in one "
               "week ."),
]  # fmt: skip


@pytest.fixture
async def runtime(own_clone: Clone, tmp_path: Path) -> AsyncIterator[Runtime]:
    async with tools_over(own_clone, {Blobs: Blobs.at(tmp_path / "blobs"), Recognizers: instant()}) as runtime:
        yield runtime


def note(plan: str = "Take ibuprofen 800 mg every 6 hours.") -> dict[str, Any]:
    sections = [("assessment", "Medial meniscus sprain of the right knee."), ("plan", plan)]
    return {"sections": [{"division": name, "sentences": [{"text": text}]} for name, text in sections]}


async def saved(runtime: Runtime, patient_id: str, **changes: Any) -> dict[str, Any]:
    given = {"note_id": str(uuid4()), "note": note(), "patient_id": patient_id, **changes}
    return await call(runtime, "collab.add_revision", DOCTOR, **given)


async def visit_of(runtime: Runtime, patient_id: str) -> str:
    """A finished session with the made visit."""
    made = await call(runtime, "voice.start_session", DOCTOR, kind="dictation", patient_id=patient_id)
    said = [
        {"start_s": 10.0 * n, "end_s": 10.0 * n + 9, "text": text, "role": role, "speaker": role}
        for n, (role, text) in enumerate(VISIT)
    ]
    await call(runtime, "voice.add_segments", DOCTOR, session_id=made["id"], engine="elsewhere", segments=said)
    await call(runtime, "voice.finalize", DOCTOR, session_id=made["id"])
    await transcribe_session(runtime, tenant=str(TENANT), session=made["id"])
    return str(made["id"])


async def test_a_note_from_draft_to_amended(runtime: Runtime) -> None:
    patient_id = await new_patient(runtime)
    made = {"kind": "model", "name": "m", "prompt": "scribe/write", "prompt_version": "1", "prompt_sha256": "0" * 64}
    first = await saved(runtime, patient_id, maker=made)
    path = {"note_id": first["note_id"]}
    assert (first["number"], first["state"], first["maker"]["kind"]) == (1, "draft", "model")

    edited = await call(
        runtime, "collab.add_revision", DOCTOR, **path, parent=1, note=note("Rest and ice for one week.")
    )
    assert (edited["number"], edited["parent"], edited["maker"]["kind"]) == (2, 1, "person")
    changes = (await call(runtime, "collab.compare_revisions", DOCTOR, **path, rev=2))["changes"]
    assert changes == [
        {
            "division": "plan",
            "before": ["Take ibuprofen 800 mg every 6 hours."],
            "after": ["Rest and ice for one week."],
        }
    ]

    assert isinstance(
        await refused(runtime, "collab.finalize_revision", DOCTOR, **path, rev=1, content_sha256="0" * 64), NoteState
    )
    wrong = await refused(
        runtime, "collab.finalize_revision", DOCTOR, **path, rev=2, content_sha256=first["content_sha256"]
    )
    assert isinstance(wrong, ContentDiffers)
    sha = {"content_sha256": edited["content_sha256"]}
    assert isinstance(await refused(runtime, "collab.finalize_revision", NURSE, **path, rev=2, **sha), Forbidden)
    final = await call(runtime, "collab.finalize_revision", DOCTOR, **path, rev=2, **sha)
    assert (final["state"], final["signed_by"]) == ("final", DOCTOR.id)
    assert final["distance"]["changed"] > 3 and 0 < final["distance"]["share"] < 1
    assert isinstance(await refused(runtime, "collab.finalize_revision", DOCTOR, **path, rev=2, **sha), NoteState)

    no_reason = await refused(runtime, "collab.add_revision", DOCTOR, **path, parent=2, note=note("Rest."))
    assert isinstance(no_reason, NoteState)
    third = await call(
        runtime, "collab.add_revision", DOCTOR, **path, parent=2, note=note("Rest."), reason="wrong patient leaflet"
    )
    amended = await call(
        runtime, "collab.finalize_revision", DOCTOR, **path, rev=3, content_sha256=third["content_sha256"]
    )
    assert amended["state"] == "amended"
    read = await call(runtime, "collab.get_revision", DOCTOR, **path, rev=3)
    assert read["reason"] == "wrong patient leaflet" and read["note"]["sections"][1]["sentences"][0]["text"] == "Rest."
    states = [one["state"] for one in (await call(runtime, "collab.list_revisions", DOCTOR, **path))["items"]]
    assert states == ["draft", "final", "amended"]

    statuses = []
    for rev in (1, 2, 3):
        bundle = await call(runtime, "collab.note_as_fhir", DOCTOR, **path, rev=rev)
        statuses.append(bundle["entry"][0]["resource"]["status"])
    assert statuses == ["preliminary", "final", "amended"]
    quality = (await call(runtime, "scribe.note_quality", staff("quality_officer")))["items"]
    assert quality[0]["name"] == "m" and quality[0]["notes"] == 2 and quality[0]["mean_share"] > 0


async def test_two_who_edit_at_once(runtime: Runtime) -> None:
    first = await saved(runtime, await new_patient(runtime))
    edits = [
        runtime.call(
            "collab.add_revision", {"note_id": first["note_id"], "parent": 1, "note": note(f"Plan {n}.")}, DOCTOR
        )
        for n in range(6)
    ]
    done = await asyncio.gather(*edits, return_exceptions=True)
    assert sum(not isinstance(one, Exception) for one in done) == 1
    assert all(isinstance(one, EditedMeanwhile) for one in done if isinstance(one, Exception)), done
    late = await refused(runtime, "collab.add_revision", DOCTOR, note_id=first["note_id"], parent=1, note=note("Late."))
    assert isinstance(late, EditedMeanwhile)


async def test_two_who_sign_at_once(runtime: Runtime) -> None:
    first = await saved(runtime, await new_patient(runtime))
    args = {"note_id": first["note_id"], "rev": 1, "content_sha256": first["content_sha256"]}
    done = await asyncio.gather(
        *(runtime.call("collab.finalize_revision", args, DOCTOR) for _ in range(4)), return_exceptions=True
    )
    assert sum(not isinstance(one, Exception) for one in done) == 1, done


async def test_what_does_not_belong_together_is_refused(runtime: Runtime) -> None:
    mine, other = await new_patient(runtime), await new_patient(runtime)
    encounter = await call(runtime, "encounters.create_encounter", patient_id=other)
    for changes, field in (({"encounter_id": encounter["id"]}, "encounter_id"), ({"patient_id": None}, "patient_id")):
        error = await refused(
            runtime,
            "collab.add_revision",
            DOCTOR,
            **{"note_id": str(uuid4()), "note": note(), "patient_id": mine, **changes},
        )
        assert isinstance(error, InvalidArguments) and error.errors[0]["field"] == field
    first = await saved(runtime, mine)
    error = await refused(
        runtime, "collab.add_revision", DOCTOR, note_id=first["note_id"], parent=1, note=note(), patient_id=other
    )
    assert isinstance(error, InvalidArguments)
    assert isinstance(await refused(runtime, "collab.get_revision", DOCTOR, note_id=first["note_id"], rev=9), NotFound)
    assert isinstance(await refused(runtime, "collab.get_revision", DESK, note_id=first["note_id"], rev=1), Forbidden)
    empty = await saved(runtime, mine, note={"sections": []})
    error = await refused(
        runtime,
        "collab.finalize_revision",
        DOCTOR,
        note_id=empty["note_id"],
        rev=1,
        content_sha256=empty["content_sha256"],
    )
    assert isinstance(error, NoteState)


async def test_nothing_of_a_note_stands_in_the_clear_and_nobody_rewrites_it(runtime: Runtime) -> None:
    first = await saved(runtime, await new_patient(runtime))
    [[row]] = await rows(runtime, "SELECT t::text FROM note_revision t")
    assert "ibuprofen" not in row and "meniscus" not in row
    for change in ("UPDATE note_revision SET content_sha256 = 'x'", "DELETE FROM note_revision"):
        with pytest.raises(Exception, match=r"kept as it is|permission denied"):
            await rows(runtime, f"{change} RETURNING id")
    assert (await call(runtime, "collab.get_revision", DOCTOR, note_id=first["note_id"], rev=1))["number"] == 1


async def test_an_erased_patient_s_notes_cannot_be_read(runtime: Runtime) -> None:
    patient_id = await new_patient(runtime)
    first = await saved(runtime, patient_id)
    thread = await call(runtime, "collab.open_thread", DOCTOR, patient_id=patient_id, title="Knee")
    await call(runtime, "collab.post_message", DOCTOR, thread_id=thread["id"], text="Seen today.")
    await approved(runtime, "record.erase_patient", patient_id=patient_id, reason="asked in writing")
    assert isinstance(await refused(runtime, "collab.get_revision", DOCTOR, note_id=first["note_id"], rev=1), Gone)
    shown = await call(runtime, "collab.list_messages", DOCTOR, thread_id=thread["id"])
    assert shown["items"][0]["text"] == "[erased]"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("@assistant draft", ["assistant"]),
        ("ask @nurse and @care-coordinator, @user:meera", ["role:nurse", "role:care_coordinator", "user:user:meera"]),
        ("mail a@b.example", []),
        ("@@x @nurse @nurse.", ["role:nurse"]),
        ("@patient", ["user:patient"]),
        ("", []),
    ],
)
def test_mentions(text: str, named: list[str]) -> None:
    assert mentions_in(text) == named


async def test_a_thread_and_who_is_mentioned(runtime: Runtime) -> None:
    thread = await call(runtime, "collab.open_thread", DOCTOR, patient_id=await new_patient(runtime), title="Knee")
    path = {"thread_id": thread["id"]}
    await call(runtime, "collab.post_message", DOCTOR, **path, text="@nurse please take the weight")
    await call(runtime, "collab.post_message", NURSE, **path, text=f"done @{DOCTOR.id}")
    assert [m["text"] for m in (await call(runtime, "collab.list_mentions", NURSE))["items"]] == [
        "@nurse please take the weight"
    ]
    assert [m["author"] for m in (await call(runtime, "collab.list_mentions", DOCTOR))["items"]] == [NURSE.id]
    assert len((await call(runtime, "collab.list_messages", DOCTOR, **path))["items"]) == 2
    await call(runtime, "collab.set_thread", DOCTOR, **path, state="closed")
    assert isinstance(await refused(runtime, "collab.post_message", NURSE, **path, text="late"), ThreadClosed)
    await call(runtime, "collab.set_thread", DOCTOR, **path, state="open")
    await call(runtime, "collab.post_message", NURSE, **path, text="in time")
    assert isinstance(await refused(runtime, "collab.get_thread", DESK, **path), Forbidden)


async def ask(runtime: Runtime, thread_id: str, text: str) -> str:
    """The assistant's answer to a message."""
    posted = await call(runtime, "collab.post_message", DOCTOR, thread_id=thread_id, text=text)
    await follow(runtime, thread_id)
    messages = (await call(runtime, "collab.list_messages", DOCTOR, thread_id=thread_id))["items"]
    [answer] = [one for one in messages if one["answers"] == posted["id"]]
    assert (answer["author"], answer["kind"]) == ("assistant", "agent")
    return str(answer["text"])


async def test_the_assistant_takes_part(runtime: Runtime) -> None:
    patient_id = await new_patient(runtime)
    thread = (await call(runtime, "collab.open_thread", DOCTOR, patient_id=patient_id, title="Knee"))["id"]
    assert "no finished recording" in await ask(runtime, thread, "@assistant draft the note")
    await visit_of(runtime, patient_id)
    answer = await ask(runtime, thread, "@assistant please draft")
    assert "Draft saved as note" in answer and "version 1" in answer
    [(note_id, kind, author)] = await rows(runtime, "SELECT note_id, maker_kind, author FROM note_revision")
    assert kind == "built-in" and isinstance(note_id, UUID) and author.startswith("system")
    assert "sentences hold" in await ask(runtime, thread, "@assistant check it")
    assert "ibuprofen" in await ask(runtime, thread, "@assistant what was said about ibuprofen?")
    assert "Nothing was said" in await ask(runtime, thread, "@assistant what did he say about chemotherapy?")
    assert "I can:" in await ask(runtime, thread, "@assistant order morphine")
    assert len(await rows(runtime, "SELECT 1 FROM note_revision")) == 1


async def test_the_assistant_asks_the_model_that_the_endpoint_asks(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Outside any transaction; where it is silent, the note is written by rules and says so."""
    asked: list[int] = []

    class Silent:
        async def write(self, visit: Any, divisions: Any) -> Any:
            asked.append(runtime.database.engine.pool.checkedout())  # type: ignore[attr-defined]
            raise ModelSilent("timeout")

    patient_id = await new_patient(runtime)
    thread = (await call(runtime, "collab.open_thread", DOCTOR, patient_id=patient_id, title="Knee"))["id"]
    await visit_of(runtime, patient_id)
    monkeypatch.setitem(runtime.services._by_type, NoteModel, Silent())
    answer = await ask(runtime, thread, "@assistant please draft")
    assert asked == [0] and "The language model gave no note (timeout)" in answer


async def test_a_slow_tool_is_not_called_without_its_slow_part(runtime: Runtime) -> None:
    caller = system(TENANT, "test")
    async with unit_of_work(runtime, TENANT, header=runtime.header_for(caller, "job")) as work:
        context = await runtime.context(work, caller)
        with pytest.raises(RuntimeError, match=r"scribe\.draft_note is to be prepared"):
            await context.call(draft_note, DraftNote(text="Doctor: hello"))
