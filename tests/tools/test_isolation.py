"""Another tenant, another patient, no permission, a narrowed scope, an expired or revoked key: refused for every tool
in the registry. A new tool must be given a sample here, or the first test fails."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert, select, text

from db.engine import Database
from tests.conftest import NOW, Clone, staff
from tools import rooms
from tools.access.keys import hash_key, principal_of_key
from tools.access.tables import ApiKey
from tools.facility.tables import Location, Practitioner
from tools.runtime.errors import ToolError, Unauthenticated
from tools.runtime.principals import Principal, patient_principal
from tools.runtime.runtime import Reply, Runtime
from tools.runtime.tables import DeadJob, TenantRecord
from tools.runtime.tool import Effect, Tool, all_tools
from wiring import demo

rooms.load()
TOOLS = list(all_tools())
OTHER_TENANT = UUID("00000000-0000-4000-8000-00000000000b")


@dataclass(frozen=True, slots=True)
class Ids:
    """Records of the demo tenant, of its patient 0."""

    patient: str
    other_patient: str
    practitioner: str
    location: str
    slot: str
    schedule: str
    appointment: str
    encounter: str
    conversation: str
    ticket: str
    consent: str
    waitlist: str
    key: str
    approval: str
    session: str
    policy: str
    violation: str
    endpoint: str
    delivery: str
    voice: str
    segment: str
    thread: str
    message: str
    note: str
    dead_job: str
    holiday: str


NOTE = {"sections": [{"division": "plan", "sentences": [{"text": "secret plan", "segments": [], "findings": []}]}]}


def samples(i: Ids) -> dict[str, dict[str, Any]]:
    """Valid arguments for every tool, naming records of patient 0."""
    patient, appointment, slot = {"patient_id": i.patient}, {"appointment_id": i.appointment}, {"slot_id": i.slot}
    conversation, voice = {"conversation_id": i.conversation}, {"session_id": i.voice}
    stretch = {
        "practitioner_id": i.practitioner,
        "starts_at": "2026-11-24T00:00:00Z",
        "ends_at": "2026-11-25T00:00:00Z",
    }
    schedule = {
        "practitioner_id": i.practitioner,
        "location_id": i.location,
        "weekdays": [6],
        "valid_from": "2027-01-01",
    }
    waiting = {**patient, "specialty": "ent", "date_from": "2026-12-01", "date_to": "2026-12-10"}
    person = {"given": "A", "family": "B", "birth_date": "1990-01-01"}
    return {
        "access.create_api_key": {"name": "x", "role": "patient", **patient},
        "access.list_api_keys": {},
        "access.revoke_api_key": {"key_id": i.key},
        "alerts.create_endpoint": {"url": "https://receiver.example/hook"},
        "alerts.list_endpoints": {},
        "alerts.update_endpoint": {"endpoint_id": i.endpoint, "description": "x"},
        "alerts.rotate_secret": {"endpoint_id": i.endpoint},
        "alerts.remove_endpoint": {"endpoint_id": i.endpoint},
        "alerts.send_test": {"endpoint_id": i.endpoint},
        "alerts.list_deliveries": {},
        "alerts.redeliver": {"delivery_id": i.delivery},
        "alerts.redeliver_failed": {"endpoint_id": i.endpoint, "since": "2026-01-01T00:00:00Z"},
        "approvals.list_approvals": {},
        "approvals.decide_approval": {"approval_id": i.approval, "decision": "approved", "reason": "x"},
        "jobs.list_dead_jobs": {},
        "jobs.retry_dead_job": {"job_id": i.dead_job},
        "jobs.drop_dead_job": {"job_id": i.dead_job, "reason": "x"},
        "communications.list_communications": {},
        "communications.list_of_patient": patient,
        "communications.list_templates": {},
        "communications.set_template": {"name": "reminder", "language": "en", "content_sid": "HX" + "0" * 32},
        "communications.send_communication": {**patient, "purpose": "information", "body": "x"},
        "conversations.assign_conversation": {**conversation, "to": "someone"},
        "conversations.close_conversation": conversation,
        "conversations.get_conversation": conversation,
        "conversations.hand_over": {**conversation, "reason": "x"},
        "conversations.list_conversations": {},
        "conversations.list_messages": conversation,
        "conversations.list_outbox": {},
        "conversations.open_conversation": patient,
        "conversations.post_message": {**conversation, "body": "x"},
        "encounters.complete_encounter": {"encounter_id": i.encounter},
        "encounters.create_encounter": appointment,
        "encounters.get_encounter": {"encounter_id": i.encounter},
        "encounters.list_encounters": {},
        "encounters.update_encounter": {"encounter_id": i.encounter, "reason": "x"},
        "facility.list_locations": {},
        "facility.list_practitioners": {},
        "facility.list_specialties": {},
        "fhir.read_resource": {"resource_type": "Appointment", "resource_id": i.appointment},
        "patients.create_patient": person,
        "patients.get_patient": patient,
        "patients.give_consent": {**patient, "purpose": "research"},
        "patients.link_relative": {**patient, "related_id": i.other_patient, "relation": "aunt"},
        "patients.list_consents": patient,
        "patients.list_relatives": patient,
        "patients.remove_patient": patient,
        "patients.search_patients": {},
        "patients.set_message_consent": {**patient, "allowed": False},
        "patients.update_patient": {**patient, "address": "x"},
        "patients.withdraw_consent": {**patient, "consent_id": i.consent},
        "policies.add_policy": {"document": "name: another\nversion: '1'\nrules: []"},
        "policies.get_policy": {},
        "policies.list_policies": {},
        "policies.put_in_force": {"policy_id": i.policy, "reason": "x"},
        "record.apply_retention": {},
        "record.audit_events": {},
        "record.break_glass": {"session_id": i.session, "reason": "a good reason"},
        "record.end_session": {"session_id": i.session, "outcome": "x"},
        "record.erase_patient": {**patient, "reason": "asked for it"},
        "record.get_retention": {},
        "record.list_break_glass": {},
        "record.list_responses": {},
        "record.list_tool_calls": {},
        "record.log_response": {
            "session_id": i.session,
            "model": "x",
            "asked": "x",
            "answered": "x",
            "latency_ms": 1.0,
        },
        "record.log_tool_call": {
            "session_id": i.session,
            "tool": "x",
            "arguments": "{}",
            "outcome": "ok",
            "latency_ms": 1.0,
        },
        "record.rerun_session": {"session_id": i.session},
        "record.set_retention": {"data_class": "record", "days": 3000},
        "record.start_session": {"agent": "x", "channel": "x"},
        "record.stats": {},
        "record.who_has_seen": patient,
        "violations.get_violation": {"violation_id": i.violation},
        "violations.list_violations": {},
        "violations.report_violation": {"session_id": i.session, "rule": "x", "severity": "low", "evidence": "x"},
        "violations.update_violation": {"violation_id": i.violation, "state": "acknowledged"},
        "record.get_session": {"session_id": i.session},
        "record.list_runs": {},
        "record.list_sessions": {},
        "record.list_tools": {},
        "record.replay_session": {"session_id": i.session},
        "record.export": {},
        "record.list_seals": {},
        "record.prove_entry": {"session_id": i.session, "seq": 1},
        "record.verify": {},
        "scheduling.book_appointment": {**patient, **slot},
        "scheduling.cancel_appointment": appointment,
        "scheduling.change_appointment": {**appointment, "reason": "x"},
        "scheduling.check_in": appointment,
        "scheduling.complete_appointment": appointment,
        "scheduling.confirm_appointment": appointment,
        "scheduling.create_schedule": {**schedule, "local_start": "09:00:00", "local_end": "10:00:00"},
        "scheduling.find_slots": {},
        "scheduling.close_slots": {**stretch, "reason": "x"},
        "scheduling.open_slots": stretch,
        "scheduling.get_appointment": appointment,
        "scheduling.get_schedule": {"schedule_id": i.schedule},
        "scheduling.hold_slot": {**slot, **patient},
        "scheduling.join_waitlist": waiting,
        "scheduling.leave_waitlist": {"entry_id": i.waitlist},
        "scheduling.add_holiday": {"name": "x", "valid_from": "2027-01-26", "location_id": i.location},
        "scheduling.remove_holiday": {"holiday_id": i.holiday},
        "scheduling.list_holidays": {},
        "scheduling.list_appointments": {},
        "scheduling.list_schedules": {},
        "scheduling.list_waitlist": {},
        "scheduling.mark_left_without_being_seen": appointment,
        "scheduling.mark_no_show": appointment,
        "scheduling.materialize_slots": {"schedule_id": i.schedule, "date_from": "2027-01-01", "date_to": "2027-01-02"},
        "scheduling.release_hold": {**slot, **patient},
        "scheduling.reschedule_appointment": {**appointment, **slot},
        "scheduling.undo_attendance": {**appointment, "reason": "x"},
        "scheduling.update_schedule": {"schedule_id": i.schedule, "capacity": 2},
        "tickets.add_comment": {"ticket_id": i.ticket, "body": "x"},
        "tickets.create_ticket": {"category": "x", "subject": "x", **patient},
        "tickets.get_ticket": {"ticket_id": i.ticket},
        "tickets.list_tickets": {},
        "tickets.update_ticket": {"ticket_id": i.ticket, "assignee": "x"},
        "collab.add_revision": {"note_id": i.note, "parent": 1, "note": NOTE},
        "collab.answer_message": {"thread_id": i.thread, "text": "x", "answers": i.message},
        "collab.compare_revisions": {"note_id": i.note, "rev": 1, "against": 1},
        "collab.finalize_revision": {"note_id": i.note, "rev": 1, "content_sha256": "0" * 64},
        "collab.get_revision": {"note_id": i.note, "rev": 1},
        "collab.get_thread": {"thread_id": i.thread},
        "collab.list_mentions": {},
        "collab.list_messages": {"thread_id": i.thread},
        "collab.list_revisions": {"note_id": i.note},
        "collab.list_threads": {},
        "collab.note_as_fhir": {"note_id": i.note, "rev": 1},
        "collab.open_thread": {**patient, "title": "x"},
        "collab.post_message": {"thread_id": i.thread, "text": "x"},
        "collab.set_thread": {"thread_id": i.thread, "state": "closed"},
        "scribe.draft_note": voice,
        "scribe.list_templates": {},
        "scribe.note_quality": {},
        "scribe.validate_note": {**voice, "note_text": "x"},
        "voice.add_segments": {**voice, "engine": "x", "segments": [{"start_s": 0.0, "end_s": 1.0, "text": "x"}]},
        "voice.correct_segment": {**voice, "segment_id": i.segment, "text": "x"},
        "voice.delete_session": voice,
        "voice.enrol": {**voice, "practitioner_id": i.practitioner, "agreed": True},
        "voice.finalize": voice,
        "voice.forget": {"practitioner_id": i.practitioner},
        "voice.get_session": voice,
        "voice.get_transcript": voice,
        "voice.list_sessions": {},
        "voice.name_speaker": {**voice, "speaker": "S1", "role": "doctor"},
        "voice.start_session": {**patient, "kind": "dictation"},
    }


# What these are given, or make, is the caller's own; the lists of calls show a caller's own attempts with their
# arguments.
NAMES_NO_RECORD = {
    "alerts.create_endpoint", "patients.create_patient", "record.list_tools", "communications.set_template",
    "policies.add_policy",
    "record.apply_retention", "record.set_retention", "record.start_session", "record.list_tool_calls",
    "record.audit_events",
}  # fmt: skip
# Answers that are the same for every tenant or patient, and name no patient.
PUBLIC = {"facility.list_locations", "facility.list_practitioners", "facility.list_specialties", "record.list_tools",
          "scheduling.find_slots"}  # fmt: skip


@pytest.fixture(scope="module")
async def ids(runtime: Runtime, clone: Clone) -> Ids:
    admin = staff()

    async def made(name: str, /, **args: Any) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads((await runtime.call(name, args, admin)).body)
        return answer

    patient, other = str(demo._id("patient", 40)), str(demo._id("patient", 41))
    slots = (await made("scheduling.find_slots", specialty="neurology", limit=3))["items"]
    appointment = await made("scheduling.book_appointment", patient_id=patient, slot_id=slots[0]["id"])
    encounter = await made("encounters.create_encounter", patient_id=patient)
    conversation = await made("conversations.open_conversation", patient_id=patient)
    waiting = await made(
        "scheduling.join_waitlist", patient_id=patient, specialty="dentistry", date_from="2026-12-01",
        date_to="2026-12-02"
    )  # fmt: skip
    ticket = await made("tickets.create_ticket", category="x", subject="secret subject", patient_id=patient)
    consents = (await made("patients.list_consents", patient_id=patient))["items"]
    key = await made("access.create_api_key", name="x", role="nurse")
    sessions = (await made("record.list_sessions"))["items"]
    async with OwnerDatabase(clone) as database, database.begin(OTHER_TENANT) as session:
        zone = {"zone": "America/New_York", "country": "US"}
        await session.execute(insert(TenantRecord).values(id=OTHER_TENANT, slug="other", name="Other", **zone))
    holiday = (await made("scheduling.add_holiday", name="secret day", valid_from="2027-03-01"))["id"]
    policy = await made("policies.add_policy", document="name: own\nversion: '1'\nrules: []")
    endpoint = await made("alerts.create_endpoint", url="https://receiver.example/")
    told = {"session_id": sessions[0]["id"], "rule": "x", "severity": "low", "evidence": "secret evidence"}
    violation = await made("violations.report_violation", **told)
    voice = (await made("voice.start_session", kind="dictation", patient_id=patient))["id"]
    said = [{"start_s": 0.0, "end_s": 1.0, "text": "secret words", "speaker": "S1"}]
    await made("voice.add_segments", session_id=voice, engine="x", segments=said)
    segment = (await made("voice.get_transcript", session_id=voice))["segments"][0]["id"]
    thread = (await made("collab.open_thread", patient_id=patient, title="secret title"))["id"]
    message = (await made("collab.post_message", thread_id=thread, text="secret message @user:admin"))["id"]
    dead_job, facts = uuid4(), {"task": "x", "args": {}, "attempts": 1, "error": "secret", "state": "dead"}
    async with runtime.database.begin(demo.TENANT_ID) as session:
        row = {"id": dead_job, "tenant_id": demo.TENANT_ID, "job_id": 1, "at": NOW, **facts}
        await session.execute(insert(DeadJob).values(row))
    note = str(uuid4())
    await made("collab.add_revision", note_id=note, note=NOTE, patient_id=patient)
    return Ids(
        patient=patient, other_patient=other, practitioner=slots[0]["practitioner_id"],
        location=slots[0]["location_id"], slot=slots[1]["id"], schedule=str(demo._id("schedule", demo.DOCTORS[0][0])),
        appointment=appointment["id"], encounter=encounter["id"], conversation=conversation["id"], ticket=ticket["id"],
        consent=consents[0]["id"], waitlist=waiting["id"], key=key["id"], approval=str(uuid4()),
        session=sessions[0]["id"], policy=policy["id"], violation=violation["id"], endpoint=endpoint["id"],
        delivery=str(uuid4()),
        voice=voice, segment=segment, thread=thread, message=message, note=note, dead_job=str(dead_job),
        holiday=holiday,
    )  # fmt: skip


class OwnerDatabase:
    def __init__(self, clone: Clone) -> None:
        self.database = Database(clone.owner, pool_size=1)

    async def __aenter__(self) -> Database:
        return self.database

    async def __aexit__(self, *error: object) -> None:
        await self.database.close()


async def tried(
    runtime: Runtime, tool: Tool, args: dict[str, Any], caller: Principal
) -> tuple[Reply | None, ToolError | None]:
    """What was given, or why not."""
    try:
        return await runtime.call(tool.name, args, caller), None
    except ToolError as error:
        return None, error


async def test_every_tool_has_a_sample(ids: Ids) -> None:
    assert sorted(samples(ids)) == [tool.name for tool in TOOLS]


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
async def test_another_tenant(tool: Tool, ids: Ids, runtime: Runtime) -> None:
    """The admin of another tenant, naming this tenant's records: not found, or an answer without a trace of them."""
    args = samples(ids)[tool.name]
    if tool.name in NAMES_NO_RECORD:
        return
    reply, error = await tried(runtime, tool, args, staff("admin", OTHER_TENANT))
    if reply is None:
        known = error is not None and (
            error.status in (404, 422) or (tool.effect is Effect.CRITICAL and error.status == 409)
        )
        assert known, error
        return
    assert not any(value in reply.body for value in ids_of(ids)), reply.body
    assert tool.effect is Effect.READ or json.loads(reply.body) == {"released": 0}


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
async def test_another_patient(tool: Tool, ids: Ids, runtime: Runtime) -> None:
    """Another patient of the same hospital, naming patient 0's records."""
    args = samples(ids)[tool.name]
    before = await everything(runtime, ids)
    reply, error = await tried(runtime, tool, args, patient_principal(demo.TENANT_ID, UUID(ids.other_patient)))
    if reply is None:
        assert error is not None and error.status in (403, 404), error
    else:
        assert tool.by_patient
        own = (ids.patient, ids.appointment, ids.encounter, ids.conversation, ids.ticket, ids.consent, ids.waitlist)
        assert not any(value in reply.body for value in own), reply.body
        assert tool.effect is Effect.READ or json.loads(reply.body) == {"released": 0}
    assert await everything(runtime, ids) == before


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
async def test_no_permission(tool: Tool, ids: Ids, runtime: Runtime) -> None:
    """No role, and a role narrowed by scopes to nothing."""
    nobody = Principal(kind="staff", id="nobody", tenant_id=demo.TENANT_ID)
    narrowed = Principal(
        kind="staff", id="narrowed", tenant_id=demo.TENANT_ID, roles=frozenset({"admin"}), scopes=frozenset({"none"})
    )
    for caller in (nobody, narrowed):
        with pytest.raises(ToolError) as refused:
            await runtime.call(tool.name, samples(ids)[tool.name], caller)
        assert refused.value.code == "forbidden"


async def test_expired_and_revoked_keys(runtime: Runtime, clone: Clone) -> None:
    """A key that has expired or was revoked opens nothing, whatever the tool: it gives no principal at all."""
    rows = {"expired": {"expires_at": NOW - timedelta(seconds=1)}, "revoked": {"revoked_at": NOW}}
    async with runtime.database.begin(demo.TENANT_ID) as session:
        for name, dates in rows.items():
            values = {"tenant_id": demo.TENANT_ID, "name": name, "role": "admin", "key_hash": hash_key(name), **dates}
            await session.execute(insert(ApiKey).values(**values))
        for name in (*rows, "never made"):
            with pytest.raises(Unauthenticated):
                await principal_of_key(session, name, NOW)


async def test_the_database_itself_hides_other_tenants(runtime: Runtime) -> None:
    """Without a tenant, or with another, no row is seen, not even by a query without any condition."""
    for tenant_id in (None, OTHER_TENANT):
        async with runtime.database.begin(tenant_id) as session:
            for table in (Location, Practitioner, ApiKey):
                assert (await session.scalars(select(table))).all() == []
            assert (await session.execute(text("SELECT count(*) FROM audit_entry"))).scalar() == 0 or tenant_id


def ids_of(ids: Ids) -> list[str]:
    return [getattr(ids, name) for name in Ids.__slots__ if name not in ("approval", "delivery")]


async def everything(runtime: Runtime, ids: Ids) -> str:
    """Patient 0's rows, as text."""
    tables = (
        "patient",
        "appointment",
        "slot_hold",
        "consent",
        "waitlist_entry",
        "encounter",
        "conversation",
        "ticket",
        "voice_session",
        "collab_thread",
        "collab_message",
        "note_revision",
    )
    async with runtime.database.begin(demo.TENANT_ID) as session:
        found = []
        for table in tables:
            column = "id" if table == "patient" else "patient_id"
            query = text(f"SELECT array_agg(t::text ORDER BY t.id) FROM {table} t WHERE {column} = :patient")
            found.append((await session.execute(query, {"patient": ids.patient})).scalar())
        return json.dumps(found)
