"""What PyInstaller puts into a program that uses this library: it asks for the folder of the hooks when it starts."""

from pathlib import Path


def hook_folders() -> list[str]:
    """Return the folder of the hooks."""
    return [str(Path(__file__).parent)]
