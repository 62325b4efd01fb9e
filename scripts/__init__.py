"""Programs that build and check the project. Each runs from the project folder, as in `python -m scripts.upkeep.check`."""
