# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Secrets Manager and Parameter Store answer to what was declared differs in form, and is no difference.

https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DescribeSecret.html
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Reference, Stack
from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import DELETING, READY, Found
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import compare, transform
from ansible_collections.terrace.aws.plugins.module_utils.kinds import secret, ssm_parameter
from ansible_collections.terrace.aws.plugins.module_utils.module import declarations_of
from tests.unit.answering import context

STACK = Stack("demo", "123456789012", "eu-west-1")
ARN = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:demo/app-AbCdEf"
PARAMETER_ARN = "arn:aws:ssm:eu-west-1:123456789012:parameter/demo/app/level"
KEY = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
FUNCTION = "arn:aws:lambda:eu-west-1:123456789012:function:rotate"
TAGS = [{"Key": "terrace:stack", "Value": "demo"}, {"Key": "terrace:id", "Value": "secrets/secret/app"}]
ROTATED = {"RotationEnabled": True, "RotationLambdaARN": FUNCTION}
RAW: dict[str, Any] = {"ARN": ARN, "Name": "demo/app", "Tags": TAGS, "VersionIdsToStages": {"v1": ["AWSCURRENT"]}}
READERS = ["app", "web"]


def desired(options: dict[str, Any], what: str = "secrets", name: str = "app") -> Any:
    (declared,) = declarations_of({"secrets": {what: [{"name": name, **options}]}}, STACK)
    return transform(declared.values, lambda leaf: KEY if isinstance(leaf, Reference) else leaf)


def answered(raw: dict[str, Any], policy: Any = None, notes: list[str] | None = None) -> list[Found]:
    told = {**RAW, **raw}
    prepared = {
        "list_secrets": {"SecretList": [told]},
        "describe_secret": told,
        "get_resource_policy": {"ResourcePolicy": json.dumps(policy)} if policy else {},
    }
    return list(secret.list_secrets(context(STACK, prepared, {}, notes if notes is not None else [])))


def copied(**more: Any) -> dict[str, Any]:
    return {"PrimaryRegion": "eu-west-1", "ReplicationStatus": [{"Region": "eu-central-1", "Status": "InSync", **more}]}


REPLICAS = {"replicas": [{"region": "eu-central-1"}]}


@pytest.mark.parametrize(
    ("options", "raw"),
    [
        # Nothing is said of what is empty, or of the account's own key.
        ({}, {}),
        ({}, {"Description": "", "KmsKeyId": "alias/aws/secretsmanager", "RotationEnabled": False}),
        ({}, {"KmsKeyId": "arn:aws:kms:eu-west-1:123456789012:alias/aws/secretsmanager"}),
        ({"kms_key": "main"}, {"KmsKeyId": KEY}),
        # Its number of days is told of a schedule after each rotation, and instead of one that was given so.
        (
            {"rotation": {"lambda": FUNCTION}},
            {**ROTATED, "RotationRules": {"ScheduleExpression": "rate(30 days)", "AutomaticallyAfterDays": 30}},
        ),
        ({"rotation": {"lambda": FUNCTION}}, {**ROTATED, "RotationRules": {"AutomaticallyAfterDays": 30}}),
        (
            {"rotation": {"lambda": FUNCTION, "schedule": "rate(1 day)"}},
            {**ROTATED, "RotationRules": {"ScheduleExpression": "rate(1 days)"}},
        ),
        (
            {"rotation": {"lambda": FUNCTION, "schedule": "cron(0 8 1 * ? *)", "duration": "3h", "rotate_immediately": False}},
            {**ROTATED, "RotationRules": {"ScheduleExpression": "cron(0 8 1 * ? *)", "Duration": "3h"}},
        ),
        # A rotation that was cancelled leaves its function behind.
        ({}, {"RotationEnabled": False, "RotationLambdaARN": FUNCTION, "RotationRules": {"AutomaticallyAfterDays": 30}}),
        (REPLICAS, copied(KmsKeyId="alias/aws/secretsmanager", StatusMessage="Replication succeeded")),
        (REPLICAS, copied(Status="InProgress")),
        ({"replicas": [{"region": "eu-central-1", "kms_key": "main"}]}, copied(KmsKeyId=KEY)),
    ],
)
def test_what_secrets_manager_answers_is_no_difference(options: dict[str, Any], raw: dict[str, Any]) -> None:
    (found,) = answered(raw, desired(options).policy)
    assert (found.state, compare(found.values, desired(options))) == (READY, ())


def test_a_policy_in_other_words_is_no_difference() -> None:
    wanted = desired({"readers": READERS})
    told = json.loads(json.dumps(wanted.policy))
    (statement,) = told["Statement"]
    statement["Principal"] = "*"
    statement["Action"] = [statement["Action"]]
    statement["Condition"]["ArnNotLike"]["aws:PrincipalArn"].reverse()
    statement["Condition"]["Bool"] = {"aws:PrincipalIsAWSService": False}
    (found,) = answered({}, {**told, "Statement": statement})
    assert compare(found.values, wanted) == ()


def test_a_copy_that_failed_is_told_and_tried_again() -> None:
    notes: list[str] = []
    (found,) = answered(
        copied(Status="Failed", StatusMessage="demo/app already exists in region eu-central-1"), desired(REPLICAS).policy, notes
    )
    assert [change.field for change in compare(found.values, desired(REPLICAS))] == ["replicas"]
    assert found.attributes["copies"] == ["eu-central-1"]
    assert notes == ["secret demo/app is not copied to eu-central-1: demo/app already exists in region eu-central-1"]


def test_the_copy_of_another_region_is_not_the_secret() -> None:
    assert answered({"PrimaryRegion": "us-east-1"}) == []


def test_a_secret_in_its_recovery_window_is_on_its_way() -> None:
    (found,) = answered({"DeletedDate": "2026-11-20"})
    assert found.state == DELETING


PLAIN: dict[str, Any] = {"value": "info"}
DESCRIBED = {"Name": "/demo/app/level", "Type": "String", "ARN": PARAMETER_ARN, "Version": 1, "LastModifiedUser": "somebody"}


@pytest.mark.parametrize(
    ("options", "described", "valued"),
    [
        (PLAIN, {}, {"Value": "info"}),
        (PLAIN, {"Tier": "Standard", "DataType": "text", "Policies": []}, {"Value": "info", "DataType": "text"}),
        ({**PLAIN, "tier": "Advanced"}, {"Tier": "Advanced"}, {"Value": "info"}),
        (
            {"type": "StringList", "values": ["a", "b"]},
            {"Type": "StringList"},
            {"Value": "a,b"},
        ),
        ({"type": "SecureString"}, {"Type": "SecureString", "KeyId": "alias/aws/ssm"}, {"Value": "AQICAHj"}),
        ({"type": "SecureString", "kms_key": "main"}, {"Type": "SecureString", "KeyId": KEY}, {"Value": "AQICAHj"}),
        ({**PLAIN, "allowed_pattern": "info|debug"}, {"AllowedPattern": "info|debug"}, {"Value": "info"}),
    ],
)
def test_what_parameter_store_answers_is_no_difference(
    options: dict[str, Any], described: dict[str, Any], valued: dict[str, Any]
) -> None:
    prepared = {
        "describe_parameters": {"Parameters": [{**DESCRIBED, **described}]},
        "get_parameters_by_path": {"Parameters": [{**DESCRIBED, "Type": described.get("Type", "String"), **valued}]},
        "list_tags_for_resource": {"TagList": TAGS},
    }
    (found,) = ssm_parameter.list_parameters(context(STACK, prepared, {}, []))
    assert compare(found.values, desired(options, "parameters", "app/level")) == ()
    assert "AQICAHj" not in repr(found)
