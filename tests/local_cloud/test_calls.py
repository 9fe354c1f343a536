# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The log of calls names every request, whatever protocol it speaks."""

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_cloud.emulator import Emulator
from local_cloud.emulator.operations import Operation

CALLS = [
    ("ec2", "describe_vpcs", {}, False),
    ("ec2", "create_vpc", {"CidrBlock": "10.20.0.0/16"}, True),
    ("iam", "list_roles", {}, False),
    ("elbv2", "describe_load_balancers", {}, False),
    ("elb", "describe_load_balancers", {}, False),
    ("rds", "describe_db_instances", {}, False),
    ("autoscaling", "describe_auto_scaling_groups", {}, False),
    ("sts", "get_caller_identity", {}, False),
    ("ssm", "put_parameter", {"Name": "/a", "Value": "b", "Type": "String"}, True),
    ("secretsmanager", "create_secret", {"Name": "a", "SecretString": "b"}, True),
    ("cloudwatch", "describe_alarms", {}, False),
    ("resourcegroupstaggingapi", "get_resources", {}, False),
    ("route53", "list_hosted_zones", {}, False),
    ("s3", "create_bucket", {"Bucket": "bucket-1", "CreateBucketConfiguration": {"LocationConstraint": "eu-west-1"}}, True),
    ("s3", "put_object", {"Bucket": "bucket-1", "Key": "a/b", "Body": b"c"}, True),
    ("s3", "copy_object", {"Bucket": "bucket-1", "Key": "d", "CopySource": "bucket-1/a/b"}, True),
    ("s3", "list_objects_v2", {"Bucket": "bucket-1"}, False),
    ("s3", "get_bucket_versioning", {"Bucket": "bucket-1"}, False),
    ("s3", "delete_object", {"Bucket": "bucket-1", "Key": "d"}, True),
    ("s3", "list_buckets", {}, False),
]


def test_every_call_is_named(emulator: Emulator) -> None:
    for service, method, arguments, _ in CALLS:
        getattr(emulator.client(service), method)(**arguments)
    names = {method: emulator.client(service).meta.method_to_api_mapping[method] for service, method, _, _ in CALLS}
    expected = [(service, names[method], mutating, None) for service, method, _, mutating in CALLS]
    assert [(call["service"], call["operation"], call["mutating"], call["error"]) for call in emulator.calls] == expected
    assert {call["region"] for call in emulator.calls} <= {"eu-west-1", "us-east-1"}
    assert {call["status"] for call in emulator.calls} <= {200, 204}


@pytest.mark.parametrize(
    ("service", "method", "arguments", "code"),
    [
        ("ec2", "describe_subnets", {"SubnetIds": ["subnet-123"]}, "InvalidSubnetID.NotFound"),
        ("rds", "describe_db_instances", {"DBInstanceIdentifier": "x"}, "DBInstanceNotFound"),
        ("ssm", "get_parameter", {"Name": "/x"}, "ParameterNotFound"),
        ("s3", "get_object", {"Bucket": "nobody", "Key": "x"}, "NoSuchBucket"),
    ],
)
def test_errors_have_their_code(emulator: Emulator, service: str, method: str, arguments: dict[str, Any], code: str) -> None:
    with pytest.raises(ClientError):
        getattr(emulator.client(service), method)(**arguments)
    assert (emulator.calls[-1]["error"], emulator.calls[-1]["status"] >= 400) == (code, True)


def test_what_is_not_recognised_counts_as_a_change() -> None:
    assert Operation("unknown", None, "").mutating


def test_calls_are_written_as_lines(tmp_path: Path) -> None:
    file = tmp_path / "calls.jsonl"
    with Emulator(call_file=file) as emulator:
        emulator.client("ec2").describe_vpcs()
        assert [json.loads(line) for line in file.read_text().splitlines()] == emulator.calls


def test_a_reset_account_is_empty(emulator: Emulator) -> None:
    emulator.client("ec2").create_vpc(CidrBlock="10.20.0.0/16")
    emulator.reset()
    assert emulator.calls == []
    assert [vpc["IsDefault"] for vpc in emulator.client("ec2").describe_vpcs()["Vpcs"]] == [True]
