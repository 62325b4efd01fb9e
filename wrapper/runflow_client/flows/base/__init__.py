"""The parts that all flows share: steps, settings, checks of arguments, retries, and the reading of responses."""
