"""What the wrapper makes of the contract, read from its code: its classes, their helpers, and the methods of the clients.

The code is parsed, not imported, and nothing is looked for at a fixed place: a class stands for a component when it is made of
the generated one, a helper for a field when it reads it, a method for an operation when what it calls builds that operation.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
WRAPPER = ROOT / "wrapper" / "runflow_client"

MODELS = "runflow_api.models."
OPERATIONS = "runflow_api.api."
CLIENT = "Runflow"
# Classes of the wrapper that show a component under another name, and are not made of it.
STANDS_FOR: Mapping[str, str] = {"EvaluationCallback": "Callback", "EvaluationReferenceImage": "ReferenceImage"}

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass
class Module:
    """A module: what its names mean that it imports, and its functions and classes."""

    name: str
    imports: dict[str, str] = field(default_factory=dict)
    functions: dict[str, Function] = field(default_factory=dict)
    classes: dict[str, ast.ClassDef] = field(default_factory=dict)


@dataclass(frozen=True)
class Helper:
    """A public method of a class: the attributes of itself it reads, the components it mentions and what it reads of others."""

    path: str
    owner: ast.ClassDef
    own: set[str]
    components: set[str]
    others: set[str]


class Library:
    """The wrapper in a folder."""

    def __init__(self, folder: Path) -> None:
        parsed = (self._parsed(file, folder) for file in sorted(folder.rglob("*.py")))
        self._modules = {module.name: module for module in parsed}
        self._reached: dict[str, frozenset[str]] = {}
        self.methods = self._methods()
        self._helpers = list(self._all_helpers())
        self._shown: dict[str, list[tuple[str, ast.ClassDef]]] = {}

    def classes(self, component: str) -> list[str]:
        """The paths of the classes that stand for a component."""
        return [self._path(module, name) for module, name in self._standing_for(component)]

    def attributes(self, component: str, name: str) -> list[str]:
        """The paths of what gives a field of a component: itself, and the helpers that read it."""
        if component not in self._shown:
            self._shown[component] = [
                (self._path(module, owner), module.classes[owner]) for module, owner in self._standing_for(component)
            ]
        found: list[str] = []
        for path, definition in self._shown[component]:
            is_made_of_it = component not in STANDS_FOR
            found += [f"{path}.{name}"] if is_made_of_it or name in fields(definition) else []
            found += [helper.path for helper in self._helpers if helper.owner is definition and name in helper.own]
        read = (one for one in self._helpers if component in one.components and name in one.others)
        return list(dict.fromkeys([*found, *(helper.path for helper in read)]))

    def _parsed(self, file: Path, folder: Path) -> Module:
        parts = [folder.name, *file.relative_to(folder).with_suffix("").parts]
        is_package = parts[-1] == "__init__"
        module = Module(".".join(parts[:-1] if is_package else parts))
        tree = ast.parse(file.read_text(encoding="utf-8"))
        package = parts[:-1]
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom):
                start = package[: len(package) - node.level + 1] if node.level else []
                base = ".".join([*start, *([node.module] if node.module else [])])
                module.imports.update({one.asname or one.name: f"{base}.{one.name}" for one in node.names})
        for statement in tree.body:
            if isinstance(statement, Function):
                module.functions[statement.name] = statement
            elif isinstance(statement, ast.ClassDef):
                module.classes[statement.name] = statement
        return module

    def _resolved(self, name: str) -> str:
        """The place in which a name is defined, through the packages that only pass it on."""
        seen: set[str] = set()
        while name not in seen:
            seen.add(name)
            owner, _, last = name.rpartition(".")
            module = self._modules.get(owner)
            if module is not None and last not in (*module.functions, *module.classes) and last in module.imports:
                name = module.imports[last]
        return name

    def _standing_for(self, component: str) -> Iterator[tuple[Module, str]]:
        for module in self._modules.values():
            for name, definition in module.classes.items():
                bases = [self._meaning(module, base.id) for base in definition.bases if isinstance(base, ast.Name)]
                is_made_of_it = any(base.startswith(MODELS) and base.endswith(f".{component}") for base in bases)
                if is_made_of_it or STANDS_FOR.get(component) == name:
                    yield module, name

    def _meaning(self, module: Module, name: str) -> str:
        """The place in which a name of a module is defined; the name may have dots, as that of a class of an imported package."""
        first, *rest = name.split(".")
        return self._resolved(".".join([self._resolved(module.imports.get(first, f"{module.name}.{first}")), *rest]))

    def _path(self, module: Module, name: str) -> str:
        """The shortest path under which a class is imported."""
        whole = f"{module.name}.{name}"
        passed_on = [
            f"{other.name}.{alias}"
            for other in self._modules.values()
            for alias, meaning in other.imports.items()
            if alias == name and other.name == whole[: len(other.name)] and self._resolved(meaning) == whole
        ]
        return min([whole, *passed_on], key=len)

    def _own_fields(self, definition: ast.ClassDef, name: str, seen: set[str]) -> set[str]:
        """The attributes of itself that a helper reads, by other helpers too."""
        function = functions(definition).get(name)
        if function is None or name in seen:
            return set()
        seen.add(name)
        read = {node.attr for node in attributes(function) if is_name(node.value, "self")}
        return read.union(*(self._own_fields(definition, one, seen) for one in read))

    def _all_helpers(self) -> Iterator[Helper]:
        for module in self._modules.values():
            for owner, definition in module.classes.items():
                for name in public_functions(definition):
                    own = self._own_fields(definition, name, set())
                    bodies = [function for key, function in functions(definition).items() if key in {name, *own}]
                    mentioned = {
                        self._meaning(module, ast.unparse(node))
                        for body in bodies
                        for node in ast.walk(body)
                        if isinstance(node, ast.Name)
                        or (isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name))
                    }
                    components = {one.rpartition(".")[2] for one in mentioned if one.startswith(MODELS)}
                    read = [node for body in bodies for node in attributes(body)]
                    others = {node.attr for node in read if not is_name(node.value, "self")}
                    yield Helper(f"{self._path(module, owner)}.{name}", definition, own, components, others)

    def _methods(self) -> dict[str, tuple[str, ...]]:
        """The methods of the clients by the operations that they send."""
        found: dict[str, list[str]] = {}
        client = next((one for one in self._modules.values() if CLIENT in one.classes), None)
        if client is None:
            return {}
        for attribute, annotation in annotated(client.classes[CLIENT]):
            owner, _, name = self._meaning(client, annotation).rpartition(".")
            module = self._modules.get(owner)
            if module is not None and name in module.classes:
                for method in public_functions(module.classes[name]):
                    for operation in self._operations(f"{owner}.{name}.{method}"):
                        found.setdefault(operation, []).append(f"{attribute}.{method}")
        return {operation: tuple(methods) for operation, methods in found.items()}

    def _operations(self, start: str) -> list[str]:
        """The operations that a function builds, or what it calls."""
        waiting, seen, found = [start], {start}, set[str]()
        while waiting:
            for name in self._mentioned(waiting.pop()):
                if name.startswith(OPERATIONS):
                    found.add(name.removeprefix(OPERATIONS).split(".")[1])
                elif name not in seen:
                    seen.add(name)
                    waiting.append(name)
        return sorted(found)

    def _mentioned(self, name: str) -> frozenset[str]:
        """The functions and operations that a function mentions."""
        if name not in self._reached:
            self._reached[name] = frozenset(self._look_up(name))
        return self._reached[name]

    def _look_up(self, name: str) -> Iterator[str]:
        owner, _, last = name.rpartition(".")
        module, definition = self._modules.get(owner), None
        if module is None:
            owner, _, kind = owner.rpartition(".")
            module = self._modules.get(owner)
            definition = module.classes.get(kind) if module else None
            function = functions(definition).get(last) if definition else None
        else:
            function = module.functions.get(last)
        if module is None or function is None:
            return
        for node in ast.walk(function):
            if isinstance(node, ast.Name):
                yield self._meaning(module, node.id)
            elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                if node.value.id == "self" and definition is not None:
                    yield f"{module.name}.{definition.name}.{node.attr}"
                else:
                    yield self._resolved(f"{self._meaning(module, node.value.id)}.{node.attr}")


def functions(definition: ast.ClassDef) -> dict[str, Function]:
    return {node.name: node for node in definition.body if isinstance(node, Function)}


def public_functions(definition: ast.ClassDef) -> list[str]:
    return [name for name in functions(definition) if not name.startswith("_")]


def fields(definition: ast.ClassDef) -> set[str]:
    return {name for name, _ in annotated(definition)} | set(functions(definition))


def annotated(definition: ast.ClassDef) -> Iterator[tuple[str, str]]:
    """The annotated attributes of a class, and its properties, with the names of their types."""
    for node in definition.body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.target.id, ast.unparse(node.annotation).strip("'\"")
        elif isinstance(node, Function) and node.returns is not None and node.decorator_list:
            yield node.name, ast.unparse(node.returns).strip("'\"")


def attributes(function: Function) -> list[ast.Attribute]:
    return [node for node in ast.walk(function) if isinstance(node, ast.Attribute)]


def is_name(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


@cache
def library() -> Library:
    """The wrapper of this project."""
    return Library(WRAPPER)
