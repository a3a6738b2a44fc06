"""Many phone calls at once: from the caller's last sound to the first of the answer, barge-in, and no frame late.

One process serves (uvicorn, the real turn with the built-in understanding, the real database and speech activity; the
recogniser, the voice and the turn model are instant doubles); this one holds the callers, who speak with a real voice's
sound and behave as Twilio's line does. Both share the machine's cores, and its clock.

    python -m evals.bench calls          python -m evals.bench.calls --calls 50 --turns 8
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import text as sql

from evals.harness import NOW, TOKEN, Hospital, free_port, hospital, running_runtime
from tests.doubles.call_engines import InstantParts
from tests.doubles.twilio_caller import MediaCaller
from voice.speech.engine import whole
from voice.speech.espeak import Espeak
from wiring import demo
from wiring.keys import stores_of

BEYOND_WAIT_MS, BARGE_IN_MS, LATE_MS = 60, 200, 40
SILENCED_WITHIN_S = 5.0  # after which a barge-in counts as not heard
BOOK = "book"  # each caller a doctor and a day of its own: nobody's time is taken by another
TALK = (
    "is there parking", "what are my appointments", BOOK, "the second one please", "yes please",
    "what are my appointments", "cancel my appointment", "yes please",
)  # fmt: skip
BARGE_IN = "wait a moment"
STAGGER_S, TOO_LONG_S = 0.25, 240
Said = tuple[bytes, bytes]  # a sound, and its mark


# --- the server


class Watermarked(InstantParts):
    """A recogniser that reads which text a sound is from an inaudible mark at its end."""

    texts: tuple[str, ...] = ()

    async def words(self, sound: bytes, **_: Any) -> str:
        for number, text in enumerate(self.texts):
            if _mark(number)[:120] in sound:
                return text
        return ""


def _mark(number: int) -> bytes:
    """Near silence: a number below 256, two bytes a digit of base 16 after two that no digit has."""
    high, low = divmod(number, 16)
    return bytes([0xFF, 0x7F, 0xFE - high, 0x7E - high, 0xFE - low, 0x7E - low]) * 160


def serve(port: int, stats_file: Path, texts: tuple[str, ...]) -> None:
    import uvicorn

    from agents.phone import calls
    from api.http.app import create_app
    from api.telephone import media_stream as call_media
    from settings import get_settings

    settings = get_settings()
    app = create_app(settings)
    app.state.call_parts = parts = Watermarked(settings, app.state.runtime, real_activity=True)
    parts.texts = texts
    stats: dict[str, Any] = {"arrived": defaultdict(list), "taken": defaultdict(list), "busy_s": 0.0}
    receive, do = call_media.MediaLine._receive, calls.PhoneCall._do

    def heard(line: Any, sound: bytes) -> None:
        started = time.monotonic()
        stats["arrived"][line.call._call.call_sid].append(started)
        receive(line, sound)
        stats["busy_s"] += time.monotonic() - started

    def done(call: Any, action: Any) -> None:
        if type(action).__name__ == "FinalWords" and action.how == "speech":
            stats["taken"][call._call.call_sid].append((call._line.now(), time.monotonic()))
        do(call, action)

    call_media.FLOOD_S = 1e6  # a test's line may be faster than the clock
    call_media.MediaLine._receive = heard  # type: ignore[method-assign]
    calls.PhoneCall._do = done  # type: ignore[method-assign]
    config = uvicorn.Config(app, host="127.0.0.1", port=port, log_level="error", access_log=False)
    try:
        with contextlib.suppress(KeyboardInterrupt):
            uvicorn.Server(config).run()
    finally:
        used = os.times()
        stats["cpu_s"] = used.user + used.system
        stats_file.write_text(json.dumps(stats))


def _started(place: Hospital, port: int, stats_file: Path, texts: tuple[str, ...]) -> subprocess.Popen[bytes]:
    env = {
        **os.environ, "WARDLINE_ENV": "test", "WARDLINE_CLOCK": NOW.isoformat(),
        "WARDLINE_DATA_DIR": str(place.data_dir),
        **stores_of(place.data_dir),
        "WARDLINE_DATABASE_URL": place.service, "WARDLINE_TWILIO_AUTH_TOKEN": TOKEN, "WARDLINE_DATABASE_POOL": "20",
        "WARDLINE_LOG_LEVEL": "ERROR",
    }  # fmt: skip
    command = [sys.executable, "-m", "evals.bench.calls", "--serve", str(port), "--stats", str(stats_file)]
    command += ["--texts", json.dumps(texts)]
    return subprocess.Popen(command, env=env)


async def _ready(url: str, server: subprocess.Popen[bytes]) -> None:
    async with httpx.AsyncClient() as client:
        for _ in range(600):
            assert server.poll() is None, "the server did not start"
            try:
                if (await client.get(f"{url}/ready", timeout=2)).status_code == 200:
                    return
            except httpx.HTTPError:
                pass
            await asyncio.sleep(0.1)
    raise TimeoutError("the server did not become ready")


# --- the callers


async def _sounds(texts: tuple[str, ...]) -> dict[str, Said]:
    """Each text as a voice says it, and the mark that is sent in the silence after it."""
    voice = Espeak()
    try:
        made = {text: await whole(voice, text, language="en") for text in texts}
    finally:
        await voice.aclose()
    return {
        text: (sound.strip(b"\xff\x7f\xfe\x7e"), _mark(number)) for number, (text, sound) in enumerate(made.items())
    }


class Figures:
    def __init__(self) -> None:
        self.answers: list[tuple[str, float, int, float]] = []  # call, speech ended, frames until then, first sound
        self.barge_ins: list[float] = []
        self.texts: list[str] = []
        self.callers: list[MediaCaller] = []
        self.failed: list[str] = []


async def _speak(call: MediaCaller, said: Said) -> int:
    """Say it; how many frames had been sent when it ended."""
    sound, mark = said
    await call.say(sound, wait=True)
    until = call.spoken_until[-1]
    await call.say(mark, wait=False)
    return until


async def _talk(call: MediaCaller, who: dict[str, Any], sounds: dict[str, Said], turns: int, figures: Figures) -> None:
    await call.quiet()
    await call.press("2")
    await call.hears_something()
    await call.quiet()
    await _speak(call, sounds["what are my appointments"])
    await call.hears_something()
    await call.quiet()
    await call.press(f"{who['birth_date']:%d%m%Y}")
    await call.hears_something()
    await call.quiet()
    for turn in range(turns):
        text = TALK[turn % len(TALK)]
        count = len(call.heard.sounds)
        until = await _speak(call, sounds[who["book"] if text == BOOK else text])
        async with asyncio.timeout(30):
            while len(call.heard.sounds) == count:
                await asyncio.sleep(0.001)
        figures.answers.append((call.call_sid, call.sent_at[until - 1], until, call.heard.sounds[count][0]))
        figures.texts.append(text)
        if turn % 4 == 1:
            await _interrupt(call, sounds[BARGE_IN], figures)
        await call.quiet(for_s=0.8)


async def _interrupt(call: MediaCaller, said: Said, figures: Figures) -> None:
    """Speak over the answer, a second into it."""
    await asyncio.sleep(1.0 / call.speed)
    clears, began = len(call.heard.clears), time.monotonic()
    await _speak(call, said)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(SILENCED_WITHIN_S):
            while len(call.heard.clears) == clears:
                await asyncio.sleep(0.01)
    if len(call.heard.clears) > clears:
        figures.barge_ins.append(call.heard.clears[clears] - began)
    else:
        figures.failed.append("a barge-in did not silence us")
    await call.hears_something()
    await call.quiet(for_s=0.8)


async def _caller(
    url: str,
    who: dict[str, Any],
    sounds: dict[str, Said],
    *,
    after_s: float,
    turns: int,
    speed: float,
    figures: Figures,
) -> None:
    await asyncio.sleep(after_s)
    call = MediaCaller(url, TOKEN, caller=who["phone"], number=demo.VOICE, speed=speed)
    figures.callers.append(call)
    try:
        async with call, asyncio.timeout(TOO_LONG_S):
            await call.hears_something()
            await _talk(call, who, sounds, turns, figures)
            await call.hang_up()
    except Exception as error:
        figures.failed.append(f"{type(error).__name__}: {error}")


async def run(*, calls: int, turns: int, speed: float = 1.0) -> dict[str, Any]:
    """Serve and call; the figures. With a `speed` the line's time passes faster: then they mean nothing."""
    async with hospital(days=10) as place:
        with tempfile.TemporaryDirectory() as folder:
            stats_file, port = Path(folder) / "stats.json", free_port()
            people = await _people(place, calls)
            texts = tuple(dict.fromkeys((*TALK, BARGE_IN, *(who["book"] for who in people))))
            server = _started(place, port, stats_file, texts)
            url = f"http://127.0.0.1:{port}"
            figures, sounds = Figures(), await _sounds(texts)
            try:
                await _ready(url, server)
                began = time.monotonic()
                await asyncio.gather(
                    *(
                        _caller(url, who, sounds, after_s=number * STAGGER_S, turns=turns, speed=speed, figures=figures)
                        for number, who in enumerate(people)
                    )
                )
                length = time.monotonic() - began
            finally:
                server.send_signal(signal.SIGINT)
                server.wait(30)
            summary = _summary(figures, json.loads(stats_file.read_text()), length)
            return summary | {"cancelled": await _cancelled(place)}


async def _people(place: Hospital, count: int) -> list[dict[str, Any]]:
    """Callers with a number of their own; each with what it says to book: a doctor and a day that nobody else takes."""
    async with running_runtime(place) as runtime:
        people = (await demo.facts(runtime.database, demo.TENANT_ID)).patients
        async with runtime.database.begin(demo.TENANT_ID) as session:
            visits = (await session.execute(_VISITS, {"from": NOW.date() + timedelta(days=1)})).all()
    numbers = defaultdict(list)
    for row in people:
        numbers[row["phone"]].append(row)
    alone = [rows[0] for rows in numbers.values() if len(rows) == 1]
    return [
        {**who, "book": f"book {name} on {day:%A} morning"}
        for who, (name, day) in zip(alone[:count], visits, strict=False)
    ]


async def _cancelled(place: Hospital) -> int:
    """How many of the visits were booked and cancelled again."""
    async with running_runtime(place) as runtime, runtime.database.begin(demo.TENANT_ID) as session:
        found = await session.scalar(
            sql("SELECT count(*) FROM appointment WHERE state = 'cancelled' AND created_at >= :at"), {"at": NOW}
        )
    return int(found or 0)


# For grown-ups of either sex: a children's doctor would be asked about first.
_VISITS = sql(
    "SELECT p.name, s.local_date FROM time_slot s JOIN practitioner p ON p.id = s.practitioner_id"
    " WHERE s.local_time < '12:00' AND s.local_date >= :from AND s.local_date < CAST(:from AS date) + 6"
    " AND s.specialty_code NOT IN ('paediatrics', 'obstetrics-gynaecology') AND NOT s.blocked"
    " GROUP BY 1, 2 HAVING count(*) > 1 ORDER BY 2, 1"
)


def _summary(figures: Figures, stats: dict[str, Any], length_s: float) -> dict[str, Any]:
    taken: dict[str, list[tuple[float, float]]] = stats["taken"]
    beyond, waits, acting = [], [], []
    for sid, ended_at, frames, first_sound in figures.answers:
        spoken_s = frames * 0.02
        after = [one for one in taken.get(sid, []) if one[0] > spoken_s]
        if after:
            audio_s, clock_s = after[0]
            waits.append(audio_s - spoken_s)
            beyond.append(first_sound - ended_at - (audio_s - spoken_s))
            acting.append(first_sound - clock_s)
    lateness, lost, sent = [], 0, 0
    for call in figures.callers:
        arrived = stats["arrived"].get(call.call_sid, [])
        sent += len(call.sent_at)
        lost += max(
            0, len(call.sent_at) - len(arrived) - 2
        )  # the last two may still be on their way when the call ends
        lateness += [there - here for here, there in zip(call.sent_at, arrived, strict=False)]
    return {
        "beyond": beyond, "waits": waits, "acting": acting, "barge_ins": figures.barge_ins, "lateness": lateness,
        "lost": lost, "sent": sent, "failed": figures.failed, "gaps": sum(c.heard.gaps for c in figures.callers),
        "own_late": max((c.worst_late_s for c in figures.callers), default=0.0), "length_s": length_s,
        "server_cpu_s": stats["cpu_s"], "frame_us": stats["busy_s"] / max(1, len(lateness)) * 1e6,
        "calls": len(figures.callers), "answers": figures.answers, "texts": figures.texts,
    }  # fmt: skip


def _show(found: dict[str, Any]) -> None:
    print(
        f"{found['calls']} calls, {found['length_s']:.0f} s; visits booked and cancelled: {found['cancelled']}; "
        f"failed: {found['failed'] or 'none'}"
    )
    _line("answer's first sound, beyond the wait", found["beyond"], f"p95 under {BEYOND_WAIT_MS} ms")
    _line("  of it, from the decision on (server to client)", found["acting"], "")
    _line("wait after the last sound, as decided", found["waits"], "by the question")
    _line("barge-in: first sound to clear", found["barge_ins"], f"p95 under {BARGE_IN_MS} ms")
    _line("a frame's way to its processing", found["lateness"], f"none over {LATE_MS} ms")
    of = defaultdict(list)
    for text, seconds in zip(found["texts"], found["beyond"], strict=False):
        of[text].append(seconds * 1000)
    print(
        "  by what was said: " + "; ".join(f"{text} {statistics.median(all_):.0f}" for text, all_ in of.items()) + " ms"
    )
    late = sum(one > LATE_MS / 1000 for one in found["lateness"])
    print(
        f"frames sent {found['sent']}, lost {found['lost']}, late over {LATE_MS} ms {late}; gaps in answers "
        f"{found['gaps']}"
    )
    print(f"this client was at worst {found['own_late'] * 1000:.0f} ms behind its own clock")
    share = found["server_cpu_s"] / found["length_s"]
    print(f"server: {share:.0%} of a core; {found['frame_us']:.0f} us a frame of 20 ms (activity and turn-taking)")


def _line(name: str, seconds: list[float], bound: str) -> None:
    ordered = sorted(seconds) or [0.0]
    p50, p95, most = statistics.median(ordered), ordered[max(0, int(len(ordered) * 0.95) - 1)], ordered[-1]
    print(
        f"{name:48} p50 {p50 * 1000:7.1f}  p95 {p95 * 1000:7.1f}  max {most * 1000:7.1f} ms  ({len(seconds)})  {bound}"
    )


async def main(calls: int = 50, turns: int = 8) -> None:
    _show(await run(calls=calls, turns=turns))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--calls", type=int, default=50)
    parser.add_argument("--turns", type=int, default=8)
    parser.add_argument("--serve", type=int)
    parser.add_argument("--stats", type=Path)
    parser.add_argument("--texts", type=json.loads)
    wanted = parser.parse_args()
    if wanted.serve:
        serve(wanted.serve, wanted.stats, tuple(wanted.texts))
    else:
        asyncio.run(main(wanted.calls, wanted.turns))
