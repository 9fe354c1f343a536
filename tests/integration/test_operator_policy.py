# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""With the generated policy a description can be provisioned, checked and torn down; without any part of it not."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.terrace.aws.plugins.module_utils.operator_policy import ALWAYS, operator_policy
from ansible_collections.terrace.aws.plugins.module_utils.permissions import survey_actions
from ansible_collections.terrace.aws.plugins.module_utils.registry import KINDS, TIERS
from local_cloud.emulator import Emulator
from tests.contract.case import STACK, Case
from tests.contract.harness import loopback_clients
from tests.contract.harness import run as run_engine
from tests.contract.test_contract import CASES, CHANGEABLE, described
from tests.integration.described import description, run
from tests.integration.enforcement import allowing

SAMPLES, SEED = 20, 3
# Without it the work is done all the same, and the lock expires.
FORGIVEN = {"s3:DeleteObject"}
PRESENT, ABSENT = {"state": "present"}, {"state": "absent"}


@pytest.fixture
def emulator(account: Emulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    account.reset()
    monkeypatch.setenv("AWS_ENDPOINT_URL", account.endpoint)
    return account


def allowed(*sids: str, architecture: str = "jyoti") -> set[str]:
    """Return the actions that the policies allow, or that some of their statements do."""
    statements = [statement for document in operator_policy(description(architecture)) for statement in document["Statement"]]
    return {action for statement in statements if not sids or statement["Sid"] in sids for action in statement["Action"]}


@pytest.mark.parametrize("architecture", ["agency", "jyoti"])
def test_a_life_within_the_policy(architecture: str, emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    described = description(architecture)
    with allowing(emulator, allowed(architecture=architecture)):
        created = run(monkeypatch, "stack", **described)
        again = run(monkeypatch, "stack", **described)
        found = run(monkeypatch, "stack_info", stack=described["stack"])
    with allowing(emulator, allowed("Survey", "ListParameters", "ImageParameters", architecture=architecture)):
        compared = run(monkeypatch, "stack", **described, _ansible_check_mode=True)
    with allowing(emulator, allowed(architecture=architecture)):
        gone = run(monkeypatch, "stack", **described, state="absent")
    assert "msg" not in created, created["msg"]
    assert "msg" not in again, again["msg"]
    assert "msg" not in found, found["msg"]
    assert "msg" not in compared, compared["msg"]
    assert "msg" not in gone, gone["msg"]
    assert created["changed"]
    assert not again["changed"]
    assert gone["changed"]


@pytest.mark.slow
def test_nothing_in_the_policy_can_be_left_out(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each sampled action is denied in the first of the two runs that uses it, and the failure names it."""
    described = description()
    with allowing(emulator, allowed()) as creating:
        run(monkeypatch, "stack", **described)
    with allowing(emulator, allowed()) as deleting:
        run(monkeypatch, "stack", **described, state="absent")
    uses = dict.fromkeys(deleting.used, ABSENT) | dict.fromkeys(creating.used, PRESENT)
    silent: dict[str, Any] = {}
    for action in random.Random(SEED).sample(sorted(uses.keys() - FORGIVEN), SAMPLES):  # noqa: S311 chance, not secrecy
        emulator.reset()
        if uses[action] is ABSENT:
            run(monkeypatch, "stack", **described)
        with allowing(emulator, allowed() - {action}):
            result = run(monkeypatch, "stack", **described, **uses[action])
        if not result.get("failed") or action not in result["msg"]:
            silent[action] = result.get("msg")
    assert silent == {}


@pytest.mark.slow
@pytest.mark.parametrize("kind", CHANGEABLE)
def test_a_kind_names_all_that_it_needs(kind: str, emulator: Emulator) -> None:
    """Created, tagged, changed in every field and deleted, with nothing allowed but what the kinds involved declare."""
    clients, case = loopback_clients(emulator.endpoint), CASES[kind]
    involved = {declaration.kind for declaration in described(kind)} | {k.name for k in KINDS.values() if k.parent}
    needed = {action for name in involved for action in KINDS[name].actions}
    needed |= ALWAYS.union(*(survey_actions(kind) for kind in KINDS.values()))
    last: dict[str, Any] = {}
    with allowing(emulator, needed):
        for before, last in _changes(case):
            emulator.reset()
            run_engine(clients, STACK, described(kind, **before))
            run_engine(clients, STACK, described(kind, **last))
        last = {**last, **case.before_delete}
        tagged = dataclasses.replace(STACK, tags={"suite": "another"})
        run_engine(clients, tagged, described(kind, **last))
        run_engine(clients, STACK, described(kind, **last), state="absent", tiers=frozenset(TIERS))


def _changes(case: Case) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Yield what is before and after: the changes that depend on other values one by one, and the others at once."""
    alone = {*case.given, *case.along}
    for field in sorted(alone):
        given = case.given.get(field, {})
        yield given, {**given, field: case.changes[field], **case.along.get(field, {})}
    yield {}, {field: value for field, value in case.changes.items() if field not in alone}
