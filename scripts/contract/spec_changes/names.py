"""Which names of the library stand for a part of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scripts.contract.lint_spec import pointer_parts

# The methods of the clients that send each operation. A test keeps it complete, and every method in it is there.
METHODS: Mapping[str, tuple[str, ...]] = {
    "submit_evaluation": ("evaluations.submit", "evaluations.evaluate"),
    "get_evaluation": ("evaluations.get", "evaluations.wait", "evaluations.evaluate"),
    "list_evaluation_statuses": ("evaluations.statuses",),
    "list_evaluation_job_classes": ("evaluations.job_classes",),
    "set_evaluation_feedback": ("evaluations.set_feedback", "evaluations.clear_feedback"),
    "list_run_evaluations": ("evaluations.for_run",),
    "set_run_evaluation_feedback": ("evaluations.set_feedback", "evaluations.clear_feedback"),
    "create_asset_upload": ("assets.upload",),
    "confirm_asset_upload": ("assets.upload",),
    "get_asset": ("assets.get",),
    "list_asset_types": ("assets.types",),
    "create_callback_secret": ("callback_secrets.create",),
    "get_callback_secret": ("callback_secrets.get",),
    "update_callback_secret": ("callback_secrets.update",),
    "delete_callback_secret": ("callback_secrets.delete",),
    "get_account": ("account.me",),
    "get_balance": ("account.balance",),
    "get_health": ("account.health",),
}

# The wrapper's own classes that show a component's fields under its name for them.
CLASSES: Mapping[str, str] = {
    "Asset": "runflow_client.models.asset.Asset",
    "CallbackSecret": "runflow_client.models.callback_secret.CallbackSecret",
    "Evaluation": "runflow_client.Evaluation",
    "EvaluationCallback": "runflow_client.callbacks.Callback",
    "EvaluationReferenceImage": "runflow_client.ReferenceImage",
}


def classes(pointer: str, document: Mapping[str, Any]) -> tuple[str, ...]:
    """The classes that stand for the component a pointer leads into, with the attribute where it leads to a field."""
    parts = pointer_parts(pointer)
    if parts[:2] != ["components", "schemas"] or len(parts) < 3:
        return ()
    schema = document.get("components", {}).get("schemas", {}).get(parts[2], {})
    if not has_class(schema):
        return ()
    attribute = f".{parts[4]}" if len(parts) > 4 and parts[3] == "properties" else ""
    homes = (CLASSES.get(parts[2]), f"runflow_api.models.{parts[2]}")
    return tuple(f"{home}{attribute}" for home in homes if home)


def has_class(schema: Mapping[str, Any]) -> bool:
    """Whether the generator makes a class of a component: of an object with fields, and of an enum."""
    return bool(schema.get("properties") or schema.get("enum"))


def methods(operation: str) -> tuple[str, ...]:
    """The clients' methods for an operation; `send` takes those that have none of their own."""
    return tuple(f"client.{name}" for name in METHODS.get(operation, ("send",)))
