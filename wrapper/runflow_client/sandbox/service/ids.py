"""Times and ids in the formats of the API, derived from the sandbox's time so that equal runs have equal replies."""

import hashlib
import uuid
from datetime import datetime, timedelta


class IdFactory:
    """Formats times and mints ids that sort by time.

    Attributes:
        minted: how many ids and secrets were minted.

    Args:
        started_at: the date and time of second 0.
        seed: makes the ids of two sandboxes differ.
    """

    def __init__(self, started_at: datetime, seed: int) -> None:
        self._seed = seed
        self.started_at = started_at
        self.minted = 0

    def timestamp(self, now: float) -> str:
        """Format a time as ISO 8601, with microseconds and the offset +00:00."""
        return (self.started_at + timedelta(seconds=now)).isoformat(timespec="microseconds")

    def milliseconds(self, now: float) -> int:
        """Return a time as milliseconds since 1970."""
        return int((self.started_at + timedelta(seconds=now)).timestamp() * 1000)

    def new_secret(self) -> str:
        """Return 64 hexadecimal digits that differ from every id and every other secret."""
        return hashlib.sha256(f"secret {self._seed} {self._next()}".encode()).hexdigest()

    def fixed_id(self, name: str) -> str:
        """Return the id of something that exists from the start; the same name has the same id."""
        return self._id(0, name)

    def new_id(self, now: float) -> str:
        """Mint a UUIDv7: 48 bits of time, then bits that differ between the ids of one millisecond."""
        return self._id(now, str(self._next()))

    def _id(self, now: float, name: str) -> str:
        digest = hashlib.sha256(f"{self._seed} {name}".encode()).digest()
        value = self.milliseconds(now) << 80 | int.from_bytes(digest[:10], "big")
        value = value & ~(0xF << 76) | 0x7 << 76
        return str(uuid.UUID(int=value & ~(0x3 << 62) | 0x2 << 62))

    def _next(self) -> int:
        self.minted += 1
        return self.minted - 1
