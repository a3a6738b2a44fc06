"""When a speaker has finished: false cut-offs against the wait, for silence alone and for ours, on real talk.

Meetings (AMI, hand-made speaker labels) and monologues of `shared/data/voice`, made as narrow as a telephone. A pause
of at least 0.2 s inside a speaker's turn is a chance to cut in too early; at a turn's end the wait is what the speaker
feels. The words are not used: no recogniser that runs here is good enough for that. In a monologue every pause is
inside the turn.

    python -m evals.endpointing
"""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from voice.activity import PHONE, speech_spans
from voice.audio import PHONE_RATE_HZ, RATE_HZ, Floats, mulaw_to_pcm, pcm_to_mulaw, resample, to_floats, to_shorts
from voice.calls.endpointing import Patience
from voice.calls.smart_turn import SmartTurn
from voice.decoding import decode, probe

DATA = Path(__file__).parents[2] / "shared/data/voice"
MONOLOGUES = (
    "telephony/azure_aboutSpeechSdk.wav", "telephony/azure_speechService.wav", "telephony/gcp_Google_Gnome.wav",
    "telephony/azure_enrollment_katie.wav", "telephony/azure_enrollment_steve.wav",
    *(f"read_speech/sense_and_sensibility_01_austen_64kb-08{number}0.wav" for number in (7, 8, 9)),
    *(f"read_speech/00{number}.wav" for number in range(1, 6)),
)  # fmt: skip
LOOKED_AT_S = 0.2
SILENCES_S = (0.3, 0.5, 0.6, 0.7, 0.8, 1.0, 1.2, 1.5)


@dataclass(frozen=True, slots=True)
class Pause:
    """A silence after speech: how long it lasted where the speaker went on, None where the turn was over."""

    sound: Floats  # what was heard until 0.2 s into it
    length_s: float | None


def main() -> None:
    pauses = [*_of_meetings(), *_of_monologues()]
    model = SmartTurn()
    finished = [model.finished(pause.sound) for pause in pauses]
    inside = [place for place, pause in enumerate(pauses) if pause.length_s is not None]
    ends = [place for place, pause in enumerate(pauses) if pause.length_s is None]
    print(f"{len(inside)} pauses inside turns, {len(ends)} ends of turns")
    sure = statistics.mean(finished[place] > 0.5 for place in ends)
    wrong = statistics.mean(finished[place] > 0.5 for place in inside)
    print(f"turn model: finished at {sure:.0%} of the ends, and at {wrong:.0%} of the pauses inside\n")
    print(f"{'rule':34} {'cut-offs':>8}  {'wait at the end, mean':>21}")
    for silence_s in SILENCES_S:
        _row(f"silence of {silence_s:.1f} s", pauses, [silence_s] * len(pauses))
    patience = Patience()
    for question in ("yes_no", "free", "date"):
        waits = [patience.wait_s(question, text=None, finished=one) for one in finished]  # type: ignore[arg-type]
        _row(f"ours, {question}", pauses, waits)


def _row(name: str, pauses: list[Pause], waits: list[float]) -> None:
    cut = [wait < pause.length_s for pause, wait in zip(pauses, waits, strict=True) if pause.length_s is not None]
    felt = [wait for pause, wait in zip(pauses, waits, strict=True) if pause.length_s is None]
    print(f"{name:34} {statistics.mean(cut):8.1%}  {statistics.mean(felt):19.2f} s")


def _of_monologues() -> Iterator[Pause]:
    for name in MONOLOGUES:
        sound = _narrow(_read(DATA / name))
        spans = speech_spans(sound, PHONE)
        for one, after in zip(spans, [*spans[1:], None], strict=True):
            length = after.start_s - one.end_s if after is not None else None
            if length is None or length >= LOOKED_AT_S:
                yield _pause(sound, one.end_s, length)


def _of_meetings() -> Iterator[Pause]:
    """A speaker's label followed by another of the same speaker, with nobody between, is a pause inside; followed by
    somebody else it is an end. Where two speak at once nothing is taken."""
    for labels in sorted((DATA / "ami").glob("*.rttm")):
        said: dict[str, list[tuple[float, float, str]]] = defaultdict(list)
        for line in labels.read_text().splitlines():
            fields = line.split()
            said[fields[1]].append((float(fields[3]), float(fields[3]) + float(fields[4]), fields[7]))
        for name, spans in said.items():
            file = DATA / "ami" / f"{name}.wav"
            if file.exists():
                yield from _of_meeting(_narrow(_read(file)), sorted(spans))


def _of_meeting(sound: Floats, spans: list[tuple[float, float, str]]) -> Iterator[Pause]:
    for (_, end, who), (begin, _, then) in pairwise(spans):
        if begin - end < LOOKED_AT_S or any(start < end + LOOKED_AT_S < stop for start, stop, _ in spans):
            continue
        yield _pause(sound, end, begin - end if who == then else None)


def _pause(sound: Floats, end_s: float, length_s: float | None) -> Pause:
    until = round((end_s + LOOKED_AT_S) * RATE_HZ)
    return Pause(sound[max(0, until - 8 * RATE_HZ) : until], length_s)


def _narrow(sound: Floats) -> Floats:
    """As it sounds through a telephone."""
    phone = mulaw_to_pcm(pcm_to_mulaw(to_shorts(resample(sound, RATE_HZ, PHONE_RATE_HZ))))
    return resample(to_floats(phone), PHONE_RATE_HZ, RATE_HZ)


def _read(file: Path) -> Floats:
    import numpy as np

    with file.open("rb") as source:
        blocks = [block[0] for block in decode(source, probe(source))]
    return np.concatenate(blocks)


if __name__ == "__main__":
    main()
