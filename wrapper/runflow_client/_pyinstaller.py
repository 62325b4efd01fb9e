"""What PyInstaller puts into a program that uses this library: it asks for the folder of the hooks when it starts.

The folder is no package, because PyInstaller sets the names of the hooks, and they are no names of modules.
"""

from pathlib import Path


def hook_folders() -> list[str]:
    """Return the folder of the hooks."""
    return [str(Path(__file__).with_name("__pyinstaller"))]
