"""A contract with the same text wherever a contract holds text, and a look at whether any of it became code."""

from __future__ import annotations

import ast
import builtins
from pathlib import Path
from typing import Any

_REF = "#/components/schemas/"
_OF_A_PATH = str.maketrans("{}?#", "()__")
# What generated modules call that is neither their own nor imported from beside them.
_CALLED = frozenset(
    ("dict.fromkeys", "getattr", "globals", "import_module", "isinstance", "len", "sorted", "AttributeError")
)
_METHODS = frozenset(
    ("from_dict", "to_dict", "read", "get", "items", "__new__", "fromkeys", "update", "append", "copy")
)
_IMPORTED = frozenset(("__future__", "attrs", "collections.abc", "datetime", "decimal", "importlib", "typing", "uuid"))


def document(text: str) -> dict[str, Any]:
    """A small contract that holds a text in every place."""
    said = {"title": text, "description": text, "x-source": text, "x-provenance": text, "examples": [text]}
    enum = {"type": "string", "enum": ["x", text], "x-enum-varnames": ["X", text], **said}
    variant = {
        "type": "object",
        "required": ["kind"],
        "properties": {"kind": {"const": text}, text: {"type": "string"}},
    }
    other = {"type": "object", "required": ["kind"], "properties": {"kind": {"const": f"{text}2"}}}
    union = {
        "oneOf": [{"$ref": f"{_REF}Variant"}, {"$ref": f"{_REF}Other"}],
        "discriminator": {"propertyName": "kind", "mapping": {text: f"{_REF}Variant", "o": f"{_REF}Other"}},
    }
    properties = {
        "a": {"type": "string", "default": text, "pattern": "^a$", **said},
        f"{text}b": {"type": "integer", "minimum": 1, **said},
        "c": {"type": "array", "items": {"enum": [text, 1, True]}, **said},
        "d": {"type": "object", "title": text, "properties": {text: {"type": "string", "enum": [text]}}},
        "e": union,
        "f": {"type": "object", "additionalProperties": {"type": "string", "format": text}},
        "g": {"const": text, "default": text},
        "secret": {"type": "string", "x-secret": True, "format": text},
    }
    schema = {"type": "object", "required": ["a", text], "properties": properties, **said}
    parameters = [
        {"name": name, "in": place, "required": place == "path", "description": text, "schema": schema_of}
        for name, place, schema_of in (
            ("id", "path", {"type": "string", "default": text, **said}),
            (text, "query", {"type": "string", "enum": [text, "y"]}),
            (f"{text}l", "query", {"type": "array", "items": {"type": "string"}, "default": [text]}),
            (text, "header", {"const": text}),
            (text, "cookie", {"type": "integer"}),
        )
    ]
    content = {"application/json": {"schema": {"$ref": f"{_REF}Whole"}, "example": text}}
    operation = {
        "operationId": text,
        "tags": [text, text],
        "summary": text,
        "description": text,
        "x-source": text,
        "x-provenance": text,
        "parameters": parameters,
        "requestBody": {"required": True, "description": text, "content": content},
        "responses": {"200": {"description": text, "content": content}, "4XX": {"description": text}},
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": text, "version": text, "description": text},
        "paths": {
            "/v1/{id}": {"post": operation},
            "/v1/fixed": {"summary": text, "get": {"tags": [text], "responses": {"204": {"description": text}}}},
            f"/v1/{text.translate(_OF_A_PATH)}": {"get": {"responses": {"204": {"description": text}}}},
        },
        "components": {
            "schemas": {
                "Whole": schema,
                "Variant": variant,
                "Other": other,
                "Named": enum,
                text: {"type": "object", "properties": {"n": {"$ref": f"{_REF}Named"}}, "x-class-name": text},
            }
        },
    }


def code_outside_of_the_templates(folder: Path) -> list[str]:
    """What generated modules do that no template writes; empty if all text stayed text.

    Args:
        folder: A generated package.
    """
    found: list[str] = []
    for path in sorted((*(folder / "models").glob("*.py"), *(folder / "api").rglob("*.py"))):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        known = {node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef | ast.FunctionDef)}
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.level:
                known |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module in _IMPORTED:
                known |= {alias.asname or alias.name for alias in node.names}
            elif isinstance(node, ast.Assign) and ast.unparse(node.value).startswith(("reader_of(", "values_of(")):
                known |= {ast.unparse(target) for target in node.targets}
            elif isinstance(node, ast.Import | ast.ImportFrom):
                found.append(f"{path.name}: {ast.unparse(node)}")
        found += [f"{path.name}: {said}" for node in ast.walk(tree) if (said := _odd(node, known))]
        found += [f"{path.name}: {ast.unparse(node)}" for node in tree.body if not isinstance(node, _STATEMENTS)]
    return found


_STATEMENTS = (
    ast.Import, ast.ImportFrom, ast.ClassDef, ast.FunctionDef, ast.Assign, ast.AnnAssign, ast.Expr, ast.If,
)  # fmt: skip


def _odd(node: ast.AST, known: set[str]) -> str:
    if isinstance(node, ast.Expr) and not isinstance(node.value, ast.Constant | ast.Call):
        return ast.unparse(node)
    if not isinstance(node, ast.Call):
        # The only formatted text is that of models/__init__.py.
        is_odd = isinstance(node, ast.Await | ast.Yield | ast.Global | ast.Delete | ast.With | ast.While)
        return ast.unparse(node) if is_odd else ""
    called = ast.unparse(node.func)
    if called in _CALLED or (called in known and called not in dir(builtins)):
        return ""
    if isinstance(node.func, ast.Attribute) and node.func.attr in _METHODS:
        return ""
    return "" if called == "cls" else ast.unparse(node)
