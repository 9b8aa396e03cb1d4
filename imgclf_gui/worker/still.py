"""Training only what is behind the still front of a network, on features that are kept."""

from __future__ import annotations

import keras

from imgclf_gui.core.figures import bytes_words
from imgclf_gui.core.pixels import PixelCache
from imgclf_gui.plan import Plan
from imgclf_gui.plan.transfer import still_front
from imgclf_gui.protocol.events import Logged
from imgclf_gui.worker.control import Control, Emit
from imgclf_gui.worker.data import Examples
from imgclf_gui.worker.features import FeatureCache, SplitNetwork, split_network
from imgclf_gui.worker.network import BlockEnds
from imgclf_gui.worker.views import Views, without_mixing


def usable_cut(
    plan: Plan, network: keras.Model, ends: BlockEnds, cache: PixelCache, emit: Emit
) -> SplitNetwork | None:
    """`network` in two parts, if `plan` can be trained on the features of its still front.

    What keeps it from that is said. `ends` as `build_network` fills it.
    """
    front = still_front(plan.network)
    if front is None:
        return None
    cut = split_network(network, ends, front.last)
    needed = cut.image_bytes * (
        max(1, _views(plan)) * plan.data.train_images + plan.data.validation_images
    )
    against = _objection(plan) or FeatureCache.objection(cache.folder, needed)
    if against:
        text = f"The frozen blocks run in every epoch: {against}."
        emit(Logged(level="warning", text=text))
        return None
    text = f"The frozen blocks run once an image; their features take {bytes_words(needed)}."
    emit(Logged(text=text))
    return cut


def feature_examples(
    plan: Plan, cut: SplitNetwork, cache: PixelCache, emit: Emit, control: Control
) -> tuple[Examples, Examples] | None:
    """Features of the training and the validation images; None if the control said stop.

    With augmentation, each training image has several: an epoch sees one of them.

    Raises:
        UserError: `file.full`, `file.write`; `catalog.…` for an augmentation.
    """
    features = FeatureCache(cut.front, cache, emit, lambda: control.stopped)
    labels = cache.labels("train")
    made = [features.plain("validation")]
    if not _views(plan):
        made.append(features.plain("train"))
    else:
        views = Views(plan.augmentation, plan.network.input_shape, plan.training.seed)
        for number in range(_views(plan)):
            made.append(None if control.stopped else features.view("train", views, number))
    if any(found is None for found in made):
        return None
    validation, *train = [found for found in made if found is not None]
    return (
        Examples(train[0], labels, tuple(train)),
        Examples(validation, cache.labels("validation")),
    )


def _views(plan: Plan) -> int:
    return plan.transfer.feature_views if plan.augmentation else 0


def _objection(plan: Plan) -> str:
    """Why features of `plan`'s images cannot be kept, as part of a sentence; empty if they can."""
    if plan.training.watch_blocks:
        return "all blocks are watched"
    if plan.augmentation and not plan.transfer.feature_views:
        return "every epoch draws new views of the images"
    if plan.augmentation and without_mixing(plan.augmentation) != plan.augmentation:
        return "an augmentation mixes images"
    return ""
