"""The journal as a SQLite file, which several processes of one machine may share."""

from .journal import open_journal

__all__ = ["open_journal"]
