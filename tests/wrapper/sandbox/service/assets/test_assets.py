"""Uploads in three steps, and the assets that they become."""

import pytest
from PIL import Image

UNKNOWN = "01978c5f-6b02-7d19-8f4a-2c9e6d3b5a10"


def confirm(call, asset_id, *document, **headers):
    return call("POST", f"/v1/asset-uploads/{asset_id}/confirmations", *document, **headers)


def test_upload_becomes_an_asset_when_confirmed(call, fits):
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


def test_asset_with_embed_names_the_uploader(call, fits):
    asset_id = call.upload(b"12345")
    assert "created_by_user" not in call("GET", f"/v1/assets/{asset_id}").json
    document = call("GET", f"/v1/assets/{asset_id}?embed=created_by_user").json
    assert fits(document, "Asset")
    assert document["created_by_user"]["id"] == document["created_by"] == call("GET", "/v1/auth/me").json["id"]
    assert call("GET", f"/v1/assets/{asset_id}?embed=folder").locs == [["query", "embed"]]


def test_asset_reply_has_every_documented_field(call):
    from runflow_api.models.asset import Asset

    document = call("GET", f"/v1/assets/{call.upload(b'12345')}?embed=created_by_user").json
    assert Asset.from_dict(document).additional_properties == {}
    assert len(document) == 18


def test_each_get_of_an_asset_signs_a_new_url(call):
    asset_id = call.upload(b"12345")
    urls = []
    for _ in range(2):
        urls.append(call("GET", f"/v1/assets/{asset_id}").json["url"])
        call.now += 60
    assert urls[0] != urls[1]
    for url in urls:
        reply = call.store("GET", url)
        assert (reply.status, reply.body, reply.headers["content-type"]) == (200, b"12345", "image/png")
    call.now += 24 * 3600
    assert call.store("GET", urls[1]).status == 403


@pytest.mark.parametrize(
    ("fields", "loc"),
    [
        ({"size": 52_428_801}, "size_bytes"),
        ({"size": 0}, "size_bytes"),
        ({"size": 5, "media_type": "text/html"}, "mime_type"),
    ],
)
def test_upload_of_wrong_size_or_type_is_422(call, fields, loc):
    reply = call.open_upload(**fields)
    assert (reply.status, reply.locs) == (422, [["body", loc]])


def test_every_listed_media_type_may_be_uploaded(call):
    (row,) = call("GET", "/v1/assets/types").json["items"]
    assert row["code"] == "image"
    assert all(call.open_upload(52_428_800, media_type).status == 201 for media_type in row["mime_types"])


def test_upload_without_its_bytes_cannot_be_confirmed(call):
    opened = call.open_upload(5).json
    reply = confirm(call, opened["asset_id"], Idempotency_Key="k1")
    assert (reply.status, reply.locs) == (422, [["path", "asset_upload_id"]])
    assert call.put(opened["upload_url"], b"123").status == 403
    assert confirm(call, opened["asset_id"], Idempotency_Key="k1").status == 422
    call.put(opened["upload_url"], b"12345")
    assert confirm(call, opened["asset_id"], Idempotency_Key="k1").status == 201


def test_second_confirmation_replies_with_the_same_asset(call):
    asset_id = call.upload(b"12345")
    call.now = 50
    again = confirm(call, asset_id, {"folder_id": UNKNOWN})
    assert (again.status, again.json["id"], again.json["folder_id"]) == (201, asset_id, None)
    assert again.json["created_at"] == "2026-01-01T00:00:00.000000+00:00"


def test_unknown_upload_and_unknown_asset_are_404(call):
    assert confirm(call, UNKNOWN).json["code"] == "ASSET_UPLOAD_NOT_FOUND"
    assert call("GET", f"/v1/assets/{UNKNOWN}").json["code"] == "ASSET_NOT_FOUND"


def test_upload_is_opened_once_for_one_idempotency_key(call):
    first, again = (call.open_upload(5, Idempotency_Key="k1") for _ in range(2))
    assert first.body == again.body
    assert call.open_upload(6, Idempotency_Key="k1").status == 409


def test_large_upload_is_stored_complete(call):
    picture = Image.effect_noise((1600, 1200), 80)
    content = picture.tobytes("raw") + bytes(1)
    asset_id = call.upload(content, "image/tiff")
    assert len(content) > 1_048_576
    assert call.store("GET", call("GET", f"/v1/assets/{asset_id}").json["url"]).body == content
