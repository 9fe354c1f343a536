# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is changed or deleted by others is shown exactly and repaired exactly, for every kind."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from ansible_collections.terrace.aws.plugins.module_utils.engine.converge import Request, contexts_of
from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Declaration
from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import DELETING, Context, Found
from ansible_collections.terrace.aws.plugins.module_utils.engine.plan import match
from ansible_collections.terrace.aws.plugins.module_utils.engine.resolve import Resolved, bind_undeclared
from ansible_collections.terrace.aws.plugins.module_utils.engine.survey import Survey, take
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import nothing
from ansible_collections.terrace.aws.plugins.module_utils.registry import KINDS, TIER_KINDS
from tests.contract.case import STACK
from tests.contract.harness import actions
from tests.contract.harness import run_close as run
from tests.contract.test_contract import CASES, CHANGEABLE, described, mutable_fields, subject

# An accepted peering connection stays so, and the default security group has one way only: see below.
DRIFTING = [kind for kind in CHANGEABLE if mutable_fields(kind) and kind not in ("vpc_peering", "default_security_group")]
DELETABLE = [kind for kind in CHANGEABLE if KINDS[kind].delete]
# To reject a peering connection ends it for both sides.
GONE_TOGETHER = {"vpc_peering_accepter": ("vpc_peering/request",)}
Clients = Callable[[str, str], Any]
# The suite of all kinds is long, and most of what it tests is the engine.
EVERY = 4


def sampled(kinds: Iterable[str]) -> list[Any]:
    """Return the kinds as parameters: one in four, and the others for slow runs."""
    return [pytest.param(kind, marks=pytest.mark.slow if place % EVERY else ()) for place, kind in enumerate(kinds)]


def seen(clients: Clients, declarations: Iterable[Declaration], wanted: Declaration) -> tuple[Context, Found, Resolved]:
    """Return what a survey of one's own finds of the wanted resource: to change it behind the engine's back."""
    declarations = tuple(declarations)
    request = Request(STACK, declarations, KINDS, frozenset(TIER_KINDS), TIER_KINDS)
    survey, resolved = Survey(), Resolved(declarations)
    contexts = contexts_of(request, survey, clients, [])
    take(KINDS.values(), contexts, survey)
    bind_undeclared(resolved, survey.by_kind(), STACK)
    for declaration in declarations:
        kind = KINDS[declaration.kind]
        desired = resolved.values(declaration.values)
        (found,) = match(declaration, kind, desired, survey.of(kind.name), STACK)
        resolved.bind(declaration.key, found)
    found = resolved.get(wanted.key)
    assert found is not None
    return contexts[STACK.region], found, resolved


def has_a_way_back(kind: str, name: str) -> bool:
    """AWS undoes some changes of nobody, such as upgrades."""
    field = next(field for field in dataclasses.fields(KINDS[kind].values) if field.name == name)
    return field.metadata["forbids"] is nothing


@pytest.mark.parametrize("kind", sampled(DRIFTING))
def test_a_field_changed_by_others(kind: str, clients: Clients) -> None:
    run(clients, STACK, described(kind))
    field = next(name for name in mutable_fields(kind) if has_a_way_back(kind, name))
    context, found, resolved = seen(clients, described(kind), subject(kind))
    other = resolved.values(subject(kind, **{field: CASES[kind].changes[field]}).values)
    KINDS[kind].update(context, found, other, {field})
    plan = run(clients, STACK, described(kind), check=True)
    assert {d["kind"] + "/" + d["name"]: list(d["fields"]) for d in plan["differences"]} == {str(subject(kind).key): [field]}
    assert actions(run(clients, STACK, described(kind))) == {str(subject(kind).key): "update"}
    assert actions(run(clients, STACK, described(kind))) == {}


@pytest.mark.parametrize("kind", sampled(DELETABLE))
def test_deleted_by_others(kind: str, clients: Clients) -> None:
    settled = described(kind, **CASES[kind].before_delete)
    run(clients, STACK, settled)
    context, found, _resolved = seen(clients, settled, settled[-1])
    assert found.state != DELETING
    KINDS[kind].delete(context, found)
    plan = run(clients, STACK, settled, check=True)
    missing = {str(subject(kind).key), *GONE_TOGETHER.get(kind, ())}
    assert {f"{d['kind']}/{d['name']}": d["action"] for d in plan["differences"]} == dict.fromkeys(missing, "create")
    assert actions(run(clients, STACK, settled)) == dict.fromkeys(missing, "create")
    assert actions(run(clients, STACK, settled)) == {}


def test_a_rule_that_others_put_into_the_default_security_group(clients: Clients) -> None:
    declarations = described("default_security_group", empty=True)
    run(clients, STACK, declarations)
    _context, found, _resolved = seen(clients, declarations, declarations[-1])
    rule = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "192.0.2.0/24"}]}
    clients("ec2", STACK.region).authorize_security_group_ingress(GroupId=found.id, IpPermissions=[rule])
    plan = run(clients, STACK, declarations, check=True)
    assert [(d["kind"], list(d["fields"])) for d in plan["differences"]] == [("default_security_group", ["empty"])]
    assert actions(run(clients, STACK, declarations)) == {str(declarations[-1].key): "update"}
    assert actions(run(clients, STACK, declarations)) == {}
