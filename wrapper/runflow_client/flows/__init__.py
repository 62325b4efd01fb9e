"""Flows: the logic of every call, as generators that yield steps.

A flow uses no network, no clock and no file: it yields steps (`base/steps.py`), and a driver performs them. So the logic is
written once, runs under both the sync and the async driver, and is tested without waiting.
"""
