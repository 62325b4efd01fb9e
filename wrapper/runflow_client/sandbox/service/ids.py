"""Times and ids as the API writes them, made from the sandbox's own time so that two equal runs give equal answers."""

import hashlib
import itertools
import uuid
from datetime import datetime, timedelta


class Stamps:
    """Writes seconds of the sandbox's time as dates and mints ids that sort by them.

    Args:
        started_at: the date and time of second 0.
        seed: makes the ids of two sandboxes differ.
    """

    def __init__(self, started_at: datetime, seed: int) -> None:
        self._started_at = started_at
        self._seed = seed
        self._count = itertools.count()

    def time(self, now: float) -> str:
        """Write a time in ISO 8601, with microseconds and the offset +00:00."""
        return (self._started_at + timedelta(seconds=now)).isoformat(timespec="microseconds")

    def milliseconds(self, now: float) -> int:
        """Write a time as milliseconds since 1970."""
        return int((self._started_at + timedelta(seconds=now)).timestamp() * 1000)

    def new_secret(self) -> str:
        """Mint 64 hex digits that differ from every id and every other secret."""
        return hashlib.sha256(f"secret {self._seed} {next(self._count)}".encode()).hexdigest()

    def new_id(self, now: float) -> str:
        """Mint an id in the form of a UUIDv7: 48 bits of time, then what tells apart the ids of one millisecond."""
        digest = hashlib.sha256(f"{self._seed} {next(self._count)}".encode()).digest()
        value = self.milliseconds(now) << 80 | int.from_bytes(digest[:10], "big")
        value = value & ~(0xF << 76) | 0x7 << 76
        return str(uuid.UUID(int=value & ~(0x3 << 62) | 0x2 << 62))
