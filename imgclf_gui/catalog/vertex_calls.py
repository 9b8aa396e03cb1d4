"""The calls to Vertex AI, over gRPC only: each with a limit on time, and errors in words.

Google's client is imported inside the functions, which are never called on the window's thread.
"""

from __future__ import annotations

import base64
import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from imgclf_gui.catalog import vertex_parts as parts
from imgclf_gui.catalog.google_errors import in_words, redacted
from imgclf_gui.catalog.google_parts import channel, quiet, renew, secrets
from imgclf_gui.core.automl import Operation, Order, Outcome, RowProblem, Step
from imgclf_gui.core.cloud import BusyError, Progress, cancelled
from imgclf_gui.core.errors import UserError

if TYPE_CHECKING:
    from google.auth.credentials import Credentials

RETRIES = (0.1, 0.2, 0.4)
"""How long to wait before a call is made again that met a busy service, in shares of the time
between two looks."""
_LONGEST_WAIT = 30.0


class Vertex:
    """Who is asked, over one channel."""

    def __init__(self, host: str, signed: Credentials, seconds: float, poll: float) -> None:
        """`seconds`: a call's limit on time; `poll`: usual seconds between two looks."""
        quiet()
        self._host = host
        self._signed = signed
        self._seconds = seconds
        self._poll = poll
        self._over = threading.Event()
        self._channel = channel(host, signed)

    def close(self) -> None:
        """End a call in hand at once, from any thread; nothing can be asked any more."""
        self._over.set()
        self._channel.close()

    def wait(self) -> bool:
        """A moment, before it is tried again; whether it was closed meanwhile."""
        return self._over.wait(RETRIES[-1] * self._poll)

    # What takes long: begun once, whatever happens

    def begin_dataset(self, order: Order, key: str) -> str:
        """The operation that makes a dataset, or the dataset of that key."""
        for dataset in self._listed(self._datasets.list_datasets, order, parts.KEY, key):
            return str(dataset.name)
        dataset = {
            "display_name": parts.shown_name(order),
            "metadata_schema_uri": parts.DATASET_SCHEMA,
            "labels": parts.marks(order, key),
        }
        request = {"parent": _parent(order), "dataset": dataset}
        return self._begun(self._datasets.create_dataset, request)

    def begin_import(self, dataset: str, rows: str) -> str:
        """The operation that imports; one that goes on, or went well, is not begun again."""
        for operation, _ in self._operations(dataset, self._library.ImportDataOperationMetadata):
            if not operation.HasField("error"):
                return str(operation.name)
        config = {"gcs_source": {"uris": [rows]}, "import_schema_uri": parts.IMPORT_SCHEMA}
        request = {"name": dataset, "import_configs": [config]}
        return self._begun(self._datasets.import_data, request)

    def begin_training(self, order: Order, dataset: str, key: str) -> str:
        """The training pipeline, by the key."""
        pipelines = self._pipelines
        for pipeline in self._listed(pipelines.list_training_pipelines, order, parts.KEY, key):
            return str(pipeline.name)
        pipeline = {
            "display_name": parts.shown_name(order),
            "input_data_config": {
                "dataset_id": dataset.rpartition("/")[2],
                "filter_split": parts.split_filters(),
            },
            "training_task_definition": parts.TRAINING_SCHEMA,
            "training_task_inputs": _value(parts.training_inputs(order)),
            "model_to_upload": {
                "display_name": parts.shown_name(order),
                "labels": parts.marks(order, key),
            },
            "labels": parts.marks(order, key),
        }
        request = {"parent": _parent(order), "training_pipeline": pipeline}
        return str(self._ask(pipelines.create_training_pipeline, request, making=True).name)

    def begin_deployment(self, order: Order, model: str, key: str) -> str:
        """The operation that deploys to an endpoint of that key, or the endpoint if it is done."""
        endpoint = next(
            self._listed(self._endpoints.list_endpoints, order, parts.KEY, key), None
        ) or self._new_endpoint(order, key)
        if endpoint.deployed_models:
            return str(endpoint.name)
        metadata = self._library.DeployModelOperationMetadata
        for operation, _ in self._operations(endpoint.name, metadata):
            if not operation.done:
                return str(operation.name)
        deployed = {
            "model": model,
            "display_name": parts.shown_name(order),
            "automatic_resources": {"min_replica_count": 1, "max_replica_count": 1},
        }
        request = {
            "endpoint": endpoint.name,
            "deployed_model": deployed,
            "traffic_split": {"0": 100},
        }
        return self._begun(self._endpoints.deploy_model, request)

    def begin_undeployment(self, order: Order) -> str:
        """The operation that undeploys; '-' if nothing of the order is deployed."""
        return next(self._undeploying(order), "-")

    def begin_export(self, model: str, form: str, folder: str) -> str:
        """The operation that exports into a folder of a bucket."""
        config = {
            "export_format_id": form,
            "artifact_destination": {"output_uri_prefix": folder},
        }
        request = {"name": model, "output_config": config}
        return self._begun(self._models.export_model, request)

    def look(self, operation: Operation, order: Order) -> Outcome | Progress:
        """Where an operation is; raises UserError where it failed, was stopped, or is unknown."""
        step, name = operation.step, operation.name
        if step == "train":
            return self._training(name)
        if step == "undeploy":
            return self._undeployment(name, order)
        if "/operations/" not in name:  # it was found done
            return Outcome({"endpoint" if step == "deploy" else step: name})
        done = self._operation(step, name)
        if not done.done:
            return parts.going_on(step)
        return self._outcome(operation, done, order)

    def stop(self, name: str) -> None:
        """Ask that it ends; what is over already stays as it is."""
        if "/trainingPipelines/" in name:
            self._ask(self._pipelines.cancel_training_pipeline, {"name": name})
        elif "/operations/" in name:
            self._ask(self._datasets.cancel_operation, {"name": name})

    # What is answered at once

    def evaluation(
        self, model: str
    ) -> tuple[Mapping[str, Any], list[tuple[str, Mapping[str, Any]]]]:
        """The newest evaluation's metrics as JSON, and those of its slices with their labels."""
        found = self._all(self._models.list_model_evaluations, {"parent": model})
        if not found:
            raise UserError(
                "automl.measure", "Google has not measured the model.", "Look again in a minute."
            )
        slices = self._all(self._models.list_model_evaluation_slices, {"parent": found[0].name})
        return _plain(found[0], "metrics"), [
            (str(each.slice_.value), _plain(each, "metrics"))
            for each in slices
            if each.slice_.dimension == "annotationSpec"
        ]

    def predict(self, endpoint: str, image: bytes, most: int) -> list[tuple[str, float]]:
        """Labels with confidences 0…1, the best first."""
        instance = {"content": base64.b64encode(image).decode("ascii")}
        kind = self._library.PredictRequest
        request = kind.pb()(
            endpoint=endpoint,
            instances=[_value(instance)],
            parameters=_value({"confidenceThreshold": 0.0, "maxPredictions": most}),
        )
        answer = self._ask(self._predictions.predict, kind.wrap(request))
        found = _plain(answer, "predictions")
        first = found[0] if found and isinstance(found[0], dict) else {}
        pairs = zip(first.get("displayNames", ()), first.get("confidences", ()), strict=False)
        return sorted(
            ((str(label), float(score)) for label, score in pairs), key=lambda pair: -pair[1]
        )

    def deployed(self, project: str, region: str) -> Iterator[tuple[str, str, str, float]]:
        """Endpoints with a deployed model: name, title, the order's tag, since when."""
        request = {"parent": f"projects/{project}/locations/{region}"}
        for endpoint in self._all(self._endpoints.list_endpoints, request):
            tag = endpoint.labels.get(parts.TAG)
            for model in endpoint.deployed_models if tag else ():
                since = model.create_time or endpoint.create_time or datetime.now(UTC)
                yield endpoint.name, model.display_name, tag, since.timestamp()

    # Parts

    @cached_property
    def _library(self) -> Any:
        from google.cloud import aiplatform_v1

        quiet()
        return aiplatform_v1

    @cached_property
    def _datasets(self) -> Any:
        return self._client("DatasetServiceClient")

    @cached_property
    def _pipelines(self) -> Any:
        return self._client("PipelineServiceClient")

    @cached_property
    def _models(self) -> Any:
        return self._client("ModelServiceClient")

    @cached_property
    def _endpoints(self) -> Any:
        return self._client("EndpointServiceClient")

    @cached_property
    def _predictions(self) -> Any:
        return self._client("PredictionServiceClient")

    def _client(self, name: str) -> Any:
        client = getattr(self._library, name)
        return client(transport=client.get_transport_class("grpc")(channel=self._channel))

    def _ask(self, method: Callable[..., Any], request: Any, *, making: bool = False) -> Any:
        """One call, made again a few times where the service says that it is busy.

        What is `making` something is repeated only where it was surely refused.
        """
        for share in (*RETRIES, None):
            try:
                renew(self._signed)
                return method(request=request, retry=None, timeout=self._seconds)
            except Exception as error:  # noqa: BLE001 whatever failed becomes a sentence
                if self._over.is_set():
                    raise cancelled() from None
                found = in_words(error, self._host, secrets(self._signed))
                again = isinstance(found, BusyError) and (not making or found.code == "cloud.quota")
                if share is None or not again:
                    raise found from None
                after = getattr(found, "after", None) or share * self._poll
                if self._over.wait(min(after, _LONGEST_WAIT)):
                    raise cancelled() from None
        raise AssertionError

    def _all(self, method: Callable[..., Any], request: Any) -> list[Any]:
        """What a method lists, of all pages: each further one is a call of its own."""
        return list(self._ask(lambda **asked: list(method(**asked)), request))

    def _begun(self, method: Callable[..., Any], request: Any) -> str:
        return str(self._ask(method, request, making=True).operation.name)

    def _listed(
        self, method: Callable[..., Any], order: Order, label: str, value: str
    ) -> Iterator[Any]:
        """What bears the label, of the order's project and region."""
        request = {"parent": _parent(order), "filter": parts.marked(label, value)}
        for found in self._all(method, request):
            if found.labels.get(label) == value:
                yield found

    def _operations(self, name: str, kind: Any) -> Iterator[tuple[Any, Any]]:
        """Operations on a resource whose metadata is `kind`, the newest first."""
        answer = self._ask(self._datasets.list_operations, {"name": name})
        for operation in reversed(answer.operations):
            if operation.metadata.TypeName().endswith(f".{kind.__name__}"):
                yield operation, kind.deserialize(operation.metadata.value)

    def _operation(self, step: Step, name: str) -> Any:
        try:
            return self._ask(self._datasets.get_operation, {"name": name})
        except UserError as error:
            if error.code == "cloud.not-found":
                raise parts.lost(step) from None
            raise

    def _outcome(self, operation: Operation, done: Any, order: Order) -> Outcome:
        step = operation.step
        problems = self._left_out(done) if step == "import" else ()
        if done.HasField("error"):
            raise parts.failed(step, done.error.code, done.error.message, problems)
        match step:
            case "dataset":
                dataset = self._library.Dataset.deserialize(done.response.value)
                return Outcome({"dataset": dataset.name})
            case "deploy":
                mine = self._listed(self._endpoints.list_endpoints, order, parts.KEY, operation.key)
                endpoint = next(mine, None)
                if endpoint is None:
                    raise parts.lost(step)
                return Outcome({"endpoint": endpoint.name})
            case "export":
                metadata = self._library.ExportModelOperationMetadata.deserialize(
                    done.metadata.value
                )
                return Outcome({"exported": metadata.output_info.artifact_output_uri})
        return Outcome({}, problems)

    def _left_out(self, done: Any) -> tuple[RowProblem, ...]:
        metadata = self._library.ImportDataOperationMetadata.deserialize(done.metadata.value)
        failures = metadata.generic_metadata.partial_failures
        return tuple(RowProblem(0, redacted(failure.message)) for failure in failures)

    def _training(self, name: str) -> Outcome | Progress:
        try:
            pipeline = self._ask(self._pipelines.get_training_pipeline, {"name": name})
        except UserError as error:
            if error.code == "cloud.not-found":
                raise parts.lost("train") from None
            raise
        state = pipeline.state.name.removeprefix("PIPELINE_STATE_")
        if state == "SUCCEEDED":
            return Outcome({"model": pipeline.model_to_upload.name})
        if state in ("CANCELLED", "CANCELLING"):
            if state == "CANCELLED":
                raise parts.failed("train", parts.CANCELLED, "")
            return Progress(0, 0, 0, 0, None, "The training is being stopped.")
        if state == "FAILED":
            raise parts.failed("train", pipeline.error.code, pipeline.error.message)
        return parts.going_on("train", waiting=state in ("PENDING", "QUEUED"))

    def _new_endpoint(self, order: Order, key: str) -> Any:
        endpoint = {"display_name": parts.shown_name(order), "labels": parts.marks(order, key)}
        request = {"parent": _parent(order), "endpoint": endpoint}
        done = self._ended("deploy", self._begun(self._endpoints.create_endpoint, request))
        return self._library.Endpoint.deserialize(done.response.value)

    def _undeploying(self, order: Order) -> Iterator[str]:
        """Begin to undeploy all of the order, also what is only being deployed; the operations."""
        for endpoint in list(self._of_order(order)):
            self._end_deployments(endpoint.name)
            found = self._ask(self._endpoints.get_endpoint, {"name": endpoint.name})
            for model in found.deployed_models:
                request = {"endpoint": endpoint.name, "deployed_model_id": model.id}
                yield self._begun(self._endpoints.undeploy_model, request)

    def _of_order(self, order: Order) -> Iterator[Any]:
        return self._listed(self._endpoints.list_endpoints, order, parts.TAG, order.tag)

    def _end_deployments(self, endpoint: str) -> None:
        """What is being deployed would cost once it is: stop it, and see it end."""
        for operation, _ in self._operations(endpoint, self._library.DeployModelOperationMetadata):
            if not operation.done:
                self.stop(operation.name)
                with contextlib.suppress(UserError):
                    self._ended("deploy", operation.name)

    def _undeployment(self, name: str, order: Order) -> Outcome | Progress:
        """Whatever of the order is deployed goes, and then the empty endpoints, which are free."""
        if name != "-":
            done = self._operation("undeploy", name)
            if not done.done:
                return parts.going_on("undeploy")
            if done.HasField("error"):
                raise parts.failed("undeploy", done.error.code, done.error.message)
        for operation in self._undeploying(order):
            self._ended("undeploy", operation)
        for endpoint in list(self._of_order(order)):
            with contextlib.suppress(UserError):  # an empty one costs nothing
                request = {"name": endpoint.name}
                self._ended("undeploy", self._begun(self._endpoints.delete_endpoint, request))
        return Outcome({"endpoint": ""})

    def _ended(self, step: Step, name: str) -> Any:
        """What takes seconds, awaited."""
        while True:
            done = self._operation(step, name)
            if done.done and done.HasField("error"):
                raise parts.failed(step, done.error.code, done.error.message)
            if done.done:
                return done
            if self._over.wait(self._poll / 20):
                raise cancelled()


def _parent(order: Order) -> str:
    return f"projects/{order.account_project}/locations/{order.region}"


def _value(plain: Any) -> Any:
    from google.protobuf import json_format, struct_pb2

    return json_format.ParseDict(plain, struct_pb2.Value())


def _plain(message: Any, name: str) -> Any:
    """A field of Values, as JSON."""
    from google.protobuf import json_format

    value = getattr(type(message).pb(message), name)
    if isinstance(value, list) or hasattr(value, "append"):
        return [json_format.MessageToDict(each) for each in value]
    return json_format.MessageToDict(value)
