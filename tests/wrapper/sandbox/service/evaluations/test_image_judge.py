"""The image of an evaluation is found and judged, once for equal images."""

import pytest
from PIL import Image

from runflow_client.errors import EvaluationFailedError
from runflow_client.sandbox import Sandbox, blurred_picture, sharp_picture
from runflow_client.sandbox.service.evaluations import image_judge

UNKNOWN = "01978c5f-6b02-7d19-8f4a-2c9e6d3b5a10"
HOSTED = "https://images.example.com/a.png"


def test_missing_asset_is_invalid_media(call):
    unconfirmed = call.open_upload(5).json
    call.put(unconfirmed["upload_url"], b"12345")
    for asset_id in (UNKNOWN, unconfirmed["asset_id"]):
        document = call.ended(f"runflow://assets/{asset_id}")
        assert document["failure_code"] == "invalid_media"
        assert "asset" in document["check_summary"]["reason"]


def test_missing_reference_image_is_invalid_media(call, sharp_uri):
    there = {"url": f"runflow://assets/{call.upload(b'12345')}"}
    assert call.ended(sharp_uri, reference_images=[there])["status_code"] == "completed"
    missing = {"url": f"runflow://assets/{UNKNOWN}"}
    document = call.ended(sharp_uri, reference_images=[there, missing])
    assert (document["status_code"], document["failure_code"]) == ("failed", "invalid_media")


def test_judgements_are_kept_for_a_bounded_number_of_images(call, monkeypatch, data_uri):
    monkeypatch.setattr(image_judge, "_REMEMBERED_IMAGES", 2)
    images = [data_uri(Image.new("L", (300, 300), level)) for level in (10, 20, 30, 10)]
    assert [call.ended(image)["status_code"] for image in images] == ["completed"] * 4
    assert len(call.sandbox.service.organization.evaluations._judge._judgements) <= 2


def test_image_of_a_url_is_looked_up_and_judged(caller, tmp_path):
    path = tmp_path / "blurred.png"
    path.write_bytes(blurred_picture())
    call = caller(images={HOSTED: sharp_picture(), f"{HOSTED}?v=2": path})
    passed = [call.ended(url)["overall_passed"] for url in (HOSTED, f"{HOSTED}?v=2")]
    assert passed == [True, False]


@pytest.mark.parametrize(("outcome", "passed"), [("passed", True), ("rejected", False), ("undecided", None)])
def test_https_image_without_a_copy_has_the_default_outcome(call, outcome, passed):
    call.sandbox.outcomes.default = outcome
    document = call.ended(HOSTED.replace("https", "HTTPS"))
    assert (document["status_code"], document["overall_passed"]) == ("completed", passed)
    assert document["check_summary"]["reason"].startswith("Nothing was fetched")
    assert document["judges"][0]["reasoning"].startswith("Nothing was fetched")


def test_error_of_the_default_outcome_failed_names_the_reason():
    sandbox = Sandbox()
    sandbox.outcomes.default = "failed"
    with (
        sandbox.client() as client,
        pytest.raises(EvaluationFailedError, match="processing_failed.: Nothing was fetched"),
    ):
        client.evaluations.evaluate(HOSTED, "headshot")


def test_folder_holds_images_by_path_or_name(caller, tmp_path):
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "a.png").write_bytes(blurred_picture())
    (tmp_path / "a.png").write_bytes(sharp_picture())
    (tmp_path / "b c.png").write_bytes(sharp_picture())
    call = caller(images=str(tmp_path))
    paths = ("shop/a.png?v=2", "a.png", "elsewhere/a.png", "b%20c.png")
    documents = [call.ended(f"https://images.example.com/{path}") for path in paths]
    assert [document["overall_passed"] for document in documents] == [False, True, True, True]
    assert all("sharpness" in str(document["judges"]) for document in documents)


@pytest.mark.parametrize("path", ["", "..%2Fsecret.png", "x/%2E%2E/%2E%2E/secret.png", "%00"])
def test_folder_gives_no_file_outside_it(caller, tmp_path, path):
    (tmp_path / "secret.png").write_bytes(blurred_picture())
    (tmp_path / "images").mkdir()
    document = caller(images=tmp_path / "images").ended(f"https://images.example.com/{path}")
    assert document["check_summary"]["reason"].startswith("Nothing was fetched")


def test_image_file_that_is_gone_fails_the_evaluation(caller, tmp_path):
    document = caller(images={HOSTED: tmp_path / "gone.png"}).ended(HOSTED)
    assert (document["status_code"], document["failure_code"]) == ("failed", "processing_failed")
    assert "FileNotFoundError" in document["check_summary"]["reason"]
    assert "gone.png" not in document["check_summary"]["reason"]


def test_equal_images_are_measured_once(call, monkeypatch, sharp_uri):
    measured = []
    measure = image_judge.measure
    monkeypatch.setattr(image_judge, "measure", lambda file: measured.append(file.tell()) or measure(file))
    asset_id = call.upload(sharp_picture())
    assert [call.ended(source)["overall_passed"] for source in (sharp_uri, f"runflow://assets/{asset_id}")] == [
        True,
        True,
    ]
    assert measured == [0]
