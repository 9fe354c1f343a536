# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules of a listener get their priorities together, and a repeated create finds its rule."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Stack
from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import Found, New
from ansible_collections.terrace.aws.plugins.module_utils.kinds import listener_rule
from ansible_collections.terrace.aws.plugins.module_utils.kinds.listener_rule import HIGHEST, ListenerRule, priorities
from tests.unit.answering import Answers, context

STACK = Stack("demo", "123456789012", "eu-west-1")


class Taken(Answers):
    """A client for which every priority is taken."""

    def create_rule(self, **_request: Any) -> Any:
        raise ClientError({"Error": {"Code": "PriorityInUse", "Message": "taken"}}, "CreateRule")


def identity(name: str) -> dict[str, str]:
    return {"terrace:stack": "demo", "terrace:id": f"load_balancer/listener_rule/front/80/{name}"}


def present(**rules: int) -> list[Found]:
    """Return rules by their name. Those whose name begins with ``their`` are not the stack's."""
    return [
        Found(name, ListenerRule(priority=number), {} if name.startswith("their") else identity(name))
        for name, number in rules.items()
    ]


@pytest.mark.parametrize(
    ("now", "wanted", "changes"),
    [
        ({"a": 10, "b": 20}, {"a": 10, "b": 20}, {}),
        ({"a": 10, "b": 20}, {"a": 20, "b": 10}, {"a": 20, "b": 10}),
        ({"a": 10, "b": 20, "c": 30}, {"a": 20, "b": 30, "c": 10}, {"a": 20, "b": 30, "c": 10}),
        # The rule of others makes way, and stays where it is in nobody's way.
        ({"a": 10, "theirs": 20}, {"a": 20}, {"a": 20, "theirs": HIGHEST}),
        ({"a": 10, "theirs": 20}, {"a": 30}, {"a": 30}),
        # So does one that is not declared any more, for one that is not there yet.
        ({"old": 10}, {"new": 10}, {"old": HIGHEST}),
        ({"old": 10, "theirs": HIGHEST}, {"new": 10}, {"old": HIGHEST - 1}),
        ({"old": 10, "older": 20}, {"new": 10, "newer": 20}, {"old": HIGHEST, "older": HIGHEST - 1}),
    ],
)
def test_priorities(now: dict[str, int], wanted: dict[str, int], changes: dict[str, int]) -> None:
    assert priorities(present(**now), {f"front/80/{name}": number for name, number in wanted.items()}) == changes


def test_a_create_whose_answer_was_lost_finds_its_rule() -> None:
    tags = [{"Key": key, "Value": value} for key, value in identity("api").items()]
    raw = {"RuleArn": "arn:rule", "Priority": "10", "Conditions": [], "Actions": [{"Type": "fixed-response"}]}
    prepared = {
        "describe_rules": {"Rules": [raw]},
        "describe_tags": {"TagDescriptions": [{"ResourceArn": "arn:rule", "Tags": tags}]},
    }
    lost = dataclasses.replace(context(STACK, {}, {}, []), client=lambda _service: Taken(prepared))
    new = New("front/80/api", "", identity("api"), "")
    values = ListenerRule(listener="arn:listener", priority=10, conditions=(), action={})
    assert listener_rule.create(lost, new, values).id == "arn:rule"
    other = New("front/80/other", "", identity("other"), "")
    with pytest.raises(ClientError, match="PriorityInUse"):
        listener_rule.create(lost, other, ListenerRule(listener="arn:listener", priority=HIGHEST, conditions=(), action={}))
