"""The programs that make and check the project; each runs from the project folder, as in `python -m scripts.upkeep.check`."""
