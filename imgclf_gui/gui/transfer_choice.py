"""What is chosen in the Transfer view, as a network and back, in figures and in words. No Qt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from math import prod
from typing import Any, Literal

from imgclf_gui import catalog
from imgclf_gui.core.augmentation import Mixing
from imgclf_gui.core.entry import Entry, Shape
from imgclf_gui.core.spec import BlockSpec, NetworkSpec, ProjectSpec
from imgclf_gui.core.summary import DatasetSummary
from imgclf_gui.core.tree import Blocks
from imgclf_gui.gui.network_view import Inputs, drafted, inputs_of
from imgclf_gui.gui.widgets.words import large, shape_words
from imgclf_gui.plan import NetworkPlan, data_budget, draft_network, resolve_network
from imgclf_gui.plan.backbones import Backbone, weights_path
from imgclf_gui.plan.plan import BlockPlan
from imgclf_gui.plan.transfer import step_name, still_front, usual_head, with_backbone

HeadKind = Literal["linear", "dropout", "dense", "other"]
HEAD_TITLES: dict[HeadKind, str] = {
    "linear": "Linear",
    "dropout": "Dropout, then linear",
    "dense": "Dense with dropout, then linear",
    "other": "As it was built",
}
HEAD_WORDS: dict[HeadKind, str] = {
    "linear": "One weight for each feature and class: the fewest parameters, the least to overfit.",
    "dropout": "Random features are silenced in training, so that no class relies on a few.",
    "dense": "A hidden layer combines features first: for classes that no single feature tells.",
    "other": "What stands behind the backbone was built by hand, and stays as it is.",
}
POOLINGS = ("global-pooling", "flatten")
_KINDS: dict[tuple[str, ...], HeadKind] = {
    ("logits",): "linear",
    ("dropout", "logits"): "dropout",
    ("dense", "dropout", "logits"): "dense",
}
"""By what stands behind the pooling."""


@dataclass(frozen=True)
class Head:
    """What decides behind the backbone."""

    kind: HeadKind = "dropout"
    units: int = 128
    """Of the dense block."""
    rate: float = 0.2
    """Of dropout."""
    pooling: str = "global-pooling"
    """What makes a list of values of the features: one of POOLINGS."""
    built: Blocks = ()
    """Of the kind 'other'."""

    def blocks(self) -> Blocks:
        """As blocks of a network."""
        if self.kind == "other":
            return self.built
        dense, dropout = (
            BlockSpec(kind="dense", units=self.units),
            BlockSpec(kind="dropout", rate=self.rate),
        )
        inner = {"linear": (), "dropout": (dropout,), "dense": (dense, dropout)}[self.kind]
        return (BlockSpec(kind=self.pooling), *inner, BlockSpec(kind="logits"))

    @classmethod
    def of(cls, blocks: Blocks) -> Head:
        """The head that `blocks` are."""
        kinds = tuple(block.kind for block in blocks)
        kind = _KINDS.get(kinds[1:], "other")
        found: dict[str, Any] = {}
        for block in blocks:
            for name in ("units", "rate"):
                if block.kind in ("dense", "dropout") and name in block.settings:
                    found[name] = block.settings[name]
        head = cls()
        units, rate = found.get("units", head.units), found.get("rate", head.rate)
        if isinstance(units, int) and isinstance(rate, int | float):
            head = cls(kind, units, float(rate), kinds[0] if kinds[:1] else "")
        fits = head.pooling in POOLINGS and head.kind != "other" and head.blocks() == blocks
        return head if fits else cls("other", built=blocks)

    def behind(self, backbone: Backbone, blocks: int) -> Head:
        """As it is behind the first `blocks` of `backbone`: few channels are not pooled."""
        return replace(self, pooling=usual_head(backbone, blocks)[0].kind)


@dataclass(frozen=True)
class Choice:
    """A backbone, how much of it is taken and how much of that is trained, and the head."""

    backbone: Backbone
    blocks: int
    """So many of the backbone's are taken, from its beginning."""
    trained: int = 0
    """So many of these, at their end, are fine-tuned."""
    head: Head = Head()

    @classmethod
    def begin(cls, backbone: Backbone, blocks: int = 0, head: Head | None = None) -> Choice:
        """The first `blocks` of `backbone`, or all, frozen."""
        whole = len(backbone.blocks)
        blocks = min(blocks or whole, whole)
        return cls(backbone, blocks, head=(head or Head()).behind(backbone, blocks))

    @property
    def frozen(self) -> int:
        """So many blocks, at the beginning, stay as they are."""
        return self.blocks - self.trained

    def names(self) -> tuple[str, ...]:
        """What people call the blocks of the whole backbone."""
        return tuple(map(step_name, self.backbone.blocks))


def choice_in(network: NetworkSpec, known: Mapping[str, Backbone]) -> Choice | None:
    """What `network` is, if it has a backbone of `known` with the blocks that its weights need."""
    index = _place(network)
    if index is None:
        return None
    block = network.blocks[index]
    backbone = known.get(str(block.settings["weights"]))
    count = len(block.blocks)
    if backbone is None or not count or block.blocks != backbone.blocks[:count]:
        return None
    trained = block.settings.get("trained_blocks", 0)
    trained = trained if isinstance(trained, int) else 0
    if not block.settings.get("frozen"):
        trained = count
    return Choice(backbone, count, min(trained, count), Head.of(network.blocks[index + 1 :]))


def begun(spec: ProjectSpec, dataset: DatasetSummary, choice: Choice) -> ProjectSpec:
    """`spec` with the network that `choice` says, in place of its own."""
    return with_backbone(
        spec,
        dataset,
        choice.backbone,
        cut=choice.blocks,
        trained_blocks=choice.trained,
        head=choice.head.blocks(),
    )


def changed(spec: ProjectSpec, choice: Choice) -> ProjectSpec:
    """`spec`, whose network has the backbone of `choice`, with the rest of `choice`.

    What stands before the backbone, and its name, stay as they are.
    """
    blocks = spec.network.blocks
    index = _place(spec.network)
    if index is None:
        return spec
    settings = {
        "frozen": True,
        "trained_blocks": choice.trained,
        "blocks": choice.backbone.blocks[: choice.blocks],
    }
    block = blocks[index].model_copy(update=settings)
    blocks = (*blocks[:index], block, *choice.head.blocks())
    network = spec.network.model_copy(update={"blocks": blocks})
    return spec.model_copy(update={"network": network})


def _place(network: NetworkSpec) -> int | None:
    """Of the first backbone with weights in the chain."""
    for index, block in enumerate(network.blocks):
        if block.kind == "backbone" and block.settings.get("weights"):
            return index
    return None


# In figures


@dataclass(frozen=True)
class Figures:
    """What the network of a choice costs."""

    inputs: Inputs
    network: NetworkPlan | None = None
    """None if there are problems."""
    problem: str = ""
    features: int = 0
    """Values that the head gets of each image."""
    kept: int = 0
    """Values of each image that the frozen part makes once for a whole run; 0 without one."""
    budget: str = ""
    reads: Shape = ()
    """The shape of the images that reach the backbone."""
    steps: tuple[BlockPlan, ...] = ()
    """The backbone's blocks."""


def figures(spec: ProjectSpec, dataset: DatasetSummary) -> Figures:
    """Of the network of `spec`, which has a backbone."""
    inputs = inputs_of(spec, dataset)
    draft = drafted(spec.network.blocks, inputs)
    network, problems = resolve_network(spec.network, inputs.shape, inputs.classes, draft)
    index = _place(spec.network)
    if network is None or index is None:
        return Figures(inputs, problem=" ".join(f"{one.message} {one.fix}" for one in problems))
    backbone, behind = network.blocks[index], network.blocks[index + 1 :]
    pooled = behind[0] if behind and behind[0].entry.kind in POOLINGS else backbone
    front = still_front(network)
    return Figures(
        inputs,
        network,
        features=prod(pooled.output_shape),
        kept=prod(front.blocks[-1].output_shape) if front else 0,
        budget=data_budget(network.trainable_parameters, dataset.count("train")),
        reads=backbone.input_shape,
        steps=backbone.lanes[0],
    )


def block_parameters(plan: BlockPlan) -> int:
    """Of a block with all that is inside."""
    return sum(inner.parameters for inner in plan.walk())


@lru_cache(maxsize=64)
def backbone_parameters(backbone: Backbone) -> int:
    """Of all its blocks; nothing stands behind them."""
    shape = (backbone.height, backbone.width, backbone.channels)
    return sum(map(block_parameters, draft_network(backbone.blocks, shape, 2).blocks))


# In words


def backbone_figures(backbone: Backbone) -> str:
    """'3.37 M parameters · 224×224'."""
    size = f"{backbone.width}×{backbone.height}"
    gray = ", grayscale" if backbone.channels == 1 else ""
    return f"{large(backbone_parameters(backbone))} parameters · {size}{gray}"


def weights_words(backbone: Backbone) -> str:
    """Whether its weights are here; else how they come here."""
    if weights_path(backbone) is not None:
        return "on this machine"
    return "weights missing. Add their file below, or with imgclf backbones --add"


def frozen_words(choice: Choice) -> str:
    """What stays and what learns, in one or two sentences."""
    names = choice.names()[: choice.blocks]
    if not choice.trained:
        return "The whole backbone stays as it is; only the head learns your images."
    learns = _range(names[choice.frozen :])
    if not choice.frozen:
        return f"Nothing stays frozen: {learns} and the head learn your images."
    return f"{_range(names[: choice.frozen])} stay as they are. {learns} and the head learn."


def _range(names: tuple[str, ...]) -> str:
    """'Stem to Stage 3 (4 blocks)', 'Features'."""
    if len(names) == 1:
        return names[0]
    return f"{names[0]} to {names[-1]} ({len(names)} blocks)"


@dataclass(frozen=True)
class Phase:
    """One phase of a training, as it is drawn."""

    title: str
    lines: tuple[str, ...]
    """Who learns for how long, and what is special."""
    frozen: int
    """So many of the blocks of the backbone stay as they are in it."""


def phases_of(choice: Choice, spec: ProjectSpec, found: Figures) -> tuple[Phase, ...]:
    """The phases of a run of `spec`, whose network is `choice`; as plan.transfer.phases."""
    epochs, fine = _epochs(spec.training.epochs), spec.transfer.fine_tune_epochs
    last = f"last {choice.trained} blocks" if choice.trained > 1 else "last block"
    if choice.trained and not fine:
        kept = f"{found.kept:,} values" if found.kept else ""
        lines = f"Head and {last}, {epochs}", _source(spec, kept)
        return (Phase("Head and fine-tuning together", lines, choice.frozen),)
    kept = f"{found.features:,} features"
    head = Phase("Head", (f"Head, {epochs}", _source(spec, kept)), choice.blocks)
    if not choice.trained:
        return (head,)
    still = "Batch normalisation stays frozen"
    lines = f"Head and {last}, {_epochs(fine)}", f"{still}; rate {spec.transfer.fine_tune_rate:g}"
    return head, Phase("Fine-tuning", lines, choice.frozen)


def _source(spec: ProjectSpec, kept: str) -> str:
    """What learns from what, and how often that is calculated."""
    changes = [step for step in spec.augmentation.steps if step.enabled]
    entries = catalog.augmentation_entries()
    mixes = any(issubclass(entries.get(one.kind, Entry), Mixing) for one in changes)
    if not kept or mixes or (changes and not spec.transfer.feature_views):
        return "On images, through the frozen blocks in each epoch"
    views = f" for each of {spec.transfer.feature_views} changed views" if changes else ""
    return f"On {kept} an image, calculated once{views}"


def phase_advice(choice: Choice, spec: ProjectSpec) -> str:
    """What a person should know of the phases as they are; empty if there is nothing."""
    fine = spec.transfer.fine_tune_epochs
    if choice.trained and not fine:
        return (
            "A head that knows nothing yet sends large gradients into the backbone. Give "
            "fine-tuning epochs of its own below, and the head learns first."
        )
    if fine and not choice.trained:
        return (
            "Nothing is fine-tuned, since the whole backbone is frozen: move the handle to the "
            "left."
        )
    return ""


def _epochs(count: int) -> str:
    return "1 epoch" if count == 1 else f"{count:,} epochs"


def notes(choice: Choice, dataset: DatasetSummary, found: Figures) -> tuple[str, ...]:
    """What is worth knowing of these images with this backbone."""
    backbone, said = choice.backbone, []
    if dataset.labels:
        sides = dataset.common_width, dataset.common_height
        if min(sides) < backbone.smallest:
            said.append(
                f"Your images have {sides[0]}×{sides[1]} pixels, fewer than the "
                f"{backbone.smallest} a side that this backbone needs. They are drawn larger, but "
                "show little of what it looks for."
            )
        if dataset.grayscale and backbone.channels == 3:
            said.append(
                "Your images are grayscale and the backbone knows colour: they are read in colour, "
                "with three equal channels. That does no harm."
            )
        if not dataset.grayscale and backbone.channels == 1:
            said.append("The backbone learned from grayscale images: yours lose their colour.")
    read, own = found.reads[:2], found.inputs.shape[:2]
    if dataset.labels and read and read != own and not said:
        said.append(
            f"Images are kept with {shape_words(own)} pixels, and the network draws them larger, "
            f"to {shape_words(read)}: the size that the backbone learned from."
        )
    if found.reads and min(found.reads[:2]) < backbone.smallest:
        said.append(
            f"Images reach the backbone with {shape_words(found.reads)}; it needs "
            f"{backbone.smallest} pixels a side at least."
        )
    return tuple(said)


def missing_weights(choice: Choice) -> str:
    """Why its network cannot be used yet; empty if it can."""
    if weights_path(choice.backbone) is not None:
        return ""
    return f"{choice.backbone.title}: {weights_words(choice.backbone)}."
