"""Registering a patient in the chat: the writer of an unknown number, or somebody else; what was wanted then goes
on."""

from __future__ import annotations

from pydantic import JsonValue

from agents.commands import Affirm, Command, Correct, Deny, Fill, Start
from agents.concierge.identity import become, hand_over, is_verified, verified
from agents.flows import Flow, FlowData, flow
from agents.registration.data import RegisterData, answers, forget, missing, of_other, take
from agents.registration.details import split_name
from agents.turn.conversation_state import Pending
from agents.turn.dialogue import Dialogue
from agents.understanding.resolve.when import resolve_birth_date
from tools.conversations.texts import say_date
from tools.patients.duplicates import find_duplicates
from tools.patients.registration import LikelyDuplicate, register_patient
from tools.patients.tools import PatientOut, search_patients
from tools.runtime.tool import tool_of

MISSES = 3


@flow(
    "register", agent="registration", tools={find_duplicates, register_patient}, data=RegisterData, verified=False,
    registers=True,
)  # fmt: skip
class Register(Flow):
    async def fill(self, dialogue: Dialogue, data: FlowData, command: Fill | Correct) -> bool:
        return False  # what is said is read from the message itself (`take`)

    async def step(self, dialogue: Dialogue, *, changed: bool) -> None:
        data, state = dialogue.data(RegisterData), dialogue.state
        asked, first = state.awaiting, data.known is None
        if first:
            found = await dialogue.call_as_service(search_patients, phone=dialogue.address)
            data.known = bool(found.items)
        if data.verifying:
            new = True
            if (part := of_other(dialogue.text)) is not None:  # said beside who writes
                take(dialogue, data, None, part=part)
        else:
            new = take(dialogue, data, asked) or first
            if first and data.whose == "other":
                _is_for(dialogue, data)
        if data.known and data.whose is not None and not await _writer_known(dialogue, data):
            return
        if state.pending is not None and not new:
            await _answered(dialogue, data, state.pending)
            return
        if asked == "register_detail" and not new:
            new = forget(data, dialogue.text)
        if new:
            state.misses = 0
        elif dialogue.has(Deny) and asked is not None:
            _leave(dialogue)
            return
        elif asked is not None and not dialogue.lines and not await _missed(dialogue, asked):
            return
        await _next(dialogue, data)

    def split(self, dialogue: Dialogue, commands: tuple[Command, ...]) -> tuple[Command, ...]:
        """Who is new is registered first, and then gets what was asked for beside it."""
        wish = Start(flow="register")
        return (wish, *(one for one in commands if one != wish)) if wish in commands else commands

    def reads(self, dialogue: Dialogue) -> bool:
        return answers(dialogue, dialogue.state.awaiting)

    def ask_again(self, dialogue: Dialogue) -> None:
        if dialogue.state.awaiting is not None:
            _ask(dialogue, dialogue.data(RegisterData), dialogue.state.awaiting)


def _is_for(dialogue: Dialogue, data: RegisterData) -> None:
    """What the same message asks for is for that one too: "my mother is new, can she see a heart doctor"."""
    begun = {one.flow for one in dialogue.commands if isinstance(one, Start)}
    for queued in dialogue.state.queued:
        if queued.flow in begun and getattr(queued.data, "for_whom", "") is None:
            whom = f"my {data.relation}" if data.relation else "someone else"
            queued.data = queued.data.model_copy(update={"for_whom": whom})


def _own_birth_date_noted(dialogue: Dialogue, data: RegisterData) -> bool:
    """Whether a birth date was said that is not the relative's: in a message before this one, or beside another."""
    noted = resolve_birth_date(dialogue.state.noted.get("birth_date", ""), month_first=dialogue.tenant.month_first)
    now = any(isinstance(one, Fill) and one.slot == "birth_date" for one in dialogue.commands)
    another = data.birth_date is not None and data.birth_date not in noted
    return data.whose == "other" and bool(noted) and (another or not now)


async def _writer_known(dialogue: Dialogue, data: RegisterData) -> bool:
    """Of a number that is some patient's: who registers a relative says first who it is; and one who is new there is
    the patient of that number, or says so."""
    if is_verified(dialogue) and not data.verifying:
        known = True
    else:
        if not data.verifying and not _own_birth_date_noted(dialogue, data):
            dialogue.state.noted.clear()  # it was said of the relative
        data.verifying = True
        known = await verified(dialogue)
        data.verifying = not known
    if known and data.whose == "self":
        dialogue.say("register_known", given=dialogue.state.given)
        dialogue.state.end_flow()
        return False
    return known


async def _answered(dialogue: Dialogue, data: RegisterData, pending: Pending) -> None:
    """Only a plain yes to exactly what was read back registers; after a second no nothing is kept."""
    if dialogue.has(Affirm) and dialogue.says_yes_to(pending, "register"):
        await _register(dialogue, data, pending)
    elif dialogue.has(Deny):
        dialogue.state.pending = None
        data.refused += 1
        if data.refused > 1:
            _leave(dialogue)
            return
        _ask(dialogue, data, "register_detail")
    else:
        if not dialogue.lines:
            dialogue.missed("register_clear_yes")
        dialogue.read_back(pending)


def _leave(dialogue: Dialogue) -> None:
    """Nobody is registered; what needs a patient cannot go on."""
    dialogue.say("register_not_done")
    dialogue.state.queued.clear()
    dialogue.state.end_flow()


async def _missed(dialogue: Dialogue, asked: str | None) -> bool:
    """Say that an answer could not be read. False: for the third time, and a person takes over."""
    dialogue.state.misses += 1
    if dialogue.state.misses >= MISSES:
        await hand_over(dialogue, "A registration in the chat was not understood")
        return False
    unclear = asked == "birth_date" and any(char.isdigit() for char in dialogue.text)
    dialogue.say("birth_date_not_clear" if unclear else "not_understood")
    return True


def _ask(dialogue: Dialogue, data: RegisterData, wanted: str) -> None:
    """Ask for it, each time in other words than the time before."""
    other = data.asked.count(wanted) % 2 == 1
    data.asked.append(wanted)
    dialogue.state.ask(wanted)
    dialogue.say(f"ask_register_{wanted}{'_again' if other else ''}")


async def _next(dialogue: Dialogue, data: RegisterData) -> None:
    """Ask what is missing; else, where nobody is likely the same, read back what will be kept."""
    if not data.greeted:
        data.greeted = True
        dialogue.say("register_relative" if data.known else "register_hello")
    wanted = missing(data)
    if data.name is not None and data.single is None and len(data.name.split()) == 1:
        data.single, data.name = data.name, None
        dialogue.state.ask("name")
        dialogue.say("ask_register_family", name=data.single)
        return
    if wanted is not None:
        dialogue.state.pending = None
        _ask(dialogue, data, wanted)
        return
    dialogue.state.misses = 0
    assert data.name is not None and data.birth_date is not None
    given, family = split_name(data.name)
    about: dict[str, JsonValue] = {
        "given": given, "family": family, "birth_date": data.birth_date.isoformat(), "sex": data.sex or "unknown",
        "phone": dialogue.address,
    }  # fmt: skip
    if (await dialogue.call_as_service(find_duplicates, **about)).items:
        await _to_person(dialogue, data)
        return
    patient_id = dialogue.state.patient_id if data.known and is_verified(dialogue) else None
    relation = data.relation if patient_id else None
    facts = {
        "name": data.name if given == family else f"{given} {family}", "given": given, "phone": dialogue.address,
        "birth_date": say_date(data.birth_date, dialogue.language),
        "sex": dialogue.phrase(f"register_sex_{data.sex}"),
        "who": dialogue.phrase("register_of_relative", relation=relation) if relation else "",
    }  # fmt: skip
    args: dict[str, JsonValue] = {
        **about, "evidence": f"conversation {dialogue.conversation_id}", "language": dialogue.language,
        "channel": "phone" if dialogue.channel == "phone" else "whatsapp",
        "relative_of": str(patient_id) if relation else None, "relation": relation,
    }  # fmt: skip
    if facts["name"] not in dialogue.state.named:
        dialogue.state.named.append(facts["name"])
    if data.shown == (shown := " ".join(facts.values())):
        dialogue.say("register_clear_yes")
    data.shown = shown
    tool = tool_of(register_patient).name
    dialogue.read_back(Pending(action="register", tool=tool, args=args, facts=facts))


async def _register(dialogue: Dialogue, data: RegisterData, pending: Pending) -> None:
    try:
        made = await dialogue.act_as_service(pending)
    except LikelyDuplicate:
        await _to_person(dialogue, data)
        return
    assert isinstance(made, PatientOut)
    dialogue.say("done_register", **pending.facts)
    state = dialogue.state
    state.end_flow()
    if data.known and data.relation:  # the number and the birth date are what any patient is known by
        state.vouched.append(made.id)
        return
    for queued in state.queued:  # who that is has the record now that the flow acts for
        if getattr(queued.data, "for_whom", None):
            queued.data = queued.data.model_copy(update={"for_whom": None})
    become(dialogue, made)


async def _to_person(dialogue: Dialogue, data: RegisterData) -> None:
    """Somebody is likely the same: a person looks, and nothing of that record is told."""
    dialogue.say("register_duplicate")
    await hand_over(dialogue, f"To be registered, and likely a patient already: {data.name}, born {data.birth_date}")
