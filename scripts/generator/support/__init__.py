"""Runflow's image-evaluation API as data: models, enums and operations, without any network.

Written by `make generate` from openapi.yaml; a change by hand is lost, and `make check-generated` names it.
"""
