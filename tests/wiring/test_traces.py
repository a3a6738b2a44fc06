"""One trace from a patient's message to the carrier, and nothing of the patient in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from api.http.app import create_app
from tests.api.twilio.test_webhooks import message, poster
from tests.conftest import Clone, lived, settings_for
from tests.doubles.twilio_server import TwilioServer
from tests.tools.hospital import work_off
from tools.conversations.carrier import Carrier, TwilioCarrier
from tools.runtime import traces
from wiring import demo
from worker.main import register


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    kept, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    monkeypatch.setattr(traces, "_tracer", provider.get_tracer("wardline"))
    monkeypatch.setattr(trace, "get_tracer_provider", lambda: provider)
    yield kept
    provider.shutdown()


async def test_a_message_is_one_trace(own_clone: Clone, spans: InMemorySpanExporter, tmp_path: Path) -> None:
    app = create_app(settings_for(own_clone.data_dir), url=own_clone.service)
    transport = httpx.ASGITransport(app=app)
    with TwilioServer() as twilio:
        carrier = TwilioCarrier(
            twilio.account_sid, twilio.auth_token, from_number=demo.WHATSAPP, base_url=twilio.url, rate_per_s=1000
        )
        app.state.runtime.services.put(Carrier, carrier)
        async with lived(app), httpx.AsyncClient(transport=transport, base_url="http://wardline.test") as client:
            register(app.state.runtime)
            answer = await poster(app, client)(message("+917700000001", "is there parking at Lakeside"))
            assert answer.status_code == 200
            await work_off(app.state.runtime, settings_for(tmp_path))
        assert len(twilio.messages) == 1
    seen: tuple[ReadableSpan, ...] = spans.get_finished_spans()
    of_message = {one.context.trace_id for one in seen if one.name == "http POST"}
    [trace_id] = of_message
    names = [one.name for one in seen if one.context.trace_id == trace_id]
    assert {"http POST", "job run_turns", "turn", "job send_message", "carrier"} <= set(names)
    assert "7700000001" not in "".join(one.to_json() for one in seen) and "Lakeside" not in str(names)


async def test_a_step_that_fails_names_its_fault_alone(spans: InMemorySpanExporter) -> None:
    with pytest.raises(ValueError, match="Asha"), traces.span("step"):
        raise ValueError("Asha was here")
    [one] = spans.get_finished_spans()
    assert one.status.description == "ValueError" and "Asha" not in one.to_json()


def test_nothing_is_carried_where_traces_are_off() -> None:
    with traces.span("step"):
        assert traces.carried() == {}
