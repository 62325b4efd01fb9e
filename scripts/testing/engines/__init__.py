"""Batches on Ray, on Spark and as plain shards, whose parts are killed: `make engines`."""
