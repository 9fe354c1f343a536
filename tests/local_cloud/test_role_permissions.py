# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A role's credentials open what its policies name, and nothing else."""

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from local_cloud.emulator import Emulator
from local_cloud.emulator.environment import REGION
from local_cloud.emulator.role_policies import allow
from tests.local_cloud.scenarios.common import refused
from tests.local_cloud.test_metadata import TRUST


@pytest.fixture
def role(emulator: Emulator) -> Any:
    """Return a function that connects with the role's credentials."""
    emulator.client("iam").create_role(RoleName="app", AssumeRolePolicyDocument=json.dumps(TRUST))
    session = emulator.client("sts").assume_role(RoleArn="arn:aws:iam::123456789012:role/app", RoleSessionName="i-1")
    keys = session["Credentials"]
    return lambda service: boto3.client(
        service,
        region_name=REGION,
        endpoint_url=emulator.endpoint,
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )


def grant(emulator: Emulator, action: str, resource: str, effect: str = "Allow") -> None:
    statement = {"Effect": effect, "Action": action, "Resource": resource}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    emulator.client("iam").put_role_policy(RoleName="app", PolicyName=effect, PolicyDocument=json.dumps(document))


def test_a_role_without_policies_may_only_ask_who_it_is(emulator: Emulator, role: Any) -> None:
    assert role("sts").get_caller_identity()["Arn"].endswith(":assumed-role/app/i-1")
    with pytest.raises(ClientError, match="not authorized to perform: ec2:DescribeVpcs"):
        role("ec2").describe_vpcs()
    refused("AccessDenied", role("s3").list_buckets)


def test_objects_are_those_under_the_prefix(emulator: Emulator, role: Any) -> None:
    s3 = emulator.client("s3")
    s3.create_bucket(Bucket="control", CreateBucketConfiguration={"LocationConstraint": REGION})
    for key in ("app/bundle", "other/bundle"):
        s3.put_object(Bucket="control", Key=key, Body=b"x")
    grant(emulator, "s3:Get*", "arn:aws:s3:::control/app/*")
    assert role("s3").get_object(Bucket="control", Key="app/bundle")["Body"].read() == b"x"
    refused("AccessDenied", role("s3").get_object, Bucket="control", Key="other/bundle")
    refused("AccessDenied", role("s3").put_object, Bucket="control", Key="app/bundle", Body=b"y")


def test_secrets_are_those_that_are_named(emulator: Emulator, role: Any) -> None:
    secrets = emulator.client("secretsmanager")
    arn = secrets.create_secret(Name="ours", SecretString="x")["ARN"]
    secrets.create_secret(Name="theirs", SecretString="x")
    grant(emulator, "secretsmanager:GetSecretValue", arn)
    assert role("secretsmanager").get_secret_value(SecretId="ours")["SecretString"] == "x"
    refused("AccessDeniedException", role("secretsmanager").get_secret_value, SecretId="theirs")
    refused("AccessDeniedException", role("secretsmanager").describe_secret, SecretId="ours")


def test_attached_policies_count(emulator: Emulator, role: Any) -> None:
    emulator.client("iam").attach_role_policy(RoleName="app", PolicyArn="arn:aws:iam::aws:policy/AmazonEC2ReadOnlyAccess")
    assert role("ec2").describe_vpcs()["Vpcs"]
    refused("AccessDenied", role("ec2").create_vpc, CidrBlock="10.0.0.0/16")


@pytest.mark.parametrize(
    ("statement", "allowed"),
    [
        ({"Effect": "Allow", "Action": "logs:put*", "Resource": "*"}, True),
        ({"Effect": "Allow", "NotAction": "logs:*", "Resource": "*"}, False),
        ({"Effect": "Allow", "Action": ["s3:*", "*"], "NotResource": "arn:a/*"}, False),
        ({"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "true"}}}, True),
    ],
)
def test_statements(statement: dict[str, Any], allowed: bool) -> None:
    assert allow([statement], "logs:PutLogEvents", "arn:a/b") is allowed


def test_a_denial_wins() -> None:
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    denial = {"Effect": "Deny", "Action": "logs:*", "Resource": "arn:a/*"}
    assert not allow([everything, denial], "logs:PutLogEvents", "arn:a/b")
    assert allow([everything, denial], "logs:PutLogEvents", "arn:b/b")
    assert allow([everything, denial | {"Condition": {"Bool": {}}}], "logs:PutLogEvents", "arn:a/b")
