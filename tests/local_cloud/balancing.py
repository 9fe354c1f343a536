# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A local cloud with load balancers before small servers that tell what they were asked."""

import base64
import functools
import gzip
import http.client
import json
import os
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import docker
from docker.types import EndpointConfig

from local_cloud.images import image_name
from local_cloud.paths import scope
from tests.local_cloud.ranges import free
from tests.local_cloud.stack import rule

RANGE = free("balancing")

CHECKOUT = Path(__file__).resolve().parents[2]
CLOUD = "balancing"
STATE = CHECKOUT / f".local/cloud-{CLOUD}/state.json"
ENVIRONMENT = os.environ | {"TERRACE_LOCAL_CLOUD": CLOUD}
PATIENCE = 90
LOOPBACK = "127.0.0.1"
PORT = 3000

SERVER = """
import http.server, json, os, time, urllib.parse
rows = []
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        time.sleep(float(dict(urllib.parse.parse_qsl(url.query)).get("sleep", 0)))
        answer = {"host": os.environ["NAME"], "path": self.path, "method": self.command, "rows": rows,
                  "headers": {name.lower(): value for name, value in self.headers.items()}}
        length = int(self.headers.get("Content-Length", 0))
        if length:
            rows.append(self.rfile.read(length).decode())
            answer["rows"] = []
        body = json.dumps(answer).encode()
        self.send_response(int(os.environ["HEALTH"]) if url.path == "/health" else 200)
        if url.path == "/login":
            self.send_header("Set-Cookie", "SESSION=1; Path=/")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    do_POST = do_GET
    def log_message(self, *_): pass
class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 128
Server(("", 3000), Handler).serve_forever()
"""

# What an instance does at its first boot.
BOOT = f"""#!/bin/sh
cat > /srv/server.py <<'END'
{SERVER}
END
exec systemd-run --unit=server --setenv=NAME="$(hostname)" --setenv=HEALTH=200 /usr/bin/python3 /srv/server.py
"""


def cloud(command: str) -> None:
    subprocess.run([sys.executable, "-m", "local_cloud", command], cwd=CHECKOUT, env=ENVIRONMENT, check=True)


def eventually(wanted: Any, read: Callable[[], Any]) -> None:
    deadline = time.monotonic() + PATIENCE
    while (value := read()) != wanted:
        assert time.monotonic() < deadline, f"{value!r} never became {wanted!r}"
        time.sleep(0.2)


@dataclass
class Answer:
    """An answer, with the certificate behind it and what was agreed on."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes
    names: list[str] = field(default_factory=list)

    @property
    def seen(self) -> dict[str, Any]:
        return json.loads(self.body)

    @property
    def location(self) -> str | None:
        return next((value for name, value in self.headers if name.lower() == "location"), None)

    @property
    def cookies(self) -> dict[str, str]:
        given = [value.partition(";")[0] for name, value in self.headers if name.lower() == "set-cookie"]
        return {item.partition("=")[0]: item.partition("=")[2] for item in given}


class World:
    """The cloud, seen through the API and from a client on the machine."""

    def __init__(self) -> None:
        self.docker = docker.from_env()
        self.endpoint = json.loads(STATE.read_text())["endpoint"]
        ec2 = self.connect("ec2")
        self.vpc = ec2.create_vpc(CidrBlock=f"{RANGE}.0.0/16")["Vpc"]["VpcId"]
        self.subnets = [
            ec2.create_subnet(VpcId=self.vpc, CidrBlock=f"{RANGE}.{number}.0/24", AvailabilityZone=f"eu-west-1{zone}")["Subnet"][
                "SubnetId"
            ]
            for number, zone in enumerate("ab")
        ]
        self.group = ec2.create_security_group(GroupName="lb", Description="lb", VpcId=self.vpc)["GroupId"]
        ec2.authorize_security_group_ingress(
            GroupId=self.group, IpPermissions=[rule(port, cidr="0.0.0.0/0") for port in (80, 443, 8080)]
        )
        eventually(True, lambda: bool(self.docker.networks.list(names=[f"terrace-{self.vpc}"])))

    @functools.cache  # noqa: B019 as long as the tests
    def connect(self, service: str) -> Any:
        keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
        return boto3.client(service, region_name="eu-west-1", endpoint_url=self.endpoint, **keys)

    def server(self, name: str, health: int = 200) -> str:
        """Start a server; its address."""
        network, address = f"terrace-{self.vpc}", f"{RANGE}.9.{ord(name) - 87}"
        container = self.docker.containers.create(
            image_name("host"),
            ["python3", "-c", SERVER],
            environment={"NAME": name, "HEALTH": str(health)},
            labels={"terrace.local": "helper", "terrace.local.cloud": scope(CLOUD)},
            network=network,
            networking_config={network: EndpointConfig(self.docker.api.api_version, ipv4_address=address)},
        )
        container.start()
        return address

    def fleet(self, name: str, target_group: str) -> None:
        """Make an Auto Scaling group of two that serve behind a target group."""
        ec2 = self.connect("ec2")
        group = ec2.create_security_group(GroupName=name, Description=name, VpcId=self.vpc)["GroupId"]
        ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[rule(PORT, group=self.group)])
        image = self.connect("ssm").get_parameter(Name="/aws/service/debian/release/12/latest/amd64")["Parameter"]["Value"]
        data = {
            "ImageId": image,
            "InstanceType": "t3.small",
            "SecurityGroupIds": [group],
            "UserData": base64.b64encode(BOOT.encode()).decode(),
        }
        ec2.create_launch_template(LaunchTemplateName=name, LaunchTemplateData=data)
        self.connect("autoscaling").create_auto_scaling_group(
            AutoScalingGroupName=name,
            LaunchTemplate={"LaunchTemplateName": name, "Version": "1"},
            MinSize=2,
            MaxSize=4,
            VPCZoneIdentifier=",".join(self.subnets),
            TargetGroupARNs=[target_group],
            HealthCheckType="ELB",
            HealthCheckGracePeriod=300,
        )

    def target_group(self, name: str, *addresses: str, **settings: Any) -> str:
        """Make a target group that is checked often; its ARN."""
        attributes = settings.pop("attributes", {})
        defaults = {
            "Protocol": "HTTP",
            "Port": PORT,
            "VpcId": self.vpc,
            "TargetType": "ip",
            "HealthCheckIntervalSeconds": 5,
            "HealthCheckTimeoutSeconds": 2,
            "HealthyThresholdCount": 2,
            "UnhealthyThresholdCount": 2,
        }
        elbv2 = self.connect("elbv2")
        arn = elbv2.create_target_group(Name=name, **(defaults | settings))["TargetGroups"][0]["TargetGroupArn"]
        pairs = [{"Key": key, "Value": value} for key, value in attributes.items()]
        if pairs:
            elbv2.modify_target_group_attributes(TargetGroupArn=arn, Attributes=pairs)
        if addresses:
            elbv2.register_targets(TargetGroupArn=arn, Targets=[{"Id": address} for address in addresses])
        return arn

    def balancer(self, name: str, **settings: Any) -> str:
        """Make a load balancer; its ARN."""
        defaults = {"Subnets": self.subnets, "Scheme": "internet-facing"}
        if settings.get("Type") != "network":
            defaults["SecurityGroups"] = [self.group]
        answer = self.connect("elbv2").create_load_balancer(Name=name, **(defaults | settings))
        return answer["LoadBalancers"][0]["LoadBalancerArn"]

    def keep_logs(self, balancer: str, bucket: str) -> None:
        """Let a load balancer write its access logs into a new bucket."""
        s3 = self.connect("s3")
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"},
            "Action": "s3:PutObject",
            "Resource": f"arn:aws:s3:::{bucket}/AWSLogs/123456789012/*",
        }
        s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
        attributes = {"access_logs.s3.enabled": "true", "access_logs.s3.bucket": bucket}
        pairs = [{"Key": key, "Value": value} for key, value in attributes.items()]
        self.connect("elbv2").modify_load_balancer_attributes(LoadBalancerArn=balancer, Attributes=pairs)

    def logs(self, bucket: str) -> list[str]:
        """Return the entries of all files in a bucket."""
        s3 = self.connect("s3")
        names = [item["Key"] for item in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]
        files = [gzip.decompress(s3.get_object(Bucket=bucket, Key=name)["Body"].read()) for name in names]
        return [line for file in files for line in file.decode().splitlines()]

    def listener(self, balancer: str, port: int, action: dict[str, Any], protocol: str = "HTTP", **settings: Any) -> str:
        """Make a listener; its ARN."""
        elbv2 = self.connect("elbv2")
        made = elbv2.create_listener(LoadBalancerArn=balancer, Port=port, Protocol=protocol, DefaultActions=[action], **settings)
        return made["Listeners"][0]["ListenerArn"]

    def certificate(self, name: str, *others: str) -> str:
        """Ask ACM for a certificate; its ARN."""
        acm = self.connect("acm")
        more = {"SubjectAlternativeNames": [name, *others]} if others else {}
        arn = acm.request_certificate(DomainName=name, ValidationMethod="DNS", **more)["CertificateArn"]
        eventually("ISSUED", lambda: acm.describe_certificate(CertificateArn=arn)["Certificate"]["Status"])
        return arn

    def health(self, group: str) -> dict[str, str]:
        """Return the states of the targets by their address."""
        answer = self.connect("elbv2").describe_target_health(TargetGroupArn=group)
        return {item["Target"]["Id"]: item["TargetHealth"]["State"] for item in answer["TargetHealthDescriptions"]}

    def ready(self, group: str, *addresses: str) -> None:
        """Wait until the targets are healthy."""
        eventually(dict.fromkeys(addresses, "healthy"), lambda: self.health(group))

    def port(self, balancer: str, port: int) -> int:
        """Return the loopback port of a listener, when it is there."""
        eventually(True, lambda: str(port) in json.loads(STATE.read_text())["balancers"].get(balancer, {}))
        return json.loads(STATE.read_text())["balancers"][balancer][str(port)]

    def summary(self) -> str:
        """Return what is shown at the end of a demo."""
        command = [sys.executable, "-m", "local_cloud", "summary"]
        return subprocess.run(command, cwd=CHECKOUT, env=ENVIRONMENT, check=True, stdout=subprocess.PIPE, text=True).stdout

    def context(self) -> ssl.SSLContext:
        """Return what a client has that trusts the local authority and nobody else."""
        return ssl.create_default_context(cafile=STATE.with_name("ca.pem"))

    def handshake(self, port: int, name: str, context: ssl.SSLContext) -> ssl.SSLSocket:
        """Return a connection to a loopback port; SSLError when that does not come about."""
        return context.wrap_socket(socket.create_connection((LOOPBACK, port), timeout=10), server_hostname=name)

    def trusts(self, port: int, name: str, context: ssl.SSLContext) -> bool:
        """Whether a client takes the certificate."""
        try:
            self.handshake(port, name, context).close()
        except ssl.SSLCertVerificationError:
            return False
        return True

    def ask(
        self,
        port: int,
        path: str = "/",
        headers: dict[str, str] | None = None,
        method: str = "GET",
        tls: str = "",
        body: str = "",
    ) -> Answer:
        """Send a request to a loopback port; `tls` is the name that the certificate must have."""
        connected = self.handshake(port, tls, self.context()) if tls else socket.create_connection((LOOPBACK, port), timeout=10)
        connection = http.client.HTTPConnection(tls or LOOPBACK, port)
        connection.sock = connected
        try:
            connection.request(method, path, headers=headers or {}, body=body or None)
            response = connection.getresponse()
            names = [value for _, value in connected.getpeercert()["subjectAltName"]] if tls else []
            return Answer(response.status, response.getheaders(), response.read(), names)
        finally:
            connection.close()


def forward(group: str) -> dict[str, Any]:
    return {"Type": "forward", "TargetGroupArn": group}


def share(stickiness: int = 0, **groups: tuple[str, int]) -> dict[str, Any]:
    """Return an action that forwards to groups (ARN, weight)."""
    targets = [{"TargetGroupArn": arn, "Weight": weight} for arn, weight in groups.values()]
    sticky = {"Enabled": True, "DurationSeconds": stickiness} if stickiness else {"Enabled": False}
    return {"Type": "forward", "ForwardConfig": {"TargetGroups": targets, "TargetGroupStickinessConfig": sticky}}


def fixed(text: str, status: int = 200) -> dict[str, Any]:
    return {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": str(status), "MessageBody": text}}
