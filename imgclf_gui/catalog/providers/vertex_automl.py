"""AutoML of Google's Vertex AI."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import date
from importlib.util import find_spec
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from imgclf_gui.catalog.vertex_parts import bucket_name_fault, metrics
from imgclf_gui.core.automl import (
    AutoMLAccess,
    AutoMLProvider,
    AutoMLSession,
    Budget,
    Deployed,
    Doing,
    Guess,
    LabelledImage,
    ModelKind,
    Names,
    Operation,
    Order,
    Outcome,
    Step,
)
from imgclf_gui.core.cloud import Account, Cancel, Progress, cancelled
from imgclf_gui.core.errors import UserError

if TYPE_CHECKING:
    from imgclf_gui.catalog.vertex_storage import Bucket
    from imgclf_gui.core.automl_metrics import Metrics

_NODE_HOURS = 1_000.0
_CLOUD_HOURS = Budget("milli node hours", 8_000, 800_000, 8_000, _NODE_HOURS)
_EDGE_HOURS = Budget("milli node hours", 1_000, 100_000, 1_000, _NODE_HOURS)
_TRAINING, _EDGE_TRAINING, _DEPLOYED = 3.465, 18.0, 1.375
"""USD for a node hour, as of `prices_as_of`."""
_FORMATS = ("tflite", "tf-saved-model", "edgetpu-tflite", "tf-js", "core-ml")
_FAILED_BEGINNINGS = 2
_FAILED_LOOKS = 5
"""So often in a row nobody answers before the waiting ends; what was begun goes on."""
_ROWS = "imgclf-studio/rows"


class VertexAutoml(AutoMLProvider):
    """https://docs.cloud.google.com/vertex-ai/docs/image-data/classification/train-model

    Now named Gemini Enterprise Agent Platform; the services are the same.
    """

    order: ClassVar[int] = 30
    title: ClassVar[str] = "Vertex AI AutoML"
    summary: ClassVar[str] = "Trains on Google's machines; needs an account and a bucket."
    online: ClassVar[bool] = True
    steps: ClassVar[tuple[Step, ...]] = (
        "upload", "dataset", "import", "train", "measure", "deploy", "undeploy", "export",
    )  # fmt: skip
    prices_as_of: ClassVar[date | None] = date(2026, 10, 7)

    call_seconds: float = Field(
        30.0,
        ge=0.1,
        le=600,
        title="Patience with a call",
        json_schema_extra={"unit": "seconds"},
    )
    poll_seconds: float = Field(
        15.0,
        ge=0.001,
        le=600,
        title="Time between two looks",
        description="At what takes long; at first it is looked at more often.",
        json_schema_extra={"unit": "seconds"},
    )

    def model_kinds(self) -> tuple[ModelKind, ...]:
        """One for the cloud, three to be exported."""
        return (
            ModelKind(
                "cloud",
                "Cloud",
                "Answers from Google's machines, as long as it is deployed.",
                _CLOUD_HOURS,
                training_an_hour=_TRAINING,
                deployed_an_hour=_DEPLOYED,
            ),
            _edge("edge", "Edge", "To be exported; neither the quickest nor the largest."),
            _edge("edge-fast", "Edge, fast", "To be exported; quicker, and less often right."),
            _edge("edge-accurate", "Edge, accurate", "To be exported; slower, more often right."),
        )

    def host_of(self, account: Account) -> str:
        """Where training is asked for; images themselves go to Cloud Storage."""
        return account.automl_host or f"{account.region}-aiplatform.googleapis.com"

    def hosts(self, order: Order, account: Account, doing: Doing) -> tuple[str, ...]:
        """Storage for images and exports, the region for the rest."""
        from imgclf_gui.catalog.vertex_storage import storage_host

        region = account.model_copy(update={"region": order.region or account.region})
        if doing == "upload":
            return (storage_host(),)
        return (self.host_of(region), *((storage_host(),) if doing == "export" else ()))

    def check(self, order: Order) -> None:
        """A project, and a bucket for the images."""
        if not order.account_project:
            raise _no_project()
        if not order.region:
            raise UserError(
                "automl.account",
                "The account names no region.",
                "Enter the region to train in, as us-central1, in the account.",
            )
        fault = bucket_name_fault(order.bucket)
        if fault:
            raise UserError(
                "automl.bucket",
                fault,
                f"Name a bucket in {order.region} that you may write to, as my-project-automl.",
            )

    def lacks(self) -> str:
        """The extra, where it is not installed."""
        for name in ("google.cloud.aiplatform_v1", "google.cloud.storage"):
            try:
                there = find_spec(name) is not None
            except ModuleNotFoundError:
                there = False
            if not there:
                return "pip install imgclf-studio[automl]"
        return ""

    def open(self, access: AutoMLAccess) -> AutoMLSession:
        """Signs in; the connection itself is made with the first request."""
        lacking = self.lacks()
        if lacking:
            raise UserError(
                "automl.extra",
                "Google's libraries for Vertex AI are not installed.",
                f"Run: {lacking}",
            )
        if access.account.way == "api-key":
            raise UserError(
                "automl.account",
                "Vertex AI does not take API keys.",
                "Choose application default credentials or the key file of a service account.",
            )
        return _Session(self, access)


def _edge(kind: str, title: str, summary: str) -> ModelKind:
    return ModelKind(
        kind,
        title,
        summary,
        _EDGE_HOURS,
        edge=True,
        training_an_hour=_EDGE_TRAINING,
        deploys=False,
        exports=_FORMATS,
    )


class _Session(AutoMLSession):
    """Steps over `vertex_calls`, and the storage."""

    def __init__(self, provider: VertexAutoml, access: AutoMLAccess) -> None:
        from imgclf_gui.catalog.google_parts import credentials
        from imgclf_gui.catalog.vertex_calls import Vertex

        self._provider = provider
        self._access = access
        self._signed = credentials(access.account, access.secret)
        self._vertex = Vertex(
            provider.host_of(access.account),
            self._signed,
            provider.call_seconds,
            provider.poll_seconds,
        )
        self._buckets: dict[str, Bucket] = {}

    def upload(
        self,
        order: Order,
        images: Sequence[LabelledImage],
        tell: Callable[[Progress], None],
        cancel: Cancel,
    ) -> Outcome:
        """Images by their content, then the rows, by theirs."""
        from imgclf_gui.core.automl_rows import DatasetRow, rows_text  # with it comes Pillow

        bucket = self._bucket(order)
        forget = cancel.on_cancel(bucket.cut)
        try:
            addresses = bucket.upload(images, self._access.prepare, tell, cancel)
            rows = [
                DatasetRow(addresses[image.content], image.labels, image.split) for image in images
            ]
            text = rows_text(rows, "jsonl").encode("utf-8")
            name = hashlib.blake2b(text, digest_size=16).hexdigest()
            return Outcome({"rows": bucket.put(f"{_ROWS}/{name}.jsonl", text)})
        finally:
            forget()

    def begin(self, operation: Operation, order: Order, names: Names) -> str:
        """Tried again where it is not known whether it was begun: then it is found by its key."""
        for _ in range(_FAILED_BEGINNINGS):
            try:
                return self._begin(operation, order, names)
            except UserError as error:
                if not _passing(error):
                    raise
            if self._vertex.wait():
                raise cancelled()
        return self._begin(operation, order, names)

    def _begin(self, operation: Operation, order: Order, names: Names) -> str:
        vertex = self._vertex
        match operation.step:
            case "dataset":
                return vertex.begin_dataset(order, operation.key)
            case "import":
                return vertex.begin_import(names["dataset"], names["rows"])
            case "train":
                return vertex.begin_training(order, names["dataset"], operation.key)
            case "deploy":
                return vertex.begin_deployment(order, names["model"], operation.key)
            case "undeploy":
                return vertex.begin_undeployment(order)
            case "export":
                folder = f"gs://{order.bucket}/imgclf-studio/exports/{operation.key}"
                return vertex.begin_export(names["model"], operation.detail, folder)
        raise ValueError(operation.step)

    def look(self, operation: Operation, order: Order, names: Names) -> Outcome | Progress:
        """See `AutoMLSession.look`; what was exported is fetched when it is there."""
        found = self._vertex.look(operation, order)
        if operation.step != "export" or isinstance(found, Progress):
            return found
        folder = self._access.folder / "export" / operation.detail
        files = self._bucket(order).fetch(found.names["exported"], folder)
        if not files:
            raise UserError(
                "automl.export",
                f"Nothing was exported as {operation.detail}.",
                "Try another format.",
            )
        return Outcome({f"export:{operation.detail}": f"export/{operation.detail}"})

    def wait(
        self,
        operation: Operation,
        order: Order,
        names: Names,
        tell: Callable[[Progress], None],
        cancel: Cancel,
    ) -> Outcome:
        """Looks again and again, less often after a while; some looks may fail."""
        pause, failed = self._provider.poll_seconds / 20, 0
        forget = cancel.on_cancel(self.cancel)
        try:
            while True:
                try:
                    found = self.look(operation, order, names)
                    failed = 0
                    if isinstance(found, Outcome):
                        return found
                    tell(found)
                except UserError as error:
                    failed += 1
                    if not _passing(error) or failed == _FAILED_LOOKS:
                        raise
                    tell(Progress(0, 0, 0, 0, None, f"{error.report.message} Still trying."))
                if cancel.wait(pause):
                    raise cancelled()
                pause = min(1.3 * pause, self._provider.poll_seconds)
        finally:
            forget()

    def stop(self, operation: Operation) -> None:
        """See `AutoMLSession.stop`."""
        self._vertex.stop(operation.name)

    def metrics(self, order: Order, names: Names) -> Metrics:
        """Of the test images, and of each label."""
        overall, slices = self._vertex.evaluation(names["model"])
        return metrics(order, overall, slices)

    def predict(
        self, order: Order, names: Names, images: Sequence[bytes], cancel: Cancel
    ) -> list[tuple[Guess, ...]]:
        """One call an image, since a call may carry 1.5 MB."""
        if not names.get("endpoint"):
            raise UserError(
                "automl.deploy",
                f"{order.name} is not deployed, so it cannot be asked.",
                "Deploy it first; from then on it costs by the hour until it is undeployed.",
            )
        forget = cancel.on_cancel(self.cancel)
        try:
            answers = []
            for image in images:
                cancel.raise_if_cancelled()
                found = self._vertex.predict(names["endpoint"], image, len(order.labels))
                answers.append(tuple(Guess(label, score) for label, score in found))
            return answers
        finally:
            forget()

    def deployed(self) -> tuple[Deployed, ...]:
        """What this app deployed in the account's project and region, whoever did."""
        account = self._access.account
        if not account.project:
            raise _no_project()
        return tuple(
            Deployed(endpoint, title, tag, since, _DEPLOYED)
            for endpoint, title, tag, since in self._vertex.deployed(
                account.project, account.region
            )
        )

    def cancel(self) -> None:
        """The channel ends its calls, connections to the storage are cut."""
        self._vertex.close()
        for bucket in list(self._buckets.values()):
            bucket.cut()

    def close(self) -> None:
        """The same: nothing is being made."""
        self.cancel()

    def _bucket(self, order: Order) -> Bucket:
        from imgclf_gui.catalog.vertex_storage import Bucket

        if order.bucket not in self._buckets:
            self._buckets[order.bucket] = Bucket(
                order.bucket, order.account_project, self._signed, self._provider.call_seconds
            )
        return self._buckets[order.bucket]


def _no_project() -> UserError:
    return UserError(
        "automl.account",
        "The account names no Google Cloud project.",
        "Enter the project's ID in the account.",
    )


def _passing(error: UserError) -> bool:
    """Whether what keeps a look from succeeding says nothing about what is looked at."""
    return error.code in (
        "cloud.offline", "cloud.deadline", "cloud.unavailable", "cloud.quota", "cloud.garbage",
    )  # fmt: skip
