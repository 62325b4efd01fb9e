"""Retry-After gives None or a finite number of seconds, never an exception.

The first line of the data is the header; the second is the `Date` of the response.
"""

from __future__ import annotations

import math
import re

from runflow_client.flows.base.responses import retry_after
from runflow_client.flows.base.steps import Response

_LONGEST = 1e13
"""Seconds between the earliest and the latest possible date."""


def check(data: bytes) -> None:
    text, _, date = data.decode("latin-1").partition("\n")
    headers = {"retry-after": text} | ({"date": date} if date else {})
    seconds = retry_after(Response(429, headers, b""))
    assert seconds is None or (isinstance(seconds, float) and math.isfinite(seconds) and 0 <= seconds <= _LONGEST)
    plain = text.strip()
    if re.fullmatch(r"[0-9]+", plain):
        assert seconds == min(float(plain), 1e9)
    if not plain:
        assert seconds is None
