"""Retry-After: None, or a finite number of seconds from 0 to what may be slept, and never an exception.

The data is the header's text; a second line is the answer's own `Date`.
"""

from __future__ import annotations

import math
import re

from runflow_client.flows.base.responses import retry_after
from runflow_client.flows.base.steps import Response

_LONGEST = 1e13
"""Seconds between the first and the last date that can be written."""


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
