"""The command line: `runflow` and `python -m runflow_client`."""
