"""Adds the contract, which the sandbox reads, and the models, which are loaded when they are first used."""

from PyInstaller.utils.hooks import collect_data_files, collect_submodules

datas = collect_data_files("runflow_api", includes=["*.json"])
hiddenimports = collect_submodules("runflow_api")
