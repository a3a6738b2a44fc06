"""Where traces go: to a collector over OTLP (HTTP, protobuf), where `WARDLINE_TRACES_URL` names one."""

from __future__ import annotations

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from settings import Settings


def configure(settings: Settings) -> None:
    """Send this process's traces, once; nothing where no collector is named."""
    if settings.traces_url is None or isinstance(trace.get_tracer_provider(), TracerProvider):
        return
    provider = TracerProvider(resource=Resource.create({SERVICE_NAME: "wardline"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=settings.traces_url)))
    trace.set_tracer_provider(provider)  # what is left is sent when the process ends
