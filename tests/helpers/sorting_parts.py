"""What the actor plays of sorting images without classes.

Images go to the groups in turn. It waits to be stopped where the folder's name is 'long', or where
LONG groups are made, and fails where it is 'failing'.
"""

from __future__ import annotations

from pathlib import Path

from imgclf_gui.core.errors import ErrorReport
from imgclf_gui.core.images import IMAGE_EXTENSIONS
from imgclf_gui.protocol import commands
from imgclf_gui.protocol import events as e
from imgclf_gui.protocol.sorting import SortedGroup, Sorting, read_sorting, write_sorting
from imgclf_gui.protocol.sorting_events import UnreadableImage
from tests.helpers.augmenting_parts import Player

LONG = 13
USUAL = 3
"""Groups that it makes when it may choose."""
UNREADABLE = ("/somewhere/broken.png", "broken.png cannot be read: it is empty.")


def sort(command: commands.SortImages, actor: Player) -> None:
    """Put every third image into the same group."""
    if command.kept:
        files = read_sorting(Path(command.kept)).files
    else:
        folder = Path(command.images[0])
        found = sorted(path for path in folder.rglob("*") if path.suffix in IMAGE_EXTENSIONS)
        files = tuple(map(str, found))
        told = e.SortingProgressed(
            job=command.job, done=1, total=len(files), images_per_second=50, seconds_left=9
        )
        actor.say(told)
        if folder.name == "long":
            _wait(command, actor)
            return
        if folder.name == "failing":
            error = ErrorReport(code="sort.empty", message="There are no images.", hint="Add some.")
            actor.say(e.JobFailed(job=command.job, error=error))
            return
    if command.groups == LONG:
        actor.say(e.GroupingProgressed(job=command.job, done=0.4, what="making 13 groups"))
        _wait(command, actor)
        return
    count = min(command.groups or USUAL, len(files))
    groups = tuple(
        SortedGroup(name=f"Group {number + 1}", images=tuple(range(number, len(files), count)))
        for number in range(count)
    )
    sorting = Sorting(
        files=files, answers=("",) * len(files), unreadable=(UNREADABLE,), groups=groups
    )
    write_sorting(Path(command.output), sorting)
    actor.say(
        e.ImagesSorted(
            job=command.job,
            file=command.output,
            images=len(files),
            names=tuple(group.name for group in groups),
            sizes=tuple(len(group.images) for group in groups),
            silhouette=0.5,
            unreadable=(UnreadableImage(name=UNREADABLE[0], reason=UNREADABLE[1]),),
            unreadable_total=1,
            seconds=1,
        )
    )


def _wait(command: commands.SortImages, actor: Player) -> None:
    actor.wait_for_stop(command.job)
    error = ErrorReport(code="sort.stopped", message="Sorting was stopped.")
    actor.say(e.JobFailed(job=command.job, error=error))
