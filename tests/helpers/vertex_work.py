"""Work of the Vertex server of tests that takes long: it goes on each time somebody asks for it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

from google.longrunning import operations_pb2
from google.protobuf import any_pb2, empty_pb2

from tests.helpers.google_errors import Status

T = TypeVar("T")

CANCELLED = Status("CANCELLED", "The operation was cancelled.")


class RefusedError(Exception):
    """Raised by a method: the call ends with `status`."""

    def __init__(self, status: Status) -> None:
        super().__init__(status.message)
        self.status = status


def missing(name: str) -> RefusedError:
    """What is not there."""
    return RefusedError(Status("NOT_FOUND", f"The resource {name!r} does not exist."))


def invalid(message: str) -> RefusedError:
    """An argument that is wrong."""
    return RefusedError(Status("INVALID_ARGUMENT", message))


def found(known: Mapping[str, T], name: str) -> T:
    """What has this name."""
    if name not in known:
        raise missing(name)
    return known[name]


def listed(known: Mapping[str, T], parent: str, filtered: str) -> list[T]:
    """Those below `parent` that fit the filter."""
    return [
        one for name, one in known.items() if name.startswith(f"{parent}/") and _fits(one, filtered)
    ]


def _fits(resource: Any, filtered: str) -> bool:
    """`display_name="x" AND labels.key=y AND labels.key:*`, as Vertex documents filters."""
    for part in filtered.split(" AND ") if filtered else ():
        match = re.fullmatch(
            r"(display_name|labels\.([\w-]+))(?:=\"?([^\"]*)\"?|:\*)", part.strip()
        )
        if match is None:
            raise invalid(f"The filter {part!r} is not understood.")
        _field, label, wanted = match.groups()
        value = resource.labels.get(label) if label else resource.display_name
        if value is None or (wanted is not None and value != wanted):
            return False
    return True


@dataclass
class Plan:
    """How long work of each kind takes, and what goes wrong with it."""

    polls: int
    """How often somebody has to ask before it is done."""
    held: set[str] = field(default_factory=set)
    """Kinds that make no progress."""
    failures: dict[str, list[tuple[Status, bool]]] = field(default_factory=dict)
    """By kind: how the next ones end, and whether they do their work before."""

    def failure(self, kind: str) -> tuple[Status, bool] | None:
        """How a new one of this kind is to fail."""
        planted = self.failures.get(kind)
        return planted.pop(0) if planted else None


class Work:
    """One piece of work: running, then done, with or without an error."""

    def __init__(self, kind: str, plan: Plan, effect: Callable[[], Any]) -> None:
        self.kind = kind
        self.done = False
        self.error: Status | None = None
        self.response: Any = None
        self._plan = plan
        self._left = plan.polls
        self._failure = plan.failure(kind)
        self._effect = effect

    def poll(self) -> None:
        """Somebody asked: a little more is done."""
        if not self.done and self.kind not in self._plan.held:
            self._left -= 1
            if self._left < 0:
                self.finish()

    def finish(self) -> None:
        """It is over now."""
        self.done = True
        try:
            if self._failure is None or self._failure[1]:
                self.response = self._effect()
        except RefusedError as refusal:
            self.error = refusal.status
        if self._failure is not None:
            self.error = self._failure[0]

    def cancel(self) -> None:
        """It ends without having done anything."""
        if not self.done:
            self.done, self.error = True, CANCELLED


def now() -> datetime:
    """As Google's messages take it."""
    return datetime.now(UTC)


def packed(message: Any) -> any_pb2.Any:
    """A message of proto-plus or of protobuf as google.protobuf.Any."""
    holder = any_pb2.Any()
    holder.Pack(raw(message))
    return holder


def raw(message: Any) -> Any:
    """A message of proto-plus or of protobuf as that of protobuf."""
    kind = type(message)
    return kind.pb(message) if hasattr(kind, "pb") else message


class Operations:
    """google.longrunning.Operations."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.running: dict[str, tuple[Work, Any]] = {}
        """By name: the work, and the metadata's message (proto-plus)."""

    def begin(
        self, kind: str, parent: str, metadata: Any, effect: Callable[[], Any]
    ) -> operations_pb2.Operation:
        """Start work; `effect` does it at its end, and gives the response."""
        metadata.generic_metadata.create_time = metadata.generic_metadata.update_time = now()
        name = f"{parent}/operations/{9_000_000_001 + len(self.running)}"
        self.running[name] = (Work(kind, self.plan, effect), metadata)
        return self._told(name)

    def get_operation(self, request: Any) -> operations_pb2.Operation:
        self._work(request.name)[0].poll()
        return self._told(request.name)

    def list_operations(self, request: Any) -> operations_pb2.ListOperationsResponse:
        """Those of a resource, as they are; asking moves none."""
        mine = [name for name in self.running if name.startswith(f"{request.name}/")]
        return operations_pb2.ListOperationsResponse(operations=[self._told(one) for one in mine])

    def cancel_operation(self, request: Any) -> Any:
        self._work(request.name)[0].cancel()
        return empty_pb2.Empty()

    def _work(self, name: str) -> tuple[Work, Any]:
        return found(self.running, name)

    def _told(self, name: str) -> operations_pb2.Operation:
        work, metadata = self.running[name]
        told = operations_pb2.Operation(name=name, done=work.done, metadata=packed(metadata))
        if work.error is not None:
            told.error.CopyFrom(work.error.message_pb)
        elif work.done:
            told.response.CopyFrom(packed(work.response))
        return told
