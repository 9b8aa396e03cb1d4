"""The images behind a cell of a confusion matrix, from the file that an evaluation wrote."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from imgclf_gui.core.errors import UserError


class _Line(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    image: int
    label: str
    predicted: str
    probability: float


@dataclass(frozen=True)
class Taken:
    """An image of the dataset by its id, and how sure the model was."""

    image_id: int
    confidence: float


def images_behind(run: Path, name: str, label: str, predicted: str) -> list[Taken]:
    """The images of class `label` that were taken for `predicted`, the surest first.

    `name` is the file that `Evaluated.predictions` names in the folder `run`.

    Raises:
        UserError: `predictions.missing` if it cannot be read.
    """
    # Written by json.dumps in this order; a line that holds it is parsed, the others need not be.
    mark = f'"label": {json.dumps(label)}, "predicted": {json.dumps(predicted)}'
    try:
        # A project may come from others: the file lies in the run's folder, whatever is said.
        lines = (run / Path(name).name).read_text("utf-8").splitlines()
        found = [_Line.model_validate_json(line) for line in lines if mark in line]
    except (OSError, ValueError) as error:
        raise UserError(
            "predictions.missing",
            f"The predictions of this run cannot be read from {name[:100]}.",
            "Measure the split again.",
            str(error),
        ) from error
    found.sort(key=lambda line: -line.probability)
    return [Taken(line.image, line.probability) for line in found]
