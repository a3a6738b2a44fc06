"""Languages that are not offered: known where it is clear, never in English, Hindi or Hinglish; STOP in their words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import text

from agents.screen.language import switched_to
from agents.screen.languages import LANGUAGES, other_language, says_stop
from cli.chat import say
from evals.conversations import scenarios
from tools.runtime.runtime import Runtime
from wiring import demo

SAID = {
    "ta": "எனக்கு டாக்டர் வேண்டும்",
    "te": "నాకు డాక్టర్ కావాలి",
    "kn": "ನನಗೆ ವೈದ್ಯರು ಬೇಕು",
    "ml": "എനിക്ക് ഡോക്ടറെ കാണണം",
    "bn": "আমার ডাক্তার দরকার",
    "gu": "મારે ડોક્ટર જોઈએ છે",
    "pa": "ਮੈਨੂੰ ਡਾਕਟਰ ਚਾਹੀਦਾ ਹੈ",
    "or": "ମୋତେ ଡାକ୍ତର ଦରକାର",
    "ur": "مجھے ڈاکٹر سے ملنا ہے",
    "fa": "من به یک دکتر نیاز دارم",
    "ar": "أحتاج إلى طبيب اليوم",
    "ru": "Мне нужен врач",
    "uk": "Мені потрібен лікар",
    "ja": "医者に会いたいです",
    "zh": "我需要看医生",
    "ko": "의사를 만나고 싶어요",
    "th": "ฉันต้องการพบแพทย์",
    "es": "hola, necesito una cita con el médico",
    "fr": "Bonjour, je voudrais un rendez-vous avec un médecin",
    "pt": "Preciso marcar uma consulta amanhã",
    "de": "Ich brauche einen Termin beim Arzt",
    "it": "Vorrei un appuntamento con il dottore domani",
    "other": "Χρειάζομαι γιατρό",
}
STOPS = (
    "நிறுத்து", "ఆపండి", "বন্ধ করুন", "стоп", "停止", "parar", "arrêter", "بند کریں", "إيقاف", "중지",
)  # fmt: skip
HINGLISH = (
    "mujhe kal subah doctor se milna hai", "mera appointment cancel kar do please", "bete ko bukhar hai kya karu",
    "main mai bol raha hun, time de do", "kya dr nair kal available hain", "hola", "gracias", "merci", "bonjour",
    "no problem, see you on mon", "my son has fieber", "I am Maria de la Cruz", "dr José García please",
    "per visit kitna charge hai", "con call at 5?", "ok danke", "main aa raha hun par late ho jaunga", "si", "oui",
)  # fmt: skip


def _ordinary() -> list[str]:
    book: dict[str, Any] = yaml.safe_load(Path("evals/ordinary_messages.yaml").read_text("utf-8"))
    said = [one for part in book.values() for one in part if isinstance(one, str)]
    return said + [one for scenario in scenarios() for one in scenario["say"] if isinstance(one, str)]


@pytest.mark.parametrize(("code", "words"), SAID.items())
def test_a_language_is_known(code: str, words: str) -> None:
    found = other_language(words)
    assert found is not None and found.code == code


def test_no_ordinary_message_is_another_language() -> None:
    ordinary = [*_ordinary(), *HINGLISH]
    assert len(ordinary) > 1000
    assert [one for one in ordinary if other_language(one) is not None] == []


@pytest.mark.parametrize("words", STOPS)
def test_stop_in_their_words(words: str) -> None:
    assert says_stop(words) and not says_stop(f"{words} x y")


@pytest.mark.parametrize("language", LANGUAGES.values(), ids=lambda one: one.code)
def test_every_sentence_has_the_number(language: Any) -> None:
    assert language.sentence.count("{number}") == language.still.count("{number}") == 1


def test_a_whole_sentence_switches_the_language() -> None:
    assert switched_to("मुझे कल सुबह डॉक्टर को दिखाना है") == switched_to("mujhe kal subah doctor ko dikhana hai") == "hi"
    assert switched_to("what is the address of your clinic please") == "en"
    assert switched_to("haan") is switched_to("ok thanks") is switched_to("राहुल शर्मा") is None


async def test_it_is_answered_in_that_language_and_a_person_gets_it(own_runtime: Runtime) -> None:
    phone = "+919999900301"
    first = str((await say(own_runtime, demo.TENANT_ID, phone, SAID["ta"]))["reply"])
    second = str((await say(own_runtime, demo.TENANT_ID, phone, "நாளை வர முடியுமா?"))["reply"])
    assert first == LANGUAGES["ta"].sentence.format(number="112")
    assert second == LANGUAGES["ta"].still.format(number="112")
    async with own_runtime.database.begin(demo.TENANT_ID) as session:
        assert (await session.execute(text("SELECT subject FROM ticket"))).scalar() == "A message in Tamil"
    back = str((await say(own_runtime, demo.TENANT_ID, phone, "do you have parking at the clinic?"))["reply"])
    assert "parking" in back  # what is offered is answered again


async def test_words_of_an_emergency_call_a_person_at_once(own_runtime: Runtime) -> None:
    reply = str((await say(own_runtime, demo.TENANT_ID, "+919999900302", "tengo dolor en el pecho"))["reply"])
    assert "112" in reply
    async with own_runtime.database.begin(demo.TENANT_ID) as session:
        assert (await session.execute(text("SELECT priority FROM ticket"))).scalar() == "critical"
