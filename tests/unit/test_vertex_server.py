"""The servers of tests for Vertex AI and Cloud Storage speak to Google's own clients."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.api_core import exceptions
from google.cloud import aiplatform_v1 as vertex
from google.cloud import storage  # type: ignore[attr-defined]  # it carries no types
from google.longrunning import operations_pb2
from google.protobuf import json_format, struct_pb2

from tests.helpers.google_errors import QUOTA, Status
from tests.helpers.storage_server import StorageServer
from tests.helpers.vertex_server import VertexServer

PARENT = "projects/example-project/locations/us-central1"
SCHEMA = "gs://google-cloud-aiplatform/schema"


class Clients:
    """A client of each service, over one channel."""

    def __init__(self, channel: grpc.Channel) -> None:
        self.channel = channel
        self.datasets = self._client("Dataset")
        self.pipelines = self._client("Pipeline")
        self.models = self._client("Model")
        self.endpoints = self._client("Endpoint")
        self.predictions = self._client("Prediction")

    def _client(self, service: str) -> Any:
        client = getattr(vertex, f"{service}ServiceClient")
        return client(transport=client.get_transport_class("grpc")(channel=self.channel))

    def done(self, operation: Any) -> Any:
        """The operation's last state, asked for until it is done."""
        name = operation.operation.name
        while not (told := self.get(name)).done:
            pass
        return told

    def get(self, name: str) -> Any:
        request = operations_pb2.GetOperationRequest(name=name)
        return self.datasets.get_operation(request)


@pytest.fixture
def clients(vertex_server: VertexServer) -> Iterator[Clients]:
    with grpc.insecure_channel(vertex_server.host) as channel:
        yield Clients(channel)


def _upload(server: StorageServer, shapes: Path) -> None:
    """All images of the folders, and the file that names them with one that is not there."""
    rows = []
    for number, file in enumerate(sorted(shapes.glob("*/*.png"))):
        uri = f"gs://bucket/{file.parent.name}/{file.name}"
        server.write(uri, file.read_bytes())
        use = "test" if number % 4 == 0 else "training"
        rows.append(_row(uri, file.parent.name, use))
    rows.append(_row("gs://bucket/gone.png", "bars", "test"))
    server.write("gs://bucket/rows.jsonl", "\n".join(rows).encode())


def _row(uri: str, label: str, use: str) -> str:
    resources = {"aiplatform.googleapis.com/ml_use": use}
    annotation = {"displayName": label}
    return json.dumps(
        {
            "imageGcsUri": uri,
            "classificationAnnotation": annotation,
            "dataItemResourceLabels": resources,
        }
    )


def _dataset(clients: Clients) -> str:
    """Made and imported."""
    dataset = vertex.Dataset(
        display_name="shapes",
        metadata_schema_uri=f"{SCHEMA}/dataset/metadata/image_1.0.0.yaml",
        labels={"imgclf": "tag"},
    )
    made = clients.done(clients.datasets.create_dataset(parent=PARENT, dataset=dataset))
    name: str = json_format.MessageToDict(made)["response"]["name"]
    config = vertex.ImportDataConfig(
        gcs_source={"uris": ["gs://bucket/rows.jsonl"]},
        import_schema_uri=f"{SCHEMA}/dataset/ioformat/"
        "image_classification_single_label_io_format_1.0.0.yaml",
    )
    told = clients.done(clients.datasets.import_data(name=name, import_configs=[config]))
    failures = json_format.MessageToDict(told)["metadata"]["genericMetadata"]["partialFailures"]
    assert "gone.png does not exist for: gs://bucket/rows.jsonl line 61" in failures[0]["message"]
    return name


def _pipeline(clients: Clients, dataset: str) -> Any:
    inputs = {"modelType": "MOBILE_TF_VERSATILE_1", "budgetMilliNodeHours": "1000"}
    pipeline = vertex.TrainingPipeline(
        display_name="shapes",
        input_data_config={"dataset_id": dataset.rpartition("/")[2]},
        training_task_definition=f"{SCHEMA}/trainingjob/definition/"
        "automl_image_classification_1.0.0.yaml",
        training_task_inputs=json_format.ParseDict(inputs, struct_pb2.Value()),
        model_to_upload={"display_name": "shapes"},
    )
    return clients.pipelines.create_training_pipeline(parent=PARENT, training_pipeline=pipeline)


def _trained(clients: Clients, dataset: str) -> Any:
    """The pipeline at its end."""
    name = _pipeline(clients, dataset).name
    while (told := clients.pipelines.get_training_pipeline(name=name)).state in (
        vertex.PipelineState.PIPELINE_STATE_PENDING,
        vertex.PipelineState.PIPELINE_STATE_RUNNING,
    ):
        pass
    return told


def test_from_a_dataset_to_predictions_and_an_export(
    clients: Clients, vertex_server: VertexServer, storage_server: StorageServer, shapes: Path
) -> None:
    _upload(storage_server, shapes)
    dataset = _dataset(clients)
    (listed,) = clients.datasets.list_datasets(
        request={"parent": PARENT, "filter": "labels.imgclf=tag"}
    )
    assert listed.data_item_count == 60
    model = _trained(clients, dataset).model_to_upload.name

    (evaluation,) = clients.models.list_model_evaluations(parent=model)
    metrics = json_format.MessageToDict(vertex.ModelEvaluation.pb(evaluation).metrics)
    matrix = metrics["confusionMatrix"]
    assert [spec["displayName"] for spec in matrix["annotationSpecs"]] == ["bars", "blobs", "rings"]
    assert sum(map(sum, matrix["rows"])) == 15
    assert metrics["auPrc"] > 0.8 and len(metrics["confidenceMetrics"]) == 24
    assert "confidenceThreshold" not in metrics["confidenceMetrics"][0]
    assert len(list(clients.models.list_model_evaluation_slices(parent=evaluation.name))) == 3

    image = next((shapes / "rings").iterdir()).read_bytes()
    endpoint = _deployed(clients, model)
    assert vertex_server.deployed == 1
    instance = json_format.ParseDict(
        {"content": base64.b64encode(image).decode()}, struct_pb2.Value()
    )
    answer = clients.predictions.predict(endpoint=endpoint, instances=[instance])
    assert dict(answer.predictions[0])["displayNames"][0] == "rings"
    deployed = clients.endpoints.get_endpoint(name=endpoint).deployed_models[0].id
    clients.done(clients.endpoints.undeploy_model(endpoint=endpoint, deployed_model_id=deployed))
    assert vertex_server.deployed == 0

    config = vertex.ExportModelRequest.OutputConfig(
        export_format_id="tflite",
        artifact_destination={"output_uri_prefix": "gs://bucket/export"},
    )
    told = clients.done(clients.models.export_model(name=model, output_config=config))
    folder = json_format.MessageToDict(told)["metadata"]["outputInfo"]["artifactOutputUri"]
    assert storage_server.read(f"{folder}/dict.txt") == b"bars\nblobs\nrings"


def _deployed(clients: Clients, model: str) -> str:
    """The endpoint it is deployed to."""
    endpoint = vertex.Endpoint(display_name="shapes")
    made = clients.done(clients.endpoints.create_endpoint(parent=PARENT, endpoint=endpoint))
    name: str = json_format.MessageToDict(made)["response"]["name"]
    wanted = vertex.DeployedModel(model=model, automatic_resources={"min_replica_count": 1})
    clients.done(clients.endpoints.deploy_model(endpoint=name, deployed_model=wanted))
    return name


def test_what_goes_wrong_where_it_is_planted(
    clients: Clients, vertex_server: VertexServer, storage_server: StorageServer, shapes: Path
) -> None:
    _upload(storage_server, shapes)
    vertex_server.refuse("CreateDataset", QUOTA)
    with pytest.raises(exceptions.ResourceExhausted):
        _dataset(clients)
    dataset = _dataset(clients)
    vertex_server.fail("train", Status("INTERNAL", "Internal error occurred."))
    told = _trained(clients, dataset)
    assert told.state == vertex.PipelineState.PIPELINE_STATE_FAILED
    assert told.error.message == "Internal error occurred."

    vertex_server.hold("train")
    name = _pipeline(clients, dataset).name
    clients.pipelines.get_training_pipeline(name=name)
    clients.pipelines.cancel_training_pipeline(name=name)
    told = clients.pipelines.get_training_pipeline(name=name)
    assert told.state == vertex.PipelineState.PIPELINE_STATE_CANCELLED
    vertex_server.hang("ListModels")
    with pytest.raises(exceptions.DeadlineExceeded):
        clients.models.list_models(parent=PARENT, timeout=0.2)


def test_an_upload_that_breaks_leaves_nothing(storage_server: StorageServer) -> None:
    storage_server.break_after(100_000)
    with storage.Client(project="example-project") as client:
        blob = client.bucket("bucket").blob("large.bin")
        with pytest.raises(Exception, match=r"aborted|reset|Broken pipe"):
            blob.upload_from_string(bytes(300_000), retry=None)
        assert storage_server.names("bucket") == []
        storage_server.mend()
        blob.upload_from_string(bytes(300_000), retry=None)
    assert len(storage_server.read("gs://bucket/large.bin")) == 300_000


def test_a_resumable_upload_goes_on_behind_the_last_chunk(storage_server: StorageServer) -> None:
    chunk = 256 * 1024
    storage_server.break_after(2 * chunk)
    with storage.Client(project="example-project") as client:
        blob = client.bucket("bucket").blob("large.bin", chunk_size=chunk)
        session = blob.create_resumable_upload_session(size=3 * chunk)
        sent = [_put(client, session, place, chunk) for place in range(2)]
        assert sent == [308, None]
        storage_server.mend()
        assert [_put(client, session, place, chunk) for place in (1, 2)] == [308, 200]
    assert storage_server.names("bucket") == ["large.bin"]


def _put(client: Any, session: str, place: int, chunk: int) -> int | None:
    """The status of one chunk of three; None where the line broke."""
    first = place * chunk
    header = {"Content-Range": f"bytes {first}-{first + chunk - 1}/{3 * chunk}"}
    try:
        answer = client._http.put(session, bytes(chunk), headers=header, timeout=20)
    except OSError:
        return None
    return int(answer.status_code)
