"""The commands about single evaluations."""
