"""Sorting images that have no classes into groups of what looks alike.

TensorFlow is needed only to look at images, not to make other groups of features that are kept.
"""

from __future__ import annotations

import contextlib
import json
import math
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from imgclf_gui.core.clusters import Tell, clusters, silhouette, suggested_count, typical
from imgclf_gui.core.entry import SourceProblem
from imgclf_gui.core.errors import UserError
from imgclf_gui.core.files import write_atomic
from imgclf_gui.core.listing import image_files
from imgclf_gui.core.parallel import in_chunks, map_ahead, threads_for
from imgclf_gui.protocol.commands import SortImages
from imgclf_gui.protocol.sorting import (
    MOST_SUGGESTED,
    SortedGroup,
    Sorting,
    features_path,
    proposed_names,
    read_sorting,
    write_sorting,
)
from imgclf_gui.protocol.sorting_events import (
    GroupingProgressed,
    ImagesSorted,
    SortingProgressed,
    UnreadableImage,
)
from imgclf_gui.worker.control import Control, Emit

BATCH = 32
REPORT_SECONDS = 0.25
MOST_IMAGES = 100_000
"""Their features take 0.5 GB, and twice that while they are compressed."""
MAIN_DIRECTIONS = 128
"""Of features, for the grouping. On the emoji sample they hold 89 % of the squared lengths; groups
are as pure as those of all 1,280 values (50 % for 7 groups) in a quarter of the time."""
ROWS = 4_096
"""Images that are compressed between two looks at whether it was stopped."""
REPORTED_UNREADABLE = 1_000
REPORTED_BYTES = 400_000
"""Of names and reasons: a line of the protocol is bounded."""


@dataclass(frozen=True)
class _Looks:
    """What is known of the images before they are in groups."""

    files: tuple[str, ...]
    answers: tuple[str, ...]
    unreadable: tuple[tuple[str, str], ...]
    features: NDArray[np.float32]
    """As `compressed` makes them."""


class _Progress:
    """How far it is. The first batch, in which the network is compiled, does not count as speed."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.done = 0
        self._began = time.perf_counter()
        self._before = 0

    def count(self, images: int) -> None:
        """So many more are done."""
        first = not self.done
        self.done += images
        if first and self.done < self.total:
            self._began, self._before = time.perf_counter(), self.done

    def event(self) -> SortingProgressed:
        """What to report; no speed after the first batch."""
        speed = (self.done - self._before) / max(time.perf_counter() - self._began, 1e-9)
        return SortingProgressed(
            done=self.done,
            total=self.total,
            images_per_second=speed,
            seconds_left=(self.total - self.done) / speed if speed else None,
        )


def sort_images(command: SortImages, emit: Emit, control: Control) -> None:
    """Sort files and all images below folders: SortingProgressed…, GroupingProgressed…,
    ImagesSorted.

    Raises:
        UserError: `sort.empty`, `sort.unreadable`, `sort.many`, `sort.damaged`, `sort.stopped`, or
            the output cannot be written.
    """
    began = time.perf_counter()
    if command.kept:
        looks = _kept_looks(Path(command.kept))
    else:
        looks = _looks(command.images, emit, control)
    sorting, share = _sorted(looks, command.groups, command.seed, _teller(emit, control))
    _refuse_if_stopped(control)
    output = Path(command.output)
    if not command.kept or Path(command.kept) != output:
        write_atomic(
            features_path(output),
            lambda stream: np.save(stream, looks.features, allow_pickle=False),
            lasting=False,
        )
    write_sorting(output, sorting)
    emit(
        ImagesSorted(
            file=command.output,
            images=len(sorting.files),
            names=tuple(group.name for group in sorting.groups),
            sizes=tuple(len(group.images) for group in sorting.groups),
            silhouette=share,
            unreadable=tuple(_reportable(sorting.unreadable)),
            unreadable_total=len(sorting.unreadable),
            seconds=time.perf_counter() - began,
        )
    )


Teller = Callable[[str], Tell]
"""From what is done now, in words, to what hears how far that is."""


def _teller(emit: Emit, control: Control) -> Teller:
    """Reports at once and a few times a second; ends the work when it is to be stopped."""

    def telling(what: str) -> Tell:
        reported = -math.inf

        def tell(done: float) -> None:
            nonlocal reported
            _refuse_if_stopped(control)
            now = time.perf_counter()
            if now - reported >= REPORT_SECONDS:
                reported = now
                emit(GroupingProgressed(done=done, what=what))

        return tell

    return telling


def _sorted(looks: _Looks, wanted: int, seed: int, telling: Teller) -> tuple[Sorting, float | None]:
    """The images in `wanted` groups (0: as many as suit them), and how these stand apart."""
    features, count = looks.features, wanted
    if not count:
        told = telling("finding out how many groups suit the images")
        count = suggested_count(features, MOST_SUGGESTED, seed, told).count
    told = telling(f"making {count:,} {'group' if count == 1 else 'groups'}")
    found = clusters(features, count, seed, told)
    members = [places.tolist() for _, places in sorted(typical(features, found).items())]
    names = proposed_names([[looks.answers[place] for place in group] for group in members])
    groups = (
        SortedGroup(name=name, images=tuple(group))
        for name, group in zip(names, members, strict=True)
    )
    sorting = Sorting(
        files=looks.files,
        answers=looks.answers,
        unreadable=looks.unreadable,
        groups=tuple(groups),
    )
    return sorting, silhouette(features, found, seed)


def compressed(
    features: NDArray[np.float32], between: Callable[[], None] = lambda: None
) -> NDArray[np.float32]:
    """Directions of features [N, d], along their `MAIN_DIRECTIONS` main ones: [N, at most those].

    `between` is called every `ROWS` images, and may raise.

    Principal components without centring, so that cosines stay about what they are.
    """
    if min(features.shape) <= MAIN_DIRECTIONS:
        return features
    lengths = np.linalg.norm(features, axis=1, keepdims=True)
    directions = features / np.where(lengths > 0, lengths, 1)
    products = np.zeros((features.shape[1],) * 2)
    for first in range(0, len(directions), ROWS):
        between()
        some = directions[first : first + ROWS]
        products += some.T @ some
    _, main = np.linalg.eigh(products)
    along = directions @ main[:, -MAIN_DIRECTIONS:].astype(np.float32)
    return along.astype(np.float32, copy=False)


def _kept_looks(path: Path) -> _Looks:
    before = read_sorting(path)
    try:
        features = np.load(features_path(path), allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise _no_features(str(error)) from error
    if features.ndim != 2 or len(features) != len(before.files):
        raise _no_features(f"{features.shape} for {len(before.files)} images")
    return _Looks(before.files, before.answers, before.unreadable, features.astype(np.float32))


def _no_features(details: str) -> UserError:
    return UserError(
        "sort.damaged",
        "What was found in the images is not there any more.",
        "Sort them again from the beginning.",
        details,
    )


def _looks(named: Sequence[str], emit: Emit, control: Control) -> _Looks:
    files, unreadable = _found(named)
    if not files and not unreadable:
        raise UserError(
            "sort.empty",
            f"There are no images in {', '.join(named[:3]) or 'nothing'}.",
            "Choose a folder with PNG, JPEG, GIF, BMP, WebP, TIFF, PPM or AVIF files in it.",
        )
    if len(files) > MOST_IMAGES:
        raise UserError(
            "sort.many",
            f"These are {len(files):,} images; at most {MOST_IMAGES:,} are sorted at once.",
            "Sort a part of them, train on it, and let the run classify the rest.",
        )
    features, good, answers = _looked_at(files, unreadable, emit, control)
    _refuse_if_stopped(control)
    if not good:
        name, reason = unreadable[0]
        raise UserError(
            "sort.unreadable",
            f"None of the {len(unreadable):,} images can be read; the first is "
            f"{Path(name).name}: {reason}",
            "Mend or replace the files, then sort again.",
        )
    short = compressed(np.concatenate(features), lambda: _refuse_if_stopped(control))
    return _Looks(tuple(good), tuple(answers), tuple(unreadable), short)


def _found(named: Sequence[str]) -> tuple[list[Path], list[tuple[str, str]]]:
    """The image files as they are named or lie below folders, and what cannot be one."""
    files, problems = list[Path](), list[tuple[str, str]]()
    for name in named:
        path = Path(name)
        if not path.is_dir():
            files.append(path)
            continue
        for found in image_files(path):
            if isinstance(found, SourceProblem):
                problems.append((found.name, found.reason))
            elif _is_text(str(found.path)):
                files.append(found.path)
            else:
                problems.append((found.name, "its name is not valid text; rename the file"))
    return list(dict.fromkeys(files)), problems


def _looked_at(
    files: Sequence[Path], unreadable: list[tuple[str, str]], emit: Emit, control: Control
) -> tuple[list[NDArray[np.float32]], list[str], list[str]]:
    """Features, readable files and answers; what is broken is added to `unreadable`."""
    from imgclf_gui.worker.looking import Looker

    control.busy_with = "loading the network"
    looker = Looker()
    control.busy_with = ""
    features, good, answers = list[NDArray[np.float32]](), list[str](), list[str]()
    reported, progress = 0.0, _Progress(len(files))
    total = progress.total
    emit(SortingProgressed(done=0, total=total, images_per_second=0))
    parts = map_ahead(looker.decode, in_chunks(files, BATCH), threads_for(_mean_bytes(files)))
    with contextlib.closing(parts):
        for part in parts:
            if control.stopped:
                break
            if part.pixels:
                some, taken_for = looker.look(part.pixels)
                features.append(some)
                answers += taken_for
            good += map(str, part.files)
            unreadable += part.unreadable
            progress.count(len(part.files) + len(part.unreadable))
            now = time.perf_counter()
            if now - reported >= REPORT_SECONDS or progress.done == total:
                reported = now
                emit(progress.event())
    return features, good, answers


def _mean_bytes(files: Sequence[Path]) -> float:
    sizes = []
    for file in files[:BATCH]:
        with contextlib.suppress(OSError, ValueError):
            sizes.append(file.stat().st_size)
    return sum(sizes) / max(1, len(sizes))


def _is_text(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _refuse_if_stopped(control: Control) -> None:
    if control.stopped:
        raise UserError("sort.stopped", "Sorting was stopped.", "Sort again when you like.")


def _reportable(unreadable: Iterable[tuple[str, str]]) -> Iterator[UnreadableImage]:
    """As many as a line of the protocol has room for."""
    left = REPORTED_BYTES
    for number, (name, reason) in enumerate(unreadable):
        left -= len(json.dumps([name, reason]))
        if left < 0 or number == REPORTED_UNREADABLE:
            return
        yield UnreadableImage(name=name, reason=reason)
