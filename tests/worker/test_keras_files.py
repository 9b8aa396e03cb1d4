"""Networks out of real Keras models: what was built of blocks comes back, and what others built."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from imgclf_gui import catalog
from imgclf_gui.core.entry import Shape
from imgclf_gui.core.errors import UserError
from imgclf_gui.plan import NetworkPlan, preset_network, resolve_network
from imgclf_gui.plan.network_file import ReadNetwork, read_network
from tests.helpers.keras_models import write_models
from tests.helpers.random_networks import random_network

pytestmark = pytest.mark.timeout(600)  # Keras builds some hundred models

RANDOM = 100
OWN_NOTES = ("The last layer has one unit", "Weights are not taken over")

SEQUENTIAL = """
model = keras.Sequential([
    keras.Input((32, 32, 3)),
    layers.RandomFlip(), layers.Rescaling(1 / 127.5, offset=-1),
    layers.Conv2D(8, 3, activation="relu", kernel_regularizer="l2"), layers.MaxPooling2D(),
    layers.Conv2D(16, (3, 5), activation="elu", dilation_rate=2), layers.GaussianNoise(0.1),
    layers.Flatten(), layers.Dense(5, activation="softmax")])
"""
DIGITS = """
model = keras.Sequential([
    keras.Input((28, 28)), layers.Flatten(), layers.Dense(128, activation="relu"),
    layers.Dropout(0.2), layers.Dense(10)])
"""
VALUES = """
model = keras.Sequential([
    keras.Input((784,)), layers.Dense(32), layers.LeakyReLU(), layers.Dense(10), layers.Softmax()])
"""
NESTED = """
inner = keras.Sequential([layers.Conv2D(8, 3, padding="same"), layers.BatchNormalization(),
                          layers.ReLU(6)], name="inner")
base_input = keras.Input((24, 24, 3))
base = keras.Model(base_input, layers.MaxPooling2D()(inner(base_input)), name="base")
base.trainable = False
pixels = keras.Input((24, 24, 3))
x = layers.Rescaling(1 / 255)(pixels)
x = layers.GlobalAveragePooling2D()(base(x))
model = keras.Model(pixels, layers.Dense(3, activation="softmax")(x))
"""
RESIDUALS = """
pixels = keras.Input((32, 32, 3))
x = layers.Conv2D(8, 3, padding="same")(layers.Rescaling(1 / 255)(pixels))
y = layers.Conv2D(8, 3, padding="same", activation="relu")(x)
x = layers.ReLU()(layers.Conv2D(8, 3, padding="same")(y) + x)
y = layers.Conv2D(16, 3, strides=2, padding="same", activation="relu")(x)
s = layers.BatchNormalization()(layers.Conv2D(16, 1, strides=2, use_bias=False)(x))
x = layers.Activation("relu")(layers.Add()([layers.BatchNormalization()(y), s]))
a = layers.Conv2D(4, 1, activation="relu")(x)
b = layers.Conv2D(4, 3, padding="same", activation="relu")(layers.Conv2D(2, 1)(x))
c = layers.Add()([layers.MaxPooling2D(3, 1, "same")(x), x])
x = layers.Concatenate()([a, b, c, x])
x = layers.GlobalMaxPooling2D()(x)
model = keras.Model(pixels, layers.Dense(7)(x))
"""
HEADLESS = """
pixels = keras.Input((None, None, 3))
model = keras.Model(pixels, layers.Conv2D(8, 3)(pixels))
"""
SHARED = """
pixels = keras.Input((32, 32, 3))
conv = layers.Conv2D(3, 3, padding="same", name="twice")
model = keras.Model(pixels, layers.Flatten()(conv(conv(pixels))))
"""
TWO_INPUTS = """
a, b = keras.Input((8, 8, 1)), keras.Input((8, 8, 1))
model = keras.Model([a, b], layers.Flatten()(layers.Add()([a, b])))
"""
TWO_OUTPUTS = """
a = keras.Input((8, 8, 1))
model = keras.Model(a, [layers.Flatten()(a), layers.GlobalMaxPooling2D()(a)])
"""
LAMBDA = "model = keras.Sequential([keras.Input((8, 8, 1)), layers.Lambda(lambda x: x + 1)])"
UNKNOWN = "model = keras.Sequential([keras.Input((8, 8, 1)), layers.Permute((2, 1, 3))])"
OTHERS = {
    "sequential": SEQUENTIAL,
    "digits": DIGITS,
    "values": VALUES,
    "nested": NESTED,
    "residuals": RESIDUALS,
    "headless": HEADLESS,
    "shared": SHARED,
    "two-inputs": TWO_INPUTS,
    "two-outputs": TWO_OUTPUTS,
    "lambda": LAMBDA,
    "unknown": UNKNOWN,
}

APPLICATIONS = ("MobileNetV2", "ResNet50", "ResNet50V2", "EfficientNetB0", "VGG16")


def _preset(kind: str) -> NetworkPlan:
    plan, problems = resolve_network(preset_network(kind), (64, 64, 3), 10)
    assert plan is not None, problems
    return plan


def _random(seed: int) -> NetworkPlan:
    drawn = random_network(seed)
    plan, problems = resolve_network(drawn.network, drawn.shape, drawn.classes)
    assert plan is not None, problems
    return plan


PLANS = {kind: _preset(kind) for kind in catalog.preset_entries()}
PLANS |= {f"random-{seed}": _random(seed) for seed in range(RANDOM)}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the models are, once they are written."""
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="module")
def own(folder: Path) -> None:
    """Models of our plans as JSON, and some of them as .keras."""
    write_models(
        [
            {
                "file": str(folder / name),
                "plan": plan.model_dump(mode="json"),
                "probabilities": not name.endswith("7"),  # some as Keras people build them
                "keras": plan.parameters < 2_000_000 and name[-1] not in "123456789",
            }
            for name, plan in PLANS.items()
        ]
    )


@pytest.fixture(scope="module")
def facts(folder: Path) -> dict[str, dict[str, int]]:
    """Models that others built as JSON, and some of them as .keras; their parameters."""
    cases: list[dict[str, Any]] = [
        {"file": str(folder / name), "code": code, "keras": True} for name, code in OTHERS.items()
    ]
    cases += [
        {"file": str(folder / name), "code": f"model = keras.applications.{name}(weights=None)"}
        for name in APPLICATIONS
    ]
    return dict(zip((*OTHERS, *APPLICATIONS), write_models(cases), strict=True))


def _resolved(read: ReadNetwork, shape: Shape, classes: int) -> NetworkPlan:
    plan, problems = resolve_network(read.network, shape, classes)
    assert plan is not None, problems
    return plan


@pytest.mark.usefixtures("own")
@pytest.mark.parametrize("name", PLANS)
def test_a_network_built_of_blocks_comes_back_from_its_keras_model(name: str, folder: Path) -> None:
    plan = PLANS[name]
    read = read_network(folder / f"{name}.json")
    again = _resolved(read, plan.input_shape, plan.classes)
    assert again.trainable_parameters == plan.trainable_parameters
    assert again.parameters == plan.parameters
    assert again.multiply_adds == plan.multiply_adds
    assert [note for note in read.notes if not note.startswith(OWN_NOTES)] == []
    if (folder / f"{name}.keras").exists():
        assert read_network(folder / f"{name}.keras") == read


@pytest.mark.usefixtures("facts")
@pytest.mark.parametrize("name", OTHERS)
def test_a_model_saved_as_keras_reads_as_its_json(name: str, folder: Path) -> None:
    assert _outcome(folder / f"{name}.keras") == _outcome(folder / f"{name}.json")


def _outcome(file: Path) -> ReadNetwork | str:
    try:
        return read_network(file)
    except UserError as refused:
        return refused.report.sentence().removeprefix(file.name)


@pytest.mark.usefixtures("facts")
@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("sequential", "rescale convolution max-pooling convolution flatten logits"),
        ("digits", "flatten dense dropout logits"),
        ("values", "flatten dense logits"),
        ("nested", "backbone global-pooling logits"),
        ("residuals", "convolution residual residual branches global-pooling logits"),
        ("headless", "convolution global-pooling logits"),
    ],
)
def test_what_others_build_becomes_blocks(name: str, kinds: str, folder: Path) -> None:
    read = read_network(folder / f"{name}.json")
    assert [block.kind for block in read.network.blocks] == kinds.split()


@pytest.mark.parametrize(
    ("name", "trainable"),
    [("residuals", True), ("digits", True), ("nested", False)],
)
def test_what_others_build_keeps_its_parameters(
    name: str, trainable: bool, folder: Path, facts: dict[str, dict[str, int]]
) -> None:
    shape = {"digits": (28, 28, 1), "nested": (24, 24, 3)}.get(name, (32, 32, 3))
    classes = {"digits": 10, "nested": 3, "residuals": 7}[name]
    plan = _resolved(read_network(folder / f"{name}.json"), shape, classes)
    assert plan.trainable_parameters == facts[name]["trainable"]
    assert plan.parameters == facts[name]["parameters"]
    assert (plan.trainable_parameters > 100) is trainable


@pytest.mark.parametrize(
    ("name", "lost", "note"),
    [
        ("MobileNetV2", 0, "block_1_pad and 3 more: is taken over as the padding"),
        ("ResNet50V2", 0, "conv1_pad and 17 more: is taken over as the padding"),
        ("VGG16", 0, "Pixels reach it divided by 255"),
        # Its Normalization layer has a mean and a variance of three channels, and a count.
        ("EfficientNetB0", 7, "normalization: Normalization is left out"),
        # Its four projected shortcuts have biases before a normalisation, which undoes them.
        ("ResNet50", 256 + 512 + 1024 + 2048, "conv2_block1_0_conv and 3 more: use_bias True"),
    ],
)
def test_networks_from_papers_are_read(
    name: str, lost: int, note: str, folder: Path, facts: dict[str, dict[str, int]]
) -> None:
    read = read_network(folder / f"{name}.json")
    plan = _resolved(read, (224, 224, 3), 1000)
    assert plan.parameters == facts[name]["parameters"] - lost
    assert any(line.startswith(note) for line in read.notes)
