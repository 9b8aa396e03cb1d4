"""The network under a person's hands: what it looks like now, and the edits that change it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QGuiApplication

from imgclf_gui import catalog
from imgclf_gui.core.entry import Mend
from imgclf_gui.core.errors import ErrorReport, UserError
from imgclf_gui.core.spec import BlockSpec, DataSpec, NetworkSpec, ProjectSpec
from imgclf_gui.core.tree import Place, block_at, replaced
from imgclf_gui.gui.architecture.block_model import blocks_mime
from imgclf_gui.gui.architecture.changes import changed_places
from imgclf_gui.gui.network_view import NetworkView, block_title, inputs_of, network_view
from imgclf_gui.gui.studio import Studio
from imgclf_gui.plan import edits, preset_network
from imgclf_gui.plan.edits import Edited
from imgclf_gui.plan.network_file import blocks_from_text


class Workbench(QObject):
    """Every change of the network goes through here; each is one step that can be undone."""

    changed = Signal()
    """`view` is new."""
    chosen_wanted = Signal(tuple)
    """Places that a person looks at after an edit."""

    def __init__(self, studio: Studio, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._seen: tuple[object, ...] = ()
        self._typing: tuple[object, ...] | None = None
        """What was typed into last: what is typed there next belongs to the same undo step."""
        self.view = NetworkView(inputs_of(studio.spec, studio.summary))
        for signal in (studio.spec_changed, studio.dataset_changed, studio.project_changed):
            signal.connect(self.refresh)
        studio.stepped.connect(self._on_stepped)
        self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Look at the network again, if it or what reaches it is another."""
        spec, summary = self._studio.spec, self._studio.summary
        seen = (spec.network.blocks, spec.data, summary, self.open)
        if len(self._seen) == len(seen) and all(map(_is, seen, self._seen)):
            return
        self._seen = seen
        self.view = network_view(spec, summary)
        self.changed.emit()

    @property
    def open(self) -> bool:
        """Whether there is a project, so that anything can be changed."""
        return self._studio.project is not None

    def block(self, place: Place) -> BlockSpec:
        """The block at `place`."""
        return block_at(self.view.blocks, place)

    # Edits

    def insert(self, new: Sequence[BlockSpec], place: Place, verb: str = "Insert") -> None:
        """Put blocks in front of `place`; empty containers get blocks that fit there."""
        shape = self.view.shape_before(place)
        filled = [edits.with_examples(block, shape) for block in new]
        if filled:
            edited = edits.insert_blocks(self.view.blocks, place, filled)
            self._edit(f"{verb} {_named(filled)}", edited)

    def remove(self, places: Sequence[Place], verb: str = "Remove") -> None:
        """Take blocks away."""
        if places:
            self._edit(
                f"{verb} {self._names(places)}", edits.remove_blocks(self.view.blocks, places)
            )

    def duplicate(self, places: Sequence[Place]) -> None:
        """Put copies behind the last of them."""
        edited = edits.duplicate_blocks(self.view.blocks, places)
        self._edit(f"Duplicate {self._names(places)}", edited)

    def move(self, places: Sequence[Place], target: Place) -> None:
        """Put blocks in front of `target`; into themselves they stay where they are."""
        try:
            edited = edits.move_blocks(self.view.blocks, places, target)
        except ValueError:
            return
        self._edit(f"Move {self._names(places)}", edited)

    def shift(self, places: Sequence[Place], how: Callable[..., Edited | None], *step: int) -> None:
        """Move neighbours as `how` of plan.edits does, where that is possible."""
        edited = how(self.view.blocks, places, *step) if edits.side_by_side(places) else None
        if edited is not None:
            self._edit(f"Move {self._names(places)}", edited)

    def wrap(self, places: Sequence[Place], kind: str) -> None:
        """Put a new container around neighbours."""
        container = BlockSpec(kind=kind)
        if edits.side_by_side(places):
            edited = edits.wrap_blocks(self.view.blocks, places, container)
            self._edit(f"Wrap {self._names(places)} in {block_title(container)}", edited)

    def unwrap(self, place: Place) -> None:
        """Leave what lies inside in the container's place."""
        if self.block(place).blocks:
            edited = edits.unwrap_block(self.view.blocks, place)
            self._edit(f"Unwrap {self._names([place])}", edited)

    def mend(self, place: Place, mend: Mend) -> None:
        """Carry out a mend of a problem of the block at `place`; () is the network itself."""
        for problem in self.view.problems_at(place):
            if mend in problem.mends:
                blocks = edits.mended(self.view.blocks, problem, mend)
                added = changed_places(self.view.blocks, blocks) if not place else ()
                self._edit(mend.title, Edited(blocks, added))

    def rename(self, place: Place, name: str, *, typed: bool = False) -> None:
        """Call a block `name`; its title or nothing takes the name away."""
        block = self.block(place)
        old = block_title(block.model_copy(update={"name": ""}))
        name = "" if name == old else name[:100]
        if name != block.name:
            changed = block.model_copy(update={"name": name})
            key = (place, "name") if typed else None
            self._replace(f"Rename {old}", place, changed, key)

    def set(self, place: Place, field: str, value: object, *, typed: bool) -> None:
        """Change a setting of a block; what is typed into one field is one step."""
        block = self.block(place)
        entry = catalog.block_entries()[block.kind]
        title = entry.model_fields[field].title or field
        changed = block.model_copy(update={field: value})
        key = (place, field) if typed else None
        self._replace(f"Change {title.lower()} of {block_title(block)}", place, changed, key)

    def set_input(self, field: str, value: object, *, typed: bool) -> None:
        """Change how images reach the network."""
        data = self._studio.spec.data.model_copy(update={field: value})
        title = DataSpec.model_fields[field].title or field
        key = ("data", field) if typed else None
        merge, self._typing = key is not None and key == self._typing, key
        spec = self._studio.spec.model_copy(update={"data": data})
        self._studio.edit(f"Change {title.lower()}", spec, merge=merge)

    def start_with(self, preset: str) -> None:
        """Replace the network by that of a preset."""
        self._edit_network("Choose network", preset_network(preset))

    # The clipboard

    def copy(self, places: Sequence[Place]) -> None:
        """Put blocks on the clipboard, as text that any editor shows."""
        if places:
            blocks = [self.block(place) for place in places]
            QGuiApplication.clipboard().setMimeData(blocks_mime(blocks))

    def paste(self, place: Place) -> None:
        """Insert what the clipboard holds, or say why it cannot be."""
        try:
            blocks = blocks_from_text(QGuiApplication.clipboard().text())
        except UserError as error:
            self._studio.failed.emit(error.report.model_copy(update={"hint": _PASTE_HINT}))
            return
        edited = edits.insert_blocks(self.view.blocks, place, blocks)
        if blocks:
            self._edit(f"Paste {_named(blocks)}", edited)

    # How

    @Slot(object, object)
    def _on_stepped(self, before: ProjectSpec, after: ProjectSpec) -> None:
        """Look at what was undone, or done again."""
        places = changed_places(before.network.blocks, after.network.blocks)
        if places:
            self.chosen_wanted.emit(places)

    def forget_typing(self) -> None:
        """What is typed next is a step of its own."""
        self._typing = None

    def _replace(
        self, name: str, place: Place, block: BlockSpec, key: tuple[object, ...] | None
    ) -> None:
        merge, self._typing = key is not None and key == self._typing, key
        blocks = replaced(self.view.blocks, place, block)
        network = self._studio.spec.network.model_copy(update={"blocks": blocks})
        spec = self._studio.spec.model_copy(update={"network": network})
        self._studio.edit(name, spec, merge=merge)

    def _edit(self, name: str, edited: Edited) -> None:
        if edits.too_deep(edited.blocks):
            self._studio.failed.emit(_TOO_DEEP)
            return
        network = self._studio.spec.network.model_copy(update={"blocks": edited.blocks})
        self._edit_network(name, network)
        if edited.chosen:
            self.chosen_wanted.emit(edited.chosen)

    def _edit_network(self, name: str, network: NetworkSpec) -> None:
        self._typing = None
        spec = self._studio.spec.model_copy(update={"network": network})
        self._studio.edit(name, spec)

    def _names(self, places: Sequence[Place]) -> str:
        return _named([self.block(place) for place in places])


_PASTE_HINT = "Copy blocks first, here, in another window, or as JSON text."

_TOO_DEEP = ErrorReport(
    code="network.too_deep",
    message=f"Blocks would lie more than {edits.DEEPEST_KEPT} deep in one another.",
    hint="Unwrap some of the blocks around them first.",
)


def _is(one: object, other: object) -> bool:
    return one is other


def _named(blocks: Sequence[BlockSpec]) -> str:
    """'Flatten', '3 blocks'."""
    return block_title(blocks[0]) if len(blocks) == 1 else f"{len(blocks)} blocks"
