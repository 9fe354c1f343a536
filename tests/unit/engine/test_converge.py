# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One run from survey to result."""

from __future__ import annotations

import copy
import inspect

import pytest

from ansible_collections.terrace.aws.plugins.module_utils.engine import apply, perform, plan, retry
from ansible_collections.terrace.aws.plugins.module_utils.engine.converge import contexts_of
from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Declaration, Reference
from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import InvalidOption
from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import Found
from ansible_collections.terrace.aws.plugins.module_utils.engine.survey import Survey
from tests.unit.engine.fake import Account, Machine, actions, machine, network, no_clients, port


def test_check_mode_changes_nothing() -> None:
    account = Account()
    account.run(network(), machine(), port(80))
    before = copy.deepcopy(account.cloud.resources)
    account.cloud.calls.clear()
    changed = (network(dns=True), network("b"), machine(size="l"), port(81))
    planned = account.run(*changed, check=True)
    assert account.cloud.mutations == []
    assert account.cloud.resources == before
    done = account.run(*changed)
    assert actions(planned) == actions(done)
    assert planned["changed"] and done["changed"]


def test_check_mode_of_a_teardown_changes_nothing() -> None:
    account = Account()
    account.run(network(), machine())
    account.cloud.calls.clear()
    planned = account.run(network(), machine(), state="absent", check=True)
    assert account.cloud.mutations == []
    assert actions(planned) == {"network/main": "delete", "machine/app": "delete"}


@pytest.mark.parametrize("module", [apply, perform, plan, retry])
def test_nothing_below_converge_knows_check_mode(module: object) -> None:
    assert "check" not in inspect.getsource(module)  # type: ignore[arg-type]


def test_a_plan_on_an_empty_account_shows_everything() -> None:
    planned = Account().run(network(), machine(), port(80), check=True)
    assert len(planned["diff"]) == 3
    assert planned["outputs"]["machine"]["app"] == {"id": "(known after apply)"}


def test_a_tier_alone_leaves_the_others_alone() -> None:
    account = Account()
    account.run(network())
    account.cloud.calls.clear()
    result = account.run(network(dns=True), machine(), tiers=["compute"])
    assert account.cloud.mutations == [("CreateMachine", "app")]
    assert account.cloud.resources["machine"]["machine-2"].values.network == "network-1"
    assert actions(result) == {"machine/app": "create"}


def test_a_tier_alone_without_its_provider_is_refused_before_any_change() -> None:
    account = Account()
    with pytest.raises(
        InvalidOption, match=r"compute\.machines\.app: refers to network/main, which is neither declared nor found"
    ):
        account.run(machine(), machine("b", network_name=None), tiers=["compute"])
    assert account.cloud.mutations == []


def test_too_few_of_what_is_referred_to_are_refused_before_any_change() -> None:
    account = Account()
    two = Reference("network", "zone/", every=True, at_least=2)
    host = Declaration("machine", "app", "compute", Machine(network=two), "compute.machines.app")
    with pytest.raises(InvalidOption, match="refers to network/zone/, of which there is 1, but AWS wants at least 2"):
        account.run(network("zone/a"), host)
    assert account.cloud.mutations == []
    assert actions(account.run(network("zone/a"), network("zone/b"), host, check=True))["machine/app"] == "create"


def test_a_tier_alone_can_be_planned_without_its_provider() -> None:
    planned = Account().run(machine(), tiers=["compute"], check=True)
    assert actions(planned) == {"machine/app": "create"}
    assert "network: (known after apply)" in planned["diff"][0]["after"]


def test_a_tier_alone_can_be_planned_without_what_another_tier_makes_too() -> None:
    both = {"base": ("network",), "compute": ("network", "machine", "port")}
    planned = Account().run(machine(), tiers=["compute"], tier_kinds=both, check=True)
    assert actions(planned) == {"machine/app": "create"}
    with pytest.raises(InvalidOption, match="refers to network/main"):
        Account().run(machine(), tiers=["compute"], tier_kinds=both)


def test_a_wrong_name_is_refused_in_check_mode_too() -> None:
    with pytest.raises(InvalidOption, match="refers to network/mian"):
        Account().run(network(), machine(network_name="mian"), check=True)


def test_what_is_referred_to_is_surveyed_and_no_more() -> None:
    account = Account()
    account.run(network(), tiers=["base"])
    assert {operation for operation, _subject in account.cloud.calls} == {"ListNetwork", "CreateNetwork"}


def test_teardown_of_a_tier_deletes_that_tier() -> None:
    account = Account()
    account.run(network(), machine(), port(80))
    account.run(network(), machine(), port(80), state="absent", tiers=["compute"])
    assert [account.ids(kind) for kind in ("network", "machine", "port")] == [["network-1"], [], []]


def test_teardown_needs_no_description() -> None:
    account = Account()
    account.run(network(), machine(), port(80))
    result = account.run(state="absent")
    assert {key.split("/")[0] for key in actions(result)} == {"network", "machine", "port"}
    assert result["outputs"] == {} and result["orphans"] == []
    again = account.run(state="absent")
    assert not again["changed"] and again["resources"] == []


def test_the_result_has_ids_outputs_and_seconds() -> None:
    account = Account()
    result = account.run(network(), machine(peers=(Reference("network", "main", "arn"),)))
    assert {r["name"]: r["id"] for r in result["resources"]} == {"main": "network-1", "app": "machine-2"}
    assert result["outputs"]["network"]["main"] == {"id": "network-1", "name": "demo-main", "arn": "arn:network-1"}
    assert set(result["seconds"]) == {"base", "compute"}
    assert account.cloud.resources["machine"]["machine-2"].values.peers == ("arn:network-1",)


def test_children_are_listed_below_parents_of_their_own_region() -> None:
    survey = Survey()
    contexts = contexts_of(Account().request(network()), survey, no_clients, [])
    survey.add("machine", "us-east-1", [Found("m-1", Machine())])
    survey.add("machine", "eu-west-1", [Found("m-2", Machine())])
    assert [found.id for found in contexts["eu-west-1"].found("machine")] == ["m-2"]
