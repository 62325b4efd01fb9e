"""The state of a served sandbox in a file, so that its evaluations, assets and secrets survive a restart."""

import os
import pickle
import tempfile
from importlib import import_module
from io import BytesIO
from pathlib import Path
from typing import Any

from ..service.service import Service

# Changes with the classes that are in the file.
_HEAD = b"runflow sandbox state 1\n"
_ELSEWHERE = {
    ("collections", "deque"),
    ("datetime", "datetime"),
    ("datetime", "timedelta"),
    ("datetime", "timezone"),
    ("decimal", "Decimal"),
}
_OWN = "runflow_client.sandbox."


class _Unpickler(pickle.Unpickler):
    """Makes objects of the sandbox's own classes and of a few of the standard library; a file cannot name anything else."""

    def find_class(self, module: str, name: str) -> Any:
        found = None
        if (module, name) in _ELSEWHERE or module.startswith(_OWN):
            found = getattr(import_module(module), name, None)
        if not isinstance(found, type):
            raise pickle.UnpicklingError(f"the state holds {module}.{name}, which it cannot")
        return found


def load_state(path: Path) -> dict[str, Any] | None:
    """Return the snapshot of a service that `save_state` has written; None where there is no file.

    Raises:
        ValueError: the file is not one, or was written by another version.
        OSError: it cannot be read.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    if not content.startswith(_HEAD):
        raise ValueError(f"{path.name} is not the state of a sandbox, or of another version; delete it to start anew")
    try:
        snapshot: dict[str, Any] = _Unpickler(BytesIO(content.removeprefix(_HEAD))).load()
    except Exception as error:  # unpickling raises errors of many types for damaged bytes
        raise ValueError(f"{path.name} is damaged or of another version; delete it to start anew") from error
    return snapshot


def save_state(path: Path, service: Service) -> None:
    """Write the state of a service, whole or not at all; only its owner may read the file, which holds callback secrets.

    Raises:
        OSError: it cannot be written.
    """
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f"{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(_HEAD)
            pickle.dump(service.snapshot(), file)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
