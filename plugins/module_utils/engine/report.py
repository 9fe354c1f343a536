# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the user gets to read: results, outputs and diffs. Secret fields never pass."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Declaration
from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import Found, Kind
from ansible_collections.terrace.aws.plugins.module_utils.engine.plan import MAKE, REMOVE, Step
from ansible_collections.terrace.aws.plugins.module_utils.engine.resolve import Resolved
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import UNKNOWN, Unknown, managed, transform


def result(step: Step, resource_id: str | None = None) -> dict[str, Any]:
    """Return one entry of `resources`."""
    fields = [change.field for change in step.changes] + (["tags"] if step.tags else [])
    return {
        "kind": step.key.kind,
        "name": step.key.name,
        "id": resource_id or (step.found.id if step.found else None),
        "action": step.action,
        "fields": fields,
    }


def results(steps: Iterable[Step], ids: Mapping[Any, str] | None = None) -> list[dict[str, Any]]:
    """Return `resources`: one entry per resource, so only the making half of a replacement."""
    ids = ids or {}
    return [result(step, ids.get(step.id)) for step in steps if not (step.action == "replace" and step.phase == REMOVE)]


def diffs(steps: Iterable[Step]) -> list[dict[str, str]]:
    """Return Ansible's diff structure, one entry per resource that changes."""
    return [_diff(step) for step in _changing(steps)]


def differences(steps: Iterable[Step]) -> list[dict[str, Any]]:
    """Return the same for programs: kind, name, id, action, and `fields` as ``{field: {before, after}}``."""
    return [_difference(step) for step in _changing(steps)]


def disruptions(steps: Iterable[Step]) -> list[str]:
    """Return what the updates interrupt, a sentence for each field."""
    return [
        f"{step.key}: changing {change.field} {change.disruption}"
        for step in steps
        if step.action == "update"
        for change in step.changes
        if change.disruption
    ]


def outputs(declarations: Iterable[Declaration], kinds: Mapping[str, Kind], resolved: Resolved) -> dict[str, Any]:
    """Return id, name and attributes of every declared resource as ``{kind: {name: {...}}}``."""
    result_: dict[str, Any] = {}
    for declaration in declarations:
        if kinds[declaration.kind].identity:
            continue
        found = resolved.get(declaration.key)
        described = facts(found) if found else {"id": repr(UNKNOWN)}
        result_.setdefault(declaration.kind, {})[declaration.name] = described
    return result_


def facts(found: Found) -> dict[str, Any]:
    """Return what others may know of a resource, as one entry of `outputs`."""
    return {"id": found.id, **({"name": found.name} if found.name else {}), **plain(dict(found.attributes))}


def _changing(steps: Iterable[Step]) -> list[Step]:
    """Return one step for each resource that changes, so only the making half of a replacement."""
    return [step for step in steps if step.action != "none" and not (step.action == "replace" and step.phase == REMOVE)]


def _diff(step: Step) -> dict[str, str]:
    header = f"{step.key} ({step.action})"
    before, after = _before_and_after(step)
    return {"before_header": header, "after_header": header, "before": _text(before), "after": _text(after)}


def _difference(step: Step) -> dict[str, Any]:
    before, after = (plain(fields) for fields in _before_and_after(step))
    fields = {name: {"before": before.get(name), "after": after.get(name)} for name in sorted({*before, *after})}
    return {**result(step), "fields": fields}


def _before_and_after(step: Step) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what the user may see of the fields that change."""
    if step.phase == REMOVE:
        before, after = managed(step.found.values) if step.found else {}, {}
    elif step.action == "create":
        before, after = {}, managed(step.desired)
    else:
        before = {change.field: "(secret)" if change.secret else change.before for change in step.changes}
        after = {change.field: "(another secret)" if change.secret else change.after for change in step.changes}
        if step.tags and step.found:
            before["tags"] = {key: step.found.tags.get(key) for key in step.tags}
            after["tags"] = dict(step.tags)
    return before, after


def _text(fields: Mapping[str, Any]) -> str:
    return "".join(f"{name}: {_yaml(plain(value))}\n" for name, value in sorted(fields.items()) if value is not None)


def _yaml(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)


def plain(value: Any) -> Any:
    """Return `value` in JSON's types, unknowns as text."""
    return transform(
        value,
        lambda leaf: (
            leaf
            if isinstance(leaf, (str, int, float, bool, type(None)))
            else (repr(leaf) if isinstance(leaf, Unknown) else str(leaf))
        ),
    )


def summary(steps: Iterable[Step]) -> dict[str, int]:
    """Count the resources per action."""
    counts = {"create": 0, "update": 0, "replace": 0, "delete": 0, "none": 0}
    for step in steps:
        if step.action == "replace" and step.phase != MAKE:
            continue
        counts[step.action] += 1
    return counts
