"""How generated/runflow_api is made of openapi.yaml; scripts/generate.py runs it."""
