"""The last label check of a project, in its cache: seen again when the project is opened."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from imgclf_gui.core.files import write_text_atomic
from imgclf_gui.core.spec import EntrySpec
from imgclf_gui.protocol.events import LabelsChecked

FILE = "label-check.json"
_PICTURES = "label-check-*.npy"


@dataclass(frozen=True)
class Checked:
    """What a label check was asked about, and what it found."""

    run: str
    """'002 · CNN'."""
    steps: tuple[EntrySpec, ...]
    pictures: Path
    """A .npy file with uint8 [examples, 2, height, width, channels]."""
    result: LabelsChecked


def keep(folder: Path, checked: Checked) -> None:
    """Write `checked`, whose pictures lie in `folder`; the project may be moved elsewhere.

    Raises:
        UserError: `file.full`, `file.write`.
    """
    text = _adapter().dump_json(replace(checked, pictures=Path(checked.pictures.name)))
    write_text_atomic(folder / FILE, text.decode())
    for old in folder.glob(_PICTURES):
        if old.name != checked.pictures.name:
            old.unlink(missing_ok=True)


def kept(folder: Path) -> Checked | None:
    """What `keep` wrote into `folder`; None if there is nothing that can be read."""
    try:
        checked = _adapter().validate_json((folder / FILE).read_bytes())
    except (OSError, ValidationError):
        return None
    return replace(checked, pictures=folder / checked.pictures.name)


@cache
def _adapter() -> TypeAdapter[Checked]:
    return TypeAdapter(Checked)
