"""The window as a person uses it: mouse and keyboard on a real screen, the real app, a real worker.

Files are dropped by a real drag from another program. Nothing is found by fixed coordinates, and
nothing waits for a fixed time.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from imgclf_gui.core.project import Project
from imgclf_gui.core.resources import resource
from imgclf_gui.core.spec import BlockSpec, NetworkSpec, ProjectSpec, TrainingSpec
from imgclf_gui.jobs.run_folder import RunFolder
from imgclf_gui.plan import preset_network
from imgclf_gui.protocol.commands import ImportImages
from imgclf_gui.worker.importing import import_images
from tests.helpers.desktop import Desktop, desktop, wait_for
from tests.helpers.driven_window import DrivenWindow, State, middle, window
from tests.helpers.system import DISPLAY, needs

PHOTO = Path(__file__).parents[1] / "pictures" / "chelsea.jpg"


@pytest.fixture(scope="module")
def screen() -> Iterator[Desktop]:
    """A screen of 1280 × 800 pixels."""
    needs(*DISPLAY)
    with desktop() as made:
        yield made


def test_from_a_folder_of_images_to_an_answer_and_back_after_closing(
    screen: Desktop, tmp_path: Path, shapes: Path
) -> None:
    with window(screen, tmp_path) as app:
        project = import_by_drop(app, shapes)
        choose_the_cnn(app)
        set_the_epochs(app, "100")
        train_with_a_pause(app)
        accuracy = look_at_results(app)
        classify_by_drop(app, shapes / "rings" / "003.png")
        app.close()
    with window(screen, tmp_path) as app:
        app.click_part("menu_bar", "File")
        app.click_part("menu_file", "Open recent")
        app.click_part("menu_recent", project)
        app.until(lambda state: state["project"], "open project")
        app.desktop.press("ctrl+4")
        assert run(app.state())["status"] == "completed"
        app.click_part("run_tabs", "Results")
        assert app.widget("results_accuracy")["text"] == accuracy
        app.close()


def import_by_drop(app: DrivenWindow, folder: Path) -> str:
    """An empty window says what to do; a dropped folder becomes a project that shows its images."""
    assert app.widget("empty_import")["text"] == "Import folder…"
    app.drop(folder)
    app.until(lambda state: state["images"] == 60 and not state["job"], "import of 60 images")
    assert "60 of 60" in app.widget("shown_count")["text"]
    classes = [part["text"] for part in app.widget("class_list")["parts"]]
    assert classes == ["All classes", "60", "bars", "20", "blobs", "20", "rings", "20"]
    assert len(app.widget("thumbnails")["parts"]) > 10
    return str(app.state()["project"])


def choose_the_cnn(app: DrivenWindow) -> None:
    app.desktop.press("ctrl+3")
    app.click_part("palette_tabs", "Presets")
    app.click("preset_linear")
    linear = app.widget("total_parameters")["accessible"]
    app.click("preset_cnn")
    assert app.widget("total_parameters")["accessible"] != linear


def set_the_epochs(app: DrivenWindow, epochs: str) -> None:
    """A wrong value is marked at its field and keeps Train from being pressed."""
    app.desktop.press("ctrl+4")
    app.fill("training.epochs", "0")
    app.until(lambda state: not state["widgets"]["train_button"]["enabled"], "refusal")
    assert "1" in app.widget("training.epochs.complaint")["text"]
    app.fill("training.epochs", epochs)
    app.until(lambda state: state["widgets"]["train_button"]["enabled"], "acceptance")
    assert not app.text("training.epochs.complaint")


def train_with_a_pause(app: DrivenWindow) -> None:
    app.click("train_button")
    app.until(lambda state: run(state)["epochs"] >= 1, "first epoch")
    app.click("pause_button")
    paused = app.until(lambda state: run(state)["status"] == "paused", "pause")
    assert app.widget("pause_button")["text"] == "Continue"
    assert run(app.state()) == run(paused)
    app.click("pause_button")
    app.until(lambda state: run(state)["status"] == "completed", "end of the run")


def look_at_results(app: DrivenWindow) -> str:
    """The accuracy with its interval, and the images behind a cell of the confusion matrix."""
    app.click_part("run_tabs", "Results")
    wait_for(lambda: "%" in app.text("results_accuracy"), "accuracy")
    accuracy = app.text("results_accuracy")
    counted = [part["text"] for part in app.widget("confusion")["parts"] if part["text"]]
    app.click_part("confusion", counted[0])
    assert counted[0] in app.widget("cell_sentence")["text"]
    assert len(app.widget("cell_images")["parts"]) == int(counted[0])
    app.desktop.press("Escape")
    app.until(lambda state: "cell_images" not in state["widgets"], "closed dialog")
    return accuracy


def classify_by_drop(app: DrivenWindow, image: Path) -> None:
    app.drop(image)
    wait_for(lambda: app.text("answer_name") == image.name, "answer")
    assert app.state()["page"] == "classify"
    bars = app.widget("probability_bars")["accessible"]
    assert all(f"{label} " in bars for label in ("bars", "blobs", "rings"))


def run(state: State) -> State:
    """The only run."""
    (found,) = state["runs"] or [{"status": "", "epochs": 0}]
    return dict(found)


@pytest.fixture
def project(tmp_path: Path, shapes: Path) -> Path:
    """A project of the shapes whose next training takes long."""
    folder = tmp_path / "shapes"
    spec = ProjectSpec(network=preset_network("linear"), training=TrainingSpec(epochs=2000))
    return made(folder, spec, shapes)


def made(folder: Path, spec: ProjectSpec, images: Path) -> Path:
    """A project in `folder` with `images` in it."""
    Project.create(folder, spec)
    command = ImportImages(job="import", project=str(folder), source=str(images))
    import_images(command, lambda _event: None, lambda: False)
    return folder


def test_closing_during_a_training_asks_and_the_run_goes_on_later(
    screen: Desktop, tmp_path: Path, project: Path
) -> None:
    with window(screen, tmp_path, project) as app:
        train(app)
        app.close()
        app.widget("close_question")
        app.desktop.press("Escape")
        app.until(lambda state: "close_question" not in state["widgets"], "withdrawn question")
        assert run(app.state())["status"] == "running"
        app.close()
        app.click("stop_and_close")
    shorten(project)
    with window(screen, tmp_path, project) as app:
        app.until(lambda state: state["runs"], "run")
        assert run(app.state())["status"] == "stopped"
        resume(app)
        app.close()


def test_a_killed_worker_is_a_sentence_and_the_run_goes_on(
    screen: Desktop, tmp_path: Path, project: Path
) -> None:
    with window(screen, tmp_path, project) as app:
        train(app)
        (worker,) = app.workers()
        worker.kill()
        app.until(lambda state: run(state)["status"] == "failed", "failure", seconds=5)
        assert "most likely because memory ran out" in app.widget("run_error")["text"]
        shorten(project)
        resume(app)
        app.close()


def train(app: DrivenWindow) -> None:
    """Press Train; wait until there is something to resume from."""
    app.desktop.press("ctrl+4")
    app.click("train_button")
    app.until(lambda state: run(state)["epochs"] >= 1, "first epoch")


def resume(app: DrivenWindow) -> None:
    done = run(app.state())["epochs"]
    app.click("resume_button")
    ended = app.until(lambda state: run(state)["status"] == "completed", "end of the run")
    assert run(ended)["epochs"] > done


def shorten(project: Path) -> None:
    """Make the run one of two epochs more than it has, so that a test can wait for its end."""
    run = RunFolder.find(Project.open(project), "latest")
    plan = run.plan()
    training = plan.training.model_copy(update={"epochs": len(run.state().epochs) + 2})
    text = plan.model_copy(update={"training": training}).model_dump_json()
    (run.folder / "plan.json").write_text(text, "utf-8")


def test_a_backbone_is_chosen_trained_on_and_names_a_dropped_image(
    screen: Desktop, tmp_path: Path
) -> None:
    samples = resource("samples", "emoji")
    images = tmp_path / "images"
    for label in ("Animals", "Smileys"):
        (images / label).mkdir(parents=True)
        for picture in sorted((samples / label).iterdir())[:25]:
            shutil.copy(picture, images / label)
    project = made(tmp_path / "emoji", ProjectSpec(network=preset_network("linear")), images)
    with window(screen, tmp_path, project) as app:
        app.until(lambda state: state["images"] == 50, "open project")
        use_the_backbone(app)
        train_its_head(app)
        app.drop(images / "Smileys" / "angry.png")
        wait_for(lambda: app.text("answer_name") == "angry.png", "answer")
        assert "classes: Smileys " in app.widget("probability_bars")["accessible"]
        app.close()


def use_the_backbone(app: DrivenWindow) -> None:
    """Looking at it changes nothing; using it is an edit, after which only the head learns."""
    app.desktop.press("ctrl+3")
    app.click_part("architecture_views", "Transfer")
    app.click("backbone_efficientnet-lite0")
    app.click("transfer_use")
    app.widget("transfer_train")
    app.click_part("architecture_views", "Build")
    wait_for(lambda: "  Stem" in app.rows("block_tree"), "backbone in the tree")
    assert "parameters learn" in app.widget("data_budget")["text"]


def train_its_head(app: DrivenWindow) -> None:
    app.click_part("architecture_views", "Transfer")
    app.fill("transfer.head_epochs", "12")
    app.click("transfer_train")
    app.until(lambda state: state["page"] == "training" and state["runs"], "run")
    app.until(lambda state: run(state)["status"] == "completed", "end of the run", seconds=120)
    app.click_part("run_tabs", "Results")
    wait_for(lambda: "%" in app.text("results_accuracy"), "accuracy")


INSIDE = (
    BlockSpec(kind="convolution", filters=8, activation="none"),
    BlockSpec(kind="batch-normalization"),
)
SMALL_RESIDUAL = NetworkSpec(
    blocks=(
        BlockSpec(kind="convolution", filters=8),
        BlockSpec(kind="residual", blocks=INSIDE),
        BlockSpec(kind="global-pooling"),
        BlockSpec(kind="logits"),
    )
)
AS_IT_WAS = [
    "Input", "Convolution", "Residual", "  Convolution", "  Batch normalisation",
    "Global pooling", "Logits",
]  # fmt: skip


def test_a_block_dragged_into_a_residual_is_mended_undone_and_the_lab_tells_of_twins(
    screen: Desktop, tmp_path: Path, shapes: Path
) -> None:
    spec = ProjectSpec(network=SMALL_RESIDUAL, training=TrainingSpec(batch_size=16))
    project = made(tmp_path / "shapes", spec, shapes)
    with window(screen, tmp_path, project) as app:
        app.until(lambda state: state["images"] == 60, "open project")
        drag_a_convolution_into_the_residual(app)
        mend_the_shortcut(app)
        undo_everything(app)
        run_twins(app)
        app.close()


def drag_a_convolution_into_the_residual(app: DrivenWindow) -> None:
    """What was dropped is chosen; the residual says that its two sides do not fit any more."""
    app.desktop.press("ctrl+3")
    wait_for(lambda: app.rows("block_tree") == AS_IT_WAS, "tree of blocks")
    row = next(one for one in app.widget("palette_blocks")["parts"] if len(one["path"]) == 2)
    assert row["text"] == "Convolution"
    app.desktop.drag(middle(row["rect"]), middle(app.row("block_tree", "Residual")["rect"]))
    dropped = [*AS_IT_WAS[:5], "  Convolution"]
    wait_for(lambda: app.rows("block_tree")[:6] == dropped, "dropped block")
    chosen = [one["path"] for one in app.widget("block_tree")["parts"] if one["chosen"]]
    assert chosen == [[2, 2]]


def mend_the_shortcut(app: DrivenWindow) -> None:
    residual = app.row("block_tree", "Residual")
    assert "16" in residual["accessible"], "filters that do not fit"
    assert "problem" in app.widget("data_budget")["text"]
    x, y, width, _ = residual["rect"]
    app.desktop.click(x + width // 3, y + 10)
    app.click("block_problem_0")
    app.until(lambda state: "block_problem_0" not in state["widgets"], "mended residual")
    assert "parameters learn" in app.widget("data_budget")["text"]


def undo_everything(app: DrivenWindow) -> None:
    """The mend, then the drop; what changed is chosen each time."""
    app.desktop.press("ctrl+z")
    app.widget("block_problem_0")
    app.desktop.press("ctrl+z")
    wait_for(lambda: app.rows("block_tree") == AS_IT_WAS, "network as it was")


def run_twins(app: DrivenWindow) -> None:
    app.click_part("architecture_views", "Lab")
    app.fill("lab_epochs", "1")
    app.click("lab_run")
    app.until(lambda state: [one["status"] for one in state["runs"]] == 2 * ["completed"], "twins")
    assert "without shortcuts" in app.widget("lab_title")["text"]
    wait_for(lambda: "Learning: after epoch 1" in app.text("lab_findings"), "finding")


def test_augmentations_are_dragged_in_seen_undone_and_trained_with(
    screen: Desktop, tmp_path: Path, shapes: Path
) -> None:
    spec = ProjectSpec(network=preset_network("linear"), training=TrainingSpec(epochs=2))
    project = made(tmp_path / "shapes", spec, shapes)
    with window(screen, tmp_path, project) as app:
        app.until(lambda state: state["images"] == 60, "open project")
        drag_a_rotation_into_the_list(app)
        slide_its_strength(app)
        add_brightness_by_keys(app)
        train_with_both(app)
        app.close()


def drag_a_rotation_into_the_list(app: DrivenWindow) -> None:
    """The palette is searched by keys; what it offers is dragged into the empty list."""
    app.desktop.press("ctrl+2")
    empty = app.widget("augmentation_empty")
    app.desktop.press("Insert")
    app.until(lambda state: state["widgets"]["augmentation_palette_search"]["focus"], "search")
    app.desktop.type("turns the image")
    wait_for(lambda: app.rows("augmentation_entries") == ["Geometry", "  Rotation"], "found entry")
    entry = app.row("augmentation_entries", "Rotation")
    app.desktop.drag(middle(entry["rect"]), middle(empty["rect"]))
    wait_for(lambda: steps(app) == ["Rotation, ±15°, strength 8 %"], "dropped step")
    wait_for(lambda: "4 training images × 6 draws" in app.text("preview_words"), "preview")


def slide_its_strength(app: DrivenWindow) -> None:
    """The preview follows; a drag is one undo step."""
    slide(app, 0.5, 0.0)
    wait_for(lambda: all("unchanged" in one for one in draws(app)), "draws as their originals")
    slide(app, 0.3, 0.6)
    wait_for(lambda: not all("unchanged" in one for one in draws(app)), "turned draws")
    (slid,) = steps(app)
    app.desktop.press("ctrl+z")
    wait_for(lambda: steps(app) == ["Rotation, ±0°, strength 0 %"], "strength as it was")
    app.desktop.press("ctrl+shift+z")
    wait_for(lambda: steps(app) == [slid], "strength done again")


def slide(app: DrivenWindow, start: float, end: float) -> None:
    """Drag the slider of the only step between two shares of its row's width."""
    x, y, width, height = app.widget("augmentation_steps")["parts"][0]["rect"]
    line = y + 2 * height // 3
    app.desktop.drag((x + int(start * width), line), (x + int(end * width), line))


def steps(app: DrivenWindow) -> list[str]:
    """The list of augmentations as it is read aloud."""
    return [one["accessible"] for one in app.widget("augmentation_steps")["parts"]]


def draws(app: DrivenWindow) -> list[str]:
    """The draws of the preview: 'bars, draw 1', 'bars, draw 2, unchanged'."""
    parts = app.widget("preview_grid")["parts"]
    return [one["accessible"] for one in parts if one["column"]]


def add_brightness_by_keys(app: DrivenWindow) -> None:
    app.desktop.press("Insert", "ctrl+a")
    app.desktop.type("brightness")
    app.desktop.press("Return", "Escape", "ctrl+Right")
    wait_for(lambda: "Brightness" in steps(app)[-1], "added step")
    assert len(steps(app)) == 2


def train_with_both(app: DrivenWindow) -> None:
    app.desktop.press("ctrl+4")
    assert "own list, 2 random changes" in app.widget("training_augmentation")["text"]
    app.click("train_button")
    app.until(lambda state: run(state)["status"] == "completed", "end of the run")
    assert "2 augmentations" in app.widget("run_details")["text"]


def test_an_exchange_is_rehearsed_and_a_request_made_priced_and_not_sent(
    screen: Desktop, tmp_path: Path
) -> None:
    with window(screen, tmp_path) as app:
        app.desktop.press("ctrl+5")
        app.click("cloud_rehearse")
        app.click("cloud_send")
        app.until(lambda state: "Red thing" in heard(state, "answer_picture"), "answer")
        assert "Recorded, not sent" in app.widget("cloud_recorded")["accessible"]
        app.drop(PHOTO)
        wait_for(lambda: app.text("cloud_image_count") == "1 image", "prepared image")
        app.click("feature_web")
        wait_for(lambda: "WEB_DETECTION" in app.text("request_json"), "request")
        spoil_and_mend(app)
        assert not app.state()["widgets"]["cloud_send"]["enabled"]
        app.click("quote_agree")
        app.until(lambda state: state["widgets"]["cloud_send"]["enabled"], "button to send")
        assert "nothing sent" in app.widget("status_network")["accessible"]
        app.close()


def spoil_and_mend(app: DrivenWindow) -> None:
    """What is typed is checked, and undone."""
    app.click("request_json")
    app.desktop.press("ctrl+Home")
    app.desktop.type("oops")
    wait_for(lambda: "Line 1: " in app.text("request_problem"), "problem at its line")
    app.desktop.press("ctrl+z")
    wait_for(lambda: not app.text("request_problem"), "request as it was")


def heard(state: State, name: str) -> str:
    """What is read aloud of a widget."""
    return str(state["widgets"].get(name, {}).get("accessible", ""))
