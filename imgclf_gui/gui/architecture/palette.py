"""The palette: every block of the catalogue, to be dragged or inserted."""

from __future__ import annotations

from PySide6.QtCore import QMimeData

from imgclf_gui import catalog
from imgclf_gui.core.spec import BlockSpec
from imgclf_gui.gui.architecture.block_model import BLOCKS_MIME, blocks_mime
from imgclf_gui.gui.widgets.entry_palette import EntryPalette, PaletteWords, under_headings

GROUPS = (
    "Convolution",
    "Dense",
    "Pooling",
    "Normalisation",
    "Activation",
    "Regularisation",
    "Shape",
    "Attention",
    "Containers",
)
"""The headings in their order; others follow."""
_WORDS = PaletteWords(
    name="palette",
    entries="palette_blocks",
    search="Search for a block",
    hint="Search blocks (Ins)",
    offered="Blocks to insert",
)


class Palette(EntryPalette):
    """The blocks under their headings."""

    def __init__(self) -> None:
        blocks = sorted(catalog.block_entries().values(), key=lambda entry: entry.title)
        headings = under_headings(blocks, lambda entry: entry.group, GROUPS)
        super().__init__(_WORDS, headings, BLOCKS_MIME, _mime)


def _mime(kinds: list[str]) -> QMimeData:
    """The blocks, without settings: they are the usual ones."""
    return blocks_mime([BlockSpec(kind=kind) for kind in kinds])
