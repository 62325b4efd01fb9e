"""Adds the modules that are loaded when they are first used, and the pages of the sandbox and the report."""

from PyInstaller.utils.hooks import collect_data_files, collect_submodules

datas = collect_data_files("runflow_client")
# Extras that are not installed, and pytest, stay out: what the program imports of them is found without this list.
hiddenimports = collect_submodules(
    "runflow_client", filter=lambda name: not name.endswith((".pytest_plugin", ".engines"))
)
