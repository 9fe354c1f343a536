# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How another version of a launch template reaches the instances that run.

https://docs.aws.amazon.com/autoscaling/ec2/userguide/asg-instance-refresh.html
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ansible_collections.terrace.aws.plugins.module_utils.engine import retry
from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Declaration, Reference
from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import ApplyFailed
from ansible_collections.terrace.aws.plugins.module_utils.kinds import _instance_refresh, _instance_sources, auto_scaling_group
from local_cloud.emulator import Emulator
from tests.contract.case import STACK
from tests.contract.cases_compute import FOR_GROUPS, MIX, declared, group, template
from tests.contract.harness import actions, loopback_clients
from tests.contract.harness import run_close as run

REGION, NAME = STACK.region, f"{STACK.name}-app"
PREFERENCES = {
    "min_healthy": 100,
    "max_healthy": 110,
    "checkpoints": [50, 100],
    "checkpoint_delay": 60,
    "auto_rollback": True,
}
ANSWERED = {"InstanceRefreshId": "r-1", "AutoScalingGroupName": NAME}
Clients = Callable[[str, str], Any]


class Refreshing:
    """A client of Auto Scaling that answers each look at a refresh with the next of `statuses`."""

    def __init__(self, clients: Clients, *statuses: str) -> None:
        self._clients, self._client = clients, clients("autoscaling", REGION)
        self.statuses, self.started, self.cancelled = list(statuses), [], 0
        self._refresh: dict[str, Any] | None = None

    def __call__(self, service: str, region: str) -> Any:
        return self if service == "autoscaling" else self._clients(service, region)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def start_instance_refresh(self, **request: Any) -> dict[str, str]:
        if self._refresh and self._refresh["Status"] in _instance_refresh.ACTIVE:
            raise error("StartInstanceRefresh", "InstanceRefreshInProgress")
        self.started.append(request)
        self._refresh = {**ANSWERED, "Status": "Pending", "DesiredConfiguration": request["DesiredConfiguration"]}
        return {"InstanceRefreshId": "r-1"}

    def cancel_instance_refresh(self, **_request: Any) -> None:
        self.cancelled += 1
        self._refresh = {**ANSWERED, "Status": "Cancelled"}

    def describe_instance_refreshes(self, **_request: Any) -> dict[str, Any]:
        if self._refresh and self._refresh["Status"] in _instance_refresh.ACTIVE:
            assert self.statuses, "looked at more often than expected"
            reason = {"StatusReason": "1 instance was abandoned"} if "Rollback" in self.statuses[0] else {}
            self._refresh |= {"Status": self.statuses.pop(0), "PercentageComplete": 50, **reason}
            if self._refresh["Status"] == "Successful":
                self._replace()
        return {"InstanceRefreshes": [self._refresh] if self._refresh else []}

    def _replace(self) -> None:
        self._client.update_auto_scaling_group(AutoScalingGroupName=NAME, **self._refresh["DesiredConfiguration"])
        (scaling_group,) = self._client.describe_auto_scaling_groups()["AutoScalingGroups"]
        ids = [instance["InstanceId"] for instance in scaling_group["Instances"]]
        self._clients("ec2", REGION).terminate_instances(InstanceIds=ids)


def error(operation: str, code: str, message: str = "no") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator() as running:
        yield running


@pytest.fixture
def clients(emulator: Emulator) -> Clients:
    emulator.reset()
    return loopback_clients(emulator.endpoint)


def described(type_: str = "t3.small", **changes: Any) -> tuple[Declaration, ...]:
    values = {"template_version": Reference("launch_template", "app", "version"), "refresh": PREFERENCES, **changes}
    subject = declared("auto_scaling_group", "app", dataclasses.replace(group("app"), **values))
    changed = declared("launch_template", "app", template(type=type_))
    return (*(d for d in FOR_GROUPS if d.key != changed.key), changed, subject)


def version_of(clients: Clients) -> str:
    (found,) = clients("autoscaling", REGION).describe_auto_scaling_groups()["AutoScalingGroups"]
    return _instance_refresh.template_of(found)[1] or ""


def test_another_version_is_rolled_out_and_awaited(clients: Clients) -> None:
    run(clients, STACK, described())
    refreshing = Refreshing(clients, "Pending", "InProgress", "Successful")
    plan = run(refreshing, STACK, described("t3.large"), check=True)
    assert actions(plan) == {"launch_template/app": "update", "auto_scaling_group/app": "update"}
    (fields,) = [d["fields"] for d in plan["differences"] if d["kind"] == "auto_scaling_group"]
    assert fields == {"template_version": {"before": "1", "after": "(known after apply)"}}
    run(refreshing, STACK, described("t3.large"))
    (request,) = refreshing.started
    assert request["DesiredConfiguration"]["LaunchTemplate"]["Version"] == "2"
    assert request["Preferences"] == {
        "MinHealthyPercentage": 100,
        "MaxHealthyPercentage": 110,
        "AutoRollback": True,
        "SkipMatching": True,
        "CheckpointPercentages": [50, 100],
        "CheckpointDelay": 60,
    }
    assert (version_of(clients), refreshing.statuses) == ("2", [])
    assert actions(run(refreshing, STACK, described("t3.large"))) == {}


def test_a_version_that_is_taken_back_fails_the_run_and_stays_a_difference(clients: Clients) -> None:
    run(clients, STACK, described())
    refreshing = Refreshing(clients, "InProgress", "RollbackInProgress", "RollbackSuccessful")
    with pytest.raises(ApplyFailed, match="r-1 is RollbackSuccessful: 1 instance was abandoned; the group is at version 1"):
        run(refreshing, STACK, described("t3.large"))
    assert version_of(clients) == "1"
    again = run(refreshing, STACK, described("t3.large"), check=True)
    assert actions(again) == {"auto_scaling_group/app": "update"}


def test_a_refresh_of_an_interrupted_run_is_awaited(clients: Clients) -> None:
    run(clients, STACK, described())
    refreshing = Refreshing(clients)
    run(clients, STACK, described("t3.large")[:-1])
    wanted = _instance_sources.source(template_id(clients), 2, {})
    refreshing.start_instance_refresh(AutoScalingGroupName=NAME, DesiredConfiguration=wanted)
    refreshing.statuses = ["InProgress", "InProgress", "InProgress", "Successful"]
    run(refreshing, STACK, described("t3.large"))
    assert (len(refreshing.started), refreshing.cancelled, version_of(clients)) == (1, 0, "2")


def test_a_refresh_to_another_version_is_cancelled(clients: Clients) -> None:
    run(clients, STACK, described())
    refreshing = Refreshing(clients, "InProgress", "InProgress", "InProgress", "Successful")
    run(clients, STACK, described("t3.large")[:-1])
    other = _instance_sources.source(template_id(clients), 1, {})
    refreshing.start_instance_refresh(AutoScalingGroupName=NAME, DesiredConfiguration=other)
    run(refreshing, STACK, described("t3.large"))
    assert (len(refreshing.started), refreshing.cancelled, version_of(clients)) == (2, 1, "2")


def template_id(clients: Clients) -> str:
    (found,) = clients("ec2", REGION).describe_launch_templates(LaunchTemplateNames=[NAME])["LaunchTemplates"]
    return found["LaunchTemplateId"]


@pytest.mark.parametrize(("version", "mixed"), [("$Default", {}), ("$Latest", {}), ("$Default", MIX)])
def test_a_group_that_names_no_version_is_rolled_by_one_run(clients: Clients, version: str, mixed: dict[str, Any]) -> None:
    """It can go back to the number that its instances have, while the template is at another one."""
    run(clients, STACK, described(template_version=version, mixed=mixed, refresh=None))
    refreshing = Refreshing(clients, "RollbackSuccessful", "Successful")
    with pytest.raises(ApplyFailed, match="the group is at version 1 and not at 2"):
        run(refreshing, STACK, described("t3.large", mixed=mixed))
    run(refreshing, STACK, described("t3.large", mixed=mixed))
    assert (len(refreshing.started), version_of(clients)) == (2, "2")
    assert actions(run(refreshing, STACK, described("t3.large", mixed=mixed))) == {}


def test_a_group_whose_instances_have_the_version_just_names_it(clients: Clients) -> None:
    run(clients, STACK, described(template_version="$Default", refresh=None))
    refreshing = Refreshing(clients)
    run(refreshing, STACK, described())
    assert (refreshing.started, version_of(clients)) == ([], "1")


def test_without_a_refresh_running_instances_stay(clients: Clients) -> None:
    run(clients, STACK, described(refresh=None))
    refreshing = Refreshing(clients)
    run(refreshing, STACK, described("t3.large", refresh=None))
    assert (refreshing.started, version_of(clients)) == ([], "2")
    assert actions(run(refreshing, STACK, described("t3.large", refresh=None))) == {}


def test_instances_left_behind_are_replaced_once_that_is_asked_for(clients: Clients) -> None:
    run(clients, STACK, described(refresh=None))
    run(clients, STACK, described("t3.large", refresh=None))
    refreshing = Refreshing(clients, "Successful")
    plan = run(refreshing, STACK, described("t3.large"), check=True)
    (fields,) = [d["fields"] for d in plan["differences"]]
    assert fields == {"template_version": {"before": "2 (1 of 1 instances have others)", "after": 2}}
    run(refreshing, STACK, described("t3.large"))
    assert len(refreshing.started) == 1
    assert actions(run(refreshing, STACK, described("t3.large"))) == {}


def test_a_group_without_instances_needs_no_refresh(clients: Clients) -> None:
    run(clients, STACK, described(minimum=0, desired=0))
    refreshing = Refreshing(clients)
    run(refreshing, STACK, described("t3.large", minimum=0, desired=0))
    assert (refreshing.started, version_of(clients)) == ([], "2")


def test_a_mix_goes_with_the_version(clients: Clients) -> None:
    run(clients, STACK, described())
    refreshing = Refreshing(clients, "Successful")
    run(refreshing, STACK, described("t3.large", mixed=MIX))
    (request,) = refreshing.started
    policy = request["DesiredConfiguration"]["MixedInstancesPolicy"]
    assert policy["LaunchTemplate"]["LaunchTemplateSpecification"]["Version"] == "2"
    assert actions(run(refreshing, STACK, described("t3.large", mixed=MIX))) == {}


IN_THE_WAY = "An active instance refresh with a desired configuration exists. All configuration options derived from the ..."


@pytest.mark.parametrize(
    ("operation", "code", "message", "patient"),
    [
        ("StartInstanceRefresh", "InstanceRefreshInProgress", "", True),
        ("UpdateAutoScalingGroup", "ValidationError", IN_THE_WAY, True),
        ("StartInstanceRefresh", "ValidationError", "MinHealthyPercentage", False),
    ],
)
def test_the_end_of_another_refresh_is_waited_for(operation: str, code: str, message: str, patient: bool) -> None:
    waits = retry.patience(auto_scaling_group.KIND, error(operation, code, message), fresh_parents=False)
    assert bool(waits) is patient


def test_a_refresh_in_the_way_of_a_change_is_cancelled() -> None:
    class Context:
        cancelled = 0

        def client(self, _service: str) -> Any:
            return self

        def cancel_instance_refresh(self, **_request: Any) -> None:
            self.cancelled += 1
            raise error("CancelInstanceRefresh", "ActiveInstanceRefreshNotFound")

    context: Any = Context()

    def change() -> None:
        raise error("UpdateAutoScalingGroup", "ValidationError", IN_THE_WAY)

    with pytest.raises(ClientError, match="UpdateAutoScalingGroup"):
        _instance_refresh.making_way(context, "app", change)
    assert context.cancelled == 1
