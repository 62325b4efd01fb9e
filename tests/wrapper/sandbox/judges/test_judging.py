"""The judges pass and reject images by their measurements."""

import base64

import pytest
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

from runflow_client.sandbox import blurred_picture, sharp_picture


def failed_judges(document):
    return [judge["name"] for judge in document["judges"] if not judge["passed"]]


def uri(content, media_type="image/png"):
    return f"data:{media_type};base64,{base64.b64encode(content).decode()}"


def test_sharp_picture_passes(call):
    document = call.ended(uri(sharp_picture()))
    assert (document["status_code"], document["overall_passed"], document["weighted_pass_rate"]) == (
        "completed",
        True,
        1.0,
    )
    assert failed_judges(document) == document["top_issues"] == document["gate_failures"] == []
    assert "In focus" in document["top_strengths"]
    assert document["action"]["primary_action"] == document["primary_action_code"] == "accept"


def test_blurred_picture_is_rejected_with_its_defects(call):
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
def test_verdicts_are_the_same_for_every_seed(call, seed):
    assert call.ended(uri(sharp_picture(seed)))["overall_passed"] is True
    assert call.ended(uri(blurred_picture(seed)))["overall_passed"] is False


@pytest.mark.parametrize("radius", [6, 12, 24])
def test_sharp_picture_fails_sharpness_after_a_blur(call, sharp_image, data_uri, radius):
    assert "Sandbox sharpness" in failed_judges(
        call.ended(data_uri(sharp_image.filter(ImageFilter.GaussianBlur(radius))))
    )


def test_picture_scaled_up_from_few_pixels_fails_sharpness(call, sharp_image, data_uri):
    tiny = sharp_image.resize((64, 48)).resize((640, 480), Image.Resampling.BICUBIC)
    assert failed_judges(call.ended(data_uri(tiny))) == ["Sandbox sharpness"]


def test_dark_picture_is_rejected(call, sharp_image, data_uri):
    document = call.ended(data_uri(sharp_image.point([level * 15 // 100 for level in range(256)] * 3)))
    assert document["overall_passed"] is False
    assert "Too dark" in document["top_issues"]


def test_washed_out_picture_is_too_bright(call, sharp_image, data_uri):
    document = call.ended(data_uri(sharp_image.point([210 + level * 45 // 255 for level in range(256)] * 3)))
    assert "Too bright" in document["top_issues"]


def test_flat_picture_fails_contrast_only(call, sharp_image, data_uri):
    document = call.ended(data_uri(sharp_image.point([110 + level * 30 // 255 for level in range(256)] * 3)))
    assert failed_judges(document) == ["Sandbox contrast"]


def test_product_on_white_ground_passes(call, sharp_image, data_uri):
    picture = Image.new("RGB", (900, 900), "white")
    picture.paste(sharp_image.resize((400, 300)), (250, 300))
    assert call.ended(data_uri(picture))["overall_passed"] is True


def test_picture_of_one_colour_is_rejected(call, data_uri):
    assert call.ended(data_uri(Image.new("RGB", (600, 600), "grey")))["overall_passed"] is False


def test_thumbnail_fails_the_gate_of_resolution(call, sharp_image, data_uri):
    document = call.ended(data_uri(sharp_image.resize((80, 60))))
    assert document["overall_passed"] is False
    assert document["gate_failures"][0]["module"] == "sandbox_low_resolution"
    assert "80 x 60 px" in document["gate_failures"][0]["reason"]
    assert document["override_reason"]


@pytest.mark.parametrize(
    ("levels", "size", "judge"),
    [
        ([level * 12 // 100 for level in range(256)], (640, 480), "Sandbox exposure"),
        ([240 + level * 15 // 255 for level in range(256)], (640, 480), "Sandbox exposure"),
        ([110 + level * 30 // 255 for level in range(256)], (640, 480), "Sandbox contrast"),
        (list(range(256)), (320, 255), "Sandbox resolution"),
    ],
    ids=["far too dark", "far too bright", "flat", "too small"],
)
def test_one_gross_defect_rejects_by_itself(call, sharp_image, data_uri, levels, size, judge):
    document = call.ended(data_uri(sharp_image.resize(size).point(levels * 3)))
    assert judge in failed_judges(document)
    assert (document["overall_passed"], bool(document["gate_failures"])) == (False, True)


def test_dark_picture_that_is_not_gross_passes(call, sharp_image, data_uri):
    document = call.ended(data_uri(sharp_image.point([level * 42 // 100 for level in range(256)] * 3)))
    assert failed_judges(document) == ["Sandbox exposure"]
    assert (document["overall_passed"], document["weighted_pass_rate"]) == (True, 0.8)


@pytest.mark.parametrize("deviation", [10, 60])
def test_pure_noise_is_rejected(call, data_uri, deviation):
    document = call.ended(data_uri(Image.effect_noise((640, 480), deviation)))
    assert document["overall_passed"] is False
    assert "Noise" in document["top_issues"]


@pytest.mark.parametrize("enlarge", ["NEAREST", "BILINEAR", "BICUBIC", "LANCZOS"])
@pytest.mark.parametrize("size", [(320, 240), (1000, 750)])
def test_noise_enlarged_twofold_is_rejected(call, data_uri, size, enlarge):
    grain = Image.effect_noise(size, 60).resize((2 * size[0], 2 * size[1]), Image.Resampling[enlarge])
    document = call.ended(data_uri(grain))
    assert document["overall_passed"] is False
    assert "Noise" in document["top_issues"]


def test_banner_too_narrow_to_tell_is_not_noise(call, sharp_image, data_uri):
    document = call.ended(data_uri(sharp_image.resize((4000, 256))))
    assert "Noise" not in document["top_issues"]


def test_flat_picture_is_not_noise(call, data_uri):
    assert "Noise" not in call.ended(data_uri(Image.new("L", (640, 480), 128)))["top_issues"]


def test_noise_on_a_blurred_picture_does_not_make_it_sharp(call, sharp_image, data_uri):
    blurred = sharp_image.filter(ImageFilter.GaussianBlur(8)).convert("L")
    grainy = ImageChops.add(blurred, Image.effect_noise(blurred.size, 10), offset=-128)
    assert "Sandbox sharpness" in failed_judges(call.ended(data_uri(grainy)))


def test_grain_on_a_sharp_picture_does_not_reject_it(call, sharp_image, data_uri):
    grainy = ImageChops.add(sharp_image.convert("L"), Image.effect_noise(sharp_image.size, 5), offset=-128)
    assert call.ended(data_uri(grainy))["overall_passed"] is True


def test_sharp_caption_on_a_blurred_picture_is_not_enough(call, sharp_image, data_uri):
    captioned = sharp_image.filter(ImageFilter.GaussianBlur(8))
    font = ImageFont.load_default(size=28)
    ImageDraw.Draw(captioned).text((330, 430), "Stock photo 4711", fill="white", font=font)
    assert "Sandbox sharpness" in failed_judges(call.ended(data_uri(captioned)))


def test_blurred_background_behind_a_sharp_subject_passes(call, sharp_image, data_uri):
    picture = sharp_image.filter(ImageFilter.GaussianBlur(6))
    picture.paste(sharp_image.crop((120, 40, 540, 480)), (120, 40))
    assert call.ended(data_uri(picture))["overall_passed"] is True


def test_same_image_has_the_same_findings(call, sharp_uri):
    first, again = call.ended(sharp_uri), call.ended(sharp_uri)
    assert first["id"] != again["id"]
    assert [judge["reasoning"] for judge in first["judges"]] == [judge["reasoning"] for judge in again["judges"]]
    assert {judge["id"] for judge in first["judges"]}.isdisjoint(judge["id"] for judge in again["judges"])


def test_score_is_the_weight_of_the_passed_judges(call, sharp_image, data_uri):
    document = call.ended(data_uri(sharp_image.point([level * 15 // 100 for level in range(256)] * 3)))
    weights = sum(judge["weight"] for judge in document["judges"])
    passed = sum(judge["weight"] for judge in document["judges"] if judge["passed"])
    assert weights == pytest.approx(1)
    assert document["weighted_pass_rate"] == pytest.approx(passed / weights)


@pytest.mark.parametrize("size", [(1, 1), (2, 400), (300, 2)])
def test_picture_of_a_few_pixels_fails_a_gate(call, data_uri, size):
    gradient = Image.linear_gradient("L").resize(size)
    document = call.ended(data_uri(gradient))
    assert (document["status_code"], document["overall_passed"]) == ("completed", False)
    assert document["gate_failures"]
