# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Carrying out a plan: order, waits, failures, and answers that got lost."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.terrace.aws.plugins.module_utils.engine import apply
from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Reference
from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import AmbiguousAnswer, ApplyFailed
from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import DELETING, FAILED, PENDING, QUEUED, Found, Retry
from tests.unit.engine.fake import Account, AwsError, Clock, Machine, Network, actions, machine, network, port


def failure_of(account: Account, *declarations: Any, **options: Any) -> ApplyFailed:
    with pytest.raises(ApplyFailed) as raised:
        account.run(*declarations, **options)
    return raised.value


def test_created_parents_first_and_found_again() -> None:
    account = Account()
    result = account.run(port(80), machine(size="s"), network())
    assert account.cloud.mutations == [("CreateNetwork", "main"), ("CreateMachine", "app"), ("CreatePort", "app/80")]
    assert actions(result) == {"network/main": "create", "machine/app": "create", "port/app/80": "create"}
    again = account.run(port(80), machine(size="s"), network())
    assert not again["changed"] and actions(again) == {} and again["diff"] == []


def test_a_step_starts_when_its_own_parents_are_done() -> None:
    """No barriers: a slow branch holds up nobody else."""
    account = Account()
    account.cloud.slow = {"slow": 0.15}
    account.run(network("slow"), network("quick"), machine("late", "slow"), machine("early", "quick"), port(80, "early"))
    order = [subject for _operation, subject in account.cloud.mutations]
    assert order.index("early/80") < order.index("slow") < order.index("late")


def test_a_pending_parent_is_awaited() -> None:
    account = Account(network={"creating": 3})
    account.run(network(), machine())
    created = account.cloud.calls.index(("CreateMachine", "app"))
    assert account.cloud.calls[:created].count(("ListNetwork", "")) >= 4  # the survey and three polls


def test_what_others_have_queued_is_not_awaited() -> None:
    account = Account(network={"timeout": 0.03})
    account.run(network())
    (id_,) = account.cloud.resources["network"]
    account.cloud.change("network", id_, state=QUEUED)
    assert actions(account.run(network(), machine())) == {"machine/app": "create"}


def test_what_this_run_has_queued_is_awaited() -> None:
    account = Account(network={"timeout": 0.03, "updating": 1})
    account.run(network())
    (id_,) = account.cloud.resources["network"]
    account.cloud.stuck.add(id_)
    account.cloud.change("network", id_, state=QUEUED)
    assert "still" in str(failure_of(account, network(dns=True)))


def test_one_poll_serves_all_resources_of_a_kind() -> None:
    account = Account(network={"creating": 4})
    account.run(*(network(f"n{i}") for i in range(20)))
    assert len(account.cloud.subjects("ListNetwork")) < 15


def test_waiting_does_not_spin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apply, "POLL_FIRST", 0.1)
    turns: list[None] = []
    original = apply.Apply._pause
    monkeypatch.setattr(apply.Apply, "_pause", lambda run: turns.append(None) or original(run))
    Account(network={"creating": 1}).run(network())
    assert len(turns) < 10


def test_a_wait_ends_at_the_timeout_and_says_the_state() -> None:
    account = Account(network={"creating": 1, "timeout": 0.03})
    account.cloud.stuck.add("network-1")
    error = failure_of(account, network(), machine())
    assert "network/main: still pending after 0 s; run again to go on waiting" in str(error)
    assert "not started because of it: machine/app" in str(error)
    assert [(r["name"], r["id"]) for r in error.resources] == [("main", "network-1")]
    assert error.result["changed"]


def test_a_second_run_goes_on_waiting() -> None:
    account = Account(network={"creating": 3})
    account.cloud.put("network", "network-9", Network(cidr="10.0.0.0/16"), network(), state=PENDING)
    account.cloud.polls("network-9", 4)
    result = account.run(network(), machine())
    assert account.cloud.subjects("CreateNetwork") == []
    assert actions(result) == {"machine/app": "create"}
    assert result["outputs"]["network"]["main"]["arn"] == "arn:network-9"


def test_waiting_alone_is_work_but_no_change() -> None:
    account = Account()
    account.cloud.put("network", "network-9", Network(cidr="10.0.0.0/16"), network(), state=PENDING)
    account.cloud.polls("network-9", 3)
    result = account.run(network())
    assert not result["changed"]
    assert result["outputs"]["network"]["main"]["arn"] == "arn:network-9"


def test_what_aws_does_not_tell_of_a_pending_resource_is_compared_afterwards() -> None:
    account = Account()
    account.cloud.put("network", "network-9", Network(), network(), state=PENDING)
    account.cloud.polls("network-9", 3)
    result = account.run(network(dns=True))
    assert actions(result) == {"network/main": "update"}
    assert account.cloud.resources["network"]["network-9"].values.dns is True


def test_a_resource_that_ends_as_failed_fails_its_step() -> None:
    account = Account(network={"creating": 1})
    account.cloud.stuck.add("network-1")
    original = account.kinds["network"].list

    def failing(context: Any) -> list[Found]:
        if "network-1" in account.ids("network"):
            account.cloud.change("network", "network-1", state=FAILED, detail="out of addresses")
        return list(original(context))

    account.alter("network", list=failing)
    error = failure_of(account, network())
    assert "network/main: network-1 failed: out of addresses" in str(error)


def test_what_create_cannot_set_is_set_right_after() -> None:
    account = Account(machine={"sets": {"network"}})
    account.run(network(), machine(size="large"))
    assert account.cloud.subjects("UpdateMachine") == ["machine-2"]
    assert account.cloud.resources["machine"]["machine-2"].values.size == "large"
    assert not account.run(network(), machine(size="large"))["changed"]


def test_tags_that_create_did_not_set_are_set_right_after() -> None:
    account = Account()
    original = account.cloud.put

    def without_name(kind: str, id_: str, values: Any, declaration: Any = None, **facts: Any) -> Found:
        tags = {key: value for key, value in facts.pop("tags").items() if key != "Name"}
        return original(kind, id_, values, declaration, tags=tags, **facts)

    account.cloud.put = without_name  # type: ignore[method-assign]
    account.cloud.fail("TagNetwork", "InvalidNetwork.NotFound", times=2)
    account.run(network())
    assert account.cloud.resources["network"]["network-1"].tags["Name"] == "demo-main"


def test_an_asynchronous_update_is_awaited() -> None:
    account = Account(network={"updating": 3})
    account.run(network(dns=False))
    account.cloud.calls.clear()
    account.run(network(dns=True))
    assert len(account.cloud.subjects("ListNetwork")) >= 3
    assert account.cloud.subjects("UpdateNetwork") == ["network-1"]


def test_an_asynchronous_deletion_is_awaited() -> None:
    account = Account(machine={"deleting": 3})
    account.run(network(), machine())
    account.cloud.calls.clear()
    account.run(network(), machine(), state="absent")
    assert account.cloud.mutations == [("DeleteMachine", "machine-2"), ("DeleteNetwork", "network-1")]
    assert account.ids("machine") == account.ids("network") == []


def test_a_deletion_under_way_is_awaited_without_another_call() -> None:
    account = Account(machine={"deleting": 2})
    account.cloud.put("machine", "machine-9", Machine(), machine(), state=DELETING)
    account.run(machine(), state="absent")
    assert account.cloud.mutations == []
    assert account.ids("machine") == []


def test_a_poll_survives_what_vanishes_between_list_and_read() -> None:
    account = Account(machine={"deleting": 3})
    account.run(network(), machine())
    account.cloud.fail("ListMachine", "MachineNotFound", times=0)
    fault = account.cloud._faults[-1]
    original = account.kinds["machine"].delete

    def delete(context: Any, found: Found) -> None:
        original(context, found)
        fault.times = 1

    account.alter("machine", delete=delete)
    account.run(network(), machine(), state="absent")
    assert account.ids("network") == []


def test_another_error_of_a_poll_fails_what_it_was_for() -> None:
    account = Account(network={"creating": 3})
    original = account.kinds["network"].create

    def create(*arguments: Any) -> Found:
        account.cloud.fail("ListNetwork", "AccessDenied")
        return original(*arguments)

    account.alter("network", create=create)
    error = failure_of(account, network(), machine(network_name=None))
    assert "network/main: ListNetwork answered AccessDenied" in str(error)
    assert {r["name"] for r in error.resources} == {"main", "app"}


def test_independent_branches_finish_and_results_are_returned() -> None:
    account = Account()
    account.cloud.fail("CreateNetwork", "AddressLimitExceeded", subject="bad")
    error = failure_of(account, network("bad"), machine("a", "bad"), network("good"), machine("b", "good"), port(80, "b"))
    assert {(r["kind"], r["name"]) for r in error.resources} == {("network", "good"), ("machine", "b"), ("port", "b/80")}
    assert error.failures[0].startswith("network/bad: CreateNetwork answered AddressLimitExceeded: no (request r-1); ask for a")
    assert error.failures[1] == "not started because of it: machine/a"
    assert error.result["changed"] and error.result["outputs"]["machine"]["a"] == {"id": "(known after apply)"}
    assert error.result["outputs"]["machine"]["b"]["id"]


def test_a_created_resource_is_reported_though_what_follows_fails() -> None:
    account = Account(machine={"sets": {"network"}})
    account.cloud.fail("UpdateMachine", "AccessDenied")
    error = failure_of(account, network(), machine(size="large"))
    assert ("machine", "create") in {(r["kind"], r["action"]) for r in error.resources}


def test_an_unexpected_exception_is_one_line() -> None:
    account = Account()
    account.cloud.fail("CreateNetwork", KeyError("SubnetId"))
    assert failure_of(account, network()).failures == ["network/main: unexpected KeyError: 'SubnetId'"]


def test_access_denied_fails_at_once(clock: Clock) -> None:
    account = Account()
    account.cloud.fail("CreateMachine", "AccessDenied", times=9)
    error = failure_of(account, network(), machine())
    assert account.cloud.subjects("CreateMachine") == ["app"]
    assert "the caller's credentials lack the permission for this call" in str(error)
    assert clock.pauses == []


def test_not_found_after_own_create_is_repeated() -> None:
    account = Account()
    account.cloud.fail("CreateMachine", "InvalidNetwork.NotFound", times=3)
    account.run(network(), machine())
    assert len(account.cloud.subjects("CreateMachine")) == 4


def test_not_found_after_own_create_is_repeated_for_a_minute(clock: Clock) -> None:
    account = Account()
    account.cloud.fail("CreateMachine", "InvalidNetwork.NotFound", times=99)
    failure_of(account, network(), machine())
    assert 45 < clock.now <= 60


def test_plain_not_found_fails_at_once() -> None:
    account = Account()
    account.run(network())
    account.cloud.fail("CreateMachine", "InvalidNetwork.NotFound")
    failure_of(account, network(), machine())
    assert account.cloud.subjects("CreateMachine") == ["app"]


def test_listed_propagation_errors_are_repeated() -> None:
    retries = (Retry("CreateMachine", "InvalidParameterValue", "profile", 30.0),)
    account = Account(machine={"retries": retries})
    account.cloud.fail("CreateMachine", AwsError("InvalidParameterValue", "Invalid profile", "CreateMachine"), times=2)
    account.run(machine(network_name=None))
    other = Account(machine={"retries": retries})
    other.cloud.fail("CreateMachine", AwsError("InvalidParameterValue", "Invalid size", "CreateMachine"), times=2)
    failure_of(other, machine(network_name=None))


def test_a_create_that_lost_its_answer_is_looked_up() -> None:
    account = Account(network={"unsafe_create": "CreateNetwork"})
    account.cloud.fail("CreateNetwork", AmbiguousAnswer("CreateNetwork got no usable answer"), after=True)
    result = account.run(network(), machine())
    assert account.ids("network") == ["network-1"]
    assert actions(result)["network/main"] == "create"


def test_a_create_that_took_no_effect_is_repeated_as_the_same_call() -> None:
    account = Account(network={"unsafe_create": "CreateNetwork"})
    account.cloud.fail("CreateNetwork", AmbiguousAnswer("CreateNetwork got no usable answer"), times=2)
    account.run(network())
    assert len(account.cloud.subjects("CreateNetwork")) == 3
    assert account.ids("network") == ["network-1"]
    assert len(set(account.cloud.tokens)) == 1 and len(account.cloud.tokens[0]) == 32


def test_a_lagging_list_makes_no_duplicate() -> None:
    account = Account(network={"unsafe_create": "CreateNetwork"})
    account.cloud.fail("CreateNetwork", AmbiguousAnswer("lost"), after=True)
    original, lists = account.kinds["network"].list, []

    def lagging(context: Any) -> list[Found]:
        lists.append(1)
        return [] if len(lists) < 5 else list(original(context))

    account.alter("network", list=lagging)
    account.run(network())
    assert account.ids("network") == ["network-1"]


def test_endless_silence_fails() -> None:
    account = Account(network={"unsafe_create": "CreateNetwork"})
    account.cloud.fail("CreateNetwork", AmbiguousAnswer("lost"), times=99)
    assert "network/main: CreateNetwork got no answer 5 times, and nothing was created" in str(failure_of(account, network()))


def test_exists_already_and_ours_is_success() -> None:
    """botocore repeated a create whose first answer was lost."""
    account = Account(network={"unique_name": True})
    account.cloud.fail("CreateNetwork", "EntityAlreadyExists", after=True)
    assert account.run(network())["outputs"]["network"]["main"]["id"] == "network-1"


def test_exists_already_and_not_ours_is_an_error() -> None:
    account = Account(network={"unique_name": True})
    account.cloud.fail("CreateNetwork", "EntityAlreadyExists", times=9)
    assert "EntityAlreadyExists" in str(failure_of(account, network()))
    assert account.cloud.subjects("CreateNetwork") == ["main"]


def test_exists_already_below_a_parent_of_this_run() -> None:
    """Lists of children know the parents that the run itself has made."""
    account = Account()
    original = account.kinds["port"].list

    def of_known_machines(context: Any) -> list[Found]:
        known = {found.id for found in context.found("machine")}
        return [found for found in original(context) if found.values.machine in known]

    account.alter("port", list=of_known_machines)
    account.cloud.fail("CreatePort", "InvalidPort.Duplicate", after=True)
    account.run(network(), machine(), port(80))
    assert len(account.ids("port")) == 1


def test_the_replaced_resource_is_not_taken_for_the_new_one() -> None:
    account = Account(network={"unsafe_create": "CreateNetwork", "create_before_delete": True})
    account.run(network())
    account.cloud.fail("CreateNetwork", AmbiguousAnswer("lost"))
    account.run(network(cidr="10.1.0.0/16"), allow_replacement=("network/main",))
    assert [found.values.cidr for found in account.cloud.resources["network"].values()] == ["10.1.0.0/16"]


def test_a_name_that_is_being_given_up_is_awaited(clock: Clock) -> None:
    account = Account(network={"unique_name": True})
    account.cloud.put("network", "network-9", Network(), network(), state=DELETING, name="demo-main")
    account.cloud.stuck.add("network-9")
    clock_sleep = clock.sleep

    def sleep(seconds: float) -> None:
        clock_sleep(seconds)
        if clock.now > 100:
            account.cloud.resources["network"].pop("network-9", None)

    clock.sleep = sleep  # type: ignore[method-assign]
    account.run(network())
    assert account.ids("network") == ["network-1"]


def test_a_dependency_violation_on_delete_waits_and_names_holders(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    account = Account(network={"holders": lambda _context, _found: ["eni-1 (ELB app)"]})
    account.run(network())
    account.cloud.fail("DeleteNetwork", "DependencyViolation", times=5)
    monkeypatch.setattr(
        "ansible_collections.terrace.aws.plugins.module_utils.engine.progress.Progress.send",
        lambda _self, _event, **facts: said.append(facts.get("detail", "")),
    )
    account.run(network(), state="absent")
    assert "held by eni-1 (ELB app)" in said
    assert account.ids("network") == []


def test_a_dependency_that_stays_is_named_in_the_error(clock: Clock) -> None:
    account = Account(network={"holders": lambda _context, _found: ["eni-1 (ELB app)"]})
    account.run(network())
    account.cloud.fail("DeleteNetwork", "DependencyViolation", times=999)
    error = failure_of(account, network(), state="absent")
    assert "network/main: held by eni-1 (ELB app): DeleteNetwork answered DependencyViolation" in str(error)
    assert 800 < clock.now <= 900


def test_not_being_allowed_to_look_at_holders_does_not_end_the_wait() -> None:
    def denied(_context: Any, _found: Found) -> list[str]:
        raise AwsError("UnauthorizedOperation")

    account = Account(network={"holders": denied})
    account.run(network())
    account.cloud.fail("DeleteNetwork", "DependencyViolation", times=2)
    account.run(network(), state="absent")
    assert account.ids("network") == []


def test_deleting_what_is_gone_is_success() -> None:
    account = Account()
    account.run(network())
    account.cloud.fail("DeleteNetwork", "InvalidNetwork.NotFound")
    assert actions(account.run(network(), state="absent")) == {"network/main": "delete"}


@pytest.mark.parametrize("new_first", [True, False])
def test_replacement_in_both_orders(new_first: bool) -> None:
    account = Account(network={"create_before_delete": new_first})
    account.run(network(), machine(peers=()))
    account.cloud.calls.clear()
    allowed = ("network/main", "machine/app")
    result = account.run(network(cidr="10.1.0.0/16"), machine(peers=()), allow_replacement=allowed)
    assert actions(result) == {"network/main": "replace", "machine/app": "replace"}
    order = [operation for operation, _subject in account.cloud.mutations]
    assert order.index("DeleteMachine") < order.index("DeleteNetwork")
    assert order.index("DeleteMachine") < order.index("CreateMachine")
    assert (order.index("CreateNetwork") < order.index("DeleteNetwork")) is new_first
    assert (order.index("CreateMachine") < order.index("DeleteNetwork")) is new_first
    assert len(order) == 4


def test_users_move_before_the_replaced_resource_goes() -> None:
    account = Account(network={"create_before_delete": True})
    uses = {"peers": (Reference("network", "main"),)}
    account.run(network(), machine(network_name=None, **uses))
    account.cloud.calls.clear()
    account.run(network(cidr="10.1.0.0/16"), machine(network_name=None, **uses), allow_replacement=("network/main",))
    assert [operation for operation, _subject in account.cloud.mutations] == ["CreateNetwork", "UpdateMachine", "DeleteNetwork"]


def test_a_removal_without_its_successor_is_reported_as_deletion() -> None:
    account = Account()
    account.run(network())
    account.cloud.fail("CreateNetwork", "AccessDenied")
    error = failure_of(account, network(cidr="10.1.0.0/16"), allow_replacement=("network/main",))
    assert actions({"resources": error.resources}) == {"network/main": "delete"}
    assert error.result["changed"]


def test_surplus_children_go_after_new_ones_have_come() -> None:
    account = Account()
    account.run(network(), machine(), port(80), port(81))
    account.cloud.calls.clear()
    account.run(network(), machine(), port(80), port(82))
    assert [operation for operation, _subject in account.cloud.mutations] == ["CreatePort", "DeletePort"]
    assert sorted(found.values.number for found in account.cloud.resources["port"].values()) == [80, 82]
