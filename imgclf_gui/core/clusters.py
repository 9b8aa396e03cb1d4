"""Images that look alike to a network, by the directions of their features."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imgclf_gui.core.transferability import Features, Labels, Values, checked_features

Places = NDArray[np.intp]
Tell = Callable[[float], None]
"""Called between steps with the share that is done, 0…1; what it raises ends the search."""

RESTARTS = 5
MOST_STEPS = 100
SAMPLE = 500
"""Images that `suggested_count` looks at."""
SILHOUETTE_SAMPLE = 2_000
"""Images that `silhouette` compares with each other."""
SAME = 1e-9
"""Directions whose cosine is nearer to 1 than this are the same."""


@dataclass(frozen=True)
class CountSuggestion:
    """How many clusters, and how good each count was."""

    count: int
    """1 if fewer than three different directions leave nothing to compare."""
    silhouettes: dict[int, float]
    """By count, −1…1. At most 0.25 shows no clusters at all (Kaufman and Rousseeuw 1990)."""


def _to_nobody(_done: float) -> None:
    pass


def clusters(features: Features, count: int, seed: int, tell: Tell = _to_nobody) -> Places:
    """Which of at most `count` clusters each of `features` [N, d] belongs to: [N].

    Spherical k-means (Dhillon and Modha 2001): by the cosine to the mean direction of a cluster,
    as how strong features are says more of contrast than of content. Begun by k-means++ (Arthur
    and Vassilvitskii 2007), the best of `RESTARTS`. Clusters are numbered from 0, the largest
    first, and none is empty: there are fewer if there are fewer different directions. Features that
    are all zero are one direction, at right angles to all others.

    Raises:
        ValueError: bad features, or a count below 1.
    """
    return _best_of(RESTARTS, _directions(checked_features(features)), count, seed, tell)


def suggested_count(
    features: Features, most: int, seed: int, tell: Tell = _to_nobody
) -> CountSuggestion:
    """How many clusters, 2…`most`, `features` [N, d] fall into.

    The one with the largest mean silhouette (Rousseeuw 1987), by the straight distance of
    directions, in clusters of a sample of `SAMPLE` images drawn by `seed`; the fewer if equal.

    Raises:
        ValueError: bad features, or `most` below 1.
    """
    if most < 1:
        raise ValueError(f"at least one cluster, not {most}")
    directions = _directions(checked_features(features))
    if len(directions) > SAMPLE:
        chosen = np.random.default_rng(seed).choice(len(directions), SAMPLE, replace=False)
        directions = directions[np.sort(chosen)]
    if directions.shape[1] > len(directions):  # Turned into as many dimensions as there are images.
        directions = np.asarray(np.linalg.qr(directions.T, mode="r")).T
    distances = _distances(directions)
    silhouettes: dict[int, float] = {}
    counts = range(2, min(most, len(directions) - 1) + 1)
    for place, count in enumerate(counts):
        told = _part(tell, place, len(counts))
        found = _best_of(RESTARTS - 2, directions, count, seed, told)
        if found.max() + 1 < count:
            break
        silhouettes[count] = _silhouette(distances, found)
    if not silhouettes:
        return CountSuggestion(1, {})
    return CountSuggestion(max(silhouettes, key=silhouettes.__getitem__), silhouettes)


def typical(features: Features, assignment: Labels) -> dict[int, Places]:
    """For each cluster of `assignment` [N] its members, the most typical first.

    By the cosine of `features` [N, d] to the cluster's mean direction; the earlier if equal.

    Raises:
        ValueError: bad features, or an assignment of another length.
    """
    directions = _directions(checked_features(features))
    if assignment.shape != (len(directions),):
        raise ValueError(f"{len(directions)} images need as many places, not {assignment.shape}")
    ordered = {}
    for cluster in np.unique(assignment):
        members = np.flatnonzero(assignment == cluster)
        likeness = directions[members] @ _unit(directions[members].sum(axis=0, keepdims=True))[0]
        ordered[int(cluster)] = members[np.argsort(-likeness.round(12), kind="stable")]
    return ordered


def silhouette(features: Features, assignment: Labels, seed: int) -> float | None:
    """How well the clusters of `assignment` [N] stand apart: the mean silhouette, −1…1.

    Of a sample of `SILHOUETTE_SAMPLE` images drawn by `seed`; None if they are all of one cluster.

    Raises:
        ValueError: bad features, or an assignment of another length.
    """
    directions = _directions(checked_features(features))
    if assignment.shape != (len(directions),):
        raise ValueError(f"{len(directions)} images need as many places, not {assignment.shape}")
    if len(directions) > SILHOUETTE_SAMPLE:
        drawn = np.random.default_rng(seed).choice(
            len(directions), SILHOUETTE_SAMPLE, replace=False
        )
        directions, assignment = directions[drawn], assignment[drawn]
    _, found = np.unique(assignment, return_inverse=True)
    return _silhouette(_distances(directions), found) if found.max() > 0 else None


def _directions(values: Values) -> Values:
    """[N, d] as rows of length 1, and one more dimension for rows of zeros, if there are any."""
    largest = np.abs(values).max(axis=1, keepdims=True)
    blank = largest == 0
    directions = _unit(values / np.where(blank, 1, largest))  # So that no square overflows.
    return np.hstack([directions, blank]) if blank.any() else directions


def _unit(rows: Values) -> Values:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    unit: Values = np.divide(rows, lengths, out=np.zeros_like(rows), where=lengths > SAME)
    return unit


def _part(tell: Tell, place: int, parts: int) -> Tell:
    """What tells of the part at `place` of so many equal ones."""
    return lambda done: tell((place + done) / parts)


def _best_of(restarts: int, directions: Values, count: int, seed: int, tell: Tell) -> Places:
    """The clusters with the largest sum of cosines, the first of equals."""
    if count < 1:
        raise ValueError(f"at least one cluster, not {count}")
    random = np.random.default_rng(seed)
    runs = []
    for restart in range(restarts):
        told = _part(tell, restart, restarts)
        runs.append(_settled(directions, _seeds(directions, count, random, told), told))
    return _by_size(max(runs, key=lambda run: round(run[0], 9))[1])


def _seeds(directions: Values, count: int, random: np.random.Generator, tell: Tell) -> Values:
    """At most `count` different directions, [k, d]: the farther from those chosen, the likelier.

    Each the best of a few drawn: one that leaves the others nearest to what is chosen.
    """
    chosen = [int(random.integers(len(directions)))]
    left = _gaps(directions, chosen)[:, 0]
    while len(chosen) < count and left.any():
        tell(0)
        drawn = random.choice(len(directions), 2 + count.bit_length(), p=left / left.sum())
        rests = np.minimum(left[:, None], _gaps(directions, drawn))
        best = int(rests.sum(axis=0).argmin())
        chosen.append(int(drawn[best]))
        left = rests[:, best]
    return directions[chosen]


def _gaps(directions: Values, chosen: list[int] | Places) -> Values:
    """1 - cosine to each of k chosen: [N, k], 0 where rounding alone is left."""
    gaps: Values = 1 - directions @ directions[chosen].T
    gaps[gaps < SAME] = 0
    return gaps


def _settled(directions: Values, centres: Values, tell: Tell) -> tuple[float, Places]:
    """The sum of cosines and the clusters [N], once they do not change any more."""
    found = np.full(len(directions), -1, np.intp)
    likeness = np.zeros(len(directions))
    for step in range(MOST_STEPS):
        tell(step / MOST_STEPS)
        cosines = directions @ centres.T
        before, found = found, cosines.argmax(axis=1)
        likeness = cosines.max(axis=1)
        if np.array_equal(before, found):
            break
        centres = _centres(directions, found, likeness, centres)
    return float(likeness.sum()), found


def _centres(directions: Values, found: Places, likeness: Values, before: Values) -> Values:
    """The mean directions [k, d]; one without members is the image least like its own."""
    members = np.eye(len(before))[found]
    centres = _unit(members.T @ directions)
    outsiders = iter(np.argsort(likeness, kind="stable"))
    for empty in np.flatnonzero(members.sum(axis=0) == 0):
        centres[empty] = directions[next(outsiders)]
    return centres


def _by_size(found: Places) -> Places:
    """Numbered from 0: the largest first, of equals that whose first member is first."""
    _, first, inverse, sizes = np.unique(
        found, return_index=True, return_inverse=True, return_counts=True
    )
    order = np.lexsort((first, -sizes))
    places = np.empty(len(order), np.intp)
    places[order] = np.arange(len(order))
    return places[inverse]


def _distances(directions: Values) -> Values:
    """[N, N], 0…2."""
    distances: Values = np.sqrt(np.maximum(2 - 2 * directions @ directions.T, 0))
    np.fill_diagonal(distances, 0)
    return distances


def _silhouette(distances: Values, found: Places) -> float:
    """The mean over images of (b − a) / max(a, b), −1…1; 0 for the only one of a cluster.

    a is the mean distance to others of the same cluster, b to those of the nearest other one.
    """
    members = np.eye(int(found.max()) + 1)[found]
    sizes, sums = members.sum(axis=0), distances @ members
    rows = np.arange(len(found))
    own = sums[rows, found] / np.maximum(sizes[found] - 1, 1)
    others = sums / sizes
    others[rows, found] = np.inf
    other = others.min(axis=1)
    larger = np.maximum(np.maximum(own, other), SAME)
    return float(np.where(sizes[found] > 1, (other - own) / larger, 0).mean())
