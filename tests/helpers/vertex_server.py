"""Vertex AI on this machine, as far as image classification by AutoML needs it, over gRPC.

    with StorageServer("bucket") as storage, VertexServer(storage) as vertex:
        … grpc.insecure_channel(vertex.host) …
        vertex.fail("train", Status("INTERNAL", "Internal error."))
        vertex.refuse("DeployModel", QUOTA)
        assert vertex.deployed == 0

Operations and training pipelines go on each time somebody asks for them, so tests need no sleeping.
What is imported lies in the storage; what is trained is a real, if small, classifier
(tests/helpers/vertex_learning.py). Everything lives as long as the server, whoever connects.
"""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent import futures
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import grpc
from google.cloud import aiplatform_v1
from google.longrunning import operations_pb2

from tests.helpers.google_errors import Status
from tests.helpers.loopback import LOOPBACK, Relay
from tests.helpers.storage_server import StorageServer
from tests.helpers.vertex_services import Services
from tests.helpers.vertex_work import RefusedError, raw

METHODS = {
    "DatasetService": (
        "CreateDataset GetDataset ListDatasets DeleteDataset ImportData ListDataItems"
    ),
    "PipelineService": (
        "CreateTrainingPipeline GetTrainingPipeline ListTrainingPipelines CancelTrainingPipeline"
    ),
    "ModelService": (
        "GetModel ListModels DeleteModel ListModelEvaluations ListModelEvaluationSlices ExportModel"
    ),
    "EndpointService": (
        "CreateEndpoint GetEndpoint ListEndpoints DeleteEndpoint DeployModel UndeployModel"
    ),
    "PredictionService": "Predict",
}
"""Of each service of google.cloud.aiplatform.v1."""
OPERATIONS = "google.longrunning.Operations"


@dataclass(frozen=True)
class Call:
    """A call as it came."""

    method: str
    request: Any
    """proto-plus, or protobuf for operations."""
    metadata: Mapping[str, str]


class VertexServer:
    """Started by `with`; everything is closed at its end, also calls that hang."""

    def __init__(self, storage: StorageServer, polls: int = 1) -> None:
        """`polls`: how often work is found running before it is done."""
        self.cloud = Services(storage, polls)
        """What there is: `datasets`, `pipelines`, `models`, `endpoints` by name."""
        self.calls: list[Call] = []
        """All calls, whatever was answered."""
        self._refused: dict[str, list[Status]] = {}
        self._hanging: set[str] = set()
        self._changed = threading.Condition(threading.RLock())
        self._stopping = False
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as stack:
            self._relay = stack.enter_context(Relay(stack.enter_context(self._serving())))
            stack.callback(self._stop)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    @property
    def host(self) -> str:
        """`127.0.0.1:PORT`, for grpc.insecure_channel."""
        return f"{LOOPBACK}:{self._relay.port}"

    @property
    def connections(self) -> int:
        """How often a client connected, also without asking anything."""
        return self._relay.connections

    @property
    def deployed(self) -> int:
        """How many models are deployed at the moment, and would cost."""
        return sum(len(one.deployed_models) for one in self.cloud.endpoints.values())

    def count(self, method: str) -> int:
        """How often a method was called: `CreateDataset`."""
        return sum(call.method == method for call in self.calls)

    def refuse(self, method: str, status: Status, times: int = 1) -> None:
        """The next calls of a method end with an error, at once."""
        with self._changed:
            self._refused.setdefault(method, []).extend([status] * times)

    def fail(self, kind: str, status: Status, *, after: bool = False) -> None:
        """The next work of a kind is begun, and ends with an error.

        Kinds: create-dataset, import, delete-dataset, train, delete-model, export,
        create-endpoint, deploy, undeploy, delete-endpoint. With `after` it was done all the same.
        """
        with self._changed:
            self.cloud.plan.failures.setdefault(kind, []).append((status, after))

    def hold(self, kind: str) -> None:
        """Work of a kind, also what runs, makes no progress until `go_on`."""
        self.cloud.plan.held.add(kind)

    def go_on(self, kind: str) -> None:
        """Work of a kind makes progress again."""
        self.cloud.plan.held.discard(kind)

    def time_passes(self) -> None:
        """All work that runs is over, though nobody asked, except what is held."""
        with self._changed:
            self.cloud.finish_all()

    def hang(self, method: str) -> None:
        """Calls of a method are not answered until `release`, or until the client has enough."""
        with self._changed:
            self._hanging.add(method)

    def release(self) -> None:
        """Calls that hang are answered."""
        with self._changed:
            self._hanging.clear()
            self._changed.notify_all()

    def wait_for(self, method: str, calls: int = 1, seconds: float = 20) -> None:
        """Until a method was called so often; fails where it is not."""
        with self._changed:
            assert self._changed.wait_for(lambda: self.count(method) >= calls, seconds)

    def _stop(self) -> None:
        with self._changed:
            self._stopping = True
            self._changed.notify_all()

    @contextlib.contextmanager
    def _serving(self) -> Iterator[int]:
        with futures.ThreadPoolExecutor(16) as threads:
            server = grpc.server(threads, options=[("grpc.max_receive_message_length", -1)])
            server.add_generic_rpc_handlers(tuple(self._handlers()))
            port = server.add_insecure_port(f"{LOOPBACK}:0")
            server.start()
            try:
                yield port
            finally:
                server.stop(None).wait()

    def _handlers(self) -> Iterator[Any]:
        for service, names in METHODS.items():
            types = {name: getattr(aiplatform_v1, f"{name}Request") for name in names.split()}
            handlers = {name: self._handler(name, kind.deserialize) for name, kind in types.items()}
            yield grpc.method_handlers_generic_handler(
                f"google.cloud.aiplatform.v1.{service}", handlers
            )
        kinds = ("GetOperation", "ListOperations", "CancelOperation")
        types = {name: getattr(operations_pb2, f"{name}Request") for name in kinds}
        handlers = {name: self._handler(name, kind.FromString) for name, kind in types.items()}
        yield grpc.method_handlers_generic_handler(OPERATIONS, handlers)

    def _handler(self, name: str, read: Callable[[bytes], Any]) -> Any:
        work = getattr(self.cloud, re.sub("(?<!^)(?=[A-Z])", "_", name).lower())

        def answer(request: Any, context: Any) -> bytes:
            with self._changed:
                metadata = dict(context.invocation_metadata())
                self.calls.append(Call(name, request, metadata))
                self._changed.notify_all()
                while name in self._hanging and context.is_active() and not self._stopping:
                    self._changed.wait(0.005)
                if self._refused.get(name):
                    self._refused[name].pop(0).abort(context)
                try:
                    return _bytes(work(request))
                except RefusedError as refusal:
                    refusal.status.abort(context)

        return grpc.unary_unary_rpc_method_handler(answer, request_deserializer=read)


def _bytes(message: Any) -> bytes:
    content: bytes = raw(message).SerializeToString()
    return content
