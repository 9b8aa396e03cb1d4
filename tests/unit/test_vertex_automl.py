"""Custom models by Vertex AI: every step, what goes wrong on the way, and nothing lost by it."""

from __future__ import annotations

import io
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from google.api_core.exceptions import ServiceUnavailable
from google.auth.credentials import AnonymousCredentials
from PIL import Image

from imgclf_gui.catalog.google_parts import credentials
from imgclf_gui.catalog.providers import vertex_automl
from imgclf_gui.catalog.providers.vertex_automl import VertexAutoml
from imgclf_gui.catalog.vertex_calls import Vertex as Calls
from imgclf_gui.catalog.vertex_storage import Bucket
from imgclf_gui.core import network
from imgclf_gui.core.automl import AutoMLAccess, AutoMLSession, Step
from imgclf_gui.core.cloud import Cancel, Consent
from imgclf_gui.core.errors import UserError
from imgclf_gui.core.project import Project
from imgclf_gui.jobs import automl, cloud
from imgclf_gui.jobs.automl import AutoMLFolder, ModelWork
from imgclf_gui.jobs.automl_order import labelled_images
from imgclf_gui.protocol.automl_events import AutoMLEvent, StepBegun, StepDone, StepProgressed
from tests.helpers.automl_parts import Vertex, vertex_account
from tests.helpers.google_errors import NO_PERMISSION, QUOTA, UNAVAILABLE, Status
from tests.helpers.images import write_class_folders
from tests.helpers.importing import imported_project
from tests.helpers.timing import hold
from tests.helpers.token_server import REVOKED, TokenServer
from tests.helpers.vertex_server import VertexServer

INTERNAL = Status("INTERNAL", "Internal error encountered.")


@pytest.fixture(scope="module")
def shapes_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("automl")
    return imported_project(root / "project", write_class_folders(root / "shapes")).folder


@pytest.fixture
def vertex(
    shapes_project: Path,
    vertex_server: VertexServer,
    token_server: TokenServer,
    tmp_path: Path,
) -> Vertex:
    """A project of its own (the images are shared), and an account."""
    account = vertex_account(vertex_server, token_server, tmp_path)
    folder = tmp_path / "project"
    folder.mkdir()
    for file in ("project.json", "dataset.sqlite"):
        (folder / file).write_bytes((shapes_project / file).read_bytes())
    (folder / "images").symlink_to(shapes_project / "images")
    return Vertex(Project.open(folder), vertex_server, token_server, account)


def yes(vertex: Vertex, model: AutoMLFolder) -> Consent:
    quote = automl.deployment_quote(vertex.provider, vertex.account, model.order())
    return cloud.consent(quote)


def may_ask(vertex: Vertex, model: AutoMLFolder, images: list[Path]) -> Consent:
    contents = [c for c in automl.prepared(images, vertex.provider) if isinstance(c, bytes)]
    quote = automl.prediction_quote(vertex.provider, vertex.account, model.order(), contents)
    return cloud.consent(quote)


def some_image(vertex: Vertex, label: str = "bars") -> Path:
    images, _ = labelled_images(vertex.project)
    return next(image.file for image in images if image.labels == (label,))


def test_from_images_to_answers_and_back(vertex: Vertex) -> None:
    model = vertex.made()
    state = model.state()
    assert state.status == "trained"
    assert vertex.happened() == [
        "step_beginning upload", "step_done upload",
        "step_beginning dataset", "step_begun dataset", "step_done dataset",
        "step_beginning import", "step_begun import", "step_done import",
        "step_beginning train", "step_begun train", "step_done train",
        "step_beginning measure", "model_measured", "step_done measure",
    ]  # fmt: skip
    metrics = model.metrics()
    assert metrics is not None
    assert metrics.labels == ("bars", "blobs", "rings")
    assert metrics.overall.average_precision == state.measured.average_precision  # type: ignore[union-attr]
    assert metrics.at(0.5).recall > 0.6
    assert [one.label for one in metrics.by_label] == ["bars", "blobs", "rings"]
    assert metrics.confusion is not None
    assert sum(map(sum, metrics.confusion)) == metrics.counts["test"] == 6

    with vertex.work(model) as work:
        work.deploy(yes(vertex, model))
        assert vertex.server.deployed == 1
        deployment = work.state.deployment
        assert deployment is not None and deployment.sure
        assert deployment.cost(deployment.since + 7200) == pytest.approx(2.75)
        image = some_image(vertex)
        (answer,) = work.predict([image], may_ask(vertex, model, [image]))
        assert answer.guesses[0].label == "bars"
        assert sum(guess.score for guess in answer.guesses) == pytest.approx(1)
        work.undeploy()
    assert vertex.server.deployed == 0
    assert vertex.server.cloud.endpoints == {}
    assert model.state().deployment is None


def test_what_is_trained_is_what_was_ordered(vertex: Vertex) -> None:
    model = vertex.made()
    (pipeline,) = vertex.server.cloud.pipelines.values()
    (dataset,) = vertex.server.cloud.items.values()
    order = model.order()
    assert dict(pipeline.training_task_inputs) == {
        "modelType": "CLOUD", "budgetMilliNodeHours": 8_000, "disableEarlyStopping": False,
        "multiLabel": False,
    }  # fmt: skip
    uses = {"train": "training", "validation": "validation", "test": "test"}
    for split, count in order.images.items():
        assert sum(item.use == uses[split] for item in dataset) == count


def test_an_edge_model_is_exported_and_cannot_be_asked_there(vertex: Vertex) -> None:
    model = vertex.made("edge")
    with vertex.work(model) as work:
        folder = work.export()
        assert (folder / "model.tflite").read_bytes().endswith(b"TFL3 a small file")
        assert (folder / "dict.txt").read_text().split() == ["bars", "blobs", "rings"]
        assert work.state.names["export:tflite"] == "export/tflite"
        with pytest.raises(UserError) as refused:
            work.export("onnx")
        assert refused.value.code == "automl.export"
        with pytest.raises(UserError) as refused:
            work.deploy(yes(vertex, model))
        assert refused.value.code == "automl.edge"


def test_nothing_is_connected_to_before_a_person_agrees(vertex: Vertex) -> None:
    planned = vertex.planned()
    words = " ".join(automl.automl_quote_words(vertex.provider, planned.order, planned.quote))
    assert "60 images" in words
    assert "bucket bucket" in words
    assert "$27.72" in words
    assert "price of 7 October 2026" in words
    with pytest.raises(UserError) as refused:
        automl.order_model(vertex.project, planned, None)
    assert refused.value.code == "cloud.consent"
    assert AutoMLFolder.list(vertex.project) == []
    assert vertex.connections == 0


def test_a_yes_to_less_is_no_yes(vertex: Vertex) -> None:
    less = cloud.consent(vertex.planned().quote)
    with pytest.raises(UserError) as refused:
        automl.order_model(vertex.project, vertex.planned(budget=9_000), less)
    assert refused.value.code == "cloud.consent"
    assert vertex.connections == 0


def test_deploying_and_asking_need_a_yes_of_their_own(vertex: Vertex) -> None:
    model = vertex.made()
    before = vertex.connections
    with vertex.work(model) as work:
        for ask in (
            lambda: work.deploy(None),
            lambda: work.predict([some_image(vertex)], None),
        ):
            with pytest.raises(UserError) as refused:
                ask()
            assert refused.value.code == "cloud.consent"
    assert vertex.connections == before


def test_who_is_connected_to_is_noted_before(vertex: Vertex) -> None:
    seen: list[tuple[str, int]] = []
    end = network.subscribe(lambda contact: seen.append((contact.host, vertex.connections)))
    try:
        vertex.made()
    finally:
        end()
    assert seen[0] == ("127.0.0.1", 0), "to sign in"
    assert {host for host, _ in seen[1:]} == {
        vertex.server.cloud.storage.url, f"http://{vertex.server.host}",
    }  # fmt: skip


def test_images_that_are_there_are_not_sent_again(vertex: Vertex) -> None:
    vertex.made()
    storage = vertex.server.cloud.storage
    sent = len([line for line in storage.answered if line.startswith("POST /upload")])
    assert sent == 61  # the rows, too
    vertex.made()
    again = len([line for line in storage.answered if line.startswith("POST /upload")]) - sent
    assert again == 1  # the rows: who asks for them to be written only once, is not heard here


def test_an_upload_that_breaks_off_goes_on_behind_what_is_there(vertex: Vertex) -> None:
    storage = vertex.server.cloud.storage
    vertex.provider = VertexAutoml(poll_seconds=0.02, call_seconds=0.3)
    model = vertex.ordered()
    storage.break_after(20_000)
    with vertex.work(model) as work, pytest.raises(UserError) as broken:
        work.make()
    assert broken.value.code in ("cloud.offline", "cloud.deadline", "cloud.unavailable")
    there = storage.names("bucket")
    assert 0 < len(there) < 60
    assert model.state().status == "failed"
    storage.mend()
    with vertex.work(model) as work:
        work.make()
    assert len(storage.names("bucket")) == 61
    assert model.state().status == "trained"


def test_a_cancelled_upload_ends_at_once_and_goes_on_later(vertex: Vertex) -> None:
    model, cancel = vertex.ordered(), Cancel()

    def enough(event: AutoMLEvent) -> None:
        if isinstance(event, StepProgressed) and event.done >= 5:
            cancel.cancel()

    means = replace(vertex.means, on_event=enough, cancel=cancel)
    with ModelWork(vertex.project, model, means) as work, pytest.raises(UserError) as ended:
        work.make()
    assert ended.value.code == "cloud.cancelled"
    assert model.state().status == "interrupted"
    with vertex.work(model) as work:
        assert work.make().status == "trained"


def test_what_cameras_note_in_images_is_not_sent(vertex: Vertex, tmp_path: Path) -> None:
    notes = Image.Exif()
    notes[0x010F] = "Maker of the camera"
    random = np.random.default_rng(0)
    for number in range(24):
        file = tmp_path / "photos" / ("cat", "dog")[number % 2] / f"{number}.jpg"
        file.parent.mkdir(parents=True, exist_ok=True)
        pixels = random.integers(0, 256, (16, 16, 3), np.uint8)
        Image.fromarray(pixels).save(file, exif=notes)
        assert b"Maker" in file.read_bytes()
    vertex.project = imported_project(tmp_path / "photo-project", tmp_path / "photos")
    with vertex.work(vertex.ordered()) as work:
        work._do("upload")
    storage = vertex.server.cloud.storage
    names = storage.names("bucket", "imgclf-studio/images")
    assert len(names) == 24
    for name in names:
        content = storage.read(f"gs://bucket/{name}")
        assert name.endswith(".jpg")
        assert b"Maker" not in content
        assert b"Exif" not in content


def test_rows_that_google_left_out_are_listed(vertex: Vertex) -> None:
    model = vertex.ordered()
    with vertex.work(model) as work:
        work._do("upload")
        name = vertex.server.cloud.storage.names("bucket", "imgclf-studio/images")[0]
        vertex.server.cloud.storage.write(f"gs://bucket/{name}", b"no image any more")
        work.make()
    state = model.state().step("import")
    assert state.refused_rows == 1
    assert "could not be decoded" in state.refused[0].reason


def test_an_import_that_fails_says_why_and_can_be_gone_on_with(vertex: Vertex) -> None:
    vertex.server.fail("import", INTERNAL)
    model = vertex.ordered()
    with vertex.work(model) as work:
        with pytest.raises(UserError) as failed:
            work.make()
        assert failed.value.code == "automl.import"
        assert "Internal error" in failed.value.report.message
        assert model.state().status == "failed"
        assert work.make().status == "trained"
    assert vertex.server.count("ImportData") == 2
    assert vertex.server.count("CreateDataset") == 1


def test_a_training_that_fails_says_why(vertex: Vertex) -> None:
    vertex.server.fail("train", Status("INVALID_ARGUMENT", "Too few images of rings."))
    model = vertex.ordered()
    with vertex.work(model) as work, pytest.raises(UserError) as failed:
        work.make()
    assert failed.value.code == "automl.train"
    assert "Too few images of rings" in failed.value.report.message
    state = model.state()
    assert (state.status, state.step("train").status) == ("failed", "failed")
    assert state.error is not None and state.error.code == "automl.train"


def test_a_training_is_stopped_at_google_not_only_here(vertex: Vertex) -> None:
    vertex.server.hold("train")
    model = interrupted_at(vertex, "train")
    with vertex.work(model) as work:
        state = work.stop("train")
    assert state.status == "stopped"
    (pipeline,) = vertex.server.cloud.pipelines.values()
    assert pipeline.state.name == "PIPELINE_STATE_CANCELLED"


def test_a_training_is_stopped_while_somebody_else_follows_it(vertex: Vertex) -> None:
    vertex.server.hold("train")
    model, errors = vertex.ordered(), []

    def follow() -> None:
        with vertex.work(model) as work:
            try:
                work.make()
            except UserError as error:
                errors.append(error.code)

    thread = threading.Thread(target=follow)
    thread.start()
    vertex.server.wait_for("GetTrainingPipeline")
    automl.ask_to_stop(AutoMLFolder.open(model.folder), vertex.means, "train")
    thread.join(20)
    assert errors == ["automl.stopped"]
    assert model.state().status == "stopped"


def interrupted_at(vertex: Vertex, step: Step) -> AutoMLFolder:
    """A model whose making was given up as soon as `step` had a name."""
    model, cancel = vertex.ordered(), Cancel()

    def enough(event: AutoMLEvent) -> None:
        if isinstance(event, StepBegun) and event.step == step:
            cancel.cancel()

    means = replace(vertex.means, on_event=enough, cancel=cancel)
    with ModelWork(vertex.project, model, means) as work, pytest.raises(UserError) as ended:
        work.make()
    assert ended.value.code == "cloud.cancelled"
    return model


@pytest.mark.parametrize("step", ["dataset", "import", "train"])
def test_a_restart_goes_on_with_what_was_begun(vertex: Vertex, step: Step) -> None:
    model = interrupted_at(vertex, step)
    assert model.state().status == "interrupted"
    vertex.server.time_passes()
    with vertex.work(model) as work:
        assert work.make().status == "trained"
    for method in ("CreateDataset", "ImportData", "CreateTrainingPipeline"):
        assert vertex.server.count(method) == 1


@pytest.mark.parametrize("step", ["dataset", "import", "train"])
def test_what_was_begun_before_its_name_was_kept_is_found(vertex: Vertex, step: Step) -> None:
    model = interrupted_at(vertex, step)
    vertex.server.time_passes()
    forget_last(model, "step_begun")
    with vertex.work(model) as work:
        assert work.make().status == "trained"
    for method in ("CreateDataset", "ImportData", "CreateTrainingPipeline"):
        assert vertex.server.count(method) == 1


def test_a_model_stays_in_the_region_of_its_order(
    vertex: Vertex, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, asked, opened = vertex.ordered(), [], VertexAutoml.open

    def open_there(provider: VertexAutoml, access: AutoMLAccess) -> AutoMLSession:
        asked.append(access.account.region)
        return opened(provider, access)

    monkeypatch.setattr(VertexAutoml, "open", open_there)
    vertex.account = vertex.account.model_copy(update={"region": "europe-west4"})
    with vertex.work(model) as work:
        assert work.make().status == "trained"
    assert set(asked) == {"us-central1"}, "elsewhere nobody knows it, and it would be made twice"


def test_an_order_leads_to_no_other_host(vertex: Vertex) -> None:
    model = vertex.ordered()
    file = model.folder / "order.json"
    file.write_text(file.read_text().replace("us-central1", "example.com/"))
    with pytest.raises(UserError) as refused:
        vertex.work(model)
    assert refused.value.code == "model.damaged"


def test_what_trains_elsewhere_is_not_forgotten_here(vertex: Vertex) -> None:
    vertex.server.hold("train")
    model = interrupted_at(vertex, "train")
    with pytest.raises(UserError) as refused:
        automl.delete_model(model)
    assert refused.value.code == "automl.training"
    with vertex.work(model) as work:
        work.stop("train")
    automl.delete_model(model)


def test_looking_says_where_a_training_is_and_takes_its_end(vertex: Vertex) -> None:
    vertex.server.hold("train")
    model = interrupted_at(vertex, "train")
    with vertex.work(model) as work:
        state = work.look()
        assert state.step("train").status == "running"
        assert state.step("train").progress is not None
    vertex.server.go_on("train")
    vertex.server.time_passes()
    with vertex.work(model) as work:
        assert work.look().step("train").status == "done"


def test_a_deployment_that_fails_is_taken_back(vertex: Vertex) -> None:
    model = vertex.made()
    vertex.server.fail("deploy", INTERNAL, after=True)
    with vertex.work(model) as work, pytest.raises(UserError) as failed:
        work.deploy(yes(vertex, model))
    assert failed.value.code == "automl.deploy"
    assert failed.value.report.hint.endswith("What was deployed is undeployed again.")
    assert vertex.server.deployed == 0
    assert vertex.server.cloud.endpoints == {}
    assert automl.deployed_models(vertex.project) == ()


def test_a_deployment_that_cannot_be_taken_back_stays_in_sight(vertex: Vertex) -> None:
    model = vertex.made()
    vertex.server.fail("deploy", INTERNAL, after=True)
    vertex.server.fail("undeploy", INTERNAL)
    with vertex.work(model) as work, pytest.raises(UserError) as failed:
        work.deploy(yes(vertex, model))
    assert "may still be deployed" in failed.value.report.hint
    ((there, deployment),) = automl.deployed_models(Project.open(vertex.project.folder))
    assert there.id == model.id
    assert not deployment.sure
    with pytest.raises(UserError) as refused:
        automl.delete_model(there)
    assert refused.value.code == "automl.deployed"
    with vertex.work(model) as work:
        work.undeploy()
    assert vertex.server.deployed == 0
    assert automl.deployed_models(vertex.project) == ()
    automl.delete_model(there)


def test_a_deployment_that_was_left_is_known_after_a_restart(vertex: Vertex) -> None:
    model, cancel = vertex.made(), Cancel()

    def enough(event: AutoMLEvent) -> None:
        if isinstance(event, StepBegun) and event.step == "deploy":
            cancel.cancel()

    means = replace(vertex.means, on_event=enough, cancel=cancel)
    with ModelWork(vertex.project, model, means) as work, pytest.raises(UserError) as left:
        work.deploy(yes(vertex, model))
    assert left.value.code == "cloud.cancelled"
    assert "may be deployed" in left.value.report.hint
    vertex.server.time_passes()
    assert vertex.server.deployed == 1
    ((_, deployment),) = automl.deployed_models(Project.open(vertex.project.folder))
    assert deployment.an_hour == 1.375
    (there,) = automl.deployed_there(vertex.means)
    assert there.tag == model.order().tag
    with vertex.work(model) as work:
        assert work.look().deployment.sure  # type: ignore[union-attr]
        work.undeploy()
    assert vertex.server.deployed == 0
    assert automl.deployed_there(vertex.means) == ()


def test_what_is_only_being_deployed_is_ended_though_its_name_was_lost(vertex: Vertex) -> None:
    model, cancel = vertex.made(), Cancel()
    vertex.server.hold("deploy")

    def enough(event: AutoMLEvent) -> None:
        if isinstance(event, StepBegun) and event.step == "deploy":
            cancel.cancel()

    means = replace(vertex.means, on_event=enough, cancel=cancel)
    with ModelWork(vertex.project, model, means) as work, pytest.raises(UserError):
        work.deploy(yes(vertex, model))
    forget_last(model, "step_begun")
    assert len(automl.deployed_models(vertex.project)) == 1
    with vertex.work(model) as work:
        work.undeploy()
    vertex.server.go_on("deploy")
    vertex.server.time_passes()
    assert vertex.server.deployed == 0
    assert automl.deployed_models(vertex.project) == ()


def forget_last(model: AutoMLFolder, kind: str) -> None:
    """As if the process had died just before it wrote the journal's last line."""
    journal = model.folder / "events.jsonl"
    lines = journal.read_text().splitlines()
    assert json.loads(lines[-1])["type"] == kind
    journal.write_text("".join(f"{line}\n" for line in lines[:-1]))


def test_deployed_for_one_question_it_is_undeployed_whatever_happens(vertex: Vertex) -> None:
    model, image = vertex.made(), some_image(vertex, "rings")
    with vertex.work(model) as work:
        (answer,) = work.predict([image], may_ask(vertex, model, [image]), yes(vertex, model))
        assert answer.guesses[0].label == "rings"
        assert vertex.server.deployed == 0
        vertex.server.refuse("Predict", NO_PERMISSION)
        with pytest.raises(UserError) as refused:
            work.predict([image], may_ask(vertex, model, [image]), yes(vertex, model))
    assert refused.value.code == "cloud.permission"
    assert vertex.server.deployed == 0
    assert model.state().deployment is None


def test_a_file_that_is_no_image_keeps_no_other_from_being_asked(
    vertex: Vertex, tmp_path: Path
) -> None:
    wrong = tmp_path / "wrong.png"
    wrong.write_bytes(b"no image")
    model, images = vertex.made(), [wrong, some_image(vertex)]
    with vertex.work(model) as work:
        bad, good = work.predict(images, may_ask(vertex, model, images), yes(vertex, model))
    assert bad.error is not None and bad.error.code == "image.unreadable"
    assert good.guesses[0].label == "bars"


def test_a_photograph_that_is_too_large_is_asked_about_smaller(
    vertex: Vertex, tmp_path: Path
) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (900, 1_200, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "large.png")
    assert (tmp_path / "large.png").stat().st_size > 3_000_000
    (content,) = automl.prepared([tmp_path / "large.png"], vertex.provider)
    assert isinstance(content, bytes)
    assert 4 * len(content) / 3 < 1_500_000
    assert Image.open(io.BytesIO(content)).size == (640, 480)


def test_a_list_that_breaks_off_between_its_pages_is_asked_for_again(vertex: Vertex) -> None:
    pages: list[int] = []

    def method(**asked: object) -> Iterator[str]:
        pages.append(1)
        yield "first"
        if len(pages) == 1:
            raise ServiceUnavailable("busy")  # type: ignore[no-untyped-call]
        yield "second"

    calls = Calls("http://127.0.0.1:9", AnonymousCredentials(), 1.0, 0.001)  # type: ignore[no-untyped-call]
    try:
        assert calls._all(method, {}) == ["first", "second"]
    finally:
        calls.close()


def test_a_model_that_is_not_deployed_says_so(vertex: Vertex) -> None:
    model, image = vertex.made(), some_image(vertex)
    with vertex.work(model) as work, pytest.raises(UserError) as refused:
        work.predict([image], may_ask(vertex, model, [image]))
    assert refused.value.code == "automl.deploy"


@pytest.mark.parametrize(
    ("method", "status"),
    [
        ("CreateTrainingPipeline", QUOTA),
        ("CreateTrainingPipeline", UNAVAILABLE),
        ("GetTrainingPipeline", UNAVAILABLE),
        ("GetOperation", QUOTA),
    ],
)
def test_a_service_that_is_busy_is_asked_again(vertex: Vertex, method: str, status: Status) -> None:
    vertex.server.refuse(method, status)
    vertex.made()
    assert vertex.server.count("CreateTrainingPipeline") <= 2
    assert len(vertex.server.cloud.pipelines) == 1


def test_a_refusal_is_a_sentence_and_what_was_reached_is_kept(vertex: Vertex) -> None:
    vertex.server.refuse("CreateTrainingPipeline", NO_PERMISSION)
    model = vertex.ordered()
    with vertex.work(model) as work, pytest.raises(UserError) as refused:
        work.make()
    assert refused.value.code == "cloud.permission"
    assert model.state().step("import").status == "done"
    assert model.state().step("train").status == "failed"
    with vertex.work(model) as work:
        assert work.make().status == "trained"
    assert vertex.server.count("CreateDataset") == 1


def test_a_hung_server_is_not_waited_for_for_ever(vertex: Vertex) -> None:
    vertex.server.hang("CreateDataset")
    vertex.provider = VertexAutoml(poll_seconds=0.02, call_seconds=0.3)
    model = vertex.ordered()
    with vertex.work(model) as work, pytest.raises(UserError) as hung:
        work.make()
    assert hung.value.code == "cloud.deadline"
    assert model.state().step("dataset").status == "beginning"
    vertex.server.release()
    vertex.provider = VertexAutoml(poll_seconds=0.02)
    with vertex.work(model) as work:
        assert work.make().status == "trained"


def test_a_call_that_hangs_ends_at_once_when_cancelled(vertex: Vertex) -> None:
    vertex.server.hang("CreateDataset")
    model, cancel, ended = vertex.ordered(), Cancel(), []

    def follow() -> None:
        with vertex.work(model, cancel) as work:
            try:
                work.make()
            except UserError as error:
                ended.append(error.code)

    thread = threading.Thread(target=follow)
    thread.start()
    vertex.server.wait_for("CreateDataset")
    began = time.monotonic()
    cancel.cancel()
    thread.join(20)
    hold(time.monotonic() - began, 0.5)
    assert ended == ["cloud.cancelled"]


def test_a_training_that_google_forgot_says_so(vertex: Vertex) -> None:
    model = interrupted_at(vertex, "train")
    vertex.server.cloud.pipelines.clear()
    with vertex.work(model) as work, pytest.raises(UserError) as lost:
        work.make()
    assert lost.value.code == "automl.lost"
    assert model.state().step("train").status == "failed"


def test_a_revoked_sign_in_says_so(vertex: Vertex) -> None:
    vertex.tokens.script([], then=REVOKED)
    model = vertex.ordered()
    with vertex.work(model) as work, pytest.raises(UserError) as refused:
        work.make()
    assert refused.value.code == "cloud.signed-out"


def test_without_the_extra_it_says_what_to_install(
    vertex: Vertex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vertex_automl, "find_spec", lambda name: None)
    model = vertex.ordered()
    with vertex.work(model) as work, pytest.raises(UserError) as refused:
        work.make()
    assert refused.value.code == "automl.extra"
    assert refused.value.report.hint == "Run: pip install imgclf-studio[automl]"
    assert vertex.connections == 0


def test_an_api_key_is_not_taken(vertex: Vertex) -> None:
    vertex.account = vertex.account.model_copy(update={"way": "api-key"})
    model = vertex.ordered()
    with vertex.work(model) as work, pytest.raises(UserError) as refused:
        work.make()
    assert refused.value.code == "automl.account"
    assert vertex.connections == 0


@pytest.mark.parametrize(
    ("changes", "bucket", "code"),
    [
        ({"project": ""}, "bucket", "automl.account"),
        ({"region": ""}, "bucket", "automl.account"),
        ({}, "", "automl.bucket"),
        ({}, "My Bucket", "automl.bucket"),
    ],
)
def test_what_an_order_lacks_is_said_before_anything(
    vertex: Vertex, changes: dict[str, str], bucket: str, code: str
) -> None:
    account = vertex.account.model_copy(update=changes)
    with pytest.raises(UserError) as refused:
        automl.plan_model(vertex.project, vertex.provider, account, bucket=bucket)
    assert refused.value.code == code


@pytest.mark.parametrize("budget", [7_999, 800_001])
def test_a_budget_that_google_does_not_take_is_refused(vertex: Vertex, budget: int) -> None:
    with pytest.raises(UserError) as refused:
        vertex.planned(budget=budget)
    assert refused.value.code == "automl.budget"
    assert "8,000 to 800,000 milli node hours" in refused.value.report.hint


def test_images_do_not_go_to_another_machine(
    vertex: Vertex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", "http://storage.example.com:80")
    with pytest.raises(UserError) as refused:
        vertex.planned()
    assert refused.value.code == "automl.bucket"


def test_a_bucket_that_is_not_there_is_named(vertex: Vertex) -> None:
    planned = automl.plan_model(vertex.project, vertex.provider, vertex.account, bucket="nowhere")
    model = automl.order_model(vertex.project, planned, cloud.consent(planned.quote))
    with vertex.work(model) as work, pytest.raises(UserError) as refused:
        work.make()
    assert refused.value.code == "automl.bucket"
    assert "no bucket 'nowhere'" in refused.value.report.message


def test_no_other_variable_says_where_images_go(
    vertex: Vertex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("STORAGE_EMULATOR_HOST")
    monkeypatch.setenv("API_ENDPOINT_OVERRIDE", "https://storage.example.com")
    bucket = Bucket("bucket", "project", credentials(vertex.account, None), 1.0)
    assert f"https://{bucket.host}" == bucket._client._connection.API_BASE_URL


def test_no_secret_stands_in_the_journal(vertex: Vertex) -> None:
    vertex.server.refuse(
        "CreateTrainingPipeline",
        Status("INVALID_ARGUMENT", "Bad token ya29.secret-secret, Bearer abcdef123456"),
    )
    model = vertex.ordered()
    with vertex.work(model) as work:
        with pytest.raises(UserError):
            work.make()
        work.make()
    key = json.loads(Path(vertex.account.file).read_text())["private_key"]
    for file in model.folder.rglob("*"):
        text = file.read_text("utf-8") if file.is_file() else ""
        for secret in ("ya29.", "abcdef123456", "PRIVATE KEY", key[40:80], vertex.account.file):
            assert secret not in text


def test_two_do_not_work_at_one_model(vertex: Vertex) -> None:
    model = vertex.ordered()
    with vertex.work(model), pytest.raises(UserError) as busy:
        vertex.work(model)
    assert busy.value.code == "model.busy"


def test_a_dataset_that_changed_is_not_trained_on(vertex: Vertex) -> None:
    model = vertex.ordered()
    spec = vertex.project.spec
    data = spec.data.model_copy(update={"split_seed": spec.data.split_seed + 1})
    vertex.project.save(spec.model_copy(update={"data": data}))
    with vertex.work(model) as work, pytest.raises(UserError) as changed:
        work.make()
    assert changed.value.code == "automl.dataset"


def test_a_model_is_found_by_its_number_and_listed(vertex: Vertex) -> None:
    model = vertex.ordered()
    assert AutoMLFolder.find(vertex.project, "1").info == model.info
    with pytest.raises(UserError) as missing:
        AutoMLFolder.find(vertex.project, "7")
    assert missing.value.code == "model.missing"


@pytest.fixture(autouse=True)
def no_threads_are_left() -> Iterator[None]:
    """What was begun in the background ends with the test."""
    yield
    for thread in threading.enumerate():
        if thread.name in ("upload", "cloud call"):
            thread.join(10)


def test_each_done_step_names_what_it_made(vertex: Vertex) -> None:
    vertex.made()
    names = {event.step: set(event.names) for event in vertex.events if isinstance(event, StepDone)}
    assert names == {
        "upload": {"rows"}, "dataset": {"dataset"}, "import": set(), "train": {"model"},
        "measure": set(),
    }  # fmt: skip
