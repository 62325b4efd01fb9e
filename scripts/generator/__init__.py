"""How generated/runflow_api is made of openapi.yaml; scripts/generator/generate.py runs it."""
