"""The code view's text: safe, readable, and always in step with the network."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

from imgclf_gui import catalog
from imgclf_gui.core.spec import BlockSpec, EntrySpec, NetworkSpec, TrainingSpec
from imgclf_gui.plan import Plan, preset_network
from imgclf_gui.plan.code import notebook, script
from imgclf_gui.plan.code.text import comment, literal
from tests.helpers.code_plans import (
    NASTY,
    block,
    drawn_plans,
    nested,
    planned,
    preset_plans,
    trainings,
)
from tests.helpers.timing import within

FOLDER = Path("some folder")
RULES = "E,F,W,I,N,UP,B,A,C4,SIM,PTH,RET"


def network_lines(plan: Plan) -> list[str]:
    """The body of build_network, without its first lines and its last."""
    lines = script(plan, FOLDER).splitlines()
    begin = lines.index("def build_network():") + 4
    return lines[begin : lines.index("    return keras.Model(inputs, x)")]


def everything() -> tuple[EntrySpec, ...]:
    """Every augmentation, as plans name them."""
    return tuple(entry().to_spec() for entry in catalog.augmentation_entries().values())


def test_every_augmentation_is_called_or_told_of() -> None:
    plan = planned(preset_network("linear"))
    text = script(plan.model_copy(update={"augmentation": everything()}), FOLDER)
    body = text[text.index("def build_augmentation():") : text.index("def train(")]
    for entry in catalog.augmentation_entries().values():
        assert f"# {entry.title}" in body
    assert "build_augmentation" not in script(plan, FOLDER)


@pytest.mark.parametrize(
    "step", [EntrySpec(kind="gamma"), EntrySpec(kind="mix-up"), EntrySpec(kind="zoom", larger=0)]
)
def test_augmentations_without_a_layer_leave_a_model_that_runs(step: EntrySpec) -> None:
    plan = planned(preset_network("linear")).model_copy(update={"augmentation": (step,)})
    body = script(plan, FOLDER).partition("def build_augmentation():")[2]
    assert ("layers.Identity()," in body) == (step.kind != "zoom")


def ruff(*words: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ruff", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Scripts of every preset, of random networks, of every training setting and nasty names."""
    folder = tmp_path_factory.mktemp("scripts")
    plans = {**dict(preset_plans()), **dict(drawn_plans(100))}
    plans["nested"] = planned(nested(), NASTY)
    plans["augmented"] = plans["cnn"].model_copy(update={"augmentation": everything()})
    for number, training in enumerate(trainings()):
        plans[f"training_{number}"] = planned(preset_network("linear"), training=training)
    for name, plan in plans.items():
        path = folder / f"{name.replace('-', '_')}.py"
        path.write_text(script(plan, FOLDER), "utf-8")
    return folder


def test_scripts_are_clean(scripts: Path) -> None:
    checked = ruff("check", "--isolated", "--line-length", "100", "--select", RULES, scripts)
    assert checked.returncode == 0, checked.stdout


def test_scripts_are_formatted(scripts: Path) -> None:
    formatted = ruff("format", "--isolated", "--line-length", "100", "--diff", scripts)
    assert formatted.returncode == 0, formatted.stdout


def test_names_are_data_and_never_code() -> None:
    tree = ast.parse(script(planned(nested(), NASTY), Path("'''; import os #\n")))
    assigned = {
        node.targets[0].id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }
    assert ast.literal_eval(assigned["CLASSES"]) == list(NASTY)
    imported = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    }
    assert imported == {"argparse", "math", "random", "sqlite3", "keras", "numpy"}


@pytest.mark.parametrize("text", NASTY)
def test_text_comes_back(text: str) -> None:
    assert ast.literal_eval(literal(text)) == text
    literal(text).encode("utf-8")


@pytest.mark.parametrize("value", [1, -2.5, 1e-07, True, None, (1,), (2, 3), [1, "a"], {"a": 1}])
def test_values_come_back(value: object) -> None:
    assert ast.literal_eval(literal(value)) == value


@pytest.mark.parametrize("text", NASTY)
def test_a_comment_is_one_printable_line(text: str) -> None:
    line = comment(text, 60)
    assert len(line) <= 60
    assert line == "" or line.isprintable()


def test_the_cnn_reads_as_a_teacher_would_write_it() -> None:
    assert network_lines(planned(preset_network("cnn"), shape=(28, 28, 1))) == [
        '    x = layers.Conv2D(10, 5, padding="same", kernel_initializer="he_normal")(x)'
        "  # 28×28×10",
        '    x = layers.Activation("relu")(x)',
        "    x = layers.MaxPooling2D(2)(x)  # 14×14×10",
        '    x = layers.Conv2D(20, 5, padding="same", kernel_initializer="he_normal")(x)'
        "  # 14×14×20",
        '    x = layers.Activation("relu")(x)',
        "    x = layers.MaxPooling2D(2)(x)  # 7×7×20",
        "    x = layers.Flatten()(x)  # 980 values",
        '    x = layers.Dense(300, kernel_initializer="he_normal")(x)  # 300 values',
        '    x = layers.Activation("relu")(x)',
        "    x = layers.Dropout(0.25)(x)",
        "    x = layers.Dense(len(CLASSES))(x)  # 3 values",
    ]


def small(*blocks: BlockSpec) -> Plan:
    """A network of `blocks`, with what makes one value a class behind them."""
    ending = (block("global-pooling"), block("logits"))
    return planned(NetworkSpec(blocks=(*blocks, *ending)))


def test_equal_copies_are_a_loop() -> None:
    lines = network_lines(small(block("repeat", block("convolution", filters=4), count=5)))
    assert lines[0] == "    for _ in range(5):"
    assert lines[1].startswith("        x = layers.Conv2D(4, 3,")
    assert "  #" not in lines[1], "the shape changes only in the first copy"


def test_copies_that_differ_are_written_out() -> None:
    inside = block("residual", block("convolution", filters=6), shortcut="projected")
    lines = network_lines(small(block("repeat", inside, count=2)))
    assert not any("for " in line for line in lines)
    assert [line for line in lines if "projection" in line or "shortcut = layers" in line]
    assert sum("layers.Add()" in line for line in lines) == 2


def test_a_shortcut_has_a_variable() -> None:
    lines = network_lines(small(block("residual", block("convolution", filters=3))))
    assert lines[:3] == ["", "    # Residual → 32×32×3", "    shortcut = x"]
    assert "    x = layers.Add()([x, shortcut])" in lines


def test_a_shortcut_in_another_does_not_take_its_variable() -> None:
    inner = block("residual", block("activation"))
    lines = [line.strip() for line in network_lines(small(block("residual", inner)))]
    assert "shortcut_2 = x" in lines
    assert "x = layers.Add()([x, shortcut_2])" in lines
    assert "x = layers.Add()([x, shortcut])" in lines


def test_branches_have_variables_of_their_own() -> None:
    lanes = (block("convolution", filters=4), block("max-pooling", size=2), block("activation"))
    lines = network_lines(small(block("branches", lanes[0], lanes[2])))
    assert any(line.startswith("    branch_1 = layers.Conv2D(4, 3,") for line in lines)
    assert '    branch_2 = layers.Activation("relu")(x)' in lines
    assert "    x = layers.Concatenate()([branch_1, branch_2])" in lines


def test_what_a_person_called_a_block_stands_above_it() -> None:
    lines = network_lines(small(block("group", block("convolution", name="Edges"), name="Stem")))
    assert lines[:3] == ["", "    # Stem → 32×32×16", "    # Edges"]


def test_a_frozen_backbone_is_not_trained() -> None:
    lines = network_lines(small(block("backbone", block("convolution"), frozen=True)))
    assert lines[1] == "    # Backbone, frozen → 32×32×16"
    calls = [line for line in lines if "trainable=False" in line]
    assert len(calls) == 2, "the convolution and its activation"


def test_training_settings_are_said() -> None:
    training = TrainingSpec(
        epochs=7, batch_size=32, learning_rate=0.5, seed=3, early_stopping_patience=2
    )
    text = script(planned(preset_network("linear"), training=training), FOLDER)
    for line in ("EPOCHS = 7", "BATCH_SIZE = 32", "LEARNING_RATE = 0.5", "SEED = 3"):
        assert f"\n{line}\n" in text
    assert "patience=2" in text


def test_without_validation_images_the_best_epoch_is_by_training() -> None:
    plan = planned(preset_network("linear"))
    plan = plan.model_copy(update={"data": plan.data.model_copy(update={"validation_images": 0})})
    text = script(plan, FOLDER)
    assert 'monitor="accuracy"' in text
    assert "validation_data" not in text


def test_a_notebook_holds_the_same_code_in_cells() -> None:
    plan = planned(nested(), NASTY)
    made = json.loads(notebook(plan, FOLDER))
    assert (made["nbformat"], made["nbformat_minor"]) == (4, 5)
    assert len({cell["id"] for cell in made["cells"]}) == len(made["cells"])
    code = ["".join(c["source"]) for c in made["cells"] if c["cell_type"] == "code"]
    ast.parse("\n".join(code))
    whole = script(plan, FOLDER)
    for name in ("find_images", "read_image", "load", "build_network", "train"):
        function = _function(whole, name)
        assert any(_function(cell, name) == function for cell in code)
    assert not any("argparse" in cell for cell in code)


def _function(source: str, name: str) -> str:
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef) and node.name == name:
            return ast.unparse(node)
    return ""


def test_it_is_written_in_a_moment() -> None:
    plan = planned(preset_network("resnet-56"))
    within(0.02, lambda: script(plan, FOLDER), times=10)  # about 2 ms on a machine of 2024
