"""Built-in classifiers: backbones with the last layer that they were trained with.

They need no project and no run, and can answer only with the classes that they learned.
"""

from __future__ import annotations

from functools import cache, lru_cache

from imgclf_gui import catalog
from imgclf_gui.core.errors import UserError
from imgclf_gui.core.resources import resource
from imgclf_gui.core.spec import BlockSpec, NetworkSpec, TrainingSpec
from imgclf_gui.plan.backbones import FOLDER, Backbone, catalog_backbones, weights_path
from imgclf_gui.plan.network import resolve_network
from imgclf_gui.plan.plan import DataPlan, Plan


def built_in_classifiers() -> dict[str, Backbone]:
    """Those whose weights are on this machine, by the id of the backbone; the first is the usual.

    Only looks whether files are there.
    """
    found = catalog_backbones()
    return {kind: found[kind] for kind in _able() if weights_path(found[kind]) is not None}


def find_built_in(name: str = "") -> Backbone:
    """The built-in classifier of that id; without one the usual.

    Raises:
        UserError: `use.backbone`.
    """
    known = built_in_classifiers()
    if not known:
        raise UserError(
            "use.backbone",
            "The weights of the built-in classifier are not on this machine.",
            "Install the app again.",
        )
    found = known.get(name or next(iter(known)))
    if found is None:
        raise UserError(
            "use.backbone",
            f"'{name:.80}' is no built-in classifier of this machine.",
            f"Choose one of: {', '.join(known)}.",
        )
    return found


@lru_cache(maxsize=8)
def class_names(name: str) -> tuple[str, ...]:
    """The names of the classes that the built-in classifier of that id tells apart.

    Raises:
        UserError: `backbone.damaged`.
    """
    file = catalog.backbone_entries()[name].labels
    try:
        return tuple(resource(FOLDER, file).read_text("utf-8").splitlines())
    except (OSError, ValueError) as error:
        raise UserError(
            "backbone.damaged",
            f"The names of the classes, {file}, cannot be read.",
            "Install the app again.",
            str(error),
        ) from error


@lru_cache(maxsize=8)
def built_in_plan(name: str) -> Plan:
    """The plan of the built-in classifier of that id: its network, and how it sees images.

    Raises:
        UserError: `use.backbone`, `backbone.damaged`.
    """
    backbone = find_built_in(name)
    labels = class_names(backbone.id)
    data = DataPlan(
        width=backbone.width,
        height=backbone.height,
        channels=backbone.channels,
        fit="crop",
        labels=labels,
        train_images=0,
        validation_images=0,
        test_images=0,
        fingerprint="",
    )
    extractor = BlockSpec(kind="backbone", blocks=backbone.blocks, weights=backbone.id, frozen=True)
    last = catalog.backbone_entries()[backbone.id]().classifier()
    network, problems = resolve_network(
        NetworkSpec(blocks=(extractor, *last)),
        (data.height, data.width, data.channels),
        len(labels),
    )
    if network is None:
        raise UserError(
            "backbone.damaged",
            f"The blocks of {backbone.title} do not fit together.",
            "Install the app again.",
            problems[0].message,
        )
    return Plan(
        data=data,
        network=network,
        training=TrainingSpec(),
        steps_per_epoch=1,
        memory_bytes=0,
        budget="",
    )


@cache
def _able() -> tuple[str, ...]:
    """The backbones of the catalogue that come with a last layer and with names."""
    entries = catalog.backbone_entries().items()
    return tuple(kind for kind, entry in entries if entry.labels and entry().classifier())
