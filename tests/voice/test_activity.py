import numpy as np
import pytest

from tests.voice.sounds import joined, not_speech, silence, spoken
from voice.activity import PHONE, ROOM, Span, SpeechActivity, Thresholds, probabilities, spans_of, speech_spans
from voice.audio import RATE_HZ, mulaw_to_pcm, pcm_to_mulaw, resample, to_floats, to_shorts

SENTENCE = "I would like to see a doctor tomorrow morning."


def test_speech_is_found_where_it_is() -> None:
    [speech] = spoken(SENTENCE)
    sound = joined(silence(2), speech, silence(2))
    spans = speech_spans(sound, PHONE)
    assert abs(spans[0].start_s - 2.05) < 0.2
    assert abs(spans[-1].end_s - (2 + len(speech) / RATE_HZ)) < 0.4
    assert sum(span.end_s - span.start_s for span in speech_spans(not_speech()["pink"], ROOM)) == 0


def test_a_stream_gives_what_the_whole_gives() -> None:
    [speech] = spoken(SENTENCE)
    stream = SpeechActivity()
    steps = len(speech) // 512
    one_by_one = [stream.push(speech[at * 512 : (at + 1) * 512]) for at in range(steps)]
    assert np.allclose(one_by_one, probabilities(speech)[:steps], atol=1e-5)


def test_the_telephone_is_heard_as_it_comes() -> None:
    [speech] = spoken(SENTENCE)
    line = to_floats(mulaw_to_pcm(pcm_to_mulaw(to_shorts(resample(speech, RATE_HZ, 8_000)))))
    stream = SpeechActivity(8_000)
    found = [stream.push(line[at : at + 256]) for at in range(0, len(line) - 255, 256)]
    assert np.mean(np.array(found) > 0.5) > 0.5
    with pytest.raises(ValueError, match="a step has 256"):
        stream.push(line[:160])


def test_streams_do_not_hear_each_other() -> None:
    [speech] = spoken(SENTENCE)
    alone, first, second = SpeechActivity(), SpeechActivity(), SpeechActivity()
    quiet = np.zeros(512, np.float32)
    for at in range(0, 512 * 60, 512):
        step = speech[at : at + 512]
        assert first.push(step) == alone.push(step)
        assert second.push(quiet) < 0.2


def test_spans() -> None:
    bare = Thresholds(start=0.5, stop=0.3, speech_s=2, silence_s=2, padding_s=0)
    values = [0, 0.6, 0.4, 0.4, 0, 0, 0.9, 0, 0, 0, 0.9, 0, 0, 0, 0.6, 0.6]
    assert spans_of(values, bare, step_s=1) == [Span(1, 7), Span(14, 16)]
    padded = Thresholds(start=0.5, stop=0.3, speech_s=2, silence_s=2, padding_s=5)
    assert spans_of(values, padded, step_s=1) == [Span(0, 10.5), Span(10.5, 16)]
    assert spans_of([], bare) == []
