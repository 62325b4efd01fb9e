"""The SQL of a journal on PostgreSQL. Rows that change together are sent as arrays, so that many cost one statement."""

from __future__ import annotations

from typing import LiteralString

_LEDGER: LiteralString = "granted, submitted, unknown, passed, rejected, undecided, failed, spent, reserved, results"

# The time of the database, where a test hands in no other.
CLOCK: LiteralString = "SELECT coalesce(%s::float8, extract(epoch FROM clock_timestamp())::float8)"

BATCH_IDS: LiteralString = "SELECT batch_id FROM runflow_journal.batches ORDER BY number"

FIND_BATCH: LiteralString = "SELECT number, seed, account, description FROM runflow_journal.batches WHERE batch_id = %s"

ADD_BATCH: LiteralString = """
INSERT INTO runflow_journal.batches (batch_id, seed, account, description) VALUES (%s, %s, %s, %s)
ON CONFLICT (batch_id) DO NOTHING
"""

READ_LEDGER: LiteralString = """
SELECT granted, submitted, unknown, passed, rejected, undecided, failed, spent, reserved, results, pace
FROM runflow_journal.batches WHERE number = %s
"""

LOCK_BATCH: LiteralString = READ_LEDGER + " FOR UPDATE"

WRITE_LEDGER: LiteralString = """
UPDATE runflow_journal.batches SET granted = %s, submitted = %s, unknown = %s, passed = %s, rejected = %s, undecided = %s,
    failed = %s, spent = %s, reserved = %s, results = %s, pace = %s WHERE number = %s
"""

READ_ITEMS: LiteralString = """
SELECT i.item_id, i.state, i.digest, i.idempotency_key, i.image_references, i.price, i.granted, i.worker, i.evaluation_id, i.result,
       w.until, r.verdict, r.evaluation, r.cost
FROM runflow_journal.items i LEFT JOIN runflow_journal.workers w ON w.number = i.worker
    LEFT JOIN runflow_journal.results r ON r.batch = i.batch AND r.number = i.result
WHERE i.batch = %s AND i.item_id = ANY(%s::text[])
"""

WRITE_ITEMS: LiteralString = """
INSERT INTO runflow_journal.items (batch, item_id, state, digest, idempotency_key, image_references, price, granted, worker,
    evaluation_id, result)
SELECT * FROM unnest(%s::int[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::numeric[], %s::float8[],
    %s::bigint[], %s::text[], %s::bigint[])
ON CONFLICT (batch, item_id) DO UPDATE SET state = excluded.state, digest = excluded.digest,
    idempotency_key = excluded.idempotency_key, image_references = excluded.image_references, price = excluded.price,
    granted = excluded.granted, worker = excluded.worker, evaluation_id = excluded.evaluation_id, result = excluded.result
"""

REMOVE_ITEM: LiteralString = "DELETE FROM runflow_journal.items WHERE batch = %s AND item_id = %s"

ADD_RESULTS: LiteralString = """
INSERT INTO runflow_journal.results (batch, number, item_id, verdict, evaluation, cost)
SELECT * FROM unnest(%s::int[], %s::bigint[], %s::text[], %s::text[], %s::text[], %s::numeric[])
"""

READ_ENDED: LiteralString = """
SELECT r.number, r.item_id, i.evaluation_id, i.idempotency_key, i.digest, r.verdict, r.evaluation, r.cost
FROM runflow_journal.results r JOIN runflow_journal.items i ON i.batch = r.batch AND i.item_id = r.item_id
    AND i.result = r.number AND i.state = 'finished'
WHERE r.batch = %s AND r.number > %s ORDER BY r.number LIMIT %s
"""

READ_STATES: LiteralString = """
SELECT i.item_id, CASE i.state WHEN 'finished' THEN r.verdict ELSE i.state END
FROM runflow_journal.items i LEFT JOIN runflow_journal.results r ON r.batch = i.batch AND r.number = i.result
WHERE i.batch = %s AND i.item_id > %s ORDER BY i.item_id LIMIT %s
"""

READ_LEASE: LiteralString = "SELECT until FROM runflow_journal.workers WHERE number = %s"

# The rows of workers that have ended go once they have no items, but never their numbers: one that was frozen could come back.
REMOVE_ENDED_LEASES: LiteralString = (
    "DELETE FROM runflow_journal.workers WHERE batch = %s AND until <= %s AND items <= 0"
)

ADD_LEASE: LiteralString = (
    "INSERT INTO runflow_journal.workers (batch, until, process) VALUES (%s, %s, %s) RETURNING number"
)

READ_PROCESSES: LiteralString = "SELECT number, process FROM runflow_journal.workers WHERE batch = %s"

RENEW_LEASE: LiteralString = """
INSERT INTO runflow_journal.workers (number, batch, until, process) VALUES (%s, %s, %s, %s)
ON CONFLICT (number) DO UPDATE SET until = excluded.until
"""

END_LEASE: LiteralString = "DELETE FROM runflow_journal.workers WHERE number = %s"

COUNT_ITEMS: LiteralString = "UPDATE runflow_journal.workers SET items = items + %s WHERE number = %s"

OTHERS_HAVE_ITEMS: LiteralString = """
SELECT 1 FROM runflow_journal.workers WHERE batch = %s AND number <> %s AND until > %s AND items > 0 LIMIT 1
"""
