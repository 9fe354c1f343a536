# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One violation of each type, requirement, choice and constraint, made from the specs."""

from __future__ import annotations

import copy
import dataclasses
import re
from collections.abc import Iterator
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.validate import Constraint
from tests.unit.violations import description
from tests.unit.violations.options import (
    CHECKED_BY_BUILD,
    COMMON,
    TIERS,
    Option,
    Steps,
    at,
    options,
    path,
    places,
    replaced,
    without,
)

WRONG_TYPES: dict[str, list[Any]] = {
    "str": [{"a": 1}, ["a"], True, 1.5],
    "int": ["many", {"a": 1}, True, 1.5, "1e9", float("inf")],
    "float": ["much", {"a": 1}, True, float("nan"), float("inf"), "nan"],
    "bool": ["perhaps", {"a": 1}, 2],
    "list": [{"a": 1}],
    "dict": [["a"], "text", 1],
    "raw": [],
}
# Each is tried where the option's pattern does not allow it.
STRANGE_TEXTS = ["", " ", "?", "Ä", "a b\n", "{{ name }}", "\uff11\uff12\uff13", "x" * 5000, "-", "https"]
STRANGE_NUMBERS = [0, 99999]
WRONG_BLOCKS = ["10.0.0.0/8", "10.0.0.0/29", "10.0.1.1/16", "2001:db8::/20", "ten", "10.0.0.0", "10.0.0.0/16/16"]
NOT_TEXT = ["a\0b", "\x1b[31m", "\ud800"]
STRANGE_VALUES: list[Any] = [
    *(None, "", "x", ",", "=", "{", "/", ":", "-", "pl-", "\0", "0", 0, -1, 10**20, True, 0.5, float("nan"), float("-inf")),
    *([], [[]], [None], [{}], ["x"], [1, "1"], {}, {"": ""}, {"a": None}, {"a": {}}, {"tags": []}, {"name": []}),
]
TEMPLATES = ["{{ name }}", "{% if name %}"]


@dataclasses.dataclass(frozen=True)
class Violation:
    """`described` is a tier's options, wrong at `path`."""

    tier: str
    what: str
    described: Any
    path: str

    def __str__(self) -> str:
        return f"{self.path}: {self.what}"


def right(tier: str) -> dict[str, Any]:
    return description.COMMON if tier == COMMON else description.TIERS[tier]


def uses(option: Option) -> Iterator[tuple[dict[str, Any], Steps]]:
    """Yield right options of the tier and where in them the option is used."""
    for described in (right(option.tier), *description.VARIANTS.get(option.tier, [])):
        yield from ((described, steps) for steps in places(described, option.pattern))


def violations(tier: str) -> Iterator[Violation]:
    if tier != COMMON:  # there, Ansible itself refuses
        yield Violation(tier, "unknown", {**right(tier), "no_such_option": 1}, f"{tier}.no_such_option")
    for option in options(tier):
        described, steps = next(uses(option), (None, ()))
        if described is None:
            continue
        for what, value, below in _values(option, at(described, steps)):
            yield Violation(tier, what, replaced(described, steps, value), path(tier, steps) + below)
        if option.details.get("required") and not option.is_element:
            yield Violation(tier, "missing", without(described, steps), path(tier, steps))


def _values(option: Option, value: Any) -> Iterator[tuple[str, Any, str]]:
    """Yield what is wrong, a wrong value, and where in it the mistake is."""
    for wrong in WRONG_TYPES[option.type]:
        yield f"type {type(wrong).__name__} {wrong}", wrong, ""
    if option.details.get("required"):
        yield "none", None, ""
    if option.inner:
        yield "unknown", {**value, "no_such_option": 1}, ".no_such_option"
    if choices := option.details.get("choices"):
        if option.type != "list":
            yield "choice", -99 if isinstance(choices[0], int) else "no such choice", ""
    elif option.type == "str":
        yield from (("not text", text, "") for text in NOT_TEXT)
        yield from (("template", text, "") for text in TEMPLATES if not option.constraint.verbatim)
    if str(option) in CHECKED_BY_BUILD:
        yield "no such name", "No such name!", ""
    yield from _breaches(option.constraint, option, value)


def _breaches(rule: Constraint, option: Option, value: Any) -> Iterator[tuple[str, Any, str]]:
    if rule.pattern is not None:
        for strange in STRANGE_NUMBERS if option.type == "int" else [*STRANGE_TEXTS, f"{value}\n"]:
            if not re.fullmatch(rule.pattern, str(strange), re.ASCII):
                yield f"pattern {str(strange)[:12]!r}", strange, ""
    if rule.minimum is not None:
        yield "minimum", rule.minimum - 1, ""
    if rule.maximum is not None:
        yield "maximum", rule.maximum + 1, ""
    if rule.prefix:
        yield from ((f"block {block}", block, "") for block in WRONG_BLOCKS)
    if rule.max_bytes:
        yield "bytes", "ü" * (rule.max_bytes // 2 + 1), ""
    yield from _sizes(rule, value)
    yield from _repetitions(rule, value)
    yield from _entries(rule, value)


def _sizes(rule: Constraint, value: Any) -> Iterator[tuple[str, Any, str]]:
    for what, size in (("too few", (rule.min_length or 0) - 1), ("too many", (rule.max_length or -2) + 1)):
        if size >= 0:
            many = {f"key{number}": "x" for number in range(size)} if isinstance(value, dict) else value[:1] * size
            yield what, many, ""


def _repetitions(rule: Constraint, value: Any) -> Iterator[tuple[str, Any, str]]:
    keys = (rule.unique,) if isinstance(rule.unique, str) else rule.unique
    for key in keys:
        again = copy.deepcopy(next(item for item in value if key in item))
        again |= {other: f"{again[other]}x" for other in keys if other != key}
        yield f"{key} twice", [*value, again], f"[{len(value)}].{key}"
    if rule.distinct:
        yield "twice", [*value, value[0]], f"[{len(value)}]"


def _entries(rule: Constraint, value: Any) -> Iterator[tuple[str, Any, str]]:
    if rule.keys:
        yield from ((f"key {key[:12]!r}", {**value, key: "x"}, "") for key in ("", "a?\n", "aws:x", "\0", "k" * 300))
    if rule.values:
        first = next(iter(value))
        wrong = [None, ["x"], {"a": 1}, *(["a\nb", "ö" * 5000, "{{ x }}"] if rule.values.pattern else ["\0"])]
        yield from ((f"value {str(item)[:12]!r}", {**value, first: item}, f".{first}") for item in wrong)


def tiers() -> list[str]:
    return [COMMON, *TIERS]


def strange(tier: str) -> Iterator[tuple[str, Any]]:
    """Yield (path, options) with something strange for each option, which may or may not be wrong."""
    for option in options(tier):
        described, steps = next(uses(option))
        yield from ((f"{path(tier, steps)} = {value!r}", replaced(described, steps, value)) for value in STRANGE_VALUES)
