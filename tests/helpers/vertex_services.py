"""The methods of the Vertex server of tests, named as Google's clients name them."""

from __future__ import annotations

import base64
import binascii
import itertools
from collections.abc import Iterable, Mapping
from typing import Any

from google.cloud import aiplatform_v1 as vertex
from google.protobuf import empty_pb2, json_format, struct_pb2

from tests.helpers.google_errors import Status
from tests.helpers.storage_server import StorageServer
from tests.helpers.vertex_learning import Item, Trained, import_rows, small
from tests.helpers.vertex_work import (
    Operations,
    Plan,
    RefusedError,
    Work,
    found,
    invalid,
    listed,
    missing,
    now,
)

LEAST_IMAGES = 10
"""Of each label, or training fails."""
MOST_PREDICTION_BYTES = 1_500_000
MOST_FAILURES = 20
"""That an operation names."""
BUDGETS = {"CLOUD": (8_000, 800_000), "MOBILE": (1_000, 100_000)}
"""Milli node hours, least and most, by the beginning of the model type."""
KINDS = ("CLOUD", "MOBILE_TF_LOW_LATENCY_1", "MOBILE_TF_VERSATILE_1", "MOBILE_TF_HIGH_ACCURACY_1")
EXPORTS: Mapping[str, Mapping[str, bytes]] = {
    "tflite": {"model.tflite": b"\x1c\x00\x00\x00TFL3 a small file", "dict.txt": b""},
    "tf-saved-model": {"saved_model.pb": b"\x08\x01 a small file"},
}
"""Files by format; `dict.txt` gets the labels."""

State: Any = vertex.PipelineState


class Services(Operations):
    """What there is of one account, by name, and what can be done with it."""

    def __init__(self, storage: StorageServer, polls: int) -> None:
        super().__init__(Plan(polls))
        self.storage = storage
        self.datasets: dict[str, vertex.Dataset] = {}
        self.pipelines: dict[str, vertex.TrainingPipeline] = {}
        self.models: dict[str, vertex.Model] = {}
        self.endpoints: dict[str, vertex.Endpoint] = {}
        self.items: dict[str, list[Item]] = {}
        """Of each dataset."""
        self.exports: dict[str, Mapping[str, bytes]] = dict(EXPORTS)
        self._trainings: dict[str, Work] = {}
        self._trained: dict[str, Trained] = {}
        self._ids = itertools.count(1_000_000_001)

    def finish_all(self) -> None:
        """All work that runs ends, except what is held."""
        works = [work for work, _ in self.running.values()] + list(self._trainings.values())
        for work in works:
            if not work.done and work.kind not in self.plan.held:
                work.finish()
        for pipeline in self.pipelines:
            self._follow(pipeline)

    # Datasets

    def create_dataset(self, request: vertex.CreateDatasetRequest) -> Any:
        dataset = request.dataset
        if not dataset.metadata_schema_uri.endswith("schema/dataset/metadata/image_1.0.0.yaml"):
            raise invalid("metadata_schema_uri is not that of images.")
        name = f"{request.parent}/datasets/{next(self._ids)}"

        def make() -> Any:
            dataset.name, dataset.create_time, dataset.etag = name, now(), "1"
            self.datasets[name], self.items[name] = dataset, []
            return dataset

        return self.begin("create-dataset", name, vertex.CreateDatasetOperationMetadata(), make)

    def get_dataset(self, request: vertex.GetDatasetRequest) -> Any:
        return found(self.datasets, request.name)

    def list_datasets(self, request: vertex.ListDatasetsRequest) -> Any:
        datasets = listed(self.datasets, request.parent, request.filter)
        return vertex.ListDatasetsResponse(datasets=datasets)

    def delete_dataset(self, request: vertex.DeleteDatasetRequest) -> Any:
        return self._delete("delete-dataset", self.datasets, request.name)

    def import_data(self, request: vertex.ImportDataRequest) -> Any:
        dataset = found(self.datasets, request.name)
        metadata = vertex.ImportDataOperationMetadata()
        for config in request.import_configs:
            if "image_classification_single_label" not in config.import_schema_uri:
                raise invalid("import_schema_uri is not that of single-label classification.")

        def read() -> Any:
            uris = [uri for config in request.import_configs for uri in config.gcs_source.uris]
            items, problems = self._rows(uris)
            failures = [{"code": 3, "message": one} for one in problems[:MOST_FAILURES]]
            metadata.generic_metadata.partial_failures = failures
            if len(problems) > len(items):
                raise invalid("ImportData stopped due to too many errors.")
            known = {item.uri: item for item in [*self.items[dataset.name], *items]}
            self.items[dataset.name] = list(known.values())
            dataset.data_item_count = len(known)
            return vertex.ImportDataResponse()

        return self.begin("import", dataset.name, metadata, read)

    def _rows(self, uris: Iterable[str]) -> tuple[list[Item], list[str]]:
        items: list[Item] = []
        problems: list[str] = []
        for uri in uris:
            try:
                some, wrong = import_rows(uri, self.storage.read)
            except FileNotFoundError as error:
                raise missing(uri) from error
            items += some
            problems += wrong
        return items, problems

    def list_data_items(self, request: vertex.ListDataItemsRequest) -> Any:
        found(self.datasets, request.parent)
        items = [
            vertex.DataItem(
                name=f"{request.parent}/dataItems/{number}",
                labels={"aiplatform.googleapis.com/ml_use": item.use},
                payload=_value({"imageGcsUri": item.uri}),
            )
            for number, item in enumerate(self.items[request.parent], start=1)
        ]
        return vertex.ListDataItemsResponse(data_items=items)

    # Training

    def create_training_pipeline(self, request: vertex.CreateTrainingPipelineRequest) -> Any:
        pipeline = request.training_pipeline
        inputs = _plain(vertex.TrainingPipeline.pb(pipeline).training_task_inputs)
        if not pipeline.training_task_definition.endswith(
            "definition/automl_image_classification_1.0.0.yaml"
        ):
            raise invalid("training_task_definition is not that of image classification.")
        _check_inputs(inputs)
        dataset = f"{request.parent}/datasets/{pipeline.input_data_config.dataset_id}"
        found(self.datasets, dataset)
        pipeline.name = f"{request.parent}/trainingPipelines/{next(self._ids)}"
        pipeline.state, pipeline.create_time = State.PIPELINE_STATE_PENDING, now()
        work = Work("train", self.plan, lambda: self._learn(pipeline, inputs, dataset))
        self.pipelines[pipeline.name], self._trainings[pipeline.name] = pipeline, work
        return pipeline

    def get_training_pipeline(self, request: vertex.GetTrainingPipelineRequest) -> Any:
        found(self.pipelines, request.name)
        self._trainings[request.name].poll()
        return self._follow(request.name)

    def list_training_pipelines(self, request: vertex.ListTrainingPipelinesRequest) -> Any:
        pipelines = listed(self.pipelines, request.parent, request.filter)
        return vertex.ListTrainingPipelinesResponse(training_pipelines=pipelines)

    def cancel_training_pipeline(self, request: vertex.CancelTrainingPipelineRequest) -> Any:
        """It says that it is being cancelled, and at the next question that it is."""
        pipeline = found(self.pipelines, request.name)
        work = self._trainings[request.name]
        if not work.done:
            work.cancel()
            pipeline.state = State.PIPELINE_STATE_CANCELLING
        return empty_pb2.Empty()

    def _follow(self, name: str) -> vertex.TrainingPipeline:
        """The pipeline, in the state of its work."""
        pipeline, work = self.pipelines[name], self._trainings[name]
        if not work.done:
            pipeline.state = State.PIPELINE_STATE_RUNNING
            pipeline.start_time = pipeline.start_time or now()
        elif pipeline.state == State.PIPELINE_STATE_CANCELLING:
            pipeline.state, pipeline.end_time = State.PIPELINE_STATE_CANCELLED, now()
        elif work.error is not None:
            pipeline.state, pipeline.end_time = State.PIPELINE_STATE_FAILED, now()
            pipeline.error = work.error.message_pb
        else:
            pipeline.state, pipeline.end_time = State.PIPELINE_STATE_SUCCEEDED, now()
        return pipeline

    def _learn(self, pipeline: vertex.TrainingPipeline, inputs: Any, dataset: str) -> None:
        trained = Trained(self.items[dataset])
        few = [label for label, count in trained.counts().items() if count < LEAST_IMAGES]
        if few or len(trained.labels) < 2:
            raise invalid(f"Training needs 2 labels with {LEAST_IMAGES} images each; few: {few}.")
        parent = pipeline.name.partition("/trainingPipelines/")[0]
        model = pipeline.model_to_upload
        model.name = f"{parent}/models/{pipeline.model_id or next(self._ids)}"
        model.create_time, model.training_pipeline = now(), pipeline.name
        model.version_id = "1"
        if inputs["modelType"] != "CLOUD":
            artifact = vertex.Model.ExportFormat.ExportableContent.ARTIFACT
            model.supported_export_formats = [
                vertex.Model.ExportFormat(id=one, exportable_contents=[artifact])
                for one in self.exports
            ]
        cost = {"costMilliNodeHours": inputs["budgetMilliNodeHours"]}
        pipeline.training_task_metadata = _value(cost | {"successfulStopReason": "BUDGET_REACHED"})
        self.models[model.name], self._trained[model.name] = model, trained

    # Models

    def get_model(self, request: vertex.GetModelRequest) -> Any:
        return found(self.models, request.name)

    def list_models(self, request: vertex.ListModelsRequest) -> Any:
        return vertex.ListModelsResponse(models=listed(self.models, request.parent, request.filter))

    def delete_model(self, request: vertex.DeleteModelRequest) -> Any:
        found(self.models, request.name)
        if any(one.model == request.name for one in self._all_deployed()):
            raise RefusedError(Status("FAILED_PRECONDITION", "The model is deployed."))
        return self._delete("delete-model", self.models, request.name)

    def list_model_evaluations(self, request: vertex.ListModelEvaluationsRequest) -> Any:
        found(self.models, request.parent)
        trained = self._trained[request.parent]
        ids = [str(number) for number in range(7_001, 7_001 + len(trained.labels))]
        evaluation = vertex.ModelEvaluation(
            name=f"{request.parent}/evaluations/1",
            metrics_schema_uri="gs://google-cloud-aiplatform/schema/modelevaluation/"
            "classification_metrics_1.0.0.yaml",
            metrics=_value(trained.metrics(ids)),
            slice_dimensions=["annotationSpec"],
        )
        return vertex.ListModelEvaluationsResponse(model_evaluations=[evaluation])

    def list_model_evaluation_slices(self, request: vertex.ListModelEvaluationSlicesRequest) -> Any:
        """One a label; their parent is the evaluation."""
        model, _, _number = request.parent.partition("/evaluations/")
        trained = found(self._trained, model)
        slices = [
            vertex.ModelEvaluationSlice(
                name=f"{request.parent}/slices/{number}",
                slice_={"dimension": "annotationSpec", "value": label},
                metrics=_value(trained.label_metrics(label)),
            )
            for number, label in enumerate(trained.labels, start=1)
        ]
        return vertex.ListModelEvaluationSlicesResponse(model_evaluation_slices=slices)

    def export_model(self, request: vertex.ExportModelRequest) -> Any:
        model = found(self.models, request.name)
        wanted = request.output_config.export_format_id
        if wanted not in [one.id for one in model.supported_export_formats]:
            raise invalid(f"Exporting as {wanted!r} is not supported for this model.")
        metadata = vertex.ExportModelOperationMetadata()

        def write() -> Any:
            prefix = request.output_config.artifact_destination.output_uri_prefix.rstrip("/")
            folder = f"{prefix}/model-{model.name.rpartition('/')[2]}/{wanted}/{now():%FT%T.%fZ}"
            labels = "\n".join(self._trained[model.name].labels).encode()
            for name, content in self.exports[wanted].items():
                self.storage.write(f"{folder}/{name}", labels if name == "dict.txt" else content)
            metadata.output_info.artifact_output_uri = folder
            return vertex.ExportModelResponse()

        return self.begin("export", model.name, metadata, write)

    # Endpoints

    def create_endpoint(self, request: vertex.CreateEndpointRequest) -> Any:
        endpoint = request.endpoint
        name = f"{request.parent}/endpoints/{request.endpoint_id or next(self._ids)}"

        def make() -> Any:
            endpoint.name, endpoint.create_time = name, now()
            self.endpoints[name] = endpoint
            return endpoint

        return self.begin("create-endpoint", name, vertex.CreateEndpointOperationMetadata(), make)

    def get_endpoint(self, request: vertex.GetEndpointRequest) -> Any:
        return found(self.endpoints, request.name)

    def list_endpoints(self, request: vertex.ListEndpointsRequest) -> Any:
        endpoints = listed(self.endpoints, request.parent, request.filter)
        return vertex.ListEndpointsResponse(endpoints=endpoints)

    def delete_endpoint(self, request: vertex.DeleteEndpointRequest) -> Any:
        if found(self.endpoints, request.name).deployed_models:
            raise RefusedError(Status("FAILED_PRECONDITION", "The endpoint has deployed models."))
        return self._delete("delete-endpoint", self.endpoints, request.name)

    def deploy_model(self, request: vertex.DeployModelRequest) -> Any:
        endpoint = found(self.endpoints, request.endpoint)
        deployed = request.deployed_model
        model = found(self.models, deployed.model)
        if "automatic_resources" not in deployed:
            raise invalid("The model supports only automatic_resources.")
        deployed.id = deployed.id or str(next(self._ids))

        def deploy() -> Any:
            deployed.create_time = now()
            deployed.display_name = deployed.display_name or model.display_name
            endpoint.deployed_models.append(deployed)
            endpoint.traffic_split = request.traffic_split or {"0": 100}
            return vertex.DeployModelResponse(deployed_model=deployed)

        metadata = vertex.DeployModelOperationMetadata()
        return self.begin("deploy", endpoint.name, metadata, deploy)

    def undeploy_model(self, request: vertex.UndeployModelRequest) -> Any:
        endpoint = found(self.endpoints, request.endpoint)
        if request.deployed_model_id not in [one.id for one in endpoint.deployed_models]:
            raise missing(request.deployed_model_id)

        def undeploy() -> Any:
            left = [one for one in endpoint.deployed_models if one.id != request.deployed_model_id]
            endpoint.deployed_models = left
            return vertex.UndeployModelResponse()

        metadata = vertex.UndeployModelOperationMetadata()
        return self.begin("undeploy", endpoint.name, metadata, undeploy)

    def _all_deployed(self) -> list[vertex.DeployedModel]:
        return [one for endpoint in self.endpoints.values() for one in endpoint.deployed_models]

    # Predictions

    def predict(self, request: vertex.PredictRequest) -> Any:
        endpoint = found(self.endpoints, request.endpoint)
        if not endpoint.deployed_models:
            raise RefusedError(Status("FAILED_PRECONDITION", "The endpoint has no deployed model."))
        asked = vertex.PredictRequest.pb(request)
        if asked.ByteSize() > MOST_PREDICTION_BYTES:
            raise invalid(f"Request payload size exceeds the limit: {MOST_PREDICTION_BYTES} bytes.")
        deployed = endpoint.deployed_models[0]
        parameters = _plain(asked.parameters) or {}
        answers = [
            self._classes(deployed.model, _plain(one), parameters) for one in asked.instances
        ]
        return vertex.PredictResponse.pb()(
            predictions=[_value(one) for one in answers],
            deployed_model_id=deployed.id,
            model=deployed.model,
            model_display_name=deployed.display_name,
        )

    def _classes(self, model: str, instance: Any, parameters: Any) -> Any:
        trained = self._trained[model]
        try:
            scores = trained.scores(small(base64.b64decode(instance["content"], validate=True)))
        except (OSError, binascii.Error, KeyError, TypeError) as error:
            raise invalid("The instance holds no image that can be decoded.") from error
        order = [
            place
            for place in scores.argsort()[::-1].tolist()
            if scores[place] >= parameters.get("confidenceThreshold", 0)
        ][: int(parameters.get("maxPredictions", 10))]
        return {
            "ids": [str(7_001 + place) for place in order],
            "displayNames": [trained.labels[place] for place in order],
            "confidences": [float(scores[place]) for place in order],
        }

    def _delete(self, kind: str, known: dict[str, Any], name: str) -> Any:
        found(known, name)

        def remove() -> Any:
            known.pop(name, None)
            return empty_pb2.Empty()

        return self.begin(kind, name, vertex.DeleteOperationMetadata(), remove)


def _check_inputs(inputs: Any) -> None:
    """Model type and budget, as Google bounds them; both are then there."""
    kind = inputs.setdefault("modelType", "CLOUD")
    if kind not in KINDS:
        raise invalid(f"Unknown model type {kind!r}.")
    least, most = BUDGETS[kind.partition("_")[0]]
    budget = int(inputs.setdefault("budgetMilliNodeHours", 24 * least))
    if not least <= budget <= most:
        raise invalid(
            f"The budget for {kind} must be between {least} and {most} milli node hours, "
            f"but was {budget}."
        )


def _plain(value: Any) -> Any:
    """A Value of protobuf as Python's."""
    return json_format.MessageToDict(value)


def _value(plain: Any) -> Any:
    return json_format.ParseDict(plain, struct_pb2.Value())
