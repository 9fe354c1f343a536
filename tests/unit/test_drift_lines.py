# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Differences as lines."""

from __future__ import annotations

from typing import Any

from ansible_collections.terrace.aws.plugins.filter.drift_lines import lines


def difference(action: str, name: str = "app", id_: str | None = "sg-1", **fields: Any) -> dict[str, Any]:
    return {"kind": "security_group", "name": name, "id": id_, "action": action, "fields": fields}


def test_a_line_for_each_field_that_differs() -> None:
    changed = difference("update", public={"before": True, "after": False}, note={"before": None, "after": "Grüße\nhier"})
    assert lines({"differences": [changed]}) == [
        "security_group/app (sg-1): public: true -> false",
        'security_group/app (sg-1): note: null -> "Grüße\\nhier"',
    ]


def test_what_is_missing_or_has_to_go() -> None:
    replaced = difference("replace", "web", vpc={"before": "vpc-1", "after": "vpc-2"})
    assert lines({"differences": [difference("create", id_=None), difference("delete", "old"), replaced]}) == [
        "security_group/app: is missing",
        "security_group/old (sg-1): is not declared",
        "security_group/web (sg-1): has to be replaced",
        'security_group/web (sg-1): vpc: "vpc-1" -> "vpc-2"',
    ]


def test_what_only_follows_from_something_missing_is_no_difference() -> None:
    unknown = "(known after apply)"
    policy = {"before": {"Resource": ["arn:1", "*"]}, "after": {"Resource": [unknown, "*"]}}
    other = {"before": {"Resource": ["arn:1", "*"]}, "after": {"Resource": [unknown, "arn:2"]}}
    changed = difference("update", routes={"before": "nat-1", "after": unknown}, policy=policy, other=other)
    (line,) = lines({"differences": [changed]})
    assert line.startswith("security_group/app (sg-1): other: ")


def test_what_is_left_over_is_named_once() -> None:
    orphan = {"kind": "security_group", "name": "old", "id": "sg-1"}
    assert lines({"differences": [], "orphans": [orphan]}) == ["security_group/old (sg-1): is not declared any more"]
    assert len(lines({"differences": [difference("delete", "old")], "orphans": [orphan]})) == 1


def test_nothing_differs() -> None:
    assert lines({"differences": [], "orphans": []}) == []
