"""What outlives a call and is not the runtime's own: engines, clients and settings that rooms and agents need, each
found by its type or port (a Protocol). The wiring puts them here; the runtime knows none of them."""

from __future__ import annotations

from typing import Protocol, TypeVar, cast, runtime_checkable

from tools.runtime.errors import Unavailable

Service = TypeVar("Service")


@runtime_checkable
class Closes(Protocol):
    async def aclose(self) -> None: ...


class Services:
    """One service a type."""

    def __init__(self) -> None:
        self._by_type: dict[type, object] = {}

    def put(self, kind: type[Service], service: Service | None) -> Services:
        """Offer a service, or (None) no longer; gives back the services."""
        if service is None:
            self._by_type.pop(kind, None)
        else:
            self._by_type[kind] = service
        return self

    def find(self, kind: type[Service]) -> Service | None:
        """The service, if this installation has it."""
        return cast("Service | None", self._by_type.get(kind))

    def get(self, kind: type[Service]) -> Service:
        """The service. Raises Unavailable where this installation has none."""
        found = self.find(kind)
        if found is None:
            raise Unavailable(f"This installation has no {kind.__name__}.")
        return found

    def copy(self) -> Services:
        """The same services, to be changed apart."""
        copy = Services()
        copy._by_type = dict(self._by_type)
        return copy

    async def aclose(self) -> None:
        """Close what can be closed, the last first."""
        for service in {id(one): one for one in reversed(self._by_type.values())}.values():
            if isinstance(service, Closes):
                await service.aclose()
