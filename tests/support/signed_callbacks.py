"""Signed callbacks whose signatures openssl computed."""

from __future__ import annotations

import hmac

# Known values, computed with `openssl dgst -sha256 -hmac SECRET`.
CURRENT = "whsec_current_0123456789"
PREVIOUS = "whsec_previous_9876543210"
BODY = (
    b'{"event":"evaluation.completed","evaluation_id":"01978c5f-6b02-7d19-8f4a-2c9e6d3b5a10","status":"completed",'
    b'"client_ref":"order-4711/2","completed_at":"2026-07-01T09:13:18+00:00"}'
)
BY_CURRENT = "2382b9f677ce38ed66903594fcdd32325d5ee930daba4b89848acb3e1f174cc0"
BY_PREVIOUS = "8b0aaf2b49c672d82d90801538f07830d772fc7cc8c60705e4033cafc71f4ac8"
KNOWN = [
    (BODY, CURRENT, BY_CURRENT),
    (BODY, PREVIOUS, BY_PREVIOUS),
    (b"", CURRENT, "5ffd23660132088eec2dbd251595a5b2eb8238e7a41b1b4f16c7df4727bbba63"),
    (b"\xff\xfe{}\n", PREVIOUS, "3e9116ce486d498a3616eaff0ac0067d11bbabc47e211eab9eb4ba62f055910d"),
    # The second case of RFC 4231.
    (b"what do ya want for nothing?", "Jefe", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
]


def signed(body: bytes, secret: str = CURRENT) -> str:
    return hmac.new(secret.encode(), body, "sha256").hexdigest()
