"""Who spoke when: the diarization error rate (pyannote.metrics: no collar, overlap scored) beside that of calling
everybody one speaker, on meetings (AMI) and on conversations put together from recordings of single speakers; and the
roles that are told from words alone. `python -m evals.voice_speakers`."""

from __future__ import annotations

import collections
import csv
import io
import re
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from voice.decoding import decode, probe
from voice.speakers.clustering import group
from voice.speakers.roles import roles_of
from voice.speakers.vectors import Voices, voices_of
from voice.windows import Piece, read_windows

ONLY_BY_NAME = "evals.voice runs it"

SHARED = Path(__file__).parents[2] / "shared"
RATE_HZ = 16_000
VOICE, SCRIBE = SHARED / "data" / "voice", SHARED / "data" / "scribe"
SINGLE = (
    "telephony/azure_enrollment_katie.wav", "telephony/azure_enrollment_steve.wav",
    "telephony/azure_aboutSpeechSdk.wav",
    "telephony/azure_speechService.wav", "faster_whisper_tests/jfk.flac",
)  # fmt: skip
CONVERSATIONS, TURNS = 30, 24


def main() -> None:
    if not VOICE.is_dir():
        print("speakers: skipped, there is no shared data folder")
        return
    warnings.simplefilter("ignore")
    print("who spoke when, diarization error rate in % (of it: confusion); in brackets everybody taken for one speaker")
    files, references = _meetings()
    print(f"  meetings (AMI, {len(files)} snippets of 30 s): {_scored(files, references)}")
    print(
        "    published, on the whole test set: pyannote 3.1 18.8 (IHM), 22.7 (SDM); GE2E with AHC on 14 snippets 50.3 "
        "(51.7)"
    )
    made = [
        _made(np.random.default_rng(seed), 1 + seed % 3, _pools(files, references)) for seed in range(CONVERSATIONS)
    ]
    for speakers in (1, 2, 3):
        chosen = [pair for pair in made if len(pair[1].labels()) == speakers]
        audio, truth = [pair[0] for pair in chosen], [pair[1] for pair in chosen]
        print(f"  {len(chosen)} made conversations of {speakers}: {_scored(audio, truth)};"
              f" number given: {_scored(audio, truth, told=True)}")  # fmt: skip
    _enrolment()
    _roles()


def _scored(files: list[Any], references: list[Any], *, told: bool = False) -> str:
    from pyannote.core import Annotation, Segment, Timeline
    from pyannote.metrics.diarization import DiarizationErrorRate

    ours, baseline, right = DiarizationErrorRate(), DiarizationErrorRate(), 0
    for samples, reference in zip(files, references, strict=True):
        pieces = _pieces(samples)
        voices = voices_of(pieces)
        speakers = len(reference.labels())
        grouped = group(voices, speakers=speakers if told else None)
        heard, one = Annotation(), Annotation()
        for number, (start, end, label) in enumerate(_turns(pieces, voices, grouped.labels)):
            heard[Segment(start, end), number] = label
        for piece in pieces:
            one[Segment(piece.start_s, piece.start_s + len(piece.samples) / RATE_HZ)] = 0
        whole = Timeline([Segment(0, len(samples) / RATE_HZ)])
        ours(reference, heard, uem=whole)
        baseline(reference, one, uem=whole)
        right += len(set(heard.labels())) == speakers
    parts: Any = ours.accumulated_
    confusion = 100 * parts["confusion"] / parts["total"]
    return (
        f"{100 * abs(ours):.1f} ({confusion:.1f}) [{100 * abs(baseline):.1f}], speakers counted right {right} of "
        f"{len(files)}"
    )


def _turns(pieces: list[Piece], voices: Voices, labels: Any) -> list[tuple[float, float, int]]:
    """Stretches of one speaker, at a resolution of 50 ms."""
    middles = voices.times.mean(axis=1)
    turns: list[tuple[float, float, int]] = []
    for piece in pieces:
        end = piece.start_s + len(piece.samples) / RATE_HZ
        for at in np.arange(piece.start_s, end, 0.05):
            label = int(labels[np.argmin(np.abs(middles - at))]) if len(voices) else 0
            if turns and turns[-1][2] == label and at - turns[-1][1] < 0.01:
                turns[-1] = (turns[-1][0], min(at + 0.05, end), label)
            else:
                turns.append((at, min(at + 0.05, end), label))
    return turns


def _pieces(samples: Any) -> list[Piece]:
    source = io.BytesIO(_wav(samples))
    return [piece for window in read_windows(source, probe(source)) for piece in window.pieces]


def _wav(samples: Any) -> bytes:
    from voice.audio import wav_bytes

    return wav_bytes(samples, RATE_HZ)


def _load(path: Path) -> Any:
    source = io.BytesIO(path.read_bytes())
    return np.concatenate([block.mean(axis=0) for block in decode(source, probe(source))])


def _meetings() -> tuple[list[Any], list[Any]]:
    from pyannote.core import Annotation, Segment

    found: dict[str, Any] = collections.defaultdict(Annotation)
    for rttm in sorted((VOICE / "ami").glob("*.rttm")):
        for line in rttm.read_text().splitlines():
            _, name, _, start, length, _, _, speaker, *_ = line.split()
            found[name][Segment(float(start), float(start) + float(length)), len(found[name])] = speaker
    names = [name for name in sorted(found) if (VOICE / "ami" / f"{name}.wav").exists()]
    return [_load(VOICE / "ami" / f"{name}.wav") for name in names], [found[name] for name in names]


def _pools(files: list[Any], references: list[Any]) -> dict[str, list[Any]]:
    """Stretches of single speakers, by speaker."""
    pools: dict[str, list[Any]] = collections.defaultdict(list)
    for samples, reference in zip(files, references, strict=True):
        overlap = reference.get_overlap()
        for turn, _, speaker in reference.itertracks(yield_label=True):
            for alone in _alone(turn, overlap):
                if alone.duration >= 1.5:
                    pools[speaker].append(samples[int(alone.start * RATE_HZ) : int(alone.end * RATE_HZ)])
    for name in SINGLE:
        for piece in _pieces(_load(VOICE / name)):
            for at in range(0, len(piece.samples) - 24_000, 64_000):
                pools[name].append(piece.samples[at : at + 64_000])
    return {name: pool for name, pool in pools.items() if sum(map(len, pool)) > 6 * RATE_HZ}


def _alone(turn: Any, overlap: Any) -> Any:
    from pyannote.core import Timeline

    return Timeline([turn]).extrude(overlap)


def _made(rng: Any, speakers: int, pools: dict[str, list[Any]]) -> tuple[Any, Any]:
    """A conversation of speakers who take turns of 0.8 to 4 s, with pauses of up to 0.8 s and a little noise."""
    from pyannote.core import Annotation, Segment

    names = list(rng.choice(sorted(pools), speakers, replace=False))
    audio, truth, at, before = [], Annotation(), 0.0, None
    for number in range(TURNS):
        name = names[rng.integers(len(names))]
        while len(names) > 1 and name == before:
            name = names[rng.integers(len(names))]
        before, pool = name, pools[name]
        turn = pool[rng.integers(len(pool))][: int(rng.uniform(0.8, 6) * RATE_HZ)]
        turn = turn / (np.sqrt(np.mean(turn**2)) + 1e-9) * 0.05 * rng.uniform(0.5, 1.5)
        truth[Segment(at, at + len(turn) / RATE_HZ), number] = str(name)
        pause = np.zeros(int(rng.uniform(0.05, 0.8) * RATE_HZ))
        audio += [turn, pause]
        at += (len(turn) + len(pause)) / RATE_HZ
    samples = np.concatenate(audio)
    return (samples + rng.normal(0, 0.0005, len(samples))).astype(np.float32), truth


def _enrolment() -> None:
    from voice.speakers.clustering import enrolled_as

    known = {}
    for name in ("katie", "steve"):
        mean = voices_of(_pieces(_load(VOICE / f"telephony/azure_enrollment_{name}.wav"))).vectors.mean(axis=0)
        known[name] = mean / np.linalg.norm(mean)
    grouped = group(voices_of(_pieces(_load(VOICE / "telephony/azure_katiesteve_mono.wav"))))
    print(f"  two enrolled voices in a conversation of both: {len(grouped.centres)} speakers, known "
          f"{[name for name, _ in enrolled_as(grouped, known).values()]}")  # fmt: skip


def _roles() -> None:
    csv.field_size_limit(10**7)
    for name in ("train", "valid"):
        path = SCRIBE / "aci-bench" / f"{name}.csv"
        if not path.exists():
            continue
        counts: collections.Counter[str] = collections.Counter()
        for row in csv.DictReader(path.open()):
            said: dict[str, list[str]] = collections.defaultdict(list)
            for speaker, text in re.findall(r"^\[(\w+)\] (.*)$", row["dialogue"], re.MULTILINE):
                said[speaker].append(text)
            found = roles_of({speaker: " ".join(lines) for speaker, lines in said.items()})
            for speaker in {"doctor", "patient"} & said.keys():
                role = found[speaker][0]
                counts["right" if role == speaker else "unknown" if role == "unknown" else "wrong"] += 1
        print(f"  roles from words alone, ACI-Bench {name}: {dict(counts)}"
              " (train has five visits whose labels are swapped in the file)")  # fmt: skip


if __name__ == "__main__":
    main()
