# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One suite for every kind, generated from the kinds' field tables."""

from __future__ import annotations

import dataclasses
import importlib
import pkgutil
from collections.abc import Callable
from typing import Any

import pytest

import tests.contract
from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Declaration
from ansible_collections.terrace.aws.plugins.module_utils.registry import KINDS, TIER_KINDS
from tests.contract.case import STACK, Case
from tests.contract.harness import actions
from tests.contract.harness import run as run_all
from tests.contract.harness import run_close as run


def collected_cases() -> dict[str, Case]:
    modules = [m.name for m in pkgutil.iter_modules(tests.contract.__path__) if m.name.startswith("cases_")]
    return {kind: case for name in modules for kind, case in importlib.import_module(f"tests.contract.{name}").CASES.items()}


CASES = collected_cases()
CHANGEABLE = [kind.name for kind in KINDS.values() if not kind.lookup]


def subject(kind: str, **changes: Any) -> Declaration:
    case = CASES[kind]
    return Declaration(kind, case.name, case.tier, dataclasses.replace(case.values, **changes))


def described(kind: str, **changes: Any) -> tuple[Declaration, ...]:
    return (*CASES[kind].parents, subject(kind, **changes))


def mutable_fields(kind: str) -> list[str]:
    return [f.name for f in dataclasses.fields(KINDS[kind].values) if f.metadata["behaviour"] == "mutable"]


def test_every_kind_has_a_case() -> None:
    assert set(CHANGEABLE) <= set(CASES)


@pytest.mark.parametrize("kind", CHANGEABLE)
def test_every_mutable_field_has_another_value(kind: str) -> None:
    assert set(mutable_fields(kind)) == set(CASES[kind].changes)


@pytest.mark.parametrize("kind", CHANGEABLE)
def test_created_found_again_and_settled(kind: str, clients: Callable[[str, str], Any]) -> None:
    created = run(clients, STACK, described(kind))
    assert actions(created)[str(subject(kind).key)] == "create"
    again = run(clients, STACK, described(kind))
    assert actions(again) == {}
    assert again["diff"] == []
    assert {r["id"] for r in again["resources"]} == {r["id"] for r in created["resources"]}


@pytest.mark.parametrize("kind", [kind.name for kind in KINDS.values() if kind.indexed])
def test_what_is_not_declared_any_more_is_found_by_the_index(kind: str, clients: Callable[[str, str], Any]) -> None:
    """Nothing else would list the kind then."""
    parents = CASES[kind].parents
    run(clients, STACK, described(kind))
    left = run_all(clients, STACK, parents, tiers=frozenset(TIER_KINDS), check=True)["orphans"]
    assert (kind, subject(kind).name) in {(orphan["kind"], orphan["name"]) for orphan in left}


@pytest.mark.parametrize("kind", CHANGEABLE)
def test_plan_on_an_empty_account_shows_every_resource(kind: str, clients: Callable[[str, str], Any]) -> None:
    plan = run(clients, STACK, described(kind), check=True)
    expected = {str(d.key) for d in described(kind) if not KINDS[d.kind].lookup}
    assert {key for key, action in actions(plan).items() if action == "create"} == expected
    assert len(plan["diff"]) == len(expected)


@pytest.mark.parametrize(("kind", "field"), [(kind, field) for kind in CHANGEABLE for field in mutable_fields(kind)])
def test_a_mutable_field_changes_alone_and_settles(kind: str, field: str, clients: Callable[[str, str], Any]) -> None:
    case = CASES[kind]
    given, along = case.given.get(field, {}), case.along.get(field, {})
    run(clients, STACK, described(kind, **given))
    changed = described(kind, **{**given, field: case.changes[field], **along})
    plan = run(clients, STACK, changed, check=True)
    fields = [(r["action"], sorted(r["fields"])) for r in plan["resources"] if r["action"] != "none"]
    assert fields == [("update", sorted([field, *along]))]
    run(clients, STACK, changed)
    assert actions(run(clients, STACK, changed)) == {}


@pytest.mark.parametrize("kind", [kind for kind in CHANGEABLE if KINDS[kind].tag and not KINDS[kind].marked])
def test_a_missing_tag_is_set_again(kind: str, clients: Callable[[str, str], Any]) -> None:
    run(clients, STACK, described(kind))
    more = dataclasses.replace(STACK, tags={**STACK.tags, "owner": "team"})
    plan = run(clients, more, described(kind))
    own = [r for r in plan["resources"] if (r["kind"], r["name"]) == subject(kind).key]
    assert [(r["action"], r["fields"]) for r in own] == [("update", ["tags"])]
    assert actions(run(clients, more, described(kind))) == {}


@pytest.mark.parametrize("kind", [kind for kind in CHANGEABLE if KINDS[kind].delete])
def test_deleted_and_deleted_again(kind: str, clients: Callable[[str, str], Any]) -> None:
    run(clients, STACK, described(kind))
    if CASES[kind].before_delete:
        run(clients, STACK, described(kind, **CASES[kind].before_delete))
    gone = run(clients, STACK, described(kind), state="absent")
    assert any(r["kind"] == kind and r["action"] == "delete" for r in gone["resources"])
    again = run(clients, STACK, described(kind), state="absent")
    assert again["resources"] == [] and not again["changed"]
    assert actions(run(clients, STACK, described(kind), check=True))[str(subject(kind).key)] == "create"
