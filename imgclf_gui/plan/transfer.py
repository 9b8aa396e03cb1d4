"""Transfer learning: networks that begin with a backbone, their still front, phases and rates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from imgclf_gui import catalog
from imgclf_gui.core.entry import Shape
from imgclf_gui.core.errors import UserError
from imgclf_gui.core.spec import BlockSpec, NetworkSpec, ProjectSpec, TrainingSpec
from imgclf_gui.core.summary import DatasetSummary
from imgclf_gui.plan.backbones import Backbone
from imgclf_gui.plan.network import block_name, draft_network, lane_prefix
from imgclf_gui.plan.plan import BlockPlan, NetworkPlan, Plan

TRANSFER = "transfer"
"""The name of the preset that this is on the command line; it depends on the chosen backbone."""

HEAD = (BlockSpec(kind="dropout", rate=0.2), BlockSpec(kind="logits"))
"""What decides on the features of an image, unless the person arranges something else."""
POOLED = 128
"""Channels that say enough by their means; of fewer it counts where in the image they are high."""

MOST_STEPS = 20
"""Steps of the freezing that a person can tell from each other."""
SHRUNK = 0.6
"""Of a side, what is left of it where a stage ends; padding leaves a little more than half."""

RANDOM_GROUP = "Regularisation"
"""Blocks under this heading give something else in every step of a training."""


def with_backbone(
    spec: ProjectSpec,
    dataset: DatasetSummary,
    backbone: Backbone,
    *,
    cut: int | None = None,
    trained_blocks: int = 0,
    head: Sequence[BlockSpec] | None = None,
) -> ProjectSpec:
    """`spec` with a network of `backbone`, frozen, and `head` (or a usual one) behind it.

    `cut` is how many of the backbone's blocks are taken (None: all), `trained_blocks` how many of
    these are fine-tuned. Images are read in the colours that it knows, and at most as large as
    those that it learned from; smaller ones are drawn larger by the network.
    """
    inside = backbone.blocks[: cut or None]
    block = BlockSpec(
        kind="backbone",
        weights=backbone.id,
        frozen=True,
        trained_blocks=min(trained_blocks, len(inside)),
        blocks=inside,
    )
    width, height = _image_size(dataset, backbone)
    same = (width, height) == (backbone.width, backbone.height)
    larger = BlockSpec(kind="resize", width=backbone.width, height=backbone.height)
    head = usual_head(backbone, cut) if head is None else head
    blocks = (*(() if same else (larger,)), block, *head)
    data = spec.data.model_copy(
        update={
            "image_width": width,
            "image_height": height,
            "channels": "rgb" if backbone.channels == 3 else "grayscale",
        }
    )
    return spec.model_copy(
        update={
            "data": data,
            "network": NetworkSpec(preset=TRANSFER, blocks=blocks),
            "training": _for_a_head(spec.training),
        }
    )


HEAD_TRAINING = {"epochs": 30, "learning_rate": 3e-3}
"""What suits a head: on features an epoch takes no time, and a few weights bear the rate."""


def _for_a_head(training: TrainingSpec) -> TrainingSpec:
    """`training`; what is as in every new project becomes what suits a head."""
    usual = TrainingSpec()
    changed = {
        name: value
        for name, value in HEAD_TRAINING.items()
        if getattr(training, name) == getattr(usual, name)
    }
    return training.model_copy(update=changed)


def usual_head(backbone: Backbone, cut: int | None = None) -> tuple[BlockSpec, ...]:
    """Global pooling and a linear layer; features of few channels are laid side by side instead."""
    shape = (backbone.height, backbone.width, backbone.channels)
    made = draft_network(backbone.blocks[: cut or None], shape, 2).at
    last = max((place for place in made if len(place) == 1), default=None)
    channels = made[last].output_shape[-1] if last is not None else POOLED
    return (BlockSpec(kind="flatten" if channels < POOLED else "global-pooling"), *HEAD)


def trained_behind(backbone: Backbone, name: str, cut: int | None = None) -> int:
    """How many of its blocks stand behind the one called `name`, or at that number from 1.

    Raises:
        UserError: `backbone.block`.
    """
    inside = backbone.blocks[: cut or None]
    names = [step_name(block) for block in inside]
    wanted = name.strip().lower()
    for index, known in enumerate(names):
        if wanted in (known.lower(), str(index + 1)):
            return len(inside) - index - 1
    listed = ", ".join(f"{number} ({known})" for number, known in enumerate(names, 1))
    raise UserError(
        "backbone.block",
        f"{backbone.title} has no block '{name:.80}'.",
        f"Name one of: {listed}.",
    )


def staged(blocks: tuple[BlockSpec, ...], shape: Shape) -> tuple[BlockSpec, ...]:
    """`blocks`, each a step of the freezing; of more than `MOST_STEPS` the stages that they form.

    A stage ends where what goes through becomes about half as large again, for images of `shape`,
    and something in the stage has weights.
    """
    made = draft_network(blocks, shape, 2).at
    if len(blocks) <= MOST_STEPS or any((place,) not in made for place in range(len(blocks))):
        return blocks
    stages: list[list[BlockSpec]] = []
    side, weights = shape[0], True
    for place, block in enumerate(blocks):
        plan = made[place,]
        shrinks = plan.output_shape[0] <= SHRUNK * side
        if not stages or (shrinks and weights):
            stages.append([])
            weights = False
        side = plan.output_shape[0] if shrinks else side
        weights = weights or any(one.parameters for one in plan.walk())
        stages[-1].append(block)
    return tuple(
        BlockSpec(kind="group", name=f"Stage {number}", blocks=tuple(stage))
        for number, stage in enumerate(stages, 1)
    )


def step_name(block: BlockSpec) -> str:
    """What a person calls a block of a backbone: 'Stage 3'."""
    entry = catalog.block_entries().get(block.kind)
    return block.name or (entry.title if entry else block.kind)


def _image_size(dataset: DatasetSummary, backbone: Backbone) -> tuple[int, int]:
    """Width and height in the backbone's proportions, no more than it or the dataset has."""
    wanted = max(dataset.common_width or backbone.width, dataset.common_height or backbone.height)
    if not dataset.same_size:
        wanted = max(backbone.width, backbone.height)
    scale = min(1.0, wanted / max(backbone.width, backbone.height))
    return max(1, round(backbone.width * scale)), max(1, round(backbone.height * scale))


@dataclass(frozen=True)
class Front:
    """The part of a network that gives the same for an image in every step of a training."""

    last: str
    """What the Keras layers of its last block are called."""
    blocks: tuple[BlockPlan, ...]
    """Those in it, each with all that is inside; those of a container it ends in, by themselves."""

    @property
    def multiply_adds(self) -> int:
        """Of one image."""
        return sum(inner.multiply_adds for block in self.blocks for inner in block.walk())


def still_front(network: NetworkPlan) -> Front | None:
    """The longest still front; None if it does nothing that is worth being kept."""
    found = list(_still(network.blocks, "block"))
    if not found:
        return None
    front = Front(found[-1][0], tuple(block for _, block in found))
    return front if front.multiply_adds else None


def _still(blocks: Sequence[BlockPlan], prefix: str) -> Iterator[tuple[str, BlockPlan]]:
    for index, block in enumerate(blocks):
        if all(map(_is_still, block.walk())):
            yield block_name(block, prefix, index), block
            continue
        if _is_open(block):
            # Of copies behind each other only the first can be still without all being so.
            yield from _still(block.lanes[0], f"{lane_prefix(prefix, index)}_00")
        return


def _is_still(block: BlockPlan) -> bool:
    entry = catalog.block_entries()[block.entry.kind]
    trained = block.trainable_parameters or (entry.gathers_statistics and not block.frozen)
    return not trained and entry.group != RANDOM_GROUP


def _is_open(block: BlockPlan) -> bool:
    """Whether what leaves the blocks inside is all that leaves it, so that it can be cut open."""
    return block.entry.kind in ("backbone", "group", "repeat")


@dataclass(frozen=True)
class Phase:
    """A part of a run with a network of its own kind of freezing."""

    network: NetworkPlan
    epochs: int
    learning_rate: float
    depth_decay: float = 1.0
    """See `rate_factors`."""


def phases(plan: Plan) -> tuple[Phase, ...]:
    """One, or the head first and then the last blocks of the backbone with it."""
    training, transfer = plan.training, plan.transfer
    head = head_only(plan.network)
    fine = Phase(plan.network, training.epochs, training.learning_rate, transfer.depth_decay)
    learns_more = plan.network.trainable_parameters > head.trainable_parameters
    if not transfer.fine_tune_epochs or not learns_more:
        return (fine,)
    return (
        Phase(head, training.epochs, training.learning_rate),
        Phase(
            plan.network,
            transfer.fine_tune_epochs,
            transfer.fine_tune_rate,
            transfer.depth_decay,
        ),
    )


def total_epochs(plan: Plan) -> int:
    """Of all phases."""
    return sum(phase.epochs for phase in phases(plan))


def head_only(network: NetworkPlan) -> NetworkPlan:
    """`network` with the frozen backbones frozen as a whole."""
    return network.model_copy(update={"blocks": tuple(map(_head_only, network.blocks))})


def _head_only(block: BlockPlan) -> BlockPlan:
    if block.entry.kind == "backbone" and block.entry.settings.get("frozen"):
        return _frozen(block)
    lanes = tuple(tuple(map(_head_only, lane)) for lane in block.lanes)
    return block.model_copy(update={"lanes": lanes})


def _frozen(block: BlockPlan) -> BlockPlan:
    return block.model_copy(
        update={
            "frozen": True,
            "trainable_parameters": 0,
            "not_trainable_parameters": block.parameters,
            "lanes": tuple(tuple(map(_frozen, lane)) for lane in block.lanes),
        }
    )


def rate_factors(network: NetworkPlan, decay: float) -> dict[str, float]:
    """What the learning rate of layers is multiplied by: from the beginning of their names.

    Blocks in a backbone learn at `decay` of the rate of what follows, the one before at `decay`²,
    and so on (Howard and Ruder 2018, arXiv:1801.06146, section 3.2). What is not named learns at
    the full rate.
    """
    return {
        f"{lane_prefix('block', index)}_00_{place:02}_": decay ** (len(block.lanes[0]) - place)
        for index, block in enumerate(network.blocks)
        if block.entry.kind == "backbone" and decay != 1
        for place in range(len(block.lanes[0]))
    }
