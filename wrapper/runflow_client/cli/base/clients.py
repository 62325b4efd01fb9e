"""The client of a command."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..terminal.screen import Screen
from ..terminal.words import printable
from .statuses import CommandError

if TYPE_CHECKING:
    from ...client.sync_client import Runflow
    from ...events import Event
    from ...flows.base.policies import PollPolicy
    from ...models.images import ImageSource, ReferenceImage

_ADDRESSES = ("https://", "http://", "runflow://", "data:")


def open_client(screen: Screen, hooks: Sequence[Callable[[Event], object]] = ()) -> Runflow:
    """Return a client for the key and the base URL of the environment; the screen shows the key nowhere.

    Raises:
        ConfigurationError: there is no key, or a setting cannot be used.
    """
    from ...client.sync_client import Runflow
    from ...runtime.configuration import configure

    screen.hide(configure(None, None, None, None).api_key)
    return Runflow(hooks=hooks)


def poll_policy(options: argparse.Namespace) -> PollPolicy:
    from ...flows.base.policies import PollPolicy

    every = options.poll_every
    return PollPolicy() if every is None else PollPolicy(first=every, then=every, longest=every, growth=1.0)


def is_address(image: str) -> bool:
    """Return whether an image is named by an address, not by a path."""
    return image[:10].lower().startswith(_ADDRESSES)


def checked_evaluation_id(text: str) -> str:
    """Return the id of an evaluation as it was typed.

    Raises:
        CommandError: it looks like an image.
    """
    if is_address(text) or "." in text or Path(text).is_file():  # an id has no point
        shown = printable(text)
        raise CommandError(
            f"{shown!r} looks like an image, not like the id of an evaluation: `runflow evaluate {shlex.quote(shown)} --task-type TYPE` "
            "judges an image"
        )
    return text


def image_of(image: str, folder: Path = Path()) -> ImageSource:
    """Return an image that is named by an address or by a path, which is relative to a folder.

    Raises:
        CommandError: there is no such file.
        InvalidRequestError: the API takes no such address.
    """
    if is_address(image):
        from ...runtime.files.images import load

        load(image, "image")
        return image
    path = folder / image
    if not path.is_file():
        raise CommandError(f"there is no file {printable(path)!r}: name a file, or an https:// address")
    return path


def reference_of(text: str, folder: Path = Path()) -> ReferenceImage:
    """Return a reference image that is named as `image` or as `kind=image`."""
    from ...models.images import ReferenceImage

    kind, equals, image = text.partition("=")
    if equals and kind.isidentifier():
        return ReferenceImage(image_of(image, folder), kind=kind)
    return ReferenceImage(image_of(text, folder))


def request_fields(options: argparse.Namespace) -> dict[str, Any]:
    """Return the fields of a submit that options name."""
    names = (
        "task_type",
        "task_description",
        "generation_prompt",
        "evaluation_instructions",
        "input_attributes",
        "run_id",
        "client_ref",
        "job_class",
        "callback_url",
    )
    found = {name: getattr(options, name) for name in names if getattr(options, name) is not None}
    if options.reference_images:
        found["reference_images"] = [reference_of(text) for text in options.reference_images]
    return found
