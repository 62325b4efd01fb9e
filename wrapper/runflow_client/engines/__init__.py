"""A batch on many machines: the engine splits, restarts and writes, and the journal keeps the money. See docs/many-machines.md."""
