"""A plan as a Keras script that runs as it is, or as the cells of a notebook.

Both are made of the same parts: functions, and the few lines that call them.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from imgclf_gui.plan.backbones import find_backbone, weights_file
from imgclf_gui.plan.code.augmentation import augmentation_function
from imgclf_gui.plan.code.network import network_function
from imgclf_gui.plan.code.text import bracketed, literal, pieces, text_list
from imgclf_gui.plan.code.training import training_code
from imgclf_gui.plan.plan import DataPlan, Plan
from imgclf_gui.plan.transfer import phases

_FOLDERS = """a project of ImgClf Studio, or a folder that holds one folder of images for
each class (or such folders in train, validation and test)."""

_HEAD = f'''\
"""Trains an image classifier with Keras: python script.py [FOLDER] [--epochs NUMBER].

FOLDER is {_FOLDERS}
It leaves model.keras in the current folder. Needs tensorflow, keras and Pillow.
"""'''

_IMPORTS = """\
import math
import random
import sqlite3
from contextlib import closing
from pathlib import Path

import keras
import numpy as np
from keras import layers
from PIL import Image, ImageOps"""

_DATA = '''\
def find_images(folder):
    """The images of each split: {"train": [(file, class), ...], "validation": ..., "test": ...}."""
    images = {"train": [], "validation": [], "test": []}
    if (folder / "dataset.sqlite").exists():  # a project: it knows class and split of each image
        with closing(sqlite3.connect(folder / "dataset.sqlite")) as database:
            for split, path, label in database.execute("SELECT split, path, label FROM images"):
                images[split].append((folder / "images" / path, label))
        return images
    known = Image.registered_extensions()
    files = sorted(file for file in folder.glob("**/*/*") if file.suffix.lower() in known)
    random.Random(SEED).shuffle(files)
    for file in files:  # CLASS/IMAGE or SPLIT/CLASS/IMAGE
        split, label = ("train", *file.relative_to(folder).parts)[-3:-1]
        images.get(split, images["train"]).append((file, label))
    for split, share in HELD_OUT.items():
        if not images[split]:
            count = math.ceil(share * len(images["train"]))
            images[split], images["train"] = images["train"][:count], images["train"][count:]
    return images


def read_image(file):
    """The pixels of one image, 0 to 255: [HEIGHT, WIDTH, CHANNELS].

    The app also lays transparent images on white, and scales values of 16 bits.
    """
    with Image.open(file) as opened:
        image = ImageOps.exif_transpose(opened).convert(MODE)
    FITTED
    return np.asarray(image).reshape(HEIGHT, WIDTH, CHANNELS)


def load(images):
    """Pixels [images, HEIGHT, WIDTH, CHANNELS] and numbers of the classes [images], in memory."""
    pixels = np.array([read_image(file) for file, _ in images])
    return pixels, np.array([CLASSES.index(label) for _, label in images])'''

_FITTED = {
    "pad": "image = ImageOps.pad(image, (WIDTH, HEIGHT), Image.Resampling.BILINEAR)  # black bars",
    "crop": "image = ImageOps.fit(image, (WIDTH, HEIGHT), Image.Resampling.BILINEAR)  # the middle",
    "stretch": "image = image.resize((WIDTH, HEIGHT), Image.Resampling.BILINEAR)",
}

_EVALUATE = """\
for split in ("validation", "test"):
    if images[split]:
        _, accuracy = network.evaluate(*load(images[split]), batch_size=BATCH_SIZE, verbose=0)
        print(f"{split}: {accuracy:.2%} of {len(images[split]):,} images are right")"""

_SAVE = """\
# What is kept takes raw pixels, 0 to 255, and gives probabilities in the order of CLASSES.
classifier = keras.Model(network.input, layers.Softmax()(network.output))
classifier.save("model.keras")"""

_MAIN = """\
def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", nargs="?", type=Path, default=FOLDER)
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    arguments = parser.parse_args()

    keras.utils.set_random_seed(SEED)
    images = find_images(arguments.folder)
    if not images["train"]:
        parser.error(f"there are no images to train with in {arguments.folder}")
    network = build_network()
    network.summary()
    train(network, images, arguments.epochs)"""

_BACKBONE = '''\
def load_backbone(network):
    """Give the layers of the backbone the weights in WEIGHTS, which were learned elsewhere."""
    weights = load_file(WEIGHTS)
    for layer in network.layers:
        for variable in layer.weights:
            name = f"{layer.name}/{variable.name}"
            if name in weights:
                variable.assign(weights[name].astype("float32"))'''

_LOAD = """\
    load_backbone(network)
    network.summary()"""

_PHASES = """\
    # The app trains what is behind the backbone first, and then its last blocks with it at a lower
    # rate; here all learn at once."""

_RUN = """\
if __name__ == "__main__":
    main()"""


def script(plan: Plan, folder: Path) -> str:
    """The network of `plan` as a Keras script: data, training, evaluation and saving included.

    It trains by default on `folder`, a project or a folder of class folders.

    Raises:
        UserError: the plan names an entry that this installation lacks.
    """
    begin, head = _MAIN, _HEAD
    if _weights(plan):
        begin = begin.replace("    network.summary()", _LOAD)
        head = head.replace("keras and Pillow", "keras, safetensors and Pillow")
    if len(phases(plan)) > 1:
        begin = begin.replace("    train(", f"{_PHASES}\n    train(")
    main = "\n".join((begin, "", *_indented(_EVALUATE), "", *_indented(_SAVE)))
    parts = (
        f"{head}\n\nimport argparse\n{_imports(plan)}\n\n{_constants(plan, folder)}",
        "\n".join(network_function(plan.network)),
        _BACKBONE if _weights(plan) else "",
        _data(plan.data),
        augmentation_function(plan),
        training_code(plan),
        main,
        f"{_RUN}\n",
    )
    return "\n\n\n".join(part for part in parts if part)


def notebook(plan: Plan, folder: Path) -> str:
    """The same as `script` in the cells of a Jupyter notebook (nbformat 4.5), as JSON.

    Raises:
        UserError: the plan names an entry that this installation lacks.
    """
    network = "\n".join(network_function(plan.network))
    cells = (
        f"# An image classifier in Keras\n\n`FOLDER` is {_FOLDERS}",
        f"{_imports(plan)}\n\n{_constants(plan, folder)}\n\nkeras.utils.set_random_seed(SEED)",
        "## Images",
        f"{_data(plan.data)}\n\n\nimages = find_images(FOLDER)\n"
        "{split: len(found) for split, found in images.items()}",
        "## Network",
        f"{network}\n\n\n{_built(plan)}\nnetwork.summary()",
        *_augmentation_cells(plan),
        "## Training",
        f"{training_code(plan)}\n\n\ntrain(network, images, EPOCHS)",
        "## Accuracy",
        _EVALUATE,
        "## Model",
        _SAVE,
    )
    whole = {
        "cells": [_cell(number, text) for number, text in enumerate(cells)],
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(whole, indent=1) + "\n"


def _built(plan: Plan) -> str:
    built = "network = build_network()"
    return f"{_BACKBONE}\n\n\n{built}\nload_backbone(network)" if _weights(plan) else built


def _weights(plan: Plan) -> Path | None:
    """The file with the weights that the network begins with; None if they are all drawn.

    Raises:
        UserError: `backbone.unknown`, `backbone.missing`.
    """
    named = (block.entry.settings.get("weights") for block in plan.network.blocks)
    name = next((str(name) for name in named if name), "")
    return weights_file(find_backbone(name)) if name else None


def _augmentation_cells(plan: Plan) -> tuple[str, ...]:
    function = augmentation_function(plan)
    return ("## Augmentation", function) if function else ()


def _imports(plan: Plan) -> str:
    """Keras reads arrays by itself; batches that are augmented come from TensorFlow."""
    imports = _IMPORTS
    if plan.augmentation:
        imports = imports.replace("np\n", "np\nimport tensorflow as tf\n")
    if _weights(plan):
        imports += "\nfrom safetensors.numpy import load_file"
    return imports


def _cell(number: int, text: str) -> dict[str, object]:
    """Titles and code take turns."""
    cell = {"id": f"cell-{number}", "metadata": {}, "source": text.splitlines(keepends=True)}
    if number % 2 == 0:
        return {"cell_type": "markdown", **cell}
    return {"cell_type": "code", "execution_count": None, "outputs": [], **cell}


def _constants(plan: Plan, folder: Path) -> str:
    """Everything that a reader may want to change."""
    data, training = plan.data, plan.training
    held_out = {"validation": data.spec.validation_percent, "test": data.spec.test_percent}
    shares = {split: percent / 100 for split, percent in held_out.items()}
    weights = _weights(plan)
    lines = [
        *_path_lines("FOLDER", folder),
        *(_path_lines("WEIGHTS", weights) if weights else ()),
        "# The shares of a folder's images that do not train, where it does not say which.",
        f"HELD_OUT = {literal(shares)}",
        f"WIDTH, HEIGHT, CHANNELS = {data.width}, {data.height}, {data.channels}",
        f"BATCH_SIZE = {training.batch_size}",
        f"EPOCHS = {training.epochs}",
        f"LEARNING_RATE = {training.learning_rate}",
        *_warmup_line(training.warmup_epochs),
        f"SEED = {training.seed}",
        *text_list("CLASSES", data.labels),
    ]
    return "\n".join(lines)


def _warmup_line(epochs: float) -> Sequence[str]:
    return (f"WARMUP_EPOCHS = {epochs:g}",) if epochs else ()


def _path_lines(name: str, path: Path) -> list[str]:
    parts = pieces(path.as_posix())
    if len(parts) == 1:
        return bracketed(f"{name} = Path(", parts, ")")
    return [f"{name} = Path(", *(f"    {part}" for part in parts), ")"]


def _data(data: DataPlan) -> str:
    mode = literal("L" if data.channels == 1 else "RGB")
    return _DATA.replace("MODE", mode).replace("FITTED", _FITTED[data.fit])


def _indented(text: str) -> list[str]:
    return [f"    {line}" if line else line for line in text.splitlines()]
