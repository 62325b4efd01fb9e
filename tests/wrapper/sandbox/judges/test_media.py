"""The forms and formats of images that can be read and measured."""

import base64
import struct
import zlib
from io import BytesIO

import pytest
from PIL import Image


def uri(content, media_type="image/png"):
    return f"data:{media_type};base64,{base64.b64encode(content).decode()}"


def encoded(image, file_format, **options):
    buffer = BytesIO()
    image.save(buffer, file_format, **options)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("file_format", "options"),
    [("PNG", {}), ("JPEG", {"quality": 85}), ("WEBP", {"quality": 80}), ("GIF", {}), ("BMP", {}), ("TIFF", {})],
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


def test_transparent_pixels_count_as_white(call, sharp_image, data_uri):
    clear = Image.new("RGBA", (640, 480), (0, 0, 0, 0))
    assert "Too bright" in call.ended(data_uri(clear))["top_issues"]


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
    assert "decoded" in document["check_summary"]["reason"]


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


@pytest.mark.parametrize("side", [8_000, 12_000, 60_000])
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
