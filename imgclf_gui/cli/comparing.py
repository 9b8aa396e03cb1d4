"""`imgclf compare`: two networks side by side."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from imgclf_gui import catalog
from imgclf_gui.cli.networks import problem_figures
from imgclf_gui.cli.output import Output
from imgclf_gui.cli.text import interval, percent
from imgclf_gui.core.errors import UserError
from imgclf_gui.core.figures import bytes_words, three_digits
from imgclf_gui.core.project import Project
from imgclf_gui.core.spec import NetworkSpec, ProjectSpec, Split
from imgclf_gui.jobs.planning import dataset_summary
from imgclf_gui.jobs.report import evaluation
from imgclf_gui.jobs.run_folder import RunFolder
from imgclf_gui.plan import EXAMPLE_DATASET, data_plan, preset_network
from imgclf_gui.plan.compare import (
    OWN_TITLE,
    Comparison,
    Row,
    Seat,
    Side,
    Total,
    compare,
    heading,
    network_key,
    planned_blocks,
    side,
)
from imgclf_gui.plan.network import load_entry
from imgclf_gui.plan.network_file import read_network
from imgclf_gui.protocol.run_state import RunState

NETWORK_HELP = "project, a preset, run:ID, or a network's file"
SPLITS: tuple[Split, ...] = ("validation", "test")
_SIGNS = {"same": "", "changed": "≠", "left": "−", "right": "+"}


def add(commands: Any, shared: argparse.ArgumentParser) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "compare",
        parents=[shared],
        help="two networks side by side: what differs, and what it costs",
    )
    parser.add_argument("project", type=Path, metavar="PROJECT")
    parser.add_argument("--left", default="project", metavar="NETWORK", help=NETWORK_HELP)
    parser.add_argument("--right", required=True, metavar="NETWORK", help=NETWORK_HELP)
    parser.set_defaults(act=_compare)


@dataclass(frozen=True)
class _Named:
    """A network with its title, and what its file could not give."""

    title: str
    network: NetworkSpec
    notes: tuple[str, ...] = ()


def _compare(arguments: argparse.Namespace, output: Output) -> int:
    project = Project.open(arguments.project)
    left, right = (_named(project, text) for text in (arguments.left, arguments.right))
    found = _compared(project, left, right)
    runs = _trained(project)
    best = tuple(runs.get(network_key(one.network.blocks)) for one in (left, right))
    for note in (*left.notes, *right.notes):
        output.say(f"Note: {note}")
    _say(found, best, output)
    output.result(
        {
            "left": _side(found.left, best[0]),
            "right": _side(found.right, best[1]),
            "totals": [_total(total) for total in found.totals],
            "rows": [_row(row) for row in found.rows],
            "summary": found.summary,
            "notes": [*left.notes, *right.notes],
        }
    )
    return 1 if found.left.plan is None or found.right.plan is None else 0


def _named(project: Project, text: str) -> _Named:
    """The network that a person calls `text`.

    Raises:
        UserError: `use.network`, and those of reading a run or a file.
    """
    presets = catalog.preset_entries()
    if text == "project":
        return _Named(OWN_TITLE, project.spec.network)
    if text in presets:
        return _Named(presets[text].title, preset_network(text))
    if text.startswith("run:"):
        run = RunFolder.find(project, text.removeprefix("run:"))
        return _Named(f"{run.id} ({run.name})", run.spec().network)
    if not Path(text).exists():
        raise UserError(
            "use.network",
            f"'{text:.200}' names no network.",
            f"Write project, run: and a run's number, a file, or a preset: {', '.join(presets)}.",
        )
    read = read_network(Path(text))
    return _Named(Path(text).name, read.network, read.notes)


def _compared(project: Project, left: _Named, right: _Named) -> Comparison:
    """For the images of the project, or without any those of an example."""
    spec: ProjectSpec = project.spec
    images = dataset_summary(project, spec)
    data = data_plan(spec.data, images if images.labels else EXAMPLE_DATASET)
    shape, classes = (data.height, data.width, data.channels), len(data.labels)
    optimizer, _ = load_entry(spec.training.optimizer, catalog.optimizer_entries(), "")
    return compare(
        side(left.title, left.network, shape, classes),
        side(right.title, right.network, shape, classes),
        spec.training.batch_size,
        optimizer.slots if optimizer is not None else 0,
    )


_Best = tuple[str, RunState]
"""A run's number and its state."""


def _trained(project: Project) -> dict[str, _Best]:
    """For each network that was trained, the run that was best in validation; damaged ones not."""
    found: dict[str, _Best] = {}
    for run in RunFolder.list(project):
        try:
            if run.error is not None:
                continue
            key, state = network_key(planned_blocks(run.plan().network.blocks)), run.state()
        except UserError:
            continue
        if state.best and (key not in found or state.best.score > _score(found[key][1])):
            found[key] = (run.id, state)
    return found


def _score(state: RunState) -> tuple[float, float]:
    return state.best.score if state.best else (-1.0, 0.0)


def _say(found: Comparison, best: tuple[_Best | None, ...], output: Output) -> None:
    left, right = (heading(one.title) for one in (found.left, found.right))
    rows = [list(_line(row, depth)) for row, depth in _lines(found.rows, 0)]
    output.table("", ["", left, right, "What differs"], rows)
    figures = [
        (
            total.title,
            _figure(total.left, total),
            _figure(total.right, total),
            f"{three_digits(total.ratio)}×" if total.ratio else "",
        )
        for total in found.totals
    ]
    accuracies = [
        (f"Accuracy, {split}", *(_accuracy(one, split) for one in best), "") for split in SPLITS
    ]
    output.table("", ["", f">{left}", f">{right}", ">Ratio"], [*figures, *accuracies])
    output.say(found.summary)


def _lines(rows: tuple[Row, ...], depth: int) -> Iterator[tuple[Row, int]]:
    """Every row with its depth; what is the same all through stays folded."""
    for row in rows:
        yield row, depth
        if row.status == "changed":
            yield from _lines(row.inside, depth + 1)


def _line(row: Row, depth: int) -> Iterator[str]:
    indent = "  " * depth
    yield _SIGNS[row.status]
    for seat in (row.left, row.right):
        yield f"{indent}{seat.title} {seat.brief}".rstrip() if seat else ""
    yield _what_differs(row)


def _what_differs(row: Row) -> str:
    if row.status == "changed" and not row.settings:
        return "what is inside"
    return ", ".join(f"{one.title} {one.left} → {one.right}" for one in row.settings)


def _figure(value: int | None, total: Total) -> str:
    if value is None:
        return "–"
    return bytes_words(value) if total.in_bytes else f"{value:,}"


def _accuracy(best: _Best | None, split: Split) -> str:
    if best is None:
        return "no run yet"
    run, state = best
    result = state.evaluations.get(split)
    if result is None:
        return f"not measured (run {run})"
    bounds = interval(*result.interval)
    return f"{percent(result.accuracy)} ({bounds}), {result.images:,} images, run {run}"


def _side(one: Side, best: _Best | None) -> dict[str, Any]:
    accuracies = best[1].evaluations if best else {}
    return {
        "title": one.title,
        "preset": one.network.preset,
        "problems": [problem_figures(problem) for problem in one.draft.problems],
        "run": best[0] if best else None,
        "evaluations": {split: evaluation(event) for split, event in accuracies.items()},
    }


def _total(total: Total) -> dict[str, Any]:
    return {
        "name": total.key,
        "left": total.left,
        "right": total.right,
        "ratio": total.ratio,
    }


def _row(row: Row) -> dict[str, Any]:
    return {
        "status": row.status,
        "left": _seat(row.left),
        "right": _seat(row.right),
        "settings": [
            {"title": one.title, "left": one.left, "right": one.right} for one in row.settings
        ],
        "inside": [_row(inner) for inner in row.inside],
    }


def _seat(seat: Seat | None) -> dict[str, Any] | None:
    if seat is None:
        return None
    return {
        "place": list(seat.place),
        "title": seat.title,
        "settings": seat.brief,
        "shape": list(seat.shape) if seat.shape else None,
        "parameters": seat.parameters,
        "multiply_adds": seat.multiply_adds,
    }
