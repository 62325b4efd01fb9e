"""The version of this package; pyproject.toml and the User-Agent header read it here."""

__version__ = "0.1.0"
