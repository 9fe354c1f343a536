# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole of it: demo, second run, plan, repair, teardown. The tests of this file follow one another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests

from tests.site.conftest import Site

pytestmark = [pytest.mark.docker]
STACK_FILTER = "tag:terrace:stack"


def answers(url: str) -> bool:
    """Whether the app gives its messages, through the load balancer."""
    try:
        return requests.get(f"{url}/messages", timeout=5).status_code == 200
    except requests.RequestException:
        return False


def url(site: Site) -> str:
    return site.summary["urls"][0].rstrip("/")


def group_of(site: Site, name: str) -> dict[str, Any]:
    """Return the stack's security group with a logical name."""
    (group,) = site.client("ec2").describe_security_groups(
        Filters=[
            {"Name": STACK_FILTER, "Values": [site.summary["stack"]]},
            {"Name": "tag:terrace:id", "Values": [f"network/security_group/{name}"]},
        ]
    )["SecurityGroups"]
    return group


def remains(site: Site) -> set[str]:
    """Return the ids of what AWS goes on showing for an hour after its end."""
    ec2 = site.client("ec2")
    ended = [{"Name": "instance-state-name", "Values": ["terminated"]}]
    reservations = ec2.describe_instances(Filters=ended)["Reservations"]
    instances = {instance["InstanceId"] for reservation in reservations for instance in reservation["Instances"]}
    gateways = ec2.describe_nat_gateways(Filter=[{"Name": "state", "Values": ["deleted"]}])["NatGateways"]
    return instances | {gateway["NatGatewayId"] for gateway in gateways}


def test_the_app_keeps_its_messages(site: Site) -> None:
    made = requests.post(f"{url(site)}/messages", json={"text": "first light"}, timeout=10)
    assert made.status_code == 201
    assert "first light" in {message["text"] for message in requests.get(f"{url(site)}/messages", timeout=10).json()}


def test_a_second_run_changes_nothing(site: Site) -> None:
    before = len(site.calls)
    run = site.make("converge")
    assert len(run.changed) > 1, "no host in the recap"
    assert set(run.changed.values()) == {0}
    assert [call["operation"] for call in site.calls[before:] if call["mutating"]] == []


def test_the_plan_of_a_built_stack_is_empty(site: Site) -> None:
    assert set(site.make("plan").changed.values()) == {0}


def test_one_of_two_hosts_is_enough(site: Site, eventually: Callable[..., None]) -> None:
    host = site.containers("instance")[0]
    host.stop()
    try:
        eventually(lambda: answers(url(site)))
        assert all(answers(url(site)) for _attempt in range(10))
    finally:
        host.start()


@pytest.mark.parametrize("group", ["alb", "app", "db"])
def test_a_revoked_rule_stops_the_app(site: Site, group: str, eventually: Callable[..., None]) -> None:
    eventually(lambda: answers(url(site)))
    target = group_of(site, group)
    ec2 = site.client("ec2")
    ec2.revoke_security_group_ingress(GroupId=target["GroupId"], IpPermissions=target["IpPermissions"])
    try:
        eventually(lambda: not answers(url(site)))
    finally:
        ec2.authorize_security_group_ingress(GroupId=target["GroupId"], IpPermissions=target["IpPermissions"])
    eventually(lambda: answers(url(site)))


def test_drift_is_shown_and_repaired_exactly(site: Site, eventually: Callable[..., None]) -> None:
    target = group_of(site, "app")
    site.client("ec2").revoke_security_group_ingress(GroupId=target["GroupId"], IpPermissions=target["IpPermissions"])
    plan = site.make("plan")
    assert "plan: 1 to create, 0 to update, 0 to replace, 0 to delete" in plan.output
    assert "security_group_rule/app/ingress/tcp/3000/alb (create)" in plan.output
    before = len(site.calls)
    site.make("converge")
    mutating = [call["operation"] for call in site.calls[before:] if call["mutating"] and call["service"] != "s3"]
    assert mutating == ["AuthorizeSecurityGroupIngress"]
    eventually(lambda: answers(url(site)))


def test_teardown_refuses_while_the_database_is_protected(site: Site) -> None:
    rds = site.client("rds")
    (database,) = rds.describe_db_instances()["DBInstances"]
    rds.modify_db_instance(DBInstanceIdentifier=database["DBInstanceIdentifier"], DeletionProtection=True, ApplyImmediately=True)
    before = len(site.calls)
    run = site.make("teardown", check=False)
    assert "nothing was changed" in run.output and "deletion_protection: false" in run.output
    assert [call["operation"] for call in site.calls[before:] if call["mutating"]] == []
    rds.modify_db_instance(DBInstanceIdentifier=database["DBInstanceIdentifier"], DeletionProtection=False, ApplyImmediately=True)


def test_teardown_leaves_only_the_final_snapshot(site: Site) -> None:
    stack = site.summary["stack"]
    site.make("teardown")
    for region in ("eu-west-1", "us-east-1"):
        tagged = site.client("resourcegroupstaggingapi", region).get_resources(
            TagFilters=[{"Key": "terrace:stack", "Values": [stack]}]
        )["ResourceTagMappingList"]
        assert {entry["ResourceARN"].split(":", 5)[-1].split("/")[-1] for entry in tagged} <= remains(site)
    assert site.client("ec2").describe_network_interfaces()["NetworkInterfaces"] == []
    snapshots = site.client("rds").describe_db_snapshots()["DBSnapshots"]
    assert len(snapshots) == 1
    assert not site.containers("instance")
    assert not site.networks("network")


def test_a_plan_of_an_empty_account_shows_everything(site: Site) -> None:
    plan = site.make("plan")
    assert "(known after apply)" in plan.output
    assert plan.changed["localhost"] == 1


def test_demo_down_leaves_nothing(site: Site) -> None:
    site.make("demo-down")
    assert not site.containers()
    assert not site.networks()


def test_nothing_reached_for_another_machine(site: Site) -> None:
    assert site.witness.connections(), "the witness saw nothing"
    assert not site.witness.strangers()
