"""Files of weights that a person adds: good ones are kept whole, all others refused by name."""

from __future__ import annotations

import io
import os
import pickle
import shutil
import zipfile
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from safetensors.numpy import load_file, save

from imgclf_gui.catalog.backbones.efficientnet_lite0 import EfficientnetLite0
from imgclf_gui.cli.main import main
from imgclf_gui.core.errors import UserError
from imgclf_gui.core.resources import resource
from imgclf_gui.core.spec import BlockSpec
from imgclf_gui.jobs.backbones import add_weights_file
from imgclf_gui.jobs.supervisor import Jobs
from imgclf_gui.plan.applications import APPLICATIONS, find_application
from imgclf_gui.plan.backbone_files import add_catalogue_file, remove_backbone
from imgclf_gui.plan.backbones import (
    Backbone,
    add_backbone,
    backbones,
    catalog_backbones,
    own_folder,
    weights_path,
)
from imgclf_gui.worker.weights_file import WantedLayer, open_weights, read_apart
from tests.helpers.refusals import refusal
from tests.helpers.timing import within

LITE0 = resource("backbones", "efficientnet-lite0.safetensors")
KERNEL, BIAS = (3, 3, 3, 64), (64,)
WANTED = [
    WantedLayer("stem", "conv2d", (KERNEL, BIAS)),
    WantedLayer("body", "conv2d_1", ((9, 9, 64, 64), BIAS)),
]
ARRAYS = {
    layer.name: [np.full(shape, index, np.float32) for index, shape in enumerate(layer.shapes, 1)]
    for layer in WANTED
}


class Evil:
    """A pickle that leaves a file behind."""

    def __reduce__(self) -> tuple[Any, tuple[str, int]]:
        return os.open, ("executed", os.O_CREAT)


def write_named(file: Any, **others: Any) -> None:
    """The layout of Keras 2: layers by name, their weights listed in attributes."""
    with h5py.File(file, "w") as root:
        root.attrs["layer_names"] = others.get("layers", list(ARRAYS))
        for name, arrays in ARRAYS.items():
            group = root.create_group(name)
            group.attrs["weight_names"] = [f"{name}/{part}" for part in ("kernel:0", "bias:0")]
            for part, array in zip(("kernel:0", "bias:0"), arrays, strict=True):
                group[f"{name}/{part}"] = others.get(f"{name}/{part}", array)


def write_counted(file: Any) -> None:
    """The layout of Keras 3: layers counted by class."""
    with h5py.File(file, "w") as root:
        for layer in WANTED:
            for index, array in enumerate(ARRAYS[layer.name]):
                root[f"layers/{layer.counted}/vars/{index}"] = array
        root.create_group("layers/dropout/vars")


def write_archive(path: Path) -> None:
    """A .keras file."""
    content = io.BytesIO()
    write_counted(content)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", "{}")
        archive.writestr("model.weights.h5", content.getvalue())


def write_inside_a_model(path: Path) -> None:
    """A whole model in the layout of Keras 2."""
    write_named(path)
    with h5py.File(path, "a") as root:
        group = root.create_group("model_weights")
        group.attrs["layer_names"] = root.attrs["layer_names"]
        del root.attrs["layer_names"]
        for name in ARRAYS:
            root.move(name, f"model_weights/{name}")


def read(path: Path) -> dict[str, list[np.ndarray[Any, Any]]]:
    """What is in the file, for the two layers."""
    with open_weights(path) as file:
        return file.read(WANTED)


@pytest.mark.parametrize("write", [write_named, write_counted, write_archive, write_inside_a_model])
def test_each_layout_of_keras_is_read(write: Callable[[Path], None], tmp_path: Path) -> None:
    path = tmp_path / "weights"
    write(path)
    found = read(path)
    assert list(found) == list(ARRAYS)
    for name, arrays in ARRAYS.items():
        for array, expected in zip(found[name], arrays, strict=True):
            np.testing.assert_array_equal(array, expected)


def test_layers_of_other_names_are_taken_in_their_order(tmp_path: Path) -> None:
    write_named(tmp_path / "w.h5")
    other = [WantedLayer("conv2d_7", "conv2d", WANTED[0].shapes), WANTED[1]]
    with open_weights(tmp_path / "w.h5") as file:
        assert list(file.read(other)) == ["conv2d_7", "body"]


def _edited(edit: Callable[[h5py.File], object]) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        write_named(path)
        with h5py.File(path, "a") as root:
            edit(root)

    return make


def _replaced(array: Any = None, **settings: Any) -> Callable[[Path], None]:
    """A file whose first array is another."""

    def edit(root: h5py.File) -> None:
        del root["stem/stem/kernel:0"]
        if array is None and not settings:
            return
        root.create_dataset("stem/stem/kernel:0", data=array, **settings)

    return _edited(edit)


def _linked(link: Any, place: str = "stem/stem/kernel:0") -> Callable[[Path], None]:
    def edit(root: h5py.File) -> None:
        del root[place]
        root[place] = link

    return _edited(edit)


def _virtual(root: h5py.File) -> None:
    del root["stem/stem/kernel:0"]
    layout = h5py.VirtualLayout(KERNEL, np.float32)
    layout[...] = h5py.VirtualSource("elsewhere.h5", "x", KERNEL)
    root.create_virtual_dataset("stem/stem/kernel:0", layout)


def _circle(root: h5py.File) -> None:
    del root["stem/stem"]
    root["stem/stem"] = root["/"]


def _one_more(root: h5py.File) -> None:
    root.attrs["layer_names"] = [*ARRAYS, "neck"]
    root["neck/neck/kernel:0"] = ARRAYS["stem"][0]
    root["neck"].attrs["weight_names"] = ["neck/kernel:0"]


def _bytes(content: bytes) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        path.write_bytes(content)

    return make


def _missing_number(value: float) -> np.ndarray[Any, Any]:
    array = ARRAYS["stem"][0].copy()
    array[1, 1, 1, 1] = value
    return array


def _archive(**entries: bytes) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in entries.items():
                archive.writestr(name.replace("__", "."), content)

    return make


HUGE = 2**40
HOSTILE: dict[str, tuple[Callable[[Path], None], str]] = {
    "an external link": (_linked(h5py.ExternalLink("/etc/passwd", "/")), "link to another file"),
    "an external link for a layer": (
        _linked(h5py.ExternalLink("other.h5", "/stem"), "stem"),
        "link to another file",
    ),
    "a soft link": (_linked(h5py.SoftLink("/body/body/kernel:0")), "link to another place"),
    "a soft link in a circle": (_linked(h5py.SoftLink("/stem/stem/kernel:0")), "another place"),
    "a group inside itself": (_edited(_circle), "lacks the array"),
    "a huge array that takes no space": (
        _replaced(shape=(HUGE,), dtype="f4", chunks=(1024,)),
        f"shape ({HUGE},) where (3, 3, 3, 64)",
    ),
    "the same as an image would be": (
        _replaced(shape=(HUGE, 3, 3, 64), dtype="f4", chunks=(1, 3, 3, 64)),
        "is wanted",
    ),
    "another shape": (_replaced(np.zeros((3, 3, 64, 3), np.float32)), "of another network"),
    "a number": (_replaced(np.float32(1)), "shape ()"),
    "no array": (_replaced(), "lacks the array"),
    "objects": (
        _replaced(shape=KERNEL, dtype=h5py.vlen_dtype(np.float32)),
        "no numbers: 'stem/stem/kernel:0'",
    ),
    "texts": (_replaced(shape=KERNEL, dtype=h5py.string_dtype()), "no numbers"),
    "references": (_replaced(shape=KERNEL, dtype=h5py.ref_dtype), "no numbers"),
    "pairs": (_replaced(shape=KERNEL, dtype=np.dtype([("a", "f4"), ("b", "f4")])), "no numbers"),
    "an array in another file": (
        _replaced(shape=KERNEL, dtype="f4", external=[("elsewhere.bin", 0, 6912)]),
        "lies in another file",
    ),
    "a view of another file": (_edited(_virtual), "lies in another file"),
    "NaN": (_replaced(_missing_number(np.nan)), "no numbers, in '/stem/stem/kernel:0'"),
    "infinity": (_replaced(_missing_number(np.inf)), "no numbers"),
    "an unusual compression": (
        _replaced(ARRAYS["stem"][0], compression="lzf"),
        "compressed in an unusual way",
    ),
    "a layer fewer": (_edited(lambda root: root.attrs.create("layer_names", ["stem"])), "1 layers"),
    "a layer more": (_edited(_one_more), "a layer 'neck' that this network lacks"),
    "no weights listed": (
        _edited(lambda root: root["stem"].attrs.create("weight_names", ["stem/kernel:0"])),
        "1 arrays for the layer 'stem', not 2",
    ),
    "names that are numbers": (
        _edited(lambda root: root.attrs.create("layer_names", [1, 2])),
        "holds no text",
    ),
    "names in a square": (
        _edited(lambda root: root.attrs.create("layer_names", np.full((2, 2), b"stem"))),
        "of the shape (2, 2)",
    ),
    "6,000 names": (
        _edited(lambda root: root.attrs.create("layer_names", np.full(6_000, b"stem"))),
        "of the shape (6000,)",
    ),
    "a name that leads out": (
        _edited(lambda root: root.attrs.create("layer_names", ["../x"])),
        "'../x'",
    ),
    "an absolute name": (
        _edited(lambda root: root.attrs.create("layer_names", ["/stem"])),
        "/stem",
    ),
    "a layer that is an array": (
        _edited(lambda root: root.attrs.create("layer_names", ["stem/stem/kernel:0"])),
        "lacks the group",
    ),
    "HDF5 of something else": (
        lambda path: h5py.File(path, "w").create_dataset("x", data=1).file.close(),
        "no layers of Keras",
    ),
    "a pickle": (_bytes(pickle.dumps(Evil())), "no weights file of Keras"),
    "a pickle that begins like HDF5": (
        _bytes(b"\x89HDF\r\n\x1a\n" + pickle.dumps(Evil())),
        "damaged HDF5",
    ),
    "nothing": (_bytes(b""), "is empty"),
    "a text": (_bytes(b"weights"), "no weights file of Keras"),
    "a folder": (lambda path: path.mkdir(), "is not a file"),
    "a pipe": (os.mkfifo, "is not a file"),
    "a missing file": (lambda path: None, "is not there"),
    "an archive without weights": (_archive(config__json=b"{}"), "no model.weights.h5"),
    "an archive of a pickle": (
        _archive(**{"model.weights.h5": pickle.dumps(Evil())}),
        "damaged HDF5",
    ),
    "an archive that swells": (_archive(**{"model.weights.h5": bytes(32 << 20)}), "swells"),
    "half an archive": (_bytes(b"PK\x03\x04" + bytes(500)), "end is missing"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_file_of_keras_is_refused(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    make, reason = HOSTILE[case]
    path = tmp_path / "weights of\nsomebody.h5"
    make(path)
    before = sorted(tmp_path.iterdir())
    report = within(0.1, lambda: refusal(read, path)).report
    assert reason in report.message
    assert report.message.startswith("weights of somebody.h5 ")
    assert "\n" not in report.message
    assert len(report.message) < 400
    assert report.hint
    assert sorted(tmp_path.iterdir()) == before  # nothing was executed, nothing written


@pytest.mark.parametrize("write", [write_named, write_counted, write_archive])
def test_a_truncated_file_of_keras_is_refused(
    write: Callable[[Path], None], tmp_path: Path
) -> None:
    path = tmp_path / "whole"
    write(path)
    whole = path.read_bytes()
    assert len(whole) > 1_000_000
    for size in (1, 8, 100, *range(1 << 16, len(whole), 1 << 16), len(whole) - 1):
        path.write_bytes(whole[:size])
        with pytest.raises(UserError) as refused:
            read(path)
        assert refused.value.code == "backbone.file"


def test_a_file_that_hangs_the_library_is_refused_in_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "hangs.h5"
    write_named(path)
    whole = bytearray(path.read_bytes())
    whole[whole.index(b"GCOL") + 24] ^= 0xFF  # how long the first of the names is
    path.write_bytes(whole)
    monkeypatch.setattr("imgclf_gui.worker.weights_file.SECONDS", 4.0)
    with pytest.raises(UserError, match="is a damaged HDF5 file"):
        read_apart(path, WANTED)


def test_another_process_reads_the_same_and_refuses_the_same(tmp_path: Path) -> None:
    path = tmp_path / "w.h5"
    write_named(path)
    found, digest = read_apart(path, WANTED)
    assert digest == sha256(path.read_bytes()).hexdigest()
    for name, arrays in read(path).items():
        for array, expected in zip(found[name], arrays, strict=True):
            np.testing.assert_array_equal(array, expected)
    assert read_apart(path, None) == ({}, digest)
    with pytest.raises(UserError, match="this network lacks"):
        read_apart(path, WANTED[:1])


# Files of the catalogue's backbones


@pytest.fixture
def lite1(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The file of a backbone that does not ship: Lite0's, under the name of a made-up one."""
    entry = type(
        "EfficientnetLite9",
        (EfficientnetLite0,),
        {"weights": "efficientnet-lite9.safetensors", "kind": "efficientnet-lite9"},
    )
    monkeypatch.setattr(
        "imgclf_gui.catalog.backbone_entries", lambda: {"efficientnet-lite9": entry}
    )
    catalog_backbones.cache_clear()
    monkeypatch.setattr("imgclf_gui.plan.backbones.catalog_backbones", lambda: _only(entry))
    monkeypatch.setattr("imgclf_gui.plan.backbone_files.catalog_backbones", lambda: _only(entry))
    return Path(shutil.copy(LITE0, tmp_path / "efficientnet-lite9.safetensors"))


def _only(entry: type[EfficientnetLite0]) -> dict[str, Backbone]:
    from imgclf_gui.plan.backbones import _of_entry

    made = _of_entry(entry())
    return {"efficientnet-lite9": made.model_copy(update={"id": "efficientnet-lite9"})}


@pytest.mark.parametrize("name", ["efficientnet-lite9.safetensors", "download (1).bin"])
def test_a_file_of_the_catalogue_is_recognised_and_kept(lite1: Path, name: str) -> None:
    path = lite1.rename(lite1.with_name(name))
    backbone, digest = add_catalogue_file(path)
    assert backbone.id == "efficientnet-lite9"
    assert digest == backbone.sha256
    kept = weights_path(backbone)
    assert kept == own_folder() / "efficientnet-lite9.safetensors"
    assert kept.read_bytes() == path.read_bytes()
    assert sorted(own_folder().iterdir()) == [kept]


def test_it_can_be_named(lite1: Path) -> None:
    assert add_catalogue_file(lite1, "efficientnet-lite9")[0].own is False
    with pytest.raises(UserError, match="no backbone 'vgg'") as refused:
        add_catalogue_file(lite1, "vgg")
    assert "efficientnet-lite9" in refused.value.report.hint


def _saved(change: Callable[[dict[str, Any]], object]) -> Callable[[bytes], bytes]:
    def changed(content: bytes) -> bytes:
        arrays = dict(load_file(LITE0))
        change(arrays)
        return save(arrays)

    return changed


def _first(arrays: dict[str, Any], change: Callable[[Any], Any]) -> None:
    name = next(name for name in sorted(arrays) if name.endswith("kernel"))
    arrays[name] = change(arrays[name].copy())


def _with_nan(array: Any) -> Any:
    array.flat[0] = np.nan
    return array


SPOILED: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "another hash": (_saved(lambda arrays: _first(arrays, lambda a: a * 2)), "its sha256 is"),
    "an array fewer": (_saved(lambda arrays: arrays.pop(min(arrays))), "another network"),
    "an array more": (_saved(lambda a: a.update(x=np.zeros(3, np.float16))), "another network"),
    "a smaller array": (
        _saved(lambda arrays: _first(arrays, lambda array: array[..., :1])),
        "another network",
    ),
    "NaN": (_saved(lambda arrays: _first(arrays, _with_nan)), "no numbers"),
    "integers": (_saved(lambda arrays: _first(arrays, lambda a: a.astype("i4"))), "no numbers"),
    "a pickle": (lambda content: pickle.dumps(Evil()), "no whole safetensors file"),
    "a header of 2**60 bytes": (
        lambda content: (2**60).to_bytes(8, "little") + content[8:],
        "no whole safetensors file",
    ),
    "a huge declared shape": (
        lambda content: content[:8] + content[8:].replace(b'"shape":[', b'"shape":[9', 1),
        "no whole safetensors file",
    ),
    "nothing": (lambda content: b"", "is empty"),
    "a byte more": (lambda content: content + b"x", "no whole safetensors file"),
}


@pytest.mark.parametrize("case", SPOILED)
@pytest.mark.parametrize("name", ["efficientnet-lite9.safetensors", "other\n.safetensors"])
def test_a_spoiled_file_is_refused_and_what_was_there_stays(
    lite1: Path, case: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(lite1.parent)
    add_catalogue_file(lite1)
    kept = own_folder() / "efficientnet-lite9.safetensors"
    spoil, reason = SPOILED[case]
    path = lite1.with_name(name)
    path.write_bytes(spoil(lite1.read_bytes()))
    with pytest.raises(UserError) as refused:
        add_catalogue_file(path)
    message = refused.value.report.message
    assert message.startswith(" ".join(name.split()))
    assert reason in message or "no backbone of the catalogue" in message
    assert refused.value.report.hint
    assert kept.read_bytes() == LITE0.read_bytes()
    assert sorted(own_folder().iterdir()) == [kept]
    assert not (lite1.parent / "executed").exists()


def test_a_truncated_file_is_refused(lite1: Path) -> None:
    add_catalogue_file(lite1)
    whole = lite1.read_bytes()
    for size in (1, 8, 100, *range(1 << 16, len(whole), 1 << 19), len(whole) - 1):
        lite1.write_bytes(whole[:size])
        with pytest.raises(UserError) as refused:
            add_catalogue_file(lite1)
        assert refused.value.code == "backbone.damaged"
    assert (own_folder() / lite1.name).read_bytes() == whole


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda path: path.mkdir(), "is not a file"),
        (os.mkfifo, "is not a file"),
        (lambda path: None, "is not there"),
        (lambda path: path.symlink_to(path), "is not there"),
    ],
)
def test_what_is_no_file_is_refused(
    make: Callable[[Path], None], reason: str, tmp_path: Path
) -> None:
    path = tmp_path / "efficientnet-lite1.safetensors"
    make(path)
    with pytest.raises(UserError, match=reason):
        add_weights_file(Jobs(lambda event: None), path)


# One's own


def test_an_own_one_is_removed_with_its_weights_and_no_other() -> None:
    blocks = (BlockSpec(kind="convolution", filters=2),)
    made = {
        name: add_backbone(
            Backbone(id=name, title=name, width=8, height=8, blocks=blocks),
            {"00_convolution/kernel": np.zeros((3, 3, 3, 2), np.float32)},
        )
        for name in ("mine", "mine-2")
    }
    assert remove_backbone("mine") == made["mine"]
    assert set(backbones()) == {*catalog_backbones(), "mine-2"}
    assert [path.name for path in own_folder().iterdir()] == ["mine-2"]
    with pytest.raises(UserError, match="belongs to the catalogue"):
        remove_backbone("efficientnet-lite0")
    with pytest.raises(UserError, match="no backbone 'mine'"):
        remove_backbone("mine")


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("keras:MobileNetV2", "MobileNetV2"),
        ("keras:vgg16", "VGG16"),
        ("keras:MobileNetV2:0.35", "MobileNetV2 (alpha 0.35)"),
    ],
)
def test_a_network_of_keras_is_found_by_its_name(name: str, title: str) -> None:
    assert find_application(name).title == title


@pytest.mark.parametrize(
    "name", ["", "keras:", "keras:AlexNet", "keras:VGG16:2", "keras:MobileNet:x"]
)
def test_another_name_is_refused_with_those_there_are(name: str) -> None:
    with pytest.raises(UserError) as refused:
        find_application(name)
    assert "MobileNetV2" in refused.value.report.hint
    assert len(APPLICATIONS) > 30


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--as", "x"], 2, "belong to --add"),
        (["--add", "H5"], 2, "MobileNetV2"),
        (["--add", "H5", "--as", "keras:AlexNet"], 2, "no network of Keras"),
        (["--add", "TEXT", "--as", "keras:VGG16"], 1, "neither HDF5 nor .keras"),
        (["--add", "TEXT"], 1, "no whole safetensors file"),
        (["--add", "nothing.h5"], 1, "nothing.h5 is not there"),
        (["--add", "TEXT", "--title", "T"], 2, "keeps its title"),
        (["--remove", "efficientnet-lite0"], 2, "belongs to the catalogue"),
    ],
)
def test_the_command_line_says_what_is_wrong(
    words: list[str], code: int, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_named(tmp_path / "w.h5")
    (tmp_path / "text").write_text("weights")
    files = {"H5": str(tmp_path / "w.h5"), "TEXT": str(tmp_path / "text")}
    assert main(["backbones", *(files.get(word, word) for word in words)]) == code
    assert said in capsys.readouterr().err


def test_the_command_line_lists_what_is_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["backbones"]) == 0
    listed = capsys.readouterr().out
    for backbone in catalog_backbones().values():
        assert backbone.id in listed
        assert backbone.sha256[:12] in listed
    assert "3,413,024" in listed
