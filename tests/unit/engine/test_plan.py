# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The difference between what is declared and what exists."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Declaration, Key, Reference
from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import Refused
from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import DELETING, FAILED, GONE, Found
from ansible_collections.terrace.aws.plugins.module_utils.engine.plan import MAKE, REMOVE, Plan, Step, plan_absent, plan_present
from ansible_collections.terrace.aws.plugins.module_utils.engine.resolve import Resolved
from tests.unit.engine.fake import STACK, Account, Machine, Network, Port, actions, machine, network, port


def ours(declaration: Declaration, id_: str, **facts: Any) -> Found:
    return Found(id_, facts.pop("values", declaration.values), {**declaration.all_tags(STACK), **facts.pop("tags", {})}, **facts)


def plan(account: Account, *declarations: Declaration, found: dict[str, list[Found]], **options: Any) -> Plan:
    return plan_present(declarations, found, account.kinds, Resolved(declarations), STACK, **options)


def steps(planned: Plan) -> list[tuple[str, str, str]]:
    return [(step.phase, str(step.key), step.action) for step in planned.steps]


def waits(planned: Plan, phase: str, key: str) -> set[tuple[str, str]]:
    (step,) = [step for step in planned.steps if (step.phase, str(step.key)) == (phase, key)]
    return {(wait[0], wait[1]) for wait in step.waits}


def test_match_by_tag() -> None:
    planned = plan(Account(), network(dns=True), found={"network": [ours(network(), "n-1")]})
    assert steps(planned) == [(MAKE, "network/main", "update")]
    assert [change.field for change in planned.steps[0].changes] == ["dns"]


def test_nothing_to_do_is_a_settled_plan() -> None:
    planned = plan(Account(), network(), found={"network": [ours(network(), "n-1")]})
    assert planned.settled and planned.work == ()


def test_changed_tags_are_an_update_and_tags_of_others_are_left_alone() -> None:
    tagged = ours(network(), "n-1", tags={"team": "somebody", "cost": "42"})
    (step,) = plan(Account(), network(), found={"network": [tagged]}).steps
    assert (step.action, dict(step.tags)) == ("update", {"team": "platform"})


@pytest.mark.parametrize("state", [DELETING, GONE, FAILED])
def test_terminal_states_never_match(state: str) -> None:
    found = {"network": [ours(network(), "n-1", state=state)]}
    assert steps(plan(Account(), network(), found=found)) == [(MAKE, "network/main", "create")]


def test_a_resource_on_its_way_out_beside_its_successor_is_no_second_match() -> None:
    found = {"network": [ours(network(), "n-1", state=DELETING), ours(network(), "n-2")]}
    assert steps(plan(Account(), network(), found=found)) == [(MAKE, "network/main", "none")]


@pytest.mark.parametrize(
    "tags",
    [{"aws:autoscaling:groupName": "g"}, {"terrace:stack": "other"}, {"terrace:id": "base/machine/main"}, {"terrace:id": "x"}],
)
def test_children_and_other_peoples_resources_never_match(tags: dict[str, str]) -> None:
    found = {"network": [ours(network(), "n-1", tags=tags)]}
    assert steps(plan(Account(), network(), found=found)) == [(MAKE, "network/main", "create")]


def test_match_by_identity() -> None:
    declared = (network(), machine(), port(80), port(81))
    found = {
        "network": [ours(network(), "n-1")],
        "machine": [ours(machine(), "m-1", values=Machine(network="n-1"))],
        "port": [Found("p-1", Port(machine="m-1", number=80)), Found("p-2", Port(machine="other", number=81))],
    }
    assert {key: action for _phase, key, action in steps(plan(Account(), *declared, found=found))} == {
        "network/main": "none",
        "machine/app": "none",
        "port/app/80": "none",
        "port/app/81": "create",
    }


def test_children_of_a_parent_to_be_created_are_created() -> None:
    found = {"port": [Found("p-1", Port(machine=None, number=80))]}
    assert {action for _phase, _key, action in steps(plan(Account(), network(), machine(), port(80), found=found))} == {"create"}


def test_lookups_match_by_name_and_are_never_changed() -> None:
    account = Account(network={"lookup": True, "tag": None})
    found = {"network": [Found("n-1", Network(cidr="192.168.0.0/16"), name="main")]}
    planned = plan(account, network(), machine(), found=found)
    assert steps(planned) == [(MAKE, "network/main", "none"), (MAKE, "machine/app", "create")]
    assert planned.steps[1].desired.network == "n-1"
    with pytest.raises(Refused, match=r"base\.networks\.main: nothing in the account matches network/main"):
        plan(account, network(), found={})


def test_two_matches_are_refused_naming_both() -> None:
    found = {"network": [ours(network(), "n-2"), ours(network(), "n-1")]}
    with pytest.raises(Refused, match=r"network/main: 2 resources carry its identity \(n-1, n-2\)"):
        plan(Account(), network(), found=found)


def test_a_foreign_resource_of_the_same_name_is_refused() -> None:
    account = Account(network={"unique_name": True})
    found = {"network": [Found("n-1", Network(), {"Name": "x"}, name="demo-main")]}
    with pytest.raises(Refused, match=r"fake already has demo-main \(n-1\), which does not carry this stack's tags"):
        plan(account, network(), found=found)
    assert plan(Account(), network(), found=found).work  # names that need not be unique do not matter


def test_a_replacement_is_refused_naming_key_and_fields() -> None:
    found = {"network": [ours(network(), "n-1"), ours(network("b"), "n-2")]}
    planned = plan(Account(), network(cidr="10.1.0.0/16"), network("b", cidr="10.2.0.0/16"), found=found)
    (refusal,) = planned.refusals
    assert "network/b (cidr)" in refusal and "network/main (cidr)" in refusal and "allow_replacement" in refusal


def test_an_allowed_replacement_that_a_guard_objects_to_is_refused() -> None:
    account = Account(network={"guard": lambda _found: "deletion protection is on"})
    found = {"network": [ours(network(), "n-1")]}
    planned = plan(account, network(cidr="10.1.0.0/16"), found=found, allow_replacement=["network/main"])
    assert planned.refusals == ("network/main: deletion protection is on",)


def test_an_interrupted_replacement_is_finished_if_it_is_allowed() -> None:
    account = Account(network={"create_before_delete": True})
    old, new = ours(network(), "n-1"), ours(network(cidr="10.1.0.0/16"), "n-2")
    wanted, found = network(cidr="10.1.0.0/16"), {"network": [old, new]}
    assert "n-1" in plan(account, wanted, found=found).refusals[0]
    planned = plan(account, wanted, found=found, allow_replacement=["network/main"])
    assert planned.refusals == ()
    assert [(step.phase, step.action, step.found.id) for step in planned.steps] == [
        (MAKE, "none", "n-2"),
        (REMOVE, "delete", "n-1"),
    ]


def test_two_equal_matches_are_no_interrupted_replacement() -> None:
    found = {"network": [ours(network(), "n-1"), ours(network(), "n-2")]}
    with pytest.raises(Refused, match="2 resources carry its identity"):
        plan(Account(network={"create_before_delete": True}), network(), found=found)


def test_nothing_moves_between_regions() -> None:
    elsewhere = dataclasses.replace(ours(network(), "n-1"), region="eu-central-1")
    (refusal,) = plan(Account(), network(), found={"network": [elsewhere]}).refusals
    assert "network/main (region)" in refusal


@pytest.mark.parametrize("new_first", [True, False])
def test_replacement_orders(new_first: bool) -> None:
    account = Account(network={"create_before_delete": new_first})
    found = {"network": [ours(network(), "n-1")], "machine": [ours(machine(), "m-1", values=Machine(network="n-1"))]}
    allowed = ["network/main", "machine/app"]
    planned = plan(account, network(cidr="10.1.0.0/16"), machine(), found=found, allow_replacement=allowed)
    removal = {(REMOVE, "machine/app")}
    if new_first:
        assert waits(planned, REMOVE, "network/main") == removal | {(MAKE, "network/main"), (MAKE, "machine/app")}
        assert waits(planned, MAKE, "network/main") == set()
    else:
        assert waits(planned, REMOVE, "network/main") == removal
        assert waits(planned, MAKE, "network/main") == {(REMOVE, "network/main")}
    assert waits(planned, MAKE, "machine/app") == removal | {(MAKE, "network/main")}


def test_who_has_to_make_room_for_its_parent_goes_first_whatever_its_kind_prefers() -> None:
    account = Account(machine={"create_before_delete": True})
    found = {"network": [ours(network(), "n-1")], "machine": [ours(machine(), "m-1", values=Machine(network="n-1"))]}
    allowed = ["network/main", "machine/app"]
    planned = plan(account, network(cidr="10.1.0.0/16"), machine(), found=found, allow_replacement=allowed)
    assert [(phase, key) for phase, key, _action in steps(planned)] == [
        (REMOVE, "machine/app"),
        (REMOVE, "network/main"),
        (MAKE, "network/main"),
        (MAKE, "machine/app"),
    ]


def test_surplus_children_are_deleted_after_creations() -> None:
    found = {
        "network": [ours(network(), "n-1")],
        "machine": [ours(machine(), "m-1", values=Machine(network="n-1"))],
        "port": [
            Found("p-1", Port(machine="m-1", number=80), name="80"),
            Found("p-2", Port(machine="m-1", number=81), name="81"),
            Found("p-3", Port(machine="somebody's", number=82)),
            Found("p-4", Port(machine="m-1", number=83), state=DELETING),
        ],
    }
    planned = plan(Account(), network(), machine(), port(80), port(90), found=found)
    assert (REMOVE, "port/app/81", "delete") in steps(planned)
    assert [key for phase, key, _action in steps(planned) if phase == REMOVE] == ["port/app/81"]
    assert waits(planned, REMOVE, "port/app/81") == {(MAKE, "port/app/80"), (MAKE, "port/app/90")}


def test_ids_of_different_kinds_may_be_equal() -> None:
    """Roles and Auto Scaling groups are known by their names, which are derived alike."""
    found = {
        "machine": [ours(machine(network_name=None), "demo-app")],
        "network": [ours(network(), "demo-app")],
        "port": [Found("p-1", Port(machine="demo-app", number=81), name="81")],
    }
    for declared in ((machine(network_name=None), network()), (network(), machine(network_name=None))):
        planned = plan(Account(), *declared, found=found)
        assert (REMOVE, "port/app/81", "delete") in steps(planned)


def test_orphans_are_reported_not_deleted() -> None:
    account = Account()
    account.run(network(), network("old"), machine(), port(80))
    result = account.run(network(), machine())
    assert result["orphans"] == [{"kind": "network", "name": "old", "id": account.ids("network")[1]}]
    assert actions(result) == {"port/app/80": "delete"}  # a child goes with what its parent says


def test_orphans_of_tiers_that_are_not_applied_are_nobodys_business() -> None:
    account = Account()
    account.run(network(), network("old"), machine())
    assert account.run(network(), machine(), tiers=["compute"])["orphans"] == []


def test_teardown_refuses_listing_all_that_is_guarded() -> None:
    account = Account(network={"guard": lambda found: f"{found.id} is protected" if found.values.dns else None})
    account.run(network(dns=True), network("b", dns=True), network("c"))
    account.cloud.calls.clear()
    with pytest.raises(Refused) as refused:
        account.run(state="absent")
    assert "network/main:" in str(refused.value) and "network/b:" in str(refused.value) and "network/c" not in str(refused.value)
    assert account.cloud.mutations == []


def test_teardown_is_ordered_by_what_exists() -> None:
    account = Account()
    found = {
        "network": [ours(network(), "n-1")],
        "machine": [
            ours(machine(), "m-1", values=Machine(network="n-1")),
            ours(machine("old"), "m-2", values=Machine(peers=("m-1",))),
        ],
        "port": [Found("p-1", Port(machine="m-1", number=80), name="80")],
    }
    planned = plan_absent(found, account.kinds)
    assert waits(planned, REMOVE, "machine/app") == {(REMOVE, "machine/old"), (REMOVE, "port/app/80")}
    assert planned.steps[-1].key == Key("network", "main")


def test_resources_that_refer_to_each_other_are_refused_by_name() -> None:
    found = {
        "machine": [
            ours(machine("a"), "m-1", values=Machine(peers=("m-2",))),
            ours(machine("b"), "m-2", values=Machine(peers=("m-1",))),
        ]
    }
    with pytest.raises(Refused, match=r"wait for each other: machine/. -> machine/. -> machine/."):
        plan_absent(found, Account().kinds)


@pytest.mark.parametrize(("deleting", "planned"), [(0, 0), (1, 1)])
def test_a_deletion_under_way_is_a_step_only_where_it_can_be_awaited(deleting: int, planned: int) -> None:
    account = Account(machine={"deleting": deleting})
    assert len(plan_absent({"machine": [ours(machine(), "m-1", state=DELETING)]}, account.kinds).steps) == planned


def test_a_diff_shows_no_secrets() -> None:
    account = Account()
    first = account.run(network(), machine(password="hunter2", size="s"))
    assert "hunter2" not in repr(first) and "password: (secret)" in repr(first["diff"])
    second = account.run(network(), machine(password="tr0ub4dor", size="s"))
    assert "hunter2" not in repr(second) and "tr0ub4dor" not in repr(second)
    assert actions(second) == {"machine/app": "update"}
    assert second["diff"][0]["before"] != second["diff"][0]["after"]


def test_unknown_values_are_shown_as_such() -> None:
    result = Account().run(network(), machine(), check=True)
    (shown,) = [diff["after"] for diff in result["diff"] if diff["after_header"].startswith("machine/app")]
    assert "network: (known after apply)" in shown


def test_steps_with_an_unknown_change_are_planned_as_updates() -> None:
    found = {"machine": [ours(machine(network_name=None), "m-1", values=Machine(peers=("x",)))]}
    uses = machine(network_name=None, peers=(Reference("network", "main"),))
    planned = plan(Account(), network(), uses, found=found)
    assert [step.action for step in planned.steps if isinstance(step, Step)] == ["create", "update"]
