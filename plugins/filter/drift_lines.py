# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

DOCUMENTATION = r"""
name: drift_lines
short_description: Differences as lines for people
version_added: 0.2.0
author: Terrace contributors (@terrace-aws)
description:
  - Turns what M(terrace.aws.stack) returns in check mode into lines that say what differs between the description and AWS.
  - What differs only because it refers to something that is missing is left out, it is no difference of its own.
positional: _input
options:
  _input:
    description: The module's result. Its C(differences) and C(orphans) are read.
    type: dict
    required: true
seealso:
  - module: terrace.aws.stack
"""

EXAMPLES = r"""
- name: Show what differs
  ansible.builtin.debug:
    msg: "{{ result | terrace.aws.drift_lines }}"
"""

RETURN = r"""
_value:
  description: One line for each field of an existing resource that differs, and for each resource that is missing or left over.
  type: list
  elements: str
"""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

UNKNOWN = "(known after apply)"
WORDS = {
    "create": "is missing",
    "delete": "is not declared",
    "replace": "has to be replaced",
}


def lines(result: Mapping[str, Any]) -> list[str]:
    """Return one line for each difference; nothing is cut, since the end of a value may be what differs."""
    deleted = {(item["kind"], item["id"]) for item in result["differences"] if item["action"] == "delete"}
    orphans = [item for item in result.get("orphans", []) if (item["kind"], item["id"]) not in deleted]
    return [
        *(line for difference in result["differences"] for line in _difference(difference)),
        *(f"{item['kind']}/{item['name']} ({item['id']}): is not declared any more" for item in orphans),
    ]


def _difference(difference: Mapping[str, Any]) -> Iterator[str]:
    subject = f"{difference['kind']}/{difference['name']}"
    if difference["id"]:
        subject += f" ({difference['id']})"
    if difference["action"] in WORDS:
        yield f"{subject}: {WORDS[difference['action']]}"
    if difference["action"] in ("update", "replace"):
        for name, values in difference["fields"].items():
            if not _follows(values["before"], values["after"]):
                yield f"{subject}: {name}: {_text(values['before'])} -> {_text(values['after'])}"


def _follows(before: Any, after: Any) -> bool:
    """Whether two values are equal but for what is known only when something missing has been created."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        return before.keys() == after.keys() and all(_follows(before[key], after[key]) for key in after)
    if isinstance(before, list) and isinstance(after, list):
        return len(before) == len(after) and all(map(_follows, before, after))
    return after in (before, UNKNOWN)


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


class FilterModule:
    """Ansible's interface."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"drift_lines": lines}
