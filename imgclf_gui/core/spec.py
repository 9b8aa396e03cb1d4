"""What the user intends, as frozen values: an edit makes a new spec.

Field titles, descriptions, units (`json_schema_extra={"unit": …}`) and bounds are the source of
every form in the window and of every `--set path=value` on the command line.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    model_serializer,
)

SCHEMA_VERSION: Literal[1] = 1

Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = ("train", "validation", "test")
Fit = Literal["pad", "crop", "stretch"]
"""How an image of another shape is fitted into the one that the network gets."""


class Spec(BaseModel):
    """Base of every specification: frozen, and nothing unknown gets in."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class EntrySpec(BaseModel):
    """A catalogue entry as it is stored: its kind, and its settings beside it.

    The settings are checked by the catalogue, not here, so that a project made with an entry that
    this installation lacks still opens, and keeps it.
    """

    model_config = ConfigDict(frozen=True, extra="allow")

    kind: str

    @property
    def settings(self) -> dict[str, Any]:
        """The stored settings without the kind."""
        return dict(self.model_extra or {})


class BlockSpec(EntrySpec):
    """A block as it is stored: an entry, perhaps with a name of its own and blocks inside.

    What is empty is not written, so that a network reads well as JSON.
    """

    name: str = Field("", max_length=100)
    """What the person calls it; empty: by its title."""
    blocks: tuple[BlockSpec, ...] = ()

    @model_serializer(mode="wrap")
    def _without_what_is_empty(self, whole: SerializerFunctionWrapHandler) -> dict[str, Any]:
        stored: dict[str, Any] = whole(self)
        return {key: value for key, value in stored.items() if value or key not in _OWN}


_OWN = ("name", "blocks")


class DataSpec(Spec):
    """How images become network inputs, and how they are split."""

    image_width: int | None = Field(
        None,
        ge=1,
        le=2048,
        title="Image width",
        description="Empty: chosen from the images.",
        json_schema_extra={"unit": "pixels"},
    )
    image_height: int | None = Field(
        None,
        ge=1,
        le=2048,
        title="Image height",
        description="Empty: chosen from the images.",
        json_schema_extra={"unit": "pixels"},
    )
    channels: Literal["auto", "grayscale", "rgb"] = Field(
        "auto",
        title="Colour",
        description="auto: grayscale if every image is.",
    )
    fit: Fit = Field(
        "pad",
        title="Fit",
        description="How an image of another shape is fitted: pad keeps all of it, crop fills the "
        "frame, stretch changes its proportions.",
    )
    validation_percent: float = Field(
        10,
        ge=1,
        le=50,
        title="Validation",
        json_schema_extra={"unit": "%"},
        description="Share of the images that come without a split, or of the training images.",
    )
    test_percent: float = Field(
        10,
        ge=0,
        le=50,
        title="Test",
        json_schema_extra={"unit": "%"},
        description="Used only when the images come without a test split.",
    )
    split_seed: int = Field(0, ge=0, le=2**31 - 1, title="Split seed")


class AugmentationStep(EntrySpec):
    """An augmentation as it is stored: an entry that can be switched off without forgetting it."""

    enabled: bool = True

    @model_serializer(mode="wrap")
    def _without_what_is_usual(self, whole: SerializerFunctionWrapHandler) -> dict[str, Any]:
        stored: dict[str, Any] = whole(self)
        return {key: value for key, value in stored.items() if key != "enabled" or not value}


class AugmentationSpec(Spec):
    """Random changes of the training images, carried out in this order."""

    preset: str | None = Field(None, title="Preset", description="The preset it began as.")
    steps: tuple[AugmentationStep, ...] = ()


class NetworkSpec(Spec):
    """The arranged blocks, from the pixels to one value a class."""

    preset: str | None = Field(None, title="Preset", description="The preset it began as.")
    blocks: tuple[BlockSpec, ...] = ()


class TrainingSpec(Spec):
    """How the network is trained."""

    epochs: int = Field(
        10,
        ge=1,
        le=10_000,
        title="Epochs",
        description="Passes over the training images.",
    )
    batch_size: int = Field(
        128,
        ge=1,
        le=65_536,
        title="Batch size",
        description="Images a training step.",
        json_schema_extra={"unit": "images"},
    )
    optimizer: EntrySpec = Field(EntrySpec(kind="adam"), title="Optimizer")
    learning_rate: float = Field(
        1e-3,
        gt=0,
        le=10,
        title="Learning rate",
        description="At the top of the schedule.",
    )
    schedule: EntrySpec = Field(EntrySpec(kind="cosine"), title="Schedule")
    warmup_epochs: float = Field(
        0,
        ge=0,
        le=1_000,
        title="Warm-up",
        json_schema_extra={"unit": "epochs"},
        description="The learning rate climbs from zero over this time.",
    )
    early_stopping_patience: int = Field(
        0,
        ge=0,
        le=1_000,
        title="Early stopping",
        json_schema_extra={"unit": "epochs"},
        description="Stop when validation has not become better for this long; 0: never.",
    )
    class_weights: bool = Field(
        False,
        title="Balance classes",
        description="Weigh rare classes more in the loss.",
    )
    seed: int = Field(0, ge=0, le=2**31 - 1, title="Seed")
    watch_blocks: bool = Field(
        False,
        title="Watch blocks",
        description="Gather activations and gradients of each block while training, for the lab.",
    )
    device: EntrySpec = Field(EntrySpec(kind="cpu"), title="Device")


class TransferSpec(Spec):
    """How a network with a frozen backbone is trained."""

    feature_views: int = Field(
        4,
        ge=0,
        le=64,
        title="Changed views",
        json_schema_extra={"unit": "an image"},
        description="With augmentation, so many changed views of each image go through the frozen "
        "blocks, once for the whole run; 0: every epoch draws new ones, which takes far longer.",
    )
    fine_tune_epochs: int = Field(
        0,
        ge=0,
        le=10_000,
        title="Fine-tuning",
        json_schema_extra={"unit": "epochs"},
        description="After the head has learned, the fine-tuned blocks learn with it this long.",
    )
    fine_tune_rate: float = Field(
        1e-4,
        gt=0,
        le=10,
        title="Rate of fine-tuning",
        description="Learning rate at its top; lower than the head's, so that little is forgotten.",
    )
    depth_decay: float = Field(
        0.7,
        gt=0,
        le=1,
        title="Rate by depth",
        description="A fine-tuned block learns at this share of the rate of the block behind it.",
    )


class ProjectSpec(Spec):
    """Everything that the user has decided in a project."""

    schema_version: Literal[1] = SCHEMA_VERSION
    name: str = Field("Untitled", min_length=1, max_length=200, title="Name")
    data: DataSpec = DataSpec()
    augmentation: AugmentationSpec = AugmentationSpec()
    network: NetworkSpec = NetworkSpec()
    training: TrainingSpec = TrainingSpec()
    transfer: TransferSpec = TransferSpec()
