"""The report of a batch: one HTML page with totals, charts and a gallery."""
