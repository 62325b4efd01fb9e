"""The forms and formats of images that can be read and measured."""

import base64
import struct
import warnings
import zlib
from io import BytesIO

import pytest
from PIL import Image, ImageDraw

from runflow_client.errors import EvaluationFailedError
from runflow_client.sandbox import Sandbox
from runflow_client.sandbox.judges.formats import fits_in_memory
from runflow_client.sandbox.judges.media import measure


def uri(content, media_type="image/png"):
    return f"data:{media_type};base64,{base64.b64encode(content).decode()}"


def encoded(image, file_format, **options):
    buffer = BytesIO()
    image.save(buffer, file_format, **options)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("file_format", "options"),
    [
        ("PNG", {}),
        ("JPEG", {"quality": 85}),
        ("WEBP", {"quality": 80}),
        ("GIF", {}),
        ("BMP", {}),
        ("TIFF", {}),
        ("AVIF", {}),
    ],
)
def test_common_formats_are_read(call, sharp_image, file_format, options):
    document = call.ended(uri(encoded(sharp_image, file_format, **options), f"image/{file_format.lower()}"))
    assert document["overall_passed"] is True
    assert document["check_summary"]["format"] == file_format
    assert (document["check_summary"]["width"], document["check_summary"]["height"]) == (640, 480)


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "LA", "1", "CMYK"])
def test_common_colour_modes_are_read(call, sharp_image, mode):
    file_format = "TIFF" if mode == "CMYK" else "PNG"
    assert call.ended(uri(encoded(sharp_image.convert(mode), file_format)))["status_code"] == "completed"


def test_sixteen_bits_a_pixel_are_scaled_down(call, sharp_image):
    grey = sharp_image.convert("L").convert("I").point(lambda value: value * 256).convert("I;16")
    assert call.ended(uri(encoded(grey, "PNG")))["overall_passed"] is True


def artwork(colour):
    """Draw lines of one colour on a transparent ground."""
    picture = Image.new("RGBA", (640, 480), (0, 0, 0, 0))
    draw = ImageDraw.Draw(picture)
    for offset in range(0, 640, 20):
        draw.line((offset, 0, 640 - offset, 480), fill=colour, width=3)
    return picture


@pytest.mark.parametrize("colour", ["white", "black", "red"])
def test_artwork_on_transparency_passes_in_every_colour(call, data_uri, colour):
    document = call.ended(data_uri(artwork(colour)))
    assert (document["overall_passed"], document["top_issues"]) == (True, [])


def test_picture_of_transparent_pixels_alone_is_flat(call, data_uri):
    document = call.ended(data_uri(Image.new("RGBA", (640, 480), (0, 0, 0, 0))))
    assert (document["overall_passed"], "Flat" in document["top_issues"]) == (False, True)


def test_large_transparent_picture_is_reduced_in_strips(call, sharp_image, data_uri):
    large = sharp_image.resize((3000, 2250), Image.Resampling.NEAREST).convert("RGBA")
    large.putpixel((0, 0), (0, 0, 0, 0))
    assert call.ended(data_uri(large))["overall_passed"] is True


def test_animation_is_judged_by_more_than_its_first_frame(call, sharp_image):
    sharp = [
        sharp_image.convert("RGB").point([level * share // 100 for level in range(256)] * 3) for share in (99, 98, 97)
    ]
    blank = [Image.new("RGB", (640, 480), (0, 0, level)) for level in (0, 20, 40)]
    for file_format in ("GIF", "WEBP", "PNG"):
        fading_in = encoded(blank[0], file_format, save_all=True, append_images=sharp)
        fading_out = encoded(sharp[0], file_format, save_all=True, append_images=blank)
        documents = [call.ended(uri(content, f"image/{file_format.lower()}")) for content in (fading_in, fading_out)]
        assert [document["overall_passed"] for document in documents] == [True, False], file_format


def test_warning_of_pillow_does_not_decide(call, sharp_image):
    damaged = bytearray(encoded(sharp_image, "TIFF"))
    with_exif = encoded(sharp_image, "JPEG", exif=b"Exif\0\0II*\0\x08\0\0\0\xff\xff")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for content in (bytes(damaged), with_exif):
            assert call.ended(uri(content))["status_code"] == "completed"


HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 2_000_000


@pytest.mark.parametrize("size", [900_000, 2_000_000])
def test_heic_fails_alike_below_and_above_one_mebibyte(size):
    with (
        Sandbox().client() as client,
        pytest.raises(EvaluationFailedError, match="The file is HEIC, which the sandbox"),
    ):
        client.evaluations.evaluate(HEIC[:size], "headshot")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\xff\x0a" + b"junk" * 9, "is JPEG XL, which"),
        (b"\0\0\0\x0cjP  \r\n", "is JPEG 2000, which"),
        (b"8BPS\0\1", "is Photoshop, which"),
        (b"%PDF-1.7", "is PDF, which"),
        (b"%!PS-Adobe-3.0 EPSF-3.0", "is PostScript, which"),
        (b"<?xml version='1.0'?>\n<!-- a -->\n<svg/>", "is SVG, which"),
        (b"<!DOCTYPE html><html>", "is an HTML page, which"),
        (b'{"error": 1}', "is JSON, which"),
        (b"\0\0\0\x18ftypisom", "is a video, which"),
        (b"\0\0\1\0\1\0", "is an icon, which"),
        (b"\x89PNG\r\n\x1a\n", "image is PNG, but could not be decoded"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "image is WebP, but could not be decoded"),
        (b"", "no bytes"),
        (b"junk", "The bytes could not be decoded"),
    ],
)
def test_reason_names_the_format_of_the_file(call, content, words):
    assert words in call.ended(uri(content))["check_summary"]["reason"]


def test_declared_size_decides_before_anything_is_decoded(call):
    tiny = BytesIO()
    Image.new("1", (16_000, 1_000)).save(tiny, "WEBP", lossless=True)
    document = call.ended(uri(tiny.getvalue(), "image/webp"))
    assert document["failure_code"] == "invalid_media"
    assert "16000 x 1000" in document["check_summary"]["reason"]


@pytest.mark.parametrize(("size", "fits"), [((5_000, 4_000), True), ((5_500, 4_900), False)])
def test_jpeg_counts_by_its_coefficients(size, fits):
    with Image.open(BytesIO(encoded(Image.new("RGB", size), "JPEG", subsampling=0))) as image:
        assert fits_in_memory(image) is fits


def test_pixels_of_one_byte_may_be_four_times_as_many():
    for mode, fits in (("L", True), ("I;16", True), ("RGB", False)):
        with Image.open(BytesIO(encoded(Image.new(mode, (8_000, 8_000)), "PNG", compress_level=1))) as image:
            assert fits_in_memory(image) is fits


def test_animation_counts_all_its_copies(sharp_image):
    content = encoded(
        Image.new("P", (3_000, 3_000)), "GIF", save_all=True, append_images=[Image.new("P", (3_000, 3_000), 1)]
    )
    with Image.open(BytesIO(content)) as image:
        assert not fits_in_memory(image)


def test_large_photograph_is_measured_at_a_smaller_size(call, sharp_image):
    large = encoded(sharp_image.resize((4000, 3000), Image.Resampling.NEAREST), "JPEG")
    document = call.ended(uri(large, "image/jpeg"))
    assert document["overall_passed"] is True
    assert document["check_summary"]["width"] == 4000


@pytest.mark.parametrize(
    "content",
    [b"", b"junk", b"\x89PNG\r\n\x1a\n", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"%!PS-Adobe-3.0 EPSF-3.0"],
    ids=["empty", "junk", "signature only", "svg", "eps"],
)
def test_bytes_that_are_not_an_image_are_invalid_media(call, content):
    document = call.ended(uri(content))
    assert (document["status_code"], document["failure_code"]) == ("failed", "invalid_media")
    assert (document["overall_passed"], document["weighted_pass_rate"], document["cost"]) == (None, None, None)
    assert document["completed_at"] is not None
    assert (document["judges"], document["action"], document["gate_failures"]) == ([], None, [])
    assert "decode" in document["check_summary"]["reason"]


@pytest.mark.parametrize("file_format", ["PNG", "JPEG", "WEBP"])
def test_truncated_image_is_invalid_media(call, sharp_image, file_format):
    content = encoded(sharp_image, file_format)
    document = call.ended(uri(content[: len(content) // 2], f"image/{file_format.lower()}"))
    assert document["failure_code"] == "invalid_media"


def test_damaged_bytes_never_raise(call, sharp_image):
    content = bytearray(encoded(sharp_image, "JPEG"))
    for position in range(0, len(content), 97):
        content[position] ^= 0x5A
        assert call.ended(uri(bytes(content[:5000])))["status_code"] in {"completed", "failed"}
        if position > 2000:
            break


@pytest.mark.parametrize("side", [13_000, 60_000])
def test_decompression_bomb_is_invalid_media(call, side):
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
        ("runflow://assets/01978c5e-2f10-7a41-9c3e-5b7d1f0a6e21", "asset"),
        ("data:image/png;base64,@@@@", "base64"),
        ("data:image/png;base64,AAA", "base64"),
    ],
)
def test_image_that_cannot_be_read_is_invalid_media(call, source, word):
    document = call.ended(source)
    assert (document["status_code"], document["failure_code"]) == ("failed", "invalid_media")
    assert word in document["check_summary"]["reason"]


def test_data_uri_may_be_percent_encoded_with_parameters(call, sharp_image):
    content = encoded(sharp_image.resize((300, 300)), "PNG")
    percent = "data:image/png;name=a.png," + "".join(f"%{byte:02x}" for byte in content)
    assert call.ended(percent)["status_code"] == "completed"
    assert (
        call.ended("DATA:image/PNG;charset=x;base64," + base64.b64encode(content).decode())["status_code"]
        == "completed"
    )


@pytest.mark.parametrize(("orientation", "size"), [(1, (240, 180)), (3, (240, 180)), (6, (180, 240))])
def test_thumbnail_is_turned_as_the_metadata_say(sharp_image, orientation, size):
    exif = Image.Exif()
    exif[0x0112] = orientation
    measured = measure(BytesIO(encoded(sharp_image, "JPEG", exif=exif)))
    with Image.open(BytesIO(measured.thumbnail)) as thumbnail:
        assert (thumbnail.format, thumbnail.size) == ("JPEG", size)
        # The sky is above, the meadow below; half a turn puts it the other way round.
        assert (thumbnail.getpixel((5, 5))[2] > 120) is (orientation != 3) or orientation == 6


def test_damaged_metadata_turn_nothing(sharp_image, monkeypatch):
    def damaged(image):
        raise SyntaxError("not Exif")

    content = encoded(sharp_image, "JPEG")
    monkeypatch.setattr(Image.Image, "getexif", damaged)
    assert measure(BytesIO(content)).thumbnail.startswith(b"\xff\xd8")
