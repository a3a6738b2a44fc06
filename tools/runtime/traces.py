"""Traces (OpenTelemetry): from a webhook through its job and turn to the carrier, as one. Off unless the wiring says
where they go (WARDLINE_TRACES_URL); what stands here then costs next to nothing. Spans carry names and ids, nothing
personal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext

from opentelemetry import propagate, trace

CARRIED = "trace"  # the argument of a job by which it goes on with the trace of its cause
_tracer = trace.get_tracer("wardline")


_NOTHING = nullcontext()


def span(name: str, *, after: Mapping[str, str] | None = None, **attributes: object) -> AbstractContextManager[None]:
    """A step of the trace that is under way, or of the one that a job took along (`after`); of a new one where there is
    none. An exception is noted by its type alone: its text may name somebody."""
    off = isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider)
    return _NOTHING if off else _span(name, after, attributes)


@contextmanager
def _span(name: str, after: Mapping[str, str] | None, attributes: Mapping[str, object]) -> Iterator[None]:
    context = propagate.extract(after) if after else None
    with _tracer.start_as_current_span(name, context, record_exception=False, set_status_on_exception=False) as current:
        if current.is_recording():
            current.set_attributes({f"wardline.{key}": str(value) for key, value in attributes.items()})
        try:
            yield
        except BaseException as error:  # cancelled too: the step ends with an error
            current.set_status(trace.StatusCode.ERROR, type(error).__name__)
            raise


def carried() -> dict[str, dict[str, str]]:
    """The trace that is under way, as an argument of a job; nothing where there is none."""
    if not trace.get_current_span().get_span_context().is_valid:
        return {}
    carrier: dict[str, str] = {}
    propagate.inject(carrier)
    return {CARRIED: carrier}
