"""Quotes in words, consents that are remembered, exchanges that are kept and replayed."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from imgclf_gui import catalog
from imgclf_gui.core import network, vision
from imgclf_gui.core.cloud import Account, CloudImage, Quote
from imgclf_gui.core.errors import ErrorReport, UserError
from imgclf_gui.core.project import Project
from imgclf_gui.core.resources import config_folder
from imgclf_gui.core.vision_answer import answer
from imgclf_gui.jobs import cloud
from imgclf_gui.jobs.cloud_history import Exchange, delete, exchanges, keep, recordings
from tests.helpers.cloud_parts import LABELS, asked, pictures

GOOGLE = catalog.annotation_providers()["cloud-vision"]()
BUILT_IN = catalog.annotation_providers()["built-in"]()


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project.create(tmp_path / "project")


def a_quote(*kinds: str, images: tuple[CloudImage, ...] | None = None, **account: str) -> Quote:
    shown = images or pictures()
    features = [vision.AskedFeature(kind) for kind in kinds or ("labels",)]
    return cloud.quote(GOOGLE, Account.model_validate(account), shown, asked(shown, features))


def test_a_quote_says_what_goes_where_and_what_it_may_cost() -> None:
    said = " ".join(cloud.quote_words(a_quote("labels", "objects", project="mine")))
    assert "To vision.googleapis.com: 3 images, 53.9 kB as JSON" in said
    assert "in 1 request." in said
    assert "labels, objects" in said
    assert "6 units, $0 to $0.0112: the first 1,000 of each feature in a month are free" in said
    assert "price table of 1 November 2026" in said
    assert "Billed to the project mine" in said
    assert "EXIF is taken out" in said
    assert "aces" not in said


def test_exif_and_faces_are_warned_of() -> None:
    images = tuple(replace(image, exif=True) for image in pictures("coffee.jpg"))
    quote = a_quote("faces", images=images)
    said = " ".join(cloud.quote_words(quote))
    assert "EXIF stays in the images" in said
    assert "ask the people in the images" in said
    assert quote.faces
    assert quote.exif


def test_this_machine_costs_nothing_and_says_what_it_cannot_tell() -> None:
    images = pictures()
    quote = cloud.quote(BUILT_IN, Account(), images, asked(images))
    assert (quote.host, quote.price_high, quote.billed) == ("", 0, "")
    assert cloud.quote_words(quote) == (
        "3 images for labels: answered on this machine, nothing is sent or paid.",
    )
    kinds = [vision.AskedFeature(kind) for kind in ("labels", "faces", "web")]
    with pytest.raises(UserError) as caught:
        cloud.quote(BUILT_IN, Account(), images, asked(images, kinds))
    assert caught.value.code == "cloud.feature"
    assert "cannot tell: Web, Faces." in caught.value.report.message


def test_a_request_may_name_only_images_that_are_there() -> None:
    with pytest.raises(UserError) as caught:
        cloud.quote(GOOGLE, Account(), pictures("coffee.jpg"), asked(pictures("rocket.jpg")))
    assert "names 'rocket.jpg'" in caught.value.report.message


def test_a_consent_is_remembered_for_the_same_purpose_and_no_other(project: Project) -> None:
    quote = a_quote()
    assert not cloud.consent_remembered(project, quote)
    cloud.remember_consent(project, quote)
    cloud.remember_consent(project, quote)
    assert cloud.consent_remembered(project, a_quote(images=pictures("coffee.jpg")))
    others = [
        a_quote("faces"),
        a_quote("labels", "web"),
        a_quote(host="eu-vision.googleapis.com"),
        a_quote(project="another"),
        replace(quote, exif=True),
    ]
    assert not any(cloud.consent_remembered(project, other) for other in others)
    cloud.remember_consent(project, others[0])
    assert cloud.consent_remembered(project, quote)
    cloud.forget_consents(project)
    assert not cloud.consent_remembered(project, quote)


def test_who_gets_a_copy_of_a_project_has_agreed_to_nothing(project: Project) -> None:
    cloud.remember_consent(project, a_quote())
    assert not list(project.folder.rglob("*consent*"))
    other = Project.open(shutil.copytree(project.folder, project.folder.with_name("copy")))
    assert not cloud.consent_remembered(other, a_quote())
    cloud.remember_consent(other, a_quote("faces"))
    cloud.forget_consents(other)
    cloud.remember_consent(other, a_quote("faces"))
    shutil.rmtree(other.folder)
    cloud.remember_consent(project, a_quote("web"))
    assert cloud.consent_remembered(Project.open(project.folder), a_quote())
    assert "faces" not in (config_folder() / "consents.json").read_text(), "its folder is gone"


@pytest.mark.parametrize("content", ["", "[]", '{"PROJECT": 5}', '{"PROJECT": [5]}', "[" * 10_000])
def test_a_damaged_memory_agrees_to_nothing(content: str, project: Project) -> None:
    cloud.remember_consent(project, a_quote())
    folder = json.dumps(str(project.folder.resolve()))[1:-1]
    (config_folder() / "consents.json").write_text(content.replace("PROJECT", folder))
    assert not cloud.consent_remembered(project, a_quote())
    cloud.remember_consent(project, a_quote())
    assert cloud.consent_remembered(project, a_quote())


def kept(project: Project) -> Exchange:
    images = pictures("chelsea.jpg", "coffee.jpg")
    answers = (
        cloud.Answered(images[0], {"labelAnnotations": [{"description": "cat", "score": 0.5}]}),
        cloud.Answered(images[1], {}, ErrorReport(code="cloud.image", message="It is broken.")),
    )
    host = "vision.googleapis.com"
    return keep(project, provider="cloud-vision", host=host, request=asked(images), answers=answers)


def test_an_exchange_is_kept_and_replayed_without_a_network(project: Project) -> None:
    kept(project)
    second = kept(project)
    assert [one.id for one in exchanges(project)] == ["001", "002"]
    before = network.seen()
    again = Exchange.open(second.folder)
    assert again.info == second.info
    assert again.info.features == ("labels",)
    assert again.info.recorded is False
    images = tuple(
        replace(image, source=Path(image.name)) for image in pictures("chelsea.jpg", "coffee.jpg")
    )
    assert again.images() == images, "where their files lay is not kept"
    assert vision.read(again.request_text()) == asked(images, LABELS)
    first, other = again.answers()
    assert first.response["labelAnnotations"][0]["description"] == "cat"
    assert other.error is not None
    assert other.image.name == "coffee.jpg"
    assert network.seen() == before


def test_no_base64_of_an_image_is_kept_in_the_request(project: Project) -> None:
    folder = kept(project).folder
    assert "<chelsea.jpg as base64>" in (folder / "request.json").read_text("utf-8")
    assert sorted(path.name for path in (folder / "images").iterdir()) == ["001.jpg", "002.jpg"]
    assert not list(folder.parent.glob("*.part"))


def test_numbers_go_on_after_a_deletion(project: Project) -> None:
    first, second = kept(project), kept(project)
    delete(first)
    third = kept(project)
    delete(third)
    assert [one.id for one in exchanges(project)] == [second.id] == ["002"]
    assert kept(project).id == "003"


def test_a_damaged_exchange_is_listed_with_its_error(project: Project) -> None:
    folder = kept(project).folder
    (folder / "exchange.json").write_text("{}")
    (found,) = exchanges(project)
    assert found.error is not None
    assert found.error.code == "exchange.damaged"
    delete(found)
    assert exchanges(project) == ()


@pytest.mark.parametrize("name", ["answers.json", "request.json", "images/001.jpg"])
def test_what_is_missing_of_an_exchange_is_said(name: str, project: Project) -> None:
    exchange = kept(project)
    (exchange.folder / name).unlink()
    with pytest.raises(UserError) as caught:
        exchange.request_text()
        exchange.answers()
    assert caught.value.code == "exchange.damaged"


def test_a_picture_outside_the_folder_is_never_read(project: Project) -> None:
    exchange = kept(project)
    path = exchange.folder / "exchange.json"
    path.write_text(path.read_text("utf-8").replace("001.jpg", "../../../project.json"))
    with pytest.raises(UserError):
        Exchange.open(exchange.folder)


def test_a_folder_that_cannot_be_made_is_told_of(project: Project) -> None:
    (project.folder / "cloud").write_text("in the way")
    with pytest.raises(UserError) as caught:
        kept(project)
    assert caught.value.code == "file.write"


def test_recordings_ship_say_what_they_are_and_can_be_read() -> None:
    found = recordings()
    assert len(found) == 3
    for exchange in found:
        assert exchange.error is None
        assert exchange.info.recorded
        assert "Google was not asked" in exchange.info.notes
        assert exchange.info.title
        text = exchange.request_text()
        assert GOOGLE.check(text) == ()
        images = exchange.images()
        assert len(exchange.answers()) == len(images)
        assert cloud.quote(GOOGLE, Account(), images, vision.read(text)).units > 0
        for one in exchange.answers():
            said = answer(one.response, one.image.width, one.image.height)
            assert said.labels or one.error
        with pytest.raises(UserError) as caught:
            delete(exchange)
        assert caught.value.code == "exchange.recorded"
