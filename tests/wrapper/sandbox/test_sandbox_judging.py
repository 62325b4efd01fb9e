"""The image that was really given decides the verdict."""

import base64
import struct
import zlib
from io import BytesIO

import pytest
from PIL import Image, ImageFilter

from runflow_client.sandbox import blurred_picture, sharp_picture
from runflow_client.sandbox.service.evaluations import evaluations


def failed_judges(document):
    return [judge["name"] for judge in document["judges"] if not judge["passed"]]


def uri(content, media_type="image/png"):
    return f"data:{media_type};base64,{base64.b64encode(content).decode()}"


def encoded(image, file_format, **options):
    buffer = BytesIO()
    image.save(buffer, file_format, **options)
    return buffer.getvalue()


def test_a_sharp_picture_passes(call):
    document = call.ended(uri(sharp_picture()))
    assert (document["status_code"], document["overall_passed"], document["weighted_pass_rate"]) == (
        "completed",
        True,
        1.0,
    )
    assert failed_judges(document) == document["top_issues"] == document["gate_failures"] == []
    assert "In focus" in document["top_strengths"]
    assert document["action"]["primary_action"] == document["primary_action_code"] == "accept"


def test_a_blurred_picture_is_rejected_and_the_findings_say_why(call):
    document = call.ended(uri(blurred_picture()), generation_prompt="A row of houses")
    assert (document["overall_passed"], document["weighted_pass_rate"]) == (False, 0.6)
    assert failed_judges(document) == ["Sandbox sharpness"]
    assert document["top_issues"] == ["Blurred"]
    judge = next(judge for judge in document["judges"] if not judge["passed"])
    assert judge["issues"][0]["subcategory"] == "blur"
    assert judge["issues"][0]["evaluation_judge_id"] == judge["id"]
    assert str(judge["evidence"][0]).startswith("sharpness 0.00")
    assert judge["reasoning"] and judge["description"] and 0.5 <= judge["confidence"] <= 1
    assert document["action"]["primary_action"] == "regenerate"
    assert "Fine edges are missing" in document["action"]["failure_summary"]
    assert document["action"]["improved_prompt"].startswith("A row of houses, ")


@pytest.mark.parametrize("seed", range(6))
def test_the_verdicts_hold_for_every_scene(call, seed):
    assert call.ended(uri(sharp_picture(seed)))["overall_passed"] is True
    assert call.ended(uri(blurred_picture(seed)))["overall_passed"] is False


@pytest.mark.parametrize("radius", [6, 12, 24])
def test_a_sharp_picture_that_is_blurred_is_rejected(call, sharp_image, data_uri, radius):
    assert "Sandbox sharpness" in failed_judges(
        call.ended(data_uri(sharp_image.filter(ImageFilter.GaussianBlur(radius))))
    )


def test_a_low_resolution_picture_that_was_scaled_up_is_blurred(call, sharp_image, data_uri):
    tiny = sharp_image.resize((64, 48)).resize((640, 480), Image.Resampling.BICUBIC)
    assert failed_judges(call.ended(data_uri(tiny))) == ["Sandbox sharpness"]


def test_a_dark_picture_is_rejected(call, sharp_image, data_uri):
    document = call.ended(data_uri(sharp_image.point([level * 15 // 100 for level in range(256)] * 3)))
    assert document["overall_passed"] is False
    assert "Too dark" in document["top_issues"]


def test_a_washed_out_picture_is_too_bright(call, sharp_image, data_uri):
    document = call.ended(data_uri(sharp_image.point([210 + level * 45 // 255 for level in range(256)] * 3)))
    assert "Too bright" in document["top_issues"]


def test_a_flat_picture_has_no_contrast_but_may_be_in_focus(call, sharp_image, data_uri):
    document = call.ended(data_uri(sharp_image.point([110 + level * 30 // 255 for level in range(256)] * 3)))
    assert failed_judges(document) == ["Sandbox contrast"]


def test_a_product_on_white_ground_passes(call, sharp_image, data_uri):
    picture = Image.new("RGB", (900, 900), "white")
    picture.paste(sharp_image.resize((400, 300)), (250, 300))
    assert call.ended(data_uri(picture))["overall_passed"] is True


def test_a_picture_of_one_colour_is_rejected(call, data_uri):
    assert call.ended(data_uri(Image.new("RGB", (600, 600), "grey")))["overall_passed"] is False


def test_a_thumbnail_does_not_pass_the_gate_of_resolution(call, sharp_image, data_uri):
    document = call.ended(data_uri(sharp_image.resize((80, 60))))
    assert document["overall_passed"] is False
    assert document["gate_failures"][0]["module"] == "sandbox_resolution"
    assert "60 px" in document["gate_failures"][0]["reason"]
    assert document["override_reason"]


def test_a_small_picture_fails_one_judge_and_passes_all_the_same(call, sharp_image, data_uri):
    document = call.ended(data_uri(sharp_image.resize((240, 180))))
    assert failed_judges(document) == ["Sandbox resolution"]
    assert (document["overall_passed"], document["weighted_pass_rate"]) == (True, 0.8)


@pytest.mark.parametrize(
    ("file_format", "options"),
    [("PNG", {}), ("JPEG", {"quality": 85}), ("WEBP", {"quality": 80}), ("GIF", {}), ("BMP", {}), ("TIFF", {})],
)
def test_the_usual_formats_are_read(call, sharp_image, file_format, options):
    document = call.ended(uri(encoded(sharp_image, file_format, **options), f"image/{file_format.lower()}"))
    assert document["overall_passed"] is True
    assert document["check_summary"]["format"] == file_format
    assert (document["check_summary"]["width"], document["check_summary"]["height"]) == (640, 480)


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "LA", "1", "CMYK"])
def test_the_usual_colour_modes_are_read(call, sharp_image, mode):
    file_format = "TIFF" if mode == "CMYK" else "PNG"
    assert call.ended(uri(encoded(sharp_image.convert(mode), file_format)))["status_code"] == "completed"


def test_sixteen_bits_a_pixel_are_scaled_and_not_clipped(call, sharp_image):
    grey = sharp_image.convert("L").convert("I").point(lambda value: value * 256).convert("I;16")
    assert call.ended(uri(encoded(grey, "PNG")))["overall_passed"] is True


def test_what_is_transparent_counts_as_white(call, sharp_image, data_uri):
    clear = Image.new("RGBA", (640, 480), (0, 0, 0, 0))
    assert "Too bright" in call.ended(data_uri(clear))["top_issues"]


def test_a_large_photograph_is_measured_at_a_fraction_of_its_size(call, sharp_image):
    large = encoded(sharp_image.resize((4000, 3000), Image.Resampling.NEAREST), "JPEG")
    document = call.ended(uri(large, "image/jpeg"))
    assert document["overall_passed"] is True
    assert document["check_summary"]["width"] == 4000


@pytest.mark.parametrize(
    "content",
    [b"", b"junk", b"\x89PNG\r\n\x1a\n", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"%!PS-Adobe-3.0 EPSF-3.0"],
    ids=["empty", "junk", "signature only", "svg", "eps"],
)
def test_bytes_that_are_no_image_end_as_invalid_media(call, content):
    document = call.ended(uri(content))
    assert (document["status_code"], document["failure_code"]) == ("failed", "invalid_media")
    assert (document["overall_passed"], document["weighted_pass_rate"], document["cost"]) == (None, None, None)
    assert document["completed_at"] is not None
    assert (document["judges"], document["action"], document["gate_failures"]) == ([], None, [])
    assert "decoded" in document["check_summary"]["reason"]


@pytest.mark.parametrize("file_format", ["PNG", "JPEG", "WEBP"])
def test_a_truncated_image_is_invalid_media(call, sharp_image, file_format):
    content = encoded(sharp_image, file_format)
    document = call.ended(uri(content[: len(content) // 2], f"image/{file_format.lower()}"))
    assert document["failure_code"] == "invalid_media"


def test_damaged_bytes_never_break_the_sandbox(call, sharp_image):
    content = bytearray(encoded(sharp_image, "JPEG"))
    for position in range(0, len(content), 97):
        content[position] ^= 0x5A
        assert call.ended(uri(bytes(content[:5000])))["status_code"] in {"completed", "failed"}
        if position > 2000:
            break


@pytest.mark.parametrize("side", [8_000, 12_000, 60_000])
def test_a_decompression_bomb_is_invalid_media(call, side):
    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    bomb = (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )
    document = call.ended(uri(bomb))
    assert document["failure_code"] == "invalid_media"
    assert "pixels" in document["check_summary"]["reason"]


@pytest.mark.parametrize(
    ("source", "word"),
    [
        ("https://images.example.com/a.png", "network"),
        ("HTTPS://images.example.com/a.png", "network"),
        ("runflow://assets/01978c5e-2f10-7a41-9c3e-5b7d1f0a6e21", "asset"),
        ("data:image/png;base64,@@@@", "base64"),
        ("data:image/png;base64,AAA", "base64"),
    ],
)
def test_an_image_that_cannot_be_seen_is_invalid_media_with_the_reason(call, source, word):
    document = call.ended(source)
    assert (document["status_code"], document["failure_code"]) == ("failed", "invalid_media")
    assert word in document["check_summary"]["reason"]


def test_a_data_uri_may_be_percent_encoded_and_carry_parameters(call, sharp_image):
    content = encoded(sharp_image.resize((300, 300)), "PNG")
    percent = "data:image/png;name=a.png," + "".join(f"%{byte:02x}" for byte in content)
    assert call.ended(percent)["status_code"] == "completed"
    assert (
        call.ended("DATA:image/PNG;charset=x;base64," + base64.b64encode(content).decode())["status_code"]
        == "completed"
    )


def test_an_image_in_the_request_is_answered_as_a_hosted_asset(call, sharp_uri):
    document = call.submit(sharp_uri, reference_images=[{"url": sharp_uri, "kind": "identity"}]).json
    urls = [document["generated_image_url"], document["reference_images"][0]["url"]]
    assert all(url.startswith("https://assets.sandbox.invalid/") and url.endswith(".png") for url in urls)
    assert len(set(urls)) == 2


def test_the_same_image_is_given_the_same_score_each_time(call, sharp_uri):
    first, again = call.ended(sharp_uri), call.ended(sharp_uri)
    assert first["id"] != again["id"]
    assert [judge["reasoning"] for judge in first["judges"]] == [judge["reasoning"] for judge in again["judges"]]
    assert {judge["id"] for judge in first["judges"]}.isdisjoint(judge["id"] for judge in again["judges"])


def test_a_sandbox_says_in_its_answers_that_it_is_one(call, sharp_uri):
    pending = call.submit(sharp_uri).json
    ended = call.ended(sharp_uri)
    failed = call.ended("https://images.example.com/a.png")
    for document in (pending, ended, failed):
        assert document["check_summary"]["sandbox"] is True
        assert "not Runflow's evaluator" in document["check_summary"]["note"]
    assert all(judge["name"].startswith("Sandbox") for judge in ended["judges"])
    assert all(judge["category"].startswith("sandbox") for judge in ended["judges"])


def test_the_score_is_the_weight_of_the_judges_that_passed(call, sharp_image, data_uri):
    document = call.ended(data_uri(sharp_image.point([level * 15 // 100 for level in range(256)] * 3)))
    weights = sum(judge["weight"] for judge in document["judges"])
    passed = sum(judge["weight"] for judge in document["judges"] if judge["passed"])
    assert weights == pytest.approx(1)
    assert document["weighted_pass_rate"] == pytest.approx(passed / weights)


@pytest.mark.parametrize("size", [(1, 1), (2, 400), (300, 2)])
def test_a_picture_of_next_to_no_pixels_is_judged_all_the_same(call, data_uri, size):
    gradient = Image.linear_gradient("L").resize(size)
    document = call.ended(data_uri(gradient))
    assert (document["status_code"], document["overall_passed"]) == ("completed", False)
    assert document["gate_failures"]


def test_only_so_many_images_are_remembered(call, monkeypatch, data_uri):
    monkeypatch.setattr(evaluations, "_REMEMBERED_IMAGES", 2)
    images = [data_uri(Image.new("L", (300, 300), level)) for level in (10, 20, 30, 10)]
    assert [call.ended(image)["status_code"] for image in images] == ["completed"] * 4
    assert len(call.sandbox.service._evaluations._judged) <= 2


def test_an_image_is_forgotten_once_it_was_judged(call, sharp_uri):
    for image in (sharp_uri, "data:image/png;base64,anVuaw=="):
        call.ended(image)
    assert [record.source for record in call.sandbox.service._evaluations._records.values()] == [None, None]
