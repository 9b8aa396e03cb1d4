"""Weights of Keras's own networks, added by a real worker: the features are Keras's."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from imgclf_gui.jobs.backbones import (
    add_downloaded,
    add_weights_file,
    downloaded_weights,
    fetch_weights,
    wanted_weights,
)
from imgclf_gui.jobs.supervisor import Jobs
from imgclf_gui.plan.application_weights import published_weights
from imgclf_gui.plan.applications import APPLICATIONS, find_application
from imgclf_gui.plan.backbones import backbones, find_backbone, own_folder
from imgclf_gui.plan.transfer import step_name
from imgclf_gui.protocol.events import BackboneAdded, JobFailed
from imgclf_gui.protocol.transfer_events import TransferProgressed
from tests.helpers.file_server import serving
from tests.helpers.keras_weights import KerasSide
from tests.helpers.listener import Listener

pytestmark = pytest.mark.timeout(600)

SMALL = "keras:MobileNetV2:0.35"


@pytest.fixture(scope="module", autouse=True)
def shared_backbones(folder: Path) -> Iterator[None]:
    """The worker, Keras's side and the tests see the same backbones."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IMGCLF_DATA_DIR", str(folder / "data"))
        yield


@pytest.fixture(scope="module")
def keras_side(shared_backbones: None) -> Iterator[KerasSide]:
    """Keras itself."""
    with KerasSide() as side:
        yield side


@pytest.fixture(scope="module")
def mobile(tmp_path_factory: pytest.TempPathFactory, keras_side: KerasSide) -> Path:
    """A small MobileNetV2's files, and its features."""
    folder = tmp_path_factory.mktemp("mobile")
    keras_side.write_weights(
        folder, "MobileNetV2", "mobilenet_v2", alpha=0.35, input_shape=(64, 64, 3)
    )
    return folder


@pytest.fixture(scope="module")
def vgg(tmp_path_factory: pytest.TempPathFactory, keras_side: KerasSide) -> Path:
    """VGG16's files, whose channels are blue, green, red, and its features."""
    folder = tmp_path_factory.mktemp("vgg")
    keras_side.write_weights(folder, "VGG16", "vgg16", input_shape=(48, 48, 3))
    return folder


class Adding:
    """Adds files, and waits for what comes of it."""

    def __init__(self) -> None:
        self._listener = Listener()
        self.jobs = Jobs(self._listener)
        self._job = ""

    def add(self, path: Path, of: str, title: str = "") -> BackboneAdded:
        """What a worker says of `path`."""
        job = add_weights_file(self.jobs, path, of, title)
        assert isinstance(job, str)
        return self._listener.wait_for(BackboneAdded, job, 120)

    def words(self) -> list[str]:
        """What the worker said that it does with the last download."""
        return [event.what for event in self._listener.all(TransferProgressed, self._job)]

    def download(self, of: str, server: str) -> BackboneAdded:
        """What a worker says of the weights of `of`, once they have come from `server`."""
        path = fetch_weights(of, lambda _progress: None, server=server)
        assert path is not None
        self._job = add_downloaded(self.jobs, path, of)
        return self._listener.wait_for(BackboneAdded, self._job, 120)

    def stop_at_once(self, path: Path, of: str) -> str:
        """Why `path` is not added, where the person stops it."""
        job = add_weights_file(self.jobs, path, of)
        assert isinstance(job, str)
        self._listener.wait_for(TransferProgressed, job, 120)
        self.jobs.stop(job)
        return self._listener.wait_for(JobFailed, job, 120).error.code

    def refusal(self, path: Path, of: str) -> str:
        """Why `path` is not added."""
        job = add_weights_file(self.jobs, path, of)
        assert isinstance(job, str)
        return self._listener.wait_for(JobFailed, job, 120).error.sentence()


@pytest.fixture(scope="module")
def one_adding(shared_backbones: None) -> Iterator[Adding]:
    """One worker for all tests: TensorFlow's start takes long."""
    made = Adding()
    yield made
    made.jobs.close()


@pytest.fixture
def adding(one_adding: Adding, own_backbones: None, folder: Path) -> Iterator[Adding]:
    """Jobs that find no backbones of other tests."""
    yield one_adding
    shutil.rmtree(folder / "data", ignore_errors=True)


def _assert_features_are_kept(side: KerasSide, folder: Path, backbone: str) -> None:
    theirs, ours = np.load(folder / "features.npy"), side.features_of(folder, backbone)
    assert np.abs(theirs).max() > 0.01
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-4 * np.abs(theirs).max())


@pytest.mark.parametrize("name", ["w.weights.h5", "w.h5", "w.keras"])
def test_each_form_of_file_gives_the_features_of_keras(
    mobile: Path, keras_side: KerasSide, adding: Adding, name: str
) -> None:
    added = adding.add(mobile / name, SMALL, "My weights")
    backbone = find_backbone(added.backbone)
    assert (backbone.title, backbone.own, backbone.width) == ("My weights", True, 224)
    stages = [step_name(block) for block in backbone.blocks]
    assert stages == ["Range of values", *(f"Stage {number}" for number in range(1, 6))]
    assert backbone.sha256 == added.sha256
    _assert_features_are_kept(keras_side, mobile, added.backbone)


def test_channels_in_the_order_of_caffe_and_their_means_are_folded_in(
    vgg: Path, keras_side: KerasSide, adding: Adding
) -> None:
    added = adding.add(vgg / "w.weights.h5", "keras:VGG16")
    assert find_backbone(added.backbone).blocks[0].kind == "depthwise-convolution"
    _assert_features_are_kept(keras_side, vgg, added.backbone)


def test_weights_of_another_network_are_refused_and_nothing_is_kept(
    mobile: Path, adding: Adding
) -> None:
    before = set(backbones())
    wider = adding.refusal(mobile / "w.h5", "keras:MobileNetV2")
    assert "(3, 3, 3, 16) where (3, 3, 3, 32) is wanted" in wider
    assert "keras:MobileNetV2:0.35" in wider
    for name in ("w.weights.h5", "w.h5"):
        other = adding.refusal(mobile / name, "keras:VGG16")
        assert "network" in other
    assert "kernel_size" in adding.refusal(mobile / "w.h5", "keras:InceptionV3")
    assert set(backbones()) == before
    assert not own_folder().exists()


def test_a_title_replaces_only_its_own(mobile: Path, adding: Adding) -> None:
    first = adding.add(mobile / "w.weights.h5", SMALL)
    again = adding.add(mobile / "w.weights.h5", SMALL)
    other = adding.add(mobile / "w.h5", SMALL)
    assert first.backbone == again.backbone != other.backbone
    assert first.sha256 == again.sha256 == other.sha256


def test_a_download_becomes_a_backbone_that_knows_where_it_is_from(
    mobile: Path, keras_side: KerasSide, adding: Adding
) -> None:
    with serving() as server:
        server.content = (mobile / "w.h5").read_bytes()
        added = adding.download(SMALL, server.url)
        assert server.connections == 1
    backbone = find_backbone(added.backbone)
    assert downloaded_weights(SMALL) == backbone
    assert backbone.source == wanted_weights(SMALL).url
    assert "ImageNet" in backbone.learned_from
    assert backbone.summary.endswith("with the weights that Keras publishes.")
    assert [path.name for path in own_folder().iterdir()] == [backbone.id]
    assert adding.words()[0].startswith("looking at mobilenet_v2_weights")
    assert "comparing what both compute" in adding.words()
    _assert_features_are_kept(keras_side, mobile, added.backbone)


def test_stopped_it_leaves_nothing_and_says_so(mobile: Path, adding: Adding) -> None:
    assert adding.stop_at_once(mobile / "w.h5", SMALL) in ("backbone.stopped", "worker.stopped")
    assert not own_folder().exists()


# What is said of Keras's networks

PUBLISHED = "MobileNet:0.25", "MobileNetV2:1.4", "ResNet50V2", "VGG16"
WITHOUT_BLOCKS = {
    "InceptionV3": "kernel_size",
    "MobileNetV3Small": "there is no block",
    "NASNetMobile": "Cropping2D",
    "ConvNeXtTiny": "LayerScale",
}


def test_keras_asks_for_the_same_files_and_of_the_others_no_blocks_can_be_made(
    tmp_path: Path, keras_side: KerasSide
) -> None:
    asked, refused = keras_side.says(tmp_path, PUBLISHED, list(WITHOUT_BLOCKS))
    for name in PUBLISHED:
        published = published_weights(find_application(f"keras:{name}"))
        assert [published.url, published.digest] == asked[name]
    for name, word in WITHOUT_BLOCKS.items():
        assert word in refused[name] and word in APPLICATIONS[name].without_blocks


def test_of_a_network_without_blocks_it_is_said_what_to_do(mobile: Path, adding: Adding) -> None:
    said = adding.refusal(mobile / "w.h5", "keras:MobileNetV3Large")
    assert said.startswith("MobileNetV3Large makes its hard-swish of numbers")
    assert "Choose another network of Keras: MobileNetV2" in said
