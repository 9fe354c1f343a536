# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Dependencies point one way: modules -> tiers -> kinds -> engine."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

UTILS = "ansible_collections.terrace.aws.plugins.module_utils"
SDK = ("boto3", "botocore")
# What a layer may not import, by prefix of the imported name.
FORBIDDEN = {
    "engine": (f"{UTILS}.kinds", f"{UTILS}.tiers", "boto3", "botocore.session", "ansible_collections.amazon"),
    "kinds": (f"{UTILS}.tiers", *SDK, "ansible_collections.amazon"),
    "tiers": (*SDK, "ansible_collections.amazon"),
}


def imported_names(file: Path, package: str) -> set[str]:
    """Return the full dotted names that a file imports; `package` is the one it is in."""
    names = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parents = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*parents, *([node.module] if node.module else [])])
            names.update(f"{base}.{alias.name}" for alias in node.names)
    return names


def within(name: str, prefixes: tuple[str, ...]) -> bool:
    return any(name == prefix or name.startswith(f"{prefix}.") for prefix in prefixes)


def package_of(file: Path, root: Path) -> str:
    return ".".join([UTILS, *file.relative_to(root).parent.parts])


@pytest.mark.parametrize("layer", FORBIDDEN)
def test_layer_imports_only_downwards(checkout: Path, layer: str) -> None:
    root = checkout / "plugins" / "module_utils"
    files = sorted((root / layer).rglob("*.py"))
    assert files, f"no file in {layer}"
    wrong = [
        f"{file.relative_to(checkout)}: {name}"
        for file in files
        for name in sorted(imported_names(file, package_of(file, root)))
        if within(name, FORBIDDEN[layer])
    ]
    assert not wrong, "\n".join(wrong)


def test_kinds_do_not_know_each_other(checkout: Path) -> None:
    """Tiers and the registry put kinds together; files with a leading underscore are helpers of several kinds."""
    root = checkout / "plugins" / "module_utils"
    kinds = f"{UTILS}.kinds"
    wrong = []
    for file in sorted((root / "kinds").glob("*.py")):
        if file.name == "__init__.py":
            continue
        for name in sorted(imported_names(file, kinds)):
            if within(name, (kinds,)) and not name.removeprefix(f"{kinds}.").startswith("_"):
                wrong.append(f"{file.relative_to(checkout)}: {name}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("layer", ["kinds", "tiers"])
def test_everything_is_in_the_registry(checkout: Path, layer: str) -> None:
    utils = checkout / "plugins" / "module_utils"
    registered = imported_names(utils / "registry.py", UTILS)
    files = {file.stem for file in (utils / layer).glob("*.py") if not file.stem.startswith("_")}
    assert files, f"nothing in {layer}"
    missing = {stem for stem in files if not any(within(name, (f"{UTILS}.{layer}.{stem}",)) for name in registered)}
    assert not missing


def test_modules_leave_the_work_to_their_tier(checkout: Path) -> None:
    """A module is documentation, options and a short main()."""
    for file in sorted((checkout / "plugins" / "modules").glob("*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
        lines = sum(node.end_lineno - node.lineno + 1 for node in functions)
        assert lines <= 40, f"{file.name}: {lines} lines of code; move what is not the face into module_utils"
        assert not any(within(name, SDK) for name in imported_names(file, "")), f"{file.name} imports the SDK"
