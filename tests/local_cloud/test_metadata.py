# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an instance learns of itself, as EC2 documents it."""

import json
from typing import Any

import boto3
import pytest
from werkzeug.test import Client, TestResponse

from local_cloud.emulator import Emulator
from local_cloud.emulator.environment import REGION
from local_cloud.metadata import MetadataService
from tests.local_cloud.scenarios.common import image, network

TRUST = {"Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
TOKEN = "X-aws-ec2-metadata-token"


class Instance:
    """An instance and what its metadata service answers."""

    def __init__(self, emulator: Emulator, **settings: Any) -> None:
        ec2 = emulator.client("ec2")
        _, subnets = network(emulator.client)
        arguments = {"ImageId": image(emulator.client), "InstanceType": "t3.small", "SubnetId": subnets[0]}
        made = ec2.run_instances(**(arguments | settings), MinCount=1, MaxCount=1)["Instances"][0]
        self.id, self.address = made["InstanceId"], made["PrivateIpAddress"]
        self.service = Client(MetadataService(self.id, REGION, emulator.lock))

    def token(self, seconds: str = "60", **headers: str) -> TestResponse:
        return self.service.put("/latest/api/token", headers={f"{TOKEN}-ttl-seconds": seconds} | headers)

    def get(self, path: str, token: str | None = None) -> TestResponse:
        return self.service.get(f"/latest/{path}", headers={TOKEN: token} if token else {})

    def read(self, path: str) -> str:
        answer = self.get(path, self.token().text)
        assert answer.status_code == 200, answer.status
        return answer.text


@pytest.fixture
def profile(emulator: Emulator) -> dict[str, str]:
    iam = emulator.client("iam")
    iam.create_role(RoleName="app", Path="/terrace/", AssumeRolePolicyDocument=json.dumps(TRUST))
    iam.create_instance_profile(InstanceProfileName="app")
    iam.add_role_to_instance_profile(InstanceProfileName="app", RoleName="app")
    return {"Name": "app"}


def test_an_instance_knows_itself(emulator: Emulator) -> None:
    instance = Instance(emulator)
    assert instance.read("meta-data/instance-id") == instance.id
    assert instance.read("meta-data/local-ipv4") == instance.address
    assert instance.read("meta-data/placement/region") == REGION
    assert instance.read("meta-data/placement/availability-zone") == f"{REGION}a"
    assert instance.read("meta-data/hostname").endswith(f".{REGION}.compute.internal")
    interface = instance.read("meta-data/mac")
    assert instance.read(f"meta-data/network/interfaces/macs/{interface}/vpc-ipv4-cidr-block") == "10.20.0.0/16"
    document = json.loads(instance.read("dynamic/instance-identity/document"))
    assert (document["accountId"], document["privateIp"]) == ("123456789012", instance.address)


def test_a_directory_lists_its_entries(emulator: Emulator) -> None:
    assert {"instance-id", "placement/", "network/"} <= set(Instance(emulator).read("meta-data/").split("\n"))


def test_what_does_not_exist_is_not_found(emulator: Emulator) -> None:
    instance = Instance(emulator)
    for path in ("meta-data/iam/info", "meta-data/tags/instance/Name", "user-data", "meta-data/instance-id/x"):
        assert instance.get(path).status_code == 404


def test_user_data_is_what_was_given(emulator: Emulator) -> None:
    assert Instance(emulator, UserData="#!/bin/sh\necho ü\n").read("user-data") == "#!/bin/sh\necho ü\n"


def test_a_token_is_needed_where_it_is_required(emulator: Emulator) -> None:
    optional = Instance(emulator)
    assert optional.get("meta-data/instance-id").status_code == 200
    emulator.client("ec2").modify_instance_metadata_options(InstanceId=optional.id, HttpTokens="required")
    assert optional.get("meta-data/instance-id").status_code == 401
    assert optional.get("meta-data/instance-id", "invented").status_code == 401
    assert optional.get("meta-data/instance-id", optional.token().text).status_code == 200


@pytest.mark.parametrize("seconds", ["0", "21601", "x", ""])
def test_a_token_lives_six_hours_at_most(emulator: Emulator, seconds: str) -> None:
    assert Instance(emulator).token(seconds).status_code == 400


def test_no_token_is_given_through_a_proxy(emulator: Emulator) -> None:
    assert Instance(emulator).token(**{"X-Forwarded-For": "10.0.0.1"}).status_code == 403


def test_the_service_can_be_off(emulator: Emulator) -> None:
    assert Instance(emulator, MetadataOptions={"HttpEndpoint": "disabled"}).token().status_code == 403


def test_tags_show_when_they_are_enabled(emulator: Emulator) -> None:
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "terrace:group", "Value": "app"}]}]
    instance = Instance(emulator, TagSpecifications=tags, MetadataOptions={"InstanceMetadataTags": "enabled"})
    assert instance.read("meta-data/tags/instance/terrace:group") == "app"


def test_credentials_are_those_of_the_role(emulator: Emulator, profile: dict[str, str]) -> None:
    instance = Instance(emulator, IamInstanceProfile=profile)
    assert json.loads(instance.read("meta-data/iam/info"))["InstanceProfileArn"].endswith(":instance-profile/app")
    assert instance.read("meta-data/iam/security-credentials/") == "app"
    keys = json.loads(instance.read("meta-data/iam/security-credentials/app"))
    assert keys == json.loads(instance.read("meta-data/iam/security-credentials/app")), "new ones each time"
    sts = boto3.client(
        "sts",
        region_name=REGION,
        endpoint_url=emulator.endpoint,
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["Token"],
    )
    assert sts.get_caller_identity()["Arn"] == f"arn:aws:sts::123456789012:assumed-role/app/{instance.id}"
    assert emulator.calls[-1]["role"] == "app"
    assert emulator.calls[-2]["role"] is None
