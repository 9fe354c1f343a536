# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The emulated account is read as what should run."""

from local_cloud.emulator import Emulator
from local_cloud.reconcile import account
from local_cloud.reconcile.desired import Desired, Rule
from tests.local_cloud.scenarios.common import eventually
from tests.local_cloud.stack import CIDR, SERVE, build


def test_an_empty_account_wants_nothing(emulator: Emulator) -> None:
    emulator.client("ec2").describe_vpcs()
    assert account.read() == Desired()


def test_a_stack_is_read_as_a_whole(emulator: Emulator) -> None:
    stack = build(emulator.client)
    elbv2 = emulator.client("elbv2")
    eventually(2, lambda: len(elbv2.describe_target_health(TargetGroupArn=stack.target_group)["TargetHealthDescriptions"]))
    desired = account.read()
    assert [(network.vpc, network.cidr) for network in desired.networks] == [(stack.vpc, CIDR)]
    assert [host.user_data.decode() for host in desired.hosts] == [SERVE, SERVE]
    (balancer,), (database,) = desired.balancers, desired.databases
    assert {target.address for target in balancer.groups[0].targets} == {host.address for host in desired.hosts}
    assert (database.port, database.name, database.user, database.force_tls) == (5432, "messages", "owner", True)
    interfaces = emulator.client("ec2").describe_network_interfaces()["NetworkInterfaces"]
    addresses = tuple(
        sorted(item["PrivateIpAddress"] for item in interfaces if item["Groups"][0]["GroupId"] == stack.groups["alb"])
    )
    assert balancer.address in addresses
    assert desired.hosts[0].firewall.ingress == (Rule("tcp", 3000, 3000, addresses),)


def test_secrets_do_not_show_in_a_representation(emulator: Emulator) -> None:
    build(emulator.client)
    (database,) = account.read().databases
    assert database.password
    assert database.password not in repr(database)


def test_what_is_deleted_is_wanted_no_more(emulator: Emulator) -> None:
    stack = build(emulator.client)
    emulator.client("autoscaling").delete_auto_scaling_group(AutoScalingGroupName="app", ForceDelete=True)
    emulator.client("elbv2").delete_load_balancer(LoadBalancerArn=stack.balancer)
    rds = emulator.client("rds")
    eventually("available", lambda: rds.describe_db_instances()["DBInstances"][0]["DBInstanceStatus"])
    rds.delete_db_instance(DBInstanceIdentifier="probe", SkipFinalSnapshot=True)
    desired = account.read()
    assert (desired.hosts, desired.balancers, desired.databases) == ((), (), ())
