"""The forms in which an image can be passed."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, TypeAlias

ImageSource: TypeAlias = str | Path | bytes | BinaryIO
"""An `https://` URL, a `runflow://assets/...` reference, a `data:image/...` URI, a path, bytes, or a file opened in binary mode."""


@dataclass(frozen=True, slots=True)
class ReferenceImage:
    """An image to compare the evaluated one with, for identity or garment checks.

    Source: the submit reference page (`reference_images`, at most 4).

    Args:
        image: in any form that `evaluate` takes.
        kind: what it shows; the accepted values are not documented.
        description: what the judges should know about it.

    Example:
        >>> from runflow_client import ReferenceImage
        >>> ReferenceImage("https://example.com/face.png", kind="identity").kind
        'identity'
    """

    image: ImageSource = field(repr=False)
    kind: str | None = None
    description: str | None = None
