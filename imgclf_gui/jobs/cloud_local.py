"""This machine's own classifier, for the provider that answers without a network."""

from __future__ import annotations

from collections.abc import Sequence

from imgclf_gui.core.annotation import Classify
from imgclf_gui.core.cloud import Cancel
from imgclf_gui.jobs.answers import Asked
from imgclf_gui.jobs.supervisor import Jobs
from imgclf_gui.plan.builtin import find_built_in


def built_in_classifier(jobs: Jobs) -> Classify:
    """What `Access.classify` is: the warm predictor of this machine."""

    def classify(
        contents: Sequence[bytes], most: int, cancel: Cancel
    ) -> list[list[tuple[str, float]]]:
        """See `core.annotation.Classify`; nothing of an image that cannot be read."""
        answers = Asked(jobs, find_built_in().id, cancel).about(contents, most)
        return [list(zip(one.labels, one.probabilities, strict=True)) for one in answers]

    return classify
