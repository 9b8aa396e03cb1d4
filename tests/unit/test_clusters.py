"""Clusters of features: blobs are found, the same again, and little is enough."""

from __future__ import annotations

from math import nan

import numpy as np
import pytest
from numpy.typing import NDArray

from imgclf_gui.core.clusters import clusters, suggested_count, typical

Values = NDArray[np.float64]
Labels = NDArray[np.intp]


def _blobs(
    images: int, width: int, classes: int, apart: float, seed: int = 0
) -> tuple[Values, Labels]:
    """Classes of the same spread 1 whose means differ by about `apart` in each column."""
    random = np.random.default_rng(seed)
    labels = np.arange(images) % classes
    means = apart * random.normal(size=(classes, width))
    return means[labels] + random.normal(size=(images, width)), labels


def _same(found: NDArray[np.intp], labels: Labels) -> bool:
    """Whether the clusters are the classes, by whatever numbers."""
    pairs = set(zip(found.tolist(), labels.tolist(), strict=True))
    return len(pairs) == len(np.unique(found)) == len(np.unique(labels))


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("count", [1, 2, 5, 9])
def test_separate_blobs_are_found_exactly(count: int, seed: int) -> None:
    features, labels = _blobs(30 * count, 40, count, 6, seed)
    found = clusters(features, count, seed)
    assert _same(found, labels)
    assert np.array_equal(found, clusters(features, count, seed))
    if count > 1:
        assert suggested_count(features, 11, seed).count == count


def test_clusters_go_by_direction_and_largest_first() -> None:
    directions = np.array([[1.0, 0], [0, 1], [0, 2], [0, 3], [9, 0.1], [-1, 0]])
    assert clusters(directions, 3, 0).tolist() == [1, 0, 0, 0, 1, 2]
    assert clusters(directions * 1e200, 3, 0).tolist() == [1, 0, 0, 0, 1, 2]


def test_clusters_of_few_and_equal_images() -> None:
    assert clusters(np.ones((1, 4)), 3, 0).tolist() == [0]
    assert sorted(clusters(np.eye(3), 5, 0).tolist()) == [0, 1, 2]
    assert clusters(np.ones((6, 4)), 3, 0).tolist() == [0] * 6
    twice = np.repeat(np.eye(2), [2, 4], axis=0)
    assert clusters(twice, 4, 0).tolist() == [1, 1, 0, 0, 0, 0]
    blank = np.array([[0.0, 0], [1, 0], [0, 0], [0, 0]])
    assert clusters(blank, 3, 0).tolist() == [0, 1, 0, 0]


def test_every_cluster_up_to_the_count_has_members() -> None:
    features, _ = _blobs(60, 5, 1, 0)
    for count in (2, 7, 30, 60):
        assert np.unique(clusters(features, count, 0)).tolist() == list(range(count))


def test_suggested_counts_come_with_their_silhouettes() -> None:
    features, _ = _blobs(1200, 20, 4, 5)
    suggestion = suggested_count(features, 7, 0)
    assert suggestion.count == 4
    assert list(suggestion.silhouettes) == [2, 3, 4, 5, 6, 7]
    assert suggestion.silhouettes[4] > 0.5
    assert suggestion == suggested_count(features, 7, 0)
    noise, _ = _blobs(300, 50, 1, 0)
    assert max(suggested_count(noise, 5, 0).silhouettes.values()) < 0.1


def test_a_silhouette_by_hand() -> None:
    # Directions at 0°, 0° and 90°: 1 for the two, 0 for the one alone.
    suggestion = suggested_count(np.array([[1.0, 0], [2, 0], [0, 1]]), 5, 0)
    assert suggestion.silhouettes == pytest.approx({2: 2 / 3})


def test_where_nothing_can_be_compared_one_is_suggested() -> None:
    for features in (np.ones((1, 3)), np.eye(2), np.ones((5, 3))):
        assert suggested_count(features, 5, 0).count == 1
    assert suggested_count(np.eye(4), 1, 0).count == 1


def test_typical_members_come_first() -> None:
    features = np.array([[1.0, 0.9], [0, -1], [1, 0], [2, 1], [0, -1], [1, 0]])
    assignment = np.array([0, 4, 0, 0, 4, 0])
    ordered = typical(features, assignment)
    assert {cluster: members.tolist() for cluster, members in ordered.items()} == {
        0: [3, 2, 5, 0],
        4: [1, 4],
    }


def test_a_search_tells_how_far_it_is_and_can_be_ended() -> None:
    features, _ = _blobs(200, 10, 4, 1)
    told: list[float] = []
    clusters(features, 5, 0, told.append)
    suggested_count(features, 6, 0, told.append)
    assert len(told) > 20
    assert 0 <= min(told) <= max(told) < 1

    def end(done: float) -> None:
        if done > 0.5:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        clusters(features, 5, 0, end)
    with pytest.raises(InterruptedError):
        suggested_count(features, 6, 0, end)


def test_clusters_refuse_what_they_cannot_use() -> None:
    for features in (np.zeros((0, 2)), np.array([[nan, 1.0]]), np.ones(3)):
        with pytest.raises(ValueError, match="features"):
            clusters(features, 2, 0)
        with pytest.raises(ValueError, match="features"):
            suggested_count(features, 2, 0)
    for count in (0, -1):
        with pytest.raises(ValueError, match="at least one"):
            clusters(np.ones((3, 2)), count, 0)
        with pytest.raises(ValueError, match="at least one"):
            suggested_count(np.ones((3, 2)), count, 0)
    with pytest.raises(ValueError, match="as many places"):
        typical(np.ones((3, 2)), np.zeros(2, int))
