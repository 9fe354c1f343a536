# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fleet that configures itself: it scales and is renewed with nobody's help. The tests of this file follow one another.

The architecture is jyoti, with a bootstrap. One more group is pushed to from the controller, to be compared with.
"""

from __future__ import annotations

import base64
import dataclasses
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import requests
import yaml

from tests.site.conftest import CHECKOUT, Site
from tests.site.sameness import difference, state_of
from tests.toolchain.witness import production_environment

pytestmark = [pytest.mark.docker, pytest.mark.slow]
HOME = CHECKOUT / ".local" / "fleet"
PROFILE = "PROFILE=../.local/fleet/inventory"
STACK = "jyoti-production"
GROUP = f"{STACK}-app"
DIGEST = re.compile(r'"sha256": "([0-9a-f]{64})"')
LOAD = CHECKOUT / "molecule" / "node_app" / "files" / "load.py"


@dataclasses.dataclass(frozen=True)
class Fleet:
    """The group, seen through the API."""

    site: Site

    @property
    def url(self) -> str:
        return self.site.summary["urls"][0].rstrip("/")

    @property
    def members(self) -> list[dict[str, Any]]:
        groups = self.site.client("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=[GROUP])
        return groups["AutoScalingGroups"][0]["Instances"]

    @property
    def in_service(self) -> set[str]:
        return {member["InstanceId"] for member in self.members if member["LifecycleState"] == "InService"}

    @property
    def healthy(self) -> set[str]:
        """Return the ids of what the load balancer sends requests to."""
        balancing = self.site.client("elbv2")
        groups = balancing.describe_target_groups()["TargetGroups"]
        (group,) = (group for group in groups if group["TargetGroupName"].startswith(GROUP))
        described = balancing.describe_target_health(TargetGroupArn=group["TargetGroupArn"])["TargetHealthDescriptions"]
        return {target["Target"]["Id"] for target in described if target["TargetHealth"]["State"] == "healthy"}

    def container(self, group: str) -> Any:
        """Return the container of one running instance of a group."""
        filters = [
            {"Name": "tag:terrace:group", "Values": [group]},
            {"Name": "instance-state-name", "Values": ["running"]},
        ]
        reservations = self.site.client("ec2").describe_instances(Filters=filters)["Reservations"]
        name = f"terrace-{reservations[0]['Instances'][0]['InstanceId']}"
        return next(container for container in self.site.containers("instance") if container.name == name)

    def mutations(self, since: int) -> list[str]:
        """Return the operator's calls that change something, but the lock's and the bundles'."""
        calls = self.site.calls[since:]
        return [call["operation"] for call in calls if call["mutating"] and call["service"] != "s3" and not call.get("role")]


def described() -> None:
    """Write the inventory: jyoti with a bootstrap, and a group that is pushed to."""
    shutil.rmtree(HOME, ignore_errors=True)
    inventory = HOME / "inventory"
    shutil.copytree(CHECKOUT / "inventories" / "jyoti", inventory)
    compute = inventory / "group_vars" / "all" / "compute.yml"
    (app,) = yaml.safe_load(compute.read_text())["terrace_compute"]["groups"]
    app |= {"bootstrap": {}, "health_check": "ELB", "warmup": 10, "max": 8}
    pushed = {name: app[name] for name in ("image", "type", "subnets", "security_groups", "role", "root_volume")}
    pushed |= {"name": "pushed", "min": 1, "max": 1}
    compute.write_text(yaml.safe_dump({"terrace_compute": {"groups": [app, pushed]}}))
    balancing = inventory / "group_vars" / "all" / "load_balancer.yml"
    balancers = yaml.safe_load(balancing.read_text())
    # Half a minute without an answer is no reason to replace an instance where two more boot on the same two cores.
    balancers["terrace_load_balancer"]["target_groups"][0]["health_check"] |= {"timeout": 9, "unhealthy": 10}
    balancing.write_text(yaml.safe_dump(balancers))
    identity = inventory / "group_vars" / "all" / "identity.yml"
    roles = yaml.safe_load(identity.read_text())["terrace_identity"]
    role = roles["roles"][0] | {"fleets": ["app"]}
    role["policies"][0]["statements"][0]["resources"] = [{"secret": "app-database"}, {"master_secret": "main"}]
    identity.write_text(yaml.safe_dump({"terrace_identity": {**roles, "roles": [role]}}))
    (inventory / "groups.yml").write_text(
        yaml.safe_dump({"node_app": {"children": {"app": None, "pushed": None}}, "terrace_fleets": None})
    )
    release("1")


def release(mark: str, broken: bool = False) -> None:
    """Make another release of the example app: one that says so, or one that never answers well."""
    app = HOME / "app"
    shutil.rmtree(app, ignore_errors=True)
    shutil.copytree(CHECKOUT / "examples" / "messages-api", app, ignore=shutil.ignore_patterns("node_modules"))
    (app / "RELEASE").write_text(f"{mark}\n")
    if broken:
        (app / "src" / "server.js").write_text("throw new Error('this release is broken')\n")
    variables = HOME / "inventory" / "group_vars" / "node_app.yml"
    settings = yaml.safe_load((CHECKOUT / "inventories" / "jyoti" / "group_vars" / "node_app.yml").read_text())
    variables.write_text(yaml.safe_dump({**settings, "node_app_artifact": str(app)}))


@contextmanager
def load(url: str, counted: Callable[[], int]) -> Iterator[None]:
    """Ask all the time, and see afterwards that every request was answered well, and every row written once."""
    stop = HOME / "stop"
    stop.unlink(missing_ok=True)
    before = counted()
    with subprocess.Popen([sys.executable, str(LOAD), url, str(stop)], stdout=subprocess.PIPE, text=True) as program:
        try:
            yield
        finally:
            stop.touch()
            output, _ = program.communicate(timeout=90)
    told = json.loads(output)
    assert set(told["answers"]) == {"200", "201"}, told["answers"]
    assert counted() - before == len(told["written"]) > 100


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    site = Site(production_environment(tmp_path_factory.mktemp("production")))
    site.make("demo-down")
    described()
    site.make("demo", PROFILE)
    yield Fleet(site)
    site.make("demo-down")


def rows(fleet: Fleet) -> Callable[[], int]:
    """Return a function that counts the messages in the database itself."""
    (database,) = fleet.site.containers("database")

    def count() -> int:
        done = database.exec_run(["psql", "-XAtq", "-d", "jyoti", "-c", "select count(*) from messages"], user="postgres")
        return int(done.output)

    return count


def test_the_first_instances_serve_when_the_run_ends(fleet: Fleet) -> None:
    assert requests.get(f"{fleet.url}/messages", timeout=10).status_code == 200
    assert len(fleet.in_service) == 2


def test_a_pulled_host_is_like_a_pushed_one(fleet: Fleet) -> None:
    pulled, pushed = state_of(fleet.container("app")), state_of(fleet.container("pushed"))
    assert len(pushed) > 1000
    assert difference(pulled, pushed) == []


def test_a_second_run_changes_nothing(fleet: Fleet) -> None:
    before = len(fleet.site.calls)
    assert set(fleet.site.make("converge", PROFILE).changed.values()) == {0}
    assert fleet.mutations(before) == []


def test_two_more_configure_themselves_and_take_traffic(fleet: Fleet, eventually: Callable[..., None]) -> None:
    scaling = fleet.site.client("autoscaling")
    scaling.set_desired_capacity(AutoScalingGroupName=GROUP, DesiredCapacity=4, HonorCooldown=False)
    eventually(lambda: len(fleet.members) == 4)
    assert len(fleet.healthy) == 2, "they are in service before they are configured"
    eventually(lambda: len(fleet.healthy) == 4, seconds=2400)
    assert {requests.get(f"{fleet.url}/messages", timeout=10).status_code for _attempt in range(40)} == {200}


def test_a_later_run_does_not_undo_what_scaling_did(fleet: Fleet) -> None:
    before = len(fleet.site.calls)
    fleet.site.make("converge", PROFILE)
    assert fleet.mutations(before) == []
    assert len(fleet.in_service) == 4


def test_those_that_are_not_needed_any_more_leave_and_no_request_fails(fleet: Fleet, eventually: Callable[..., None]) -> None:
    with load(fleet.url, rows(fleet)):
        fleet.site.client("autoscaling").set_desired_capacity(AutoScalingGroupName=GROUP, DesiredCapacity=2, HonorCooldown=False)
        eventually(lambda: len(fleet.members) == 2, seconds=300)
    assert len(fleet.in_service) == 2


def refreshes(fleet: Fleet) -> list[str]:
    """Return how the group's instance refreshes went, the last one first."""
    answer = fleet.site.client("autoscaling").describe_instance_refreshes(AutoScalingGroupName=GROUP)
    return [refresh["Status"] for refresh in answer["InstanceRefreshes"]]


def bundles(fleet: Fleet) -> set[str]:
    """Return the checksums in the user data of the versions that the group's instances were started from."""
    ec2, found = fleet.site.client("ec2"), set()
    for member in fleet.members:
        template = member["LaunchTemplate"]
        (version,) = ec2.describe_launch_template_versions(
            LaunchTemplateId=template["LaunchTemplateId"], Versions=[template["Version"]]
        )["LaunchTemplateVersions"]
        found |= set(DIGEST.findall(base64.b64decode(version["LaunchTemplateData"]["UserData"]).decode()))
    return found


def test_a_release_rolls_through_and_no_request_fails(fleet: Fleet, eventually: Callable[..., None]) -> None:
    before, members = bundles(fleet), fleet.in_service
    release("2")
    with load(fleet.url, rows(fleet)):
        fleet.site.make("converge", PROFILE)
    assert refreshes(fleet)[0] == "Successful"
    assert len(bundles(fleet)) == 1
    assert not before & bundles(fleet)
    assert not members & fleet.in_service


def test_a_broken_release_stops_at_the_first_instance_and_is_taken_back(fleet: Fleet) -> None:
    before, members = bundles(fleet), fleet.in_service
    release("3", broken=True)
    with load(fleet.url, rows(fleet)):
        run = fleet.site.make("converge", PROFILE, check=False)
    assert "is RollbackSuccessful" in run.output
    assert refreshes(fleet)[0] == "RollbackSuccessful"
    assert bundles(fleet) == before
    assert members <= fleet.in_service, "instances of the good release were replaced"


def test_the_next_release_is_not_held_up_by_it(fleet: Fleet) -> None:
    members = fleet.in_service
    release("4")
    with load(fleet.url, rows(fleet)):
        fleet.site.make("converge", PROFILE)
    assert refreshes(fleet)[0] == "Successful"
    assert not members & fleet.in_service


def test_the_teardown_leaves_no_bundle(fleet: Fleet) -> None:
    fleet.site.make("teardown", PROFILE)
    left = fleet.site.client("s3").list_objects_v2(Bucket="terrace-123456789012-eu-west-1", Prefix=f"{STACK}/bundles/")
    assert left["KeyCount"] == 0
