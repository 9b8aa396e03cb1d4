"""Custom models by AutoML: what is ordered, the steps to it, and who carries them out.

A custom model comes about in steps: its images are uploaded, made into a dataset, imported, trained
on within a budget and measured; then it is deployed, asked, undeployed, and exported. Which of them
there are is the provider's to say. `core/automl_rows.py` has the files that name images, and
`core/automl_metrics.py` what a measurement shows.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field

from imgclf_gui.core.cloud import PROJECT_ID, REGION
from imgclf_gui.core.entry import Provider
from imgclf_gui.core.spec import Split

if TYPE_CHECKING:
    from imgclf_gui.core.automl_metrics import Metrics
    from imgclf_gui.core.cloud import Account, Cancel, Progress

Step = Literal["upload", "dataset", "import", "train", "measure", "deploy", "undeploy", "export"]
"""What is done for a custom model; the first five make it, in this order."""

Doing = Step | Literal["predict", "look"]
"""Everything that a provider is asked for."""

MAKING: tuple[Step, ...] = ("upload", "dataset", "import", "train", "measure")
"""The steps from images to a measured model."""

STEP_TITLES: Mapping[Step, str] = {
    "upload": "Upload images",
    "dataset": "Make the dataset",
    "import": "Import images",
    "train": "Train",
    "measure": "Measure",
    "deploy": "Deploy",
    "undeploy": "Undeploy",
    "export": "Export",
}

Names = Mapping[str, str]
"""What the provider calls the parts of a custom model, as they become known.

Vertex: 'rows' (the import file's gs:// address), 'dataset', 'pipeline', 'model', 'endpoint',
'export:tflite'. Any provider may use keys of its own; they are kept in the journal, so no secrets.
"""


@dataclass(frozen=True)
class Budget:
    """How much work may go into a model, in whole numbers of the provider's unit."""

    unit: str
    """As people read it behind a number: 'milli node hours', 'minutes'."""
    least: int
    most: int
    usual: int
    units_an_hour: float
    """Of what is paid by the hour: 1,000 milli node hours, 60 minutes."""

    def words(self, amount: int) -> str:
        """'8,000 milli node hours', '1 minute'."""
        return f"{amount:,} {self.unit.removesuffix('s') if amount == 1 else self.unit}"


@dataclass(frozen=True)
class ModelKind:
    """A kind of models that a provider makes. Prices are in USD."""

    kind: str
    """'cloud', 'edge', 'edge-fast', 'edge-accurate'; stored in journals."""
    title: str
    summary: str
    budget: Budget
    edge: bool = False
    """Made to be exported and used without the provider."""
    training_an_hour: float = 0.0
    """For one hour of the budget; 0: free."""
    deployed_an_hour: float = 0.0
    """As long as it is deployed, whether it is asked or not; 0: free."""
    deploys: bool = True
    """Whether it can be deployed; one that cannot is asked without that, or only exported."""
    exports: tuple[str, ...] = ()
    """Formats of exported files, the usual first: 'tflite', 'tf-saved-model'."""

    def price(self, budget: int) -> float:
        """What training with `budget` costs at most, in USD."""
        return budget / self.budget.units_an_hour * self.training_an_hour


class Order(BaseModel):
    """What a person ordered; kept as the journal's order.json, so it holds no secret."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    provider: str
    """The kind of its entry: 'vertex-automl', 'local-automl'."""
    model_kind: str
    budget: int = Field(ge=1)
    """In units of the kind's budget."""
    name: str
    """What the person calls the model."""
    tag: str
    """Of this order alone, 12 letters and digits: what is made for it elsewhere bears it."""
    labels: tuple[str, ...]
    images: Mapping[Split, int]
    account_project: str = Field("", pattern=PROJECT_ID)
    """The cloud project, where the provider has such."""
    region: str = Field("", pattern=REGION)
    bucket: str = ""
    """Where images are uploaded to, without 'gs://'."""
    fingerprint: str = ""
    """Of the dataset that was ordered for (`Dataset.fingerprint`)."""
    seed: int = 0


@dataclass(frozen=True)
class LabelledImage:
    """One image of a custom model's dataset: a file with its labels and its split."""

    name: str
    """How the person knows it."""
    file: Path
    content: str
    """A hash of its bytes: what was uploaded under it is there."""
    labels: tuple[str, ...]
    split: Split
    size_bytes: int


@dataclass(frozen=True)
class RowProblem:
    """A row that was not taken: its line in the file (from 1; 0: not known), and why."""

    line: int
    reason: str
    """'has no label', or a sentence of its own where the line is not known."""

    def sentence(self) -> str:
        """For people, with the line."""
        return f"line {self.line} {self.reason}" if self.line else self.reason


@dataclass(frozen=True)
class Operation:
    """One attempt at a step that takes long."""

    step: Step
    key: str
    """Of this attempt alone, letters, digits and '-': what it makes elsewhere bears it."""
    detail: str = ""
    """The format to export."""
    name: str = ""
    """What the provider calls it; '' before it is begun."""


@dataclass(frozen=True)
class Outcome:
    """What a step came to."""

    names: Names
    """Newly known ones, or changed."""
    problems: tuple[RowProblem, ...] = ()
    """What was left out (rows of the import); the step itself is done."""


@dataclass(frozen=True)
class Guess:
    """A label with the confidence in it, 0…1."""

    label: str
    score: float


@dataclass(frozen=True)
class Deployed:
    """A model that is deployed, and costs by the hour as long as it is."""

    endpoint: str
    """The provider's name of where."""
    title: str
    tag: str
    """Of the order it comes from; '' if not from this app."""
    since: float
    """Seconds since 1970."""
    an_hour: float
    """USD."""


class Here(Protocol):
    """What jobs lends to a provider that works on this machine: workers, as plain calls.

    All block, raise UserError for what failed, and `cloud.cancelled` once `cancel` was called;
    the same call again goes on where the folder says that the last one came to.
    """

    def dataset(self, folder: Path, order: Order) -> None:
        """Write `import.csv` and `import.jsonl`, which name the project's images, into `folder`."""

    def train(
        self, folder: Path, order: Order, tell: Callable[[Progress], None], cancel: Cancel
    ) -> Names:
        """Train what `order` asks for on the project's images → 'model' and 'runs'.

        A file `stop` in `folder` ends it in order, as the end of the budget does.
        """

    def reached(self, folder: Path, order: Order) -> Progress | Names:
        """How far `train` is or was; the same names once it is over."""

    def measure(self, folder: Path, order: Order, cancel: Cancel) -> Metrics:
        """The trained model on the test images; on those of validation where there are none."""

    def predict(
        self, folder: Path, images: Sequence[bytes], cancel: Cancel
    ) -> list[tuple[Guess, ...]]:
        """What the model in `folder` takes encoded `images` for, all labels, the best first."""

    def export(self, folder: Path, form: str) -> None:
        """Write the model into `folder/export/<form>`."""


@dataclass(frozen=True)
class AutoMLAccess:
    """What jobs hands to a provider that opens a session."""

    folder: Path
    """The custom model's own: a provider on this machine keeps its files there, and exports go to
    `folder/export/<format>`."""
    account: Account
    secret: Callable[[], str] | None = field(default=None, repr=False)
    prepare: Callable[[LabelledImage], bytes] = field(
        default=lambda image: image.file.read_bytes(), repr=False
    )
    """The bytes of an image as they are sent: upright, without notes of where it was taken."""
    here: Here | None = None


class AutoMLSession(ABC):
    """The steps of one custom model, as blocking calls, each of one thread at a time.

    Whatever takes long has a name: `begin` returns it at once, jobs keeps it, and `wait` goes on
    with it, also in another process after a restart. All raise UserError: `automl.…` for what the
    provider refused or what failed there, `cloud.…` for the way to it. `tell` gets the progress.
    """

    @abstractmethod
    def upload(
        self,
        order: Order,
        images: Sequence[LabelledImage],
        tell: Callable[[Progress], None],
        cancel: Cancel,
    ) -> Outcome:
        """Bring the images there that are not there yet, and the file that names them.

        Raises:
            UserError: also `cloud.cancelled`; the same call again goes on behind what is there.
        """

    @abstractmethod
    def begin(self, operation: Operation, order: Order, names: Names) -> str:
        """Begin 'dataset', 'import', 'train', 'deploy', 'undeploy' or 'export' → the name of it.

        If one of this key was begun before (a crash came before its name was kept), nothing is
        begun, and its name returned: nobody pays twice.
        """

    @abstractmethod
    def wait(
        self,
        operation: Operation,
        order: Order,
        names: Names,
        tell: Callable[[Progress], None],
        cancel: Cancel,
    ) -> Outcome:
        """Until `operation`, which has its name, is over.

        Raises:
            UserError: it failed, or was stopped there (`automl.stopped`); `automl.lost` if nothing
                is known of it any more; `cloud.cancelled` once `cancel` was called, which ends
                the waiting at once and leaves the operation going: see `stop`.
        """

    @abstractmethod
    def look(self, operation: Operation, order: Order, names: Names) -> Outcome | Progress:
        """Where `operation` is at this moment, without waiting: for 'status'."""

    @abstractmethod
    def stop(self, operation: Operation) -> None:
        """Ask the provider to end it; `wait` says when it has."""

    @abstractmethod
    def metrics(self, order: Order, names: Names) -> Metrics:
        """What the trained model is worth on the test images."""

    @abstractmethod
    def predict(
        self, order: Order, names: Names, images: Sequence[bytes], cancel: Cancel
    ) -> list[tuple[Guess, ...]]:
        """What the model takes each of the encoded `images` for, the best label first.

        Raises:
            UserError: also `automl.deploy` where it has to be deployed first.
        """

    def deployed(self) -> tuple[Deployed, ...]:
        """What is deployed of this account at the moment, and costs."""
        return ()

    @abstractmethod
    def cancel(self) -> None:
        """End a call in hand at once, from any thread; the session is then over."""

    @abstractmethod
    def close(self) -> None:
        """Let go of connections."""


class AutoMLProvider(Provider):
    """Who trains custom models: one file in `catalog/providers`."""

    steps: ClassVar[tuple[Step, ...]]
    """Those it has, in their order. The others are not shown; they need nothing to be done."""
    prices_as_of: ClassVar[date | None] = None
    """When its prices were read; None: it is free."""
    least_images: ClassVar[int] = 10
    """Of each label; fewer are refused."""
    usual_images: ClassVar[int] = 1_000
    """Of each label, as is recommended."""
    most_ratio: ClassVar[float] = 100
    """Between the labels with the most and the fewest images."""
    most_image_bytes: ClassVar[int] = 30_000_000
    """Of one image that trains."""
    most_prediction_bytes: ClassVar[int] = 1_500_000
    """Of one image that is asked about, in base64."""

    @abstractmethod
    def model_kinds(self) -> tuple[ModelKind, ...]:
        """The kinds of models it makes, the usual one first."""

    @abstractmethod
    def hosts(self, order: Order, account: Account, doing: Doing) -> tuple[str, ...]:
        """Whom `doing` connects to, first who gets the images; () for this machine alone."""

    def check(self, order: Order) -> None:
        """Whether `order` names all that is needed.

        Raises:
            UserError: `automl.account`, `automl.bucket`.
        """

    def lacks(self) -> str:
        """What is missing of this installation to use it, as a command to run; '' if nothing."""
        return ""

    @abstractmethod
    def open(self, access: AutoMLAccess) -> AutoMLSession:
        """A session; may sign in, and so use the network.

        Raises:
            UserError: `automl.extra` if a part of the installation is missing, or the account is
                not enough.
        """
