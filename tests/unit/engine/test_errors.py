# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One readable line for every exception, and no values of arguments in it."""

from __future__ import annotations

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError, NoCredentialsError, ParamValidationError

from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import ApplyFailed, InvalidOption, explain
from tests.unit.engine.fake import AwsError


def test_an_answer_names_operation_code_message_and_request() -> None:
    line = explain(AwsError("UnauthorizedOperation", "You are not authorized.", "CreateVpc"))
    assert line == (
        "CreateVpc answered UnauthorizedOperation: You are not authorized. (request r-1); "
        "the caller's credentials lack the permission for this call"
    )


def test_a_refusal_names_the_action_that_the_client_knows() -> None:
    error = AwsError("UnauthorizedOperation", "You are not authorized.", "CreateVpc")
    error.response["Error"]["Action"] = "ec2:CreateVpc"
    assert explain(error).endswith("lack the permission ec2:CreateVpc")


def test_what_the_service_says_that_it_missed_is_more_exact() -> None:
    message = "User: arn:aws:iam::123456789012:user/x is not authorized to perform: iam:PassRole on resource: app"
    error = AwsError("AccessDenied", message, "AddRoleToInstanceProfile")
    error.response["Error"]["Action"] = "iam:AddRoleToInstanceProfile"
    assert explain(error).endswith("lack the permission iam:PassRole")


@pytest.mark.parametrize(
    ("code", "hint"),
    [
        ("RequestLimitExceeded", "kept throttling"),
        ("ThrottlingException", "kept throttling"),
        ("VpcLimitExceeded", "service quota"),
        ("DBInstanceQuotaExceeded", "service quota"),
        ("ExpiredToken", "renew the credentials"),
        ("DependencyViolation", "still uses it"),
    ],
)
def test_hints(code: str, hint: str) -> None:
    assert hint in explain(AwsError(code))


def test_odd_answers_do_not_break_the_message() -> None:
    error = AwsError("x")
    error.response = {}
    assert explain(error) == " answered Unknown:  (request none)"


def test_errors_of_botocore_and_ours_are_quoted() -> None:
    assert explain(NoCredentialsError()) == "Unable to locate credentials"
    assert "http://127.0.0.1:9" in explain(EndpointConnectionError(endpoint_url="http://127.0.0.1:9"))
    assert explain(InvalidOption("network.vpc", "is required")) == "network.vpc: is required"


def test_other_exceptions_say_what_they_are() -> None:
    assert explain(KeyError("SubnetId")) == "unexpected KeyError: 'SubnetId'"


def test_refused_arguments_are_named_without_their_values() -> None:
    """botocore quotes the values, and one of them may be a secret."""
    client = boto3.client("secretsmanager", region_name="eu-west-1")
    with pytest.raises(ParamValidationError) as refused:
        client.create_secret(
            Name=["hunter2"], SecretString={"password": 'hunter2, "hunter2"\nhunter2'}, Colour="hunter2", Tags=[{}, "hunter2"]
        )
    assert "hunter2" in str(refused.value)
    line = explain(refused.value)
    assert "hunter2" not in line and "\n" not in line
    assert "Invalid type for parameter Name" in line and "Invalid type for parameter SecretString" in line
    assert 'Unknown parameter in input: "Colour"' in line


def test_missing_arguments_are_named() -> None:
    client = boto3.client("ec2", region_name="eu-west-1")
    with pytest.raises(ParamValidationError) as refused:
        client.create_subnet(CidrBlock="10.0.0.0/24")
    assert explain(refused.value) == 'the request is not valid: Missing required parameter in input: "VpcId"'


def test_the_same_problem_of_several_steps_is_told_once() -> None:
    failures = [
        "subnet/a: CreateSubnet answered AccessDenied: no (request 1); ask",
        "subnet/b: CreateSubnet answered AccessDenied: no (request 2); ask",
        "vpc/main: still pending after 600 s",
    ]
    error = ApplyFailed(failures, [])
    assert (
        str(error)
        == "subnet/a, subnet/b: CreateSubnet answered AccessDenied: no (request 1); ask; vpc/main: still pending after 600 s"
    )
    assert error.failures == failures
