# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The emulated account as containers. The tests follow one another; the last ones take the stack apart."""

import functools
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import docker
import pytest
import requests
from docker.models.containers import Container

from local_cloud.images import image_name
from local_cloud.paths import scope
from tests.local_cloud.stack import APP_PORT, CIDR, Stack, build, rule

pytestmark = pytest.mark.docker

CHECKOUT = Path(__file__).resolve().parents[2]
PATIENCE = 120
# A local cloud of its own: a demo that somebody looks at goes on beside it.
ENVIRONMENT = os.environ | {"TERRACE_LOCAL_CLOUD": "tests"}
LABEL = f"terrace.local.cloud={scope('tests')}"
# A call of the API (service, parameters) as a script on a host makes it: with a token for its credentials, which show up in no
# argument.
CALL = """
set -eu
metadata=http://169.254.169.254/latest
token=$(curl -sSf -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' $metadata/api/token)
ask() { curl -sSf -H "X-aws-ec2-metadata-token: $token" "$metadata/$1"; }
ask meta-data/iam/security-credentials/app | python3 -c '
import json, sys
keys = json.load(sys.stdin)
print("user =", keys["AccessKeyId"] + ":" + keys["SecretAccessKey"])
print("header =", "X-Amz-Security-Token: " + keys["Token"])' > /run/credentials.curl
curl -sSf --config /run/credentials.curl --aws-sigv4 "aws:amz:$(ask meta-data/placement/region):$1" \\
  -d "$2" "$AWS_ENDPOINT_URL"
"""
HOOK = {
    "LifecycleHookName": "ready",
    "LifecycleTransition": "autoscaling:EC2_INSTANCE_LAUNCHING",
    "HeartbeatTimeout": 600,
    "DefaultResult": "ABANDON",
}


def cloud(command: str) -> None:
    subprocess.run([sys.executable, "-m", "local_cloud", command], cwd=CHECKOUT, env=ENVIRONMENT, check=True)


@dataclass
class World:
    """The stack, seen through the API, through Docker and from a browser."""

    stack: Stack
    connect: Callable[[str], Any]
    docker: docker.DockerClient

    @property
    def url(self) -> str:
        state = json.loads((CHECKOUT / ".local/cloud-tests/state.json").read_text())
        return f"http://127.0.0.1:{state['balancers']['probe']['80']}"

    def served_by(self) -> str | None:
        """Return the name of the host that answers, None if none does."""
        try:
            answer = requests.get(self.url, timeout=2)
        except requests.RequestException:
            return None
        return answer.text.strip() if answer.ok else None

    def hosts(self) -> list[Container]:
        return self.docker.containers.list(filters={"label": ["terrace.local=instance", LABEL]}, ignore_removed=True)

    def health(self) -> list[str]:
        answer = self.connect("elbv2").describe_target_health(TargetGroupArn=self.stack.target_group)
        return sorted(item["TargetHealth"]["State"] for item in answer["TargetHealthDescriptions"])

    def secret(self) -> dict[str, str]:
        answer = self.connect("secretsmanager").get_secret_value(SecretId=self.stack.secret)
        return json.loads(answer["SecretString"])

    def reaches(self, network: str, address: str, port: int) -> bool:
        """Whether a new container in a network can open a TCP connection."""
        probe = ["timeout", "2", "bash", "-c", f"</dev/tcp/{address}/{port}"]
        try:
            self.docker.containers.run(image_name("host"), probe, network=network, remove=True)
        except docker.errors.ContainerError:
            return False
        return True

    def query(self, mode: str) -> tuple[bool, str]:
        """Ask the database, from the first host's place in the network; whether it worked and what came out."""
        (database,) = self.connect("rds").describe_db_instances()["DBInstances"]
        ca_file = CHECKOUT / ".local/cloud-tests/ca.pem"
        address = f"host={database['Endpoint']['Address']} port={database['Endpoint']['Port']} dbname=messages user=owner"
        question = "SELECT current_user, ssl, (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) "
        question += "FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
        try:
            output = self.docker.containers.run(
                image_name("postgres"),
                ["psql", "-tA", f"{address} sslmode={mode} sslrootcert=/ca.pem connect_timeout=3", "-c", question],
                network_mode=f"container:{self.hosts()[0].id}",
                environment={"PGPASSWORD": self.secret()["password"]},
                volumes={str(ca_file): {"bind": "/ca.pem", "mode": "ro"}},
                tmpfs={"/var/lib/postgresql/data": ""},
                remove=True,
            )
        except docker.errors.ContainerError as error:
            return False, error.stderr.decode()
        return True, output.decode().strip()


def eventually(wanted: Any, read: Callable[[], Any]) -> None:
    deadline = time.monotonic() + PATIENCE
    while (value := read()) != wanted:
        assert time.monotonic() < deadline, f"{value!r} never became {wanted!r}"
        time.sleep(0.5)


def call(host: Container, service: str, parameters: str) -> str:
    """Let a host call the API with its role."""
    code, output = host.exec_run(["sh", "-c", CALL, "sh", service, parameters])
    assert code == 0, output.decode()
    return output.decode()


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    cloud("down")
    cloud("up")
    try:
        endpoint = json.loads((CHECKOUT / ".local/cloud-tests/state.json").read_text())["endpoint"]
        connect = functools.cache(
            lambda service: boto3.client(
                service,
                region_name="eu-west-1",
                endpoint_url=endpoint,
                aws_access_key_id="testing",
                aws_secret_access_key="testing",
            )
        )
        world = World(build(connect), connect, docker.from_env())
        eventually(["healthy", "healthy"], world.health)
        yield world
    finally:
        cloud("down")


def test_both_hosts_serve_in_turn(world: World) -> None:
    assert {world.served_by() for _ in range(4)} == {host.attrs["Config"]["Hostname"] for host in world.hosts()}


def test_hosts_have_the_address_that_the_api_tells(world: World) -> None:
    reservations = world.connect("ec2").describe_instances()["Reservations"]
    told = {item["InstanceId"]: item["PrivateIpAddress"] for entry in reservations for item in entry["Instances"]}
    network = f"terrace-{world.stack.vpc}"
    seen = {host.name: host.attrs["NetworkSettings"]["Networks"][network]["IPAddress"] for host in world.hosts()}
    assert seen == {f"terrace-{instance}": address for instance, address in told.items()}


def test_hosts_reach_their_metadata_and_the_api(world: World) -> None:
    host = world.hosts()[0]
    instance = host.name.removeprefix("terrace-")
    assert f"assumed-role/app/{instance}" in call(host, "sts", "Action=GetCallerIdentity&Version=2011-06-15")
    assert json.loads((CHECKOUT / ".local/cloud-tests/calls.jsonl").read_text().splitlines()[-1])["role"] == "app"
    # Every service finds the API, not only what Docker starts; a request without a token is refused.
    answer = host.exec_run(["systemd-run", "--pipe", "--quiet", "sh", "-c", "echo $AWS_ENDPOINT_URL"]).output.decode().strip()
    assert requests.utils.urlparse(answer).hostname == "169.254.169.200"
    assert host.exec_run(["curl", "-sf", "http://169.254.169.254/latest/meta-data/instance-id"]).exit_code == 22
    # A web server has port 80 on all addresses.
    done = host.exec_run(["python3", "-c", "import socket; socket.create_server(('0.0.0.0', 80))"])
    assert done.exit_code == 0, done.output


def test_rules_of_a_listener_are_followed(world: World) -> None:
    tea = requests.get(f"{world.url}/tea/green", timeout=5)
    assert (tea.status_code, tea.text) == (418, 'a "pot" 100%')
    away = requests.get(f"{world.url}/x", headers={"Host": "www.example.com"}, allow_redirects=False, timeout=5)
    assert (away.status_code, away.headers["Location"].rstrip("?")) == (301, "https://www.example.com:443/x")


def test_the_database_answers_with_verified_tls_only(world: World) -> None:
    rds = world.connect("rds")
    eventually("available", lambda: rds.describe_db_instances()["DBInstances"][0]["DBInstanceStatus"])
    assert world.query("verify-full") == (True, "owner|t|f")
    worked, message = world.query("disable")
    assert not worked
    assert "no pg_hba.conf entry" in message


def test_strangers_in_the_network_are_refused(world: World) -> None:
    network, (host, *_) = f"terrace-{world.stack.vpc}", world.hosts()
    address = host.attrs["NetworkSettings"]["Networks"][network]["IPAddress"]
    assert not world.reaches(network, address, APP_PORT)
    ec2, group = world.connect("ec2"), world.stack.groups["app"]
    opened = rule(APP_PORT, cidr=CIDR)
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[opened])
    eventually(True, lambda: world.reaches(network, address, APP_PORT))
    ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=[opened])
    eventually(False, lambda: world.reaches(network, address, APP_PORT))


@pytest.mark.parametrize(("group", "port", "source"), [("alb", 80, None), ("app", APP_PORT, "alb")])
def test_a_revoked_rule_stops_the_service(world: World, group: str, port: int, source: str | None) -> None:
    ec2, groups = world.connect("ec2"), world.stack.groups
    permission = rule(port, group=groups[source]) if source else rule(port, cidr="0.0.0.0/0")
    ec2.revoke_security_group_ingress(GroupId=groups[group], IpPermissions=[permission])
    eventually(None, world.served_by)
    ec2.authorize_security_group_ingress(GroupId=groups[group], IpPermissions=[permission])
    eventually(True, lambda: world.served_by() is not None)
    eventually(["healthy", "healthy"], world.health)


def test_the_database_obeys_its_group(world: World) -> None:
    ec2, groups = world.connect("ec2"), world.stack.groups
    ec2.revoke_security_group_ingress(GroupId=groups["db"], IpPermissions=[rule(5432, group=groups["app"])])
    eventually(False, lambda: world.query("verify-full")[0])
    ec2.authorize_security_group_ingress(GroupId=groups["db"], IpPermissions=[rule(5432, group=groups["app"])])
    eventually(True, lambda: world.query("verify-full")[0])


def test_a_host_that_was_stopped_by_hand_stays_stopped(world: World) -> None:
    stopped, other = world.hosts()
    stopped.stop()
    eventually(["healthy", "unhealthy"], world.health)
    assert {world.served_by() for _ in range(4)} == {other.attrs["Config"]["Hostname"]}
    stopped.start()
    # User data runs at the first boot only: what it started is up to us now.
    eventually(
        0,
        lambda: (
            stopped.exec_run(
                ["systemd-run", "--unit=app", "--working-directory=/srv/app", "python3", "-m", "http.server", str(APP_PORT)]
            ).exit_code
        ),
    )
    eventually(["healthy", "healthy"], world.health)
    network = f"terrace-{world.stack.vpc}"
    assert not world.reaches(network, stopped.attrs["NetworkSettings"]["Networks"][network]["IPAddress"], APP_PORT)


def test_new_hosts_serve_when_they_say_that_they_are_ready(world: World) -> None:
    autoscaling, known = world.connect("autoscaling"), {host.name for host in world.hosts()}
    autoscaling.put_lifecycle_hook(AutoScalingGroupName="app", **HOOK)
    autoscaling.set_desired_capacity(AutoScalingGroupName="app", DesiredCapacity=4)
    eventually(["InService", "InService", "Pending:Wait", "Pending:Wait"], lambda: lifecycle_states(world))
    eventually(4, lambda: len(world.hosts()))
    new = [host for host in world.hosts() if host.name not in known]
    for host in new:
        assert host.attrs["Config"]["Hostname"] not in {world.served_by() for _ in range(8)}
        eventually(0, lambda host=host: host.exec_run(["systemctl", "is-active", "app.service"]).exit_code)
        instance = host.name.removeprefix("terrace-")
        answer = "AutoScalingGroupName=app&LifecycleHookName=ready&LifecycleActionResult=CONTINUE"
        call(host, "autoscaling", f"Action=CompleteLifecycleAction&Version=2011-01-01&InstanceId={instance}&{answer}")
    eventually(["healthy"] * 4, world.health)
    assert {world.served_by() for _ in range(8)} == {host.attrs["Config"]["Hostname"] for host in world.hosts()}
    autoscaling.delete_lifecycle_hook(AutoScalingGroupName="app", LifecycleHookName="ready")


def lifecycle_states(world: World) -> list[str]:
    (group,) = world.connect("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"]
    return sorted(instance["LifecycleState"] for instance in group["Instances"])


def test_containers_follow_stop_and_start_of_an_instance(world: World) -> None:
    ec2, host = world.connect("ec2"), world.hosts()[0]
    instance = host.name.removeprefix("terrace-")
    # The group would replace a member that does not run.
    health_check = {"AutoScalingGroupName": "app", "ScalingProcesses": ["HealthCheck"]}
    world.connect("autoscaling").suspend_processes(**health_check)
    ec2.stop_instances(InstanceIds=[instance])
    eventually("exited", lambda: _status(host))
    ec2.start_instances(InstanceIds=[instance])
    eventually("running", lambda: _status(host))
    world.connect("autoscaling").resume_processes(**health_check)


def _status(container: Container) -> str:
    container.reload()
    return container.status


def test_containers_follow_the_scaling_group(world: World) -> None:
    world.connect("autoscaling").update_auto_scaling_group(AutoScalingGroupName="app", MinSize=1, DesiredCapacity=1)
    eventually(1, lambda: len(world.hosts()))
    eventually(1, lambda: len([state for state in world.health() if state != "draining"]))


def test_what_is_deleted_disappears(world: World) -> None:
    stack, ec2, rds, elbv2 = world.stack, world.connect("ec2"), world.connect("rds"), world.connect("elbv2")
    world.connect("autoscaling").delete_auto_scaling_group(AutoScalingGroupName="app", ForceDelete=True)
    elbv2.delete_load_balancer(LoadBalancerArn=stack.balancer)
    rds.delete_db_instance(DBInstanceIdentifier="probe", FinalDBSnapshotIdentifier="last")
    eventually([], lambda: rds.describe_db_instances()["DBInstances"])
    eventually([], lambda: ec2.describe_network_interfaces()["NetworkInterfaces"])
    for name in ("db", "app", "alb"):
        ec2.delete_security_group(GroupId=stack.groups[name])
    for subnet in stack.subnets:
        ec2.delete_subnet(SubnetId=subnet)
    ec2.delete_vpc(VpcId=stack.vpc)
    assert world.docker.networks.list(filters={"label": LABEL}) == []
    assert world.docker.containers.list(all=True, filters={"label": LABEL}, ignore_removed=True) == []


def test_down_leaves_nothing(world: World) -> None:
    world.connect("ec2").create_vpc(CidrBlock=CIDR)
    eventually(1, lambda: len(world.docker.networks.list(filters={"label": LABEL})))
    cloud("down")
    assert world.docker.networks.list(filters={"label": LABEL}) == []
