"""What is done and in what order, as generators.

Nothing here touches the network, a clock or a file: a flow yields steps (`steps.py`), a driver does them. So the logic
stands once, runs under the sync and the async driver alike, and is tested without waiting.
"""
