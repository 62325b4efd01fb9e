"""Uploads in three steps, assets, and evaluations of them."""

import pytest
from PIL import Image

from runflow_client.sandbox import blurred_picture, sharp_picture

UNKNOWN = "01978c5f-6b02-7d19-8f4a-2c9e6d3b5a10"


def confirm(call, asset_id, *document, **headers):
    return call("POST", f"/v1/asset-uploads/{asset_id}/confirmations", *document, **headers)


def test_an_upload_becomes_an_asset_once_it_is_confirmed(call, fits):
    opened = call.open_upload(5)
    assert (opened.status, fits(opened.json, "AssetUpload")) == (201, True)
    asset_id = opened.json["asset_id"]
    assert call("GET", f"/v1/assets/{asset_id}").status == 404
    assert call.put(opened.json["upload_url"], b"12345").status == 200
    assert call("GET", f"/v1/assets/{asset_id}").status == 404
    call.now = 5
    confirmed = confirm(call, asset_id, {"folder_id": UNKNOWN})
    assert (confirmed.status, fits(confirmed.json, "Asset")) == (201, True)
    shown = call("GET", f"/v1/assets/{asset_id}").json
    assert (shown["name"], shown["mime_type"], shown["size_bytes"]) == ("a.png", "image/png", 5)
    assert (shown["folder_id"], shown["created_at"]) == (UNKNOWN, "2026-01-01T00:00:05.000000+00:00")


def test_an_asset_names_who_uploaded_it_when_asked(call, fits):
    asset_id = call.upload(b"12345")
    assert "created_by_user" not in call("GET", f"/v1/assets/{asset_id}").json
    document = call("GET", f"/v1/assets/{asset_id}?embed=created_by_user").json
    assert fits(document, "Asset")
    assert document["created_by_user"]["id"] == document["created_by"] == call("GET", "/v1/auth/me").json["id"]
    assert call("GET", f"/v1/assets/{asset_id}?embed=folder").locs == [["query", "embed"]]


def test_every_documented_field_of_an_asset_is_in_its_answer(call):
    from runflow_api.models.asset import Asset

    document = call("GET", f"/v1/assets/{call.upload(b'12345')}?embed=created_by_user").json
    assert Asset.from_dict(document).additional_properties == {}
    assert len(document) == 18


def test_each_look_at_an_asset_signs_a_url_anew_that_gives_its_bytes(call):
    asset_id = call.upload(b"12345")
    urls = []
    for _ in range(2):
        urls.append(call("GET", f"/v1/assets/{asset_id}").json["url"])
        call.now += 60
    assert urls[0] != urls[1]
    for url in urls:
        answer = call.store("GET", url)
        assert (answer.status, answer.body, answer.headers["content-type"]) == (200, b"12345", "image/png")
    call.now += 24 * 3600
    assert call.store("GET", urls[1]).status == 403


@pytest.mark.parametrize(
    ("fields", "loc"),
    [
        ({"size": 52_428_801}, "size_bytes"),
        ({"size": 0}, "size_bytes"),
        ({"size": 5, "media_type": "text/html"}, "mime_type"),
        ({"size": 5, "media_type": "image/svg+xml"}, "mime_type"),
    ],
)
def test_what_may_not_be_uploaded_is_refused_before_it_is(call, fields, loc):
    answer = call.open_upload(**fields)
    assert (answer.status, answer.locs) == (422, [["body", loc]])


def test_everything_that_is_listed_may_be_uploaded(call):
    (row,) = call("GET", "/v1/assets/types").json["items"]
    assert row["code"] == "image"
    assert all(call.open_upload(52_428_800, media_type).status == 201 for media_type in row["mime_types"])


def test_an_upload_without_its_bytes_cannot_be_confirmed(call):
    opened = call.open_upload(5).json
    answer = confirm(call, opened["asset_id"], Idempotency_Key="k1")
    assert (answer.status, answer.locs) == (422, [["path", "asset_upload_id"]])
    assert call.put(opened["upload_url"], b"123").status == 403
    assert confirm(call, opened["asset_id"], Idempotency_Key="k1").status == 422
    call.put(opened["upload_url"], b"12345")
    assert confirm(call, opened["asset_id"], Idempotency_Key="k1").status == 201


def test_confirming_twice_gives_the_same_asset(call):
    asset_id = call.upload(b"12345")
    call.now = 50
    again = confirm(call, asset_id, {"folder_id": UNKNOWN})
    assert (again.status, again.json["id"], again.json["folder_id"]) == (201, asset_id, None)
    assert again.json["created_at"] == "2026-01-01T00:00:00.000000+00:00"


def test_an_unknown_upload_and_an_unknown_asset_are_404(call):
    assert confirm(call, UNKNOWN).json["code"] == "ASSET_UPLOAD_NOT_FOUND"
    assert call("GET", f"/v1/assets/{UNKNOWN}").json["code"] == "ASSET_NOT_FOUND"


def test_an_upload_is_opened_once_for_one_idempotency_key(call):
    first, again = (call.open_upload(5, Idempotency_Key="k1") for _ in range(2))
    assert first.body == again.body
    assert call.open_upload(6, Idempotency_Key="k1").status == 409


@pytest.mark.parametrize(("picture", "passed"), [(sharp_picture, True), (blurred_picture, False)])
def test_an_uploaded_picture_is_judged_like_one_in_the_request(call, picture, passed):
    asset_id = call.upload(picture())
    document = call.ended(f"runflow://assets/{asset_id.upper()}")
    assert (document["status_code"], document["overall_passed"]) == ("completed", passed)
    assert document["generated_image_url"] == f"runflow://assets/{asset_id.upper()}"


def test_an_upload_that_is_no_image_ends_without_a_verdict(call):
    document = call.ended(f"runflow://assets/{call.upload(b'12345')}")
    assert (document["status_code"], document["failure_code"], document["cost"]) == ("failed", "invalid_media", None)


def test_an_asset_that_is_not_there_ends_without_a_verdict(call):
    unconfirmed = call.open_upload(5).json
    call.put(unconfirmed["upload_url"], b"12345")
    for asset_id in (UNKNOWN, unconfirmed["asset_id"]):
        document = call.ended(f"runflow://assets/{asset_id}")
        assert document["failure_code"] == "invalid_media"
        assert "asset" in document["check_summary"]["reason"]


def test_a_reference_image_that_is_not_there_ends_without_a_verdict(call, sharp_uri):
    there = {"url": f"runflow://assets/{call.upload(b'12345')}"}
    assert call.ended(sharp_uri, reference_images=[there])["status_code"] == "completed"
    missing = {"url": f"runflow://assets/{UNKNOWN}"}
    document = call.ended(sharp_uri, reference_images=[there, missing])
    assert (document["status_code"], document["failure_code"]) == ("failed", "invalid_media")


def test_a_large_upload_is_kept_whole(call):
    picture = Image.effect_noise((1600, 1200), 80)
    content = picture.tobytes("raw") + bytes(1)
    asset_id = call.upload(content, "image/tiff")
    assert len(content) > 1_048_576
    assert call.store("GET", call("GET", f"/v1/assets/{asset_id}").json["url"]).body == content
