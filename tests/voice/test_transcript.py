from voice.transcript import Line, to_json, to_srt, to_txt, to_vtt

LINES = [
    Line(3661.5, 3662.25, "S2", "patient", "Is 3 < 5 & \"fine\"?\nYes --> no", [("Is", 3661.5, 3661.7, 0.98765)], 0.9,
    "en"),
    Line(0.0, 1.2346, "S1", "doctor", " Good morning. ", flags={"low_confidence"}),
    Line(0.5, 0.5, None, "unknown", "क्‍या हाल है?"),
]  # fmt: skip


def test_vtt() -> None:
    assert to_vtt(LINES, note="No --> clinical use") == (
        "WEBVTT\n\n"
        "NOTE\nNo -> clinical use\n\n"
        "00:00:00.000 --> 00:00:01.235\n<v Doctor (S1)>Good morning.\n\n"
        "00:00:00.500 --> 00:00:00.510\nक्‍या हाल है?\n\n"
        '01:01:01.500 --> 01:01:02.250\n<v Patient (S2)>Is 3 &lt; 5 &amp; "fine"? Yes --&gt; no\n'
    )
    assert to_vtt([]) == "WEBVTT\n"


def test_srt() -> None:
    written = to_srt(LINES)
    assert written.startswith("1\n00:00:00,000 --> 00:00:01,235\nDoctor (S1): Good morning.\n\n2\n")
    assert 'Patient (S2): Is 3 < 5 & "fine"? Yes -> no\n' in written
    assert to_srt([]) == ""
    assert to_srt([LINES[0]], note="Read with care").startswith(
        "1\n00:00:00,000 --> 00:00:03,000\nRead with care\n\n2\n"
    )


def test_txt() -> None:
    assert to_txt(LINES).splitlines() == [
        "[00:00:00] Doctor (S1): Good morning.",
        "[00:00:00] क्‍या हाल है?",
        '[01:01:01] Patient (S2): Is 3 < 5 & "fine"? Yes --> no',
    ]
    assert to_txt([], note="Nothing was said") == "[Nothing was said]\n"


def test_a_name_cannot_end_its_tag() -> None:
    written = to_vtt([Line(0, 1, "A>B\n\nC", "other", "hello")])
    assert "<v Other (A&gt;B C)>hello" in written


def test_json() -> None:
    first, _, last = to_json(LINES)["segments"]
    assert (first["end_s"], first["flags"], first["speaker"]) == (1.235, ["low_confidence"], "S1")
    assert last["words"] == [{"text": "Is", "start_s": 3661.5, "end_s": 3661.7, "probability": 0.988}]
