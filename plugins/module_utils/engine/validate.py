# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of options that need nothing but the description, with the path of the option in each message.

The specs are Ansible argument specs; constraints stand beside them as data, keyed by path: ``subnets[].cidrs[]``.
"""

from __future__ import annotations

import dataclasses
import ipaddress
import math
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
# Longer integers cannot be meant, and some take Python for ever: 1e999999999.
INTEGER_TEXT = re.compile(r"\s*[+-]?\d{1,18}\s*", re.ASCII)
CONTROL_CHARACTER = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
# Ansible has filled in its templates before a module sees them; what is left was quoted once too often.
TEMPLATE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
DEEPEST = 32
LONGEST_SHOWN = 80


def _text(value: Any) -> str:
    """YAML takes 16.10 for 16.1 and no for False: too late to know what was written."""
    if isinstance(value, (bool, float, dict, list)):
        raise TypeError
    return check_type_str(value)


def _integer(value: Any) -> int:
    if isinstance(value, bool) or (isinstance(value, str) and not INTEGER_TEXT.fullmatch(value)):
        raise TypeError
    return check_type_int(value)


def _number(value: Any) -> float:
    if isinstance(value, bool) or not math.isfinite(number := check_type_float(value)):
        raise TypeError
    return number


CONVERTERS: Mapping[str, Callable[[Any], Any]] = {
    "str": _text,
    "bool": check_type_bool,
    "int": _integer,
    "float": _number,
    "dict": check_type_dict,
    "list": check_type_list,
    "raw": lambda value: value,
}


@dataclasses.dataclass(frozen=True)
class Constraint:
    """What AWS accepts for one option. `says` is the rule in words; numbers are inclusive bounds.

    `prefix` is for IPv4 blocks. Of a list, `unique` names suboptions that no two items share, and with `distinct` no
    item is given twice. `keys` and `values` are for dictionaries without suboptions; such values are text or numbers.
    `verbatim` text may hold what looks like a template. `refers` is the address of what a name stands for, with the
    name left open: ``security_group/{}``.
    """

    pattern: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    min_length: int | None = None
    max_length: int | None = None
    max_bytes: int | None = None
    prefix: tuple[int, int] | None = None
    unique: str | tuple[str, ...] = ()
    distinct: bool = False
    keys: Constraint | None = None
    values: Constraint | None = None
    verbatim: bool = False
    refers: str | None = None
    says: str = ""


def validated(options: Mapping[str, Any], spec: Spec, constraints: Mapping[str, Constraint], path: str) -> dict[str, Any]:
    """Return `options` converted and with defaults. Raises InvalidOption for the first thing that is wrong."""
    result = _suboptions(options, spec, path)
    verbatim: set[str] = set()
    for pattern, constraint in constraints.items():
        for where, value in _at(result, pattern, path):
            _check(value, constraint, where)
            verbatim |= {where} if constraint.verbatim else set()
    for where, text in _texts(result, path):
        _check_text(text, where, where in verbatim)
    return result


def references(options: Mapping[str, Any], constraints: Mapping[str, Constraint], path: str) -> Iterator[tuple[str, str]]:
    """Yield (address, path) of every name in validated `options` that stands for another thing."""
    for pattern, constraint in constraints.items():
        if constraint.refers:
            yield from ((constraint.refers.format(value), where) for where, value in _at(options, pattern, path))


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
        raise InvalidOption(_below(path, unknown[0]), f"is not an option here (there are: {', '.join(sorted(spec))})")
    return {name: _option(options.get(name), details, _below(path, name)) for name, details in spec.items()}


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
        raise InvalidOption(path, f"has to be one of {', '.join(map(str, choices))}, not {_shown(value)}")
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
    except (TypeError, ValueError, OverflowError):
        hint = " (quote it in YAML)" if kind == "str" and isinstance(value, (bool, float)) else ""
        raise InvalidOption(path, f"has to be of type {kind}, not {type(value).__name__}{hint}") from None


def _at(value: Any, pattern: str, path: str) -> Iterator[tuple[str, Any]]:
    """Yield (path, value) of everything that a constraint path selects."""
    head, _dot, rest = pattern.partition(".")
    name = head.removesuffix("[]")
    inner = value.get(name) if isinstance(value, Mapping) else None
    if inner is None:
        return
    here = _below(path, name)
    selected = [(f"{here}[{i}]", item) for i, item in enumerate(inner)] if head.endswith("[]") else [(here, inner)]
    for where, item in selected:
        yield from _at(item, rest, where) if rest else iter([(where, item)])


def _texts(value: Any, path: str, depth: int = 0) -> Iterator[tuple[str, str]]:
    """Yield (path, text) of all texts in `value`, the keys of dictionaries among them."""
    if depth > DEEPEST:
        raise InvalidOption(path, f"is nested more than {DEEPEST} levels deep")
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        yield from ((path, str(key)) for key in value)
        for key, item in value.items():
            yield from _texts(item, _below(path, str(key)), depth + 1)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _texts(item, f"{path}[{index}]", depth + 1)


def _check_text(text: str, path: str, verbatim: bool) -> None:
    if found := CONTROL_CHARACTER.search(text):
        raise InvalidOption(path, f"has a character that is not text: {found[0]!a}")
    if not verbatim and (found := TEMPLATE.search(text)):
        raise InvalidOption(path, f"has a template that was not filled in: {_shown(found[0])}")


def _below(path: str, name: str) -> str:
    """Return the path of a suboption. Options at the top have no path before them, and no name is too strange to print."""
    shown = _shortened(name if name.isprintable() else ascii(name)[1:-1])
    return f"{path}.{shown}" if path else shown


def _shown(value: Any) -> str:
    return _shortened(repr(value))


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}..."


def _check(value: Any, constraint: Constraint, path: str) -> None:
    for broken in _violations(value, constraint, path):
        raise InvalidOption(*broken)


def _violations(value: Any, rule: Constraint, path: str) -> Iterator[tuple[str, str]]:
    if rule.pattern and not re.fullmatch(rule.pattern, str(value), re.ASCII):
        yield path, f"{_shown(value)} is not allowed: {rule.says or 'it has to match ' + rule.pattern}"
    if rule.minimum is not None and value < rule.minimum:
        yield path, f"{value} is below the minimum of {rule.minimum}"
    if rule.maximum is not None and value > rule.maximum:
        yield path, f"{value} is above the maximum of {rule.maximum}"
    yield from _size_violations(value, rule, path)
    if rule.prefix:
        yield from _cidr_violations(value, rule.prefix, path)
    for key in (rule.unique,) if isinstance(rule.unique, str) else rule.unique:
        yield from _duplicates([item.get(key) for item in value], path, f".{key}")
    if rule.distinct:
        yield from _duplicates(value, path)
    if rule.keys or rule.values:
        yield from _entry_violations(value, rule, path)


def _size_violations(value: Any, rule: Constraint, path: str) -> Iterator[tuple[str, str]]:
    unit = "items" if isinstance(value, list) else "entries" if isinstance(value, Mapping) else "characters"
    if rule.min_length is not None and len(value) < rule.min_length:
        yield path, f"needs at least {rule.min_length} {unit}"
    if rule.max_length is not None and len(value) > rule.max_length:
        yield path, f"takes at most {rule.max_length} {unit}"
    if rule.max_bytes is not None and (size := len(value.encode(errors="replace"))) > rule.max_bytes:
        yield path, f"is {size} bytes long and may have {rule.max_bytes}"


def _entry_violations(entries: Mapping[Any, Any], rule: Constraint, path: str) -> Iterator[tuple[str, str]]:
    for key, value in entries.items():
        if rule.keys:
            yield from _violations(str(key), rule.keys, path)
        if rule.values and not isinstance(value, (str, int, float)):
            yield _below(path, str(key)), f"has to be text or a number, not {type(value).__name__}"
        elif rule.values:
            yield from _violations(str(value), rule.values, _below(path, str(key)))


def _cidr_violations(value: str, prefix: tuple[int, int], path: str) -> Iterator[tuple[str, str]]:
    try:
        network = ipaddress.IPv4Network(value)
    except ValueError as error:
        yield path, f"is not a CIDR block: {_shortened(str(error))}"
        return
    if not prefix[0] <= network.prefixlen <= prefix[1]:
        yield path, f"{value} has to be between /{prefix[0]} and /{prefix[1]}"


def _duplicates(items: list[Any], path: str, key: str = "") -> Iterator[tuple[str, str]]:
    seen: set[Any] = set()
    for index, item in enumerate(items):
        if item is not None and item in seen:
            yield f"{path}[{index}]{key}", f"{_shown(item)} is given twice"
        seen.add(item)
