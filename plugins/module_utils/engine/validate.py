# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of options that need nothing but the description, with the path of the option in each message.

The specs are Ansible argument specs; constraints stand beside them as data, keyed by path: ``subnets[].cidrs[]``.
"""

from __future__ import annotations

import dataclasses
import ipaddress
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ansible.module_utils.common.validation import (
    check_type_bool,
    check_type_dict,
    check_type_float,
    check_type_int,
    check_type_list,
    check_type_str,
)

from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import InvalidOption

Spec = Mapping[str, Mapping[str, Any]]
CONVERTERS: Mapping[str, Callable[[Any], Any]] = {
    "str": lambda value: check_type_str(value, allow_conversion=not isinstance(value, (dict, list))),
    "bool": check_type_bool,
    "int": check_type_int,
    "float": check_type_float,
    "dict": check_type_dict,
    "list": check_type_list,
    "raw": lambda value: value,
}


@dataclasses.dataclass(frozen=True)
class Constraint:
    """What AWS accepts for one option. `says` is the rule in words; numbers are inclusive bounds."""

    pattern: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    min_length: int | None = None
    max_length: int | None = None
    prefix: tuple[int, int] | None = None
    unique: str | None = None
    says: str = ""


def validated(options: Mapping[str, Any], spec: Spec, constraints: Mapping[str, Constraint], path: str) -> dict[str, Any]:
    """Return `options` converted and with defaults. Raises InvalidOption for the first thing that is wrong."""
    result = _suboptions(options, spec, path)
    for pattern, constraint in constraints.items():
        for where, value in _at(result, pattern, path):
            _check(value, constraint, where)
    return result


def names(items: list[Mapping[str, Any]] | None) -> set[str]:
    return {item["name"] for item in items or ()}


def require_known(name: str | None, known: set[str], path: str, what: str) -> None:
    """Refuse a logical name that the description does not declare."""
    if name is not None and name not in known:
        raise InvalidOption(path, f"no {what} is named {name!r} (declared: {', '.join(sorted(known)) or 'none'})")


def _suboptions(options: Any, spec: Spec, path: str) -> dict[str, Any]:
    if not isinstance(options, Mapping):
        raise InvalidOption(path, f"has to be a dictionary, not {type(options).__name__}")
    unknown = sorted(set(map(str, options)) - set(spec))
    if unknown:
        raise InvalidOption(f"{path}.{unknown[0]}", f"is not an option here (there are: {', '.join(sorted(spec))})")
    return {name: _option(options.get(name), details, f"{path}.{name}") for name, details in spec.items()}


def _option(value: Any, details: Mapping[str, Any], path: str) -> Any:
    if value is None:
        if details.get("required"):
            raise InvalidOption(path, "is required")
        default = details.get("default")
        filled = isinstance(default, Mapping) and "options" in details
        return _suboptions(default, details["options"], path) if filled else default
    kind = details.get("type", "str")
    value = _converted(value, kind, path)
    choices = details.get("choices")
    if choices and kind != "list" and value not in choices:
        raise InvalidOption(path, f"has to be one of {', '.join(map(str, choices))}, not {value!r}")
    if kind == "list":
        return [_element(item, details, f"{path}[{index}]") for index, item in enumerate(value)]
    return _suboptions(value, details["options"], path) if "options" in details else value


def _element(item: Any, details: Mapping[str, Any], path: str) -> Any:
    if "options" in details:
        return _suboptions(item, details["options"], path)
    return _option(item, {"type": details.get("elements", "raw"), "choices": details.get("choices"), "required": True}, path)


def _converted(value: Any, kind: str, path: str) -> Any:
    try:
        return CONVERTERS[kind](value)
    except (TypeError, ValueError):
        raise InvalidOption(path, f"has to be of type {kind}, not {type(value).__name__}") from None


def _at(value: Any, pattern: str, path: str) -> Iterator[tuple[str, Any]]:
    """Yield (path, value) of everything that a constraint path selects."""
    head, _dot, rest = pattern.partition(".")
    name = head.removesuffix("[]")
    inner = value.get(name) if isinstance(value, Mapping) else None
    if inner is None:
        return
    here = f"{path}.{name}"
    selected = [(f"{here}[{i}]", item) for i, item in enumerate(inner)] if head.endswith("[]") else [(here, inner)]
    for where, item in selected:
        yield from _at(item, rest, where) if rest else iter([(where, item)])


def _check(value: Any, constraint: Constraint, path: str) -> None:
    for broken in _violations(value, constraint, path):
        raise InvalidOption(*broken)


def _violations(value: Any, rule: Constraint, path: str) -> Iterator[tuple[str, str]]:
    if rule.pattern and not re.fullmatch(rule.pattern, str(value)):
        yield path, f"{value!r} is not allowed: {rule.says or 'it has to match ' + rule.pattern}"
    if rule.minimum is not None and value < rule.minimum:
        yield path, f"{value} is below the minimum of {rule.minimum}"
    if rule.maximum is not None and value > rule.maximum:
        yield path, f"{value} is above the maximum of {rule.maximum}"
    if rule.min_length is not None and len(value) < rule.min_length:
        yield path, f"needs at least {rule.min_length} {'items' if isinstance(value, list) else 'characters'}"
    if rule.max_length is not None and len(value) > rule.max_length:
        yield path, f"takes at most {rule.max_length} {'items' if isinstance(value, list) else 'characters'}"
    if rule.prefix:
        yield from _cidr_violations(value, rule.prefix, path)
    if rule.unique:
        yield from _duplicates(value, rule.unique, path)


def _cidr_violations(value: str, prefix: tuple[int, int], path: str) -> Iterator[tuple[str, str]]:
    try:
        network = ipaddress.ip_network(value)
    except ValueError as error:
        yield path, f"is not a CIDR block: {error}"
        return
    if not prefix[0] <= network.prefixlen <= prefix[1]:
        yield path, f"{value} has to be between /{prefix[0]} and /{prefix[1]}"


def _duplicates(items: list[Mapping[str, Any]], key: str, path: str) -> Iterator[tuple[str, str]]:
    seen: set[Any] = set()
    for index, item in enumerate(items):
        if item.get(key) is None:
            continue
        if item[key] in seen:
            yield f"{path}[{index}].{key}", f"{item[key]!r} is given twice"
        seen.add(item[key])
