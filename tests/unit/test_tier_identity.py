# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Declaration, Key, Reference, Stack
from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import InvalidOption
from ansible_collections.terrace.aws.plugins.module_utils.engine.validate import validated
from ansible_collections.terrace.aws.plugins.module_utils.kinds._iam import same_policy
from ansible_collections.terrace.aws.plugins.module_utils.tiers import identity

STACK = Stack("demo", "123456789012", "eu-west-1")
READ = {"actions": ["s3:GetObject"], "resources": ["*"]}


def build(options: dict[str, Any], stack: Stack = STACK) -> dict[Key, Declaration]:
    checked = validated(options, identity.SPEC, identity.CONSTRAINTS, "identity")
    return {declaration.key: declaration for declaration in identity.build(checked, stack)}


def role(stack: Stack = STACK, **options: Any) -> Any:
    return build({"roles": [{"name": "app", **options}]}, stack)[Key("iam_role", "app")].values


def test_nothing_described_declares_nothing() -> None:
    assert build({}) == {}


def test_a_role_is_for_instances_by_default() -> None:
    built = build({"roles": [{"name": "app"}]})
    assert set(built) == {Key("iam_role", "app"), Key("instance_profile", "app")}
    assert built[Key("instance_profile", "app")].values.role == Reference("iam_role", "app")
    (statement,) = built[Key("iam_role", "app")].values.trust["Statement"]
    assert statement == {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}


def test_another_service_acts_for_this_account_only_and_gets_no_profile() -> None:
    built = build({"roles": [{"name": "flow", "service": "vpc-flow-logs.amazonaws.com"}]})
    assert set(built) == {Key("iam_role", "flow")}
    (statement,) = built[Key("iam_role", "flow")].values.trust["Statement"]
    assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": "123456789012"}}


def test_a_trust_policy_is_taken_as_it_is() -> None:
    trust = {"Version": "2012-10-17", "Statement": []}
    assert role(trust=trust).trust == trust
    assert Key("instance_profile", "app") not in build({"roles": [{"name": "app", "trust": trust}]})
    assert Key("instance_profile", "app") in build({"roles": [{"name": "app", "trust": trust, "instance_profile": True}]})


def test_resources_point_to_things_of_the_stack() -> None:
    statements = [{"actions": ["logs:PutLogEvents"], "resources": [{"log_group": "app"}, {"secret": "db"}, "arn:aws:s3:::x"]}]
    (statement,) = role(policies=[{"name": "own", "statements": statements}]).policies["own"]["Statement"]
    assert statement == {
        "Effect": "Allow",
        "Action": ["logs:PutLogEvents"],
        "Resource": [Reference("log_group", "app", "streams"), Reference("secret", "db", "arn"), "arn:aws:s3:::x"],
    }


def test_a_statement_keeps_what_is_given() -> None:
    given = {**READ, "sid": "Reading", "effect": "Deny", "conditions": {"Bool": {"aws:SecureTransport": False}}}
    (statement,) = role(policies=[{"name": "own", "statements": [given]}]).policies["own"]["Statement"]
    assert (statement["Sid"], statement["Effect"], statement["Condition"]) == ("Reading", "Deny", given["conditions"])


def test_managed_policies_are_told_apart_by_how_they_are_written() -> None:
    arn = "arn:aws:iam::999999999999:policy/theirs"
    names = ["AmazonSSMManagedInstanceCore", "service-role/AmazonECSTaskExecutionRolePolicy", "own", arn]
    options = {
        "roles": [{"name": "app", "managed_policies": names, "permissions_boundary": "own"}],
        "policies": [{"name": "own", "statements": [READ]}],
    }
    values = build(options)[Key("iam_role", "app")].values
    assert values.managed_policies == (
        "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore",
        "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy",
        Reference("iam_policy", "own", "arn"),
        arn,
    )
    assert values.boundary == Reference("iam_policy", "own", "arn")


@pytest.mark.parametrize(
    ("region", "partition"), [("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov"), ("ap-southeast-2", "aws")]
)
def test_policies_of_aws_are_in_the_partition_of_the_region(region: str, partition: str) -> None:
    (arn,) = role(Stack("demo", "123456789012", region), managed_policies=["ReadOnlyAccess"]).managed_policies
    assert arn == f"arn:{partition}:iam::aws:policy/ReadOnlyAccess"


@pytest.mark.parametrize(
    ("path", "options"),
    [
        ("identity.roles[0].name", {"name": "App"}),
        ("identity.roles[0].service", {"service": "ec2"}),
        ("identity.roles[0].service", {"service": "ec2.amazonaws.com", "trust": {"Statement": []}}),
        ("identity.roles[0].max_session", {"max_session": 900}),
        ("identity.roles[0].managed_policies", {"managed_policies": ["ReadOnlyAccess"] * 21}),
        ("identity.roles[0].managed_policies[0]", {"managed_policies": ["missing"]}),
        ("identity.roles[0].permissions_boundary", {"permissions_boundary": "missing"}),
        ("identity.roles[0].instance_profile", {"service": "backup.amazonaws.com", "instance_profile": True}),
        ("identity.roles[0].policies[1].name", {"policies": [{"name": "a", "statements": [READ]}] * 2}),
        ("identity.roles[0].policies[0].statements", {"policies": [{"name": "a", "statements": []}]}),
        ("identity.roles[0].trust", {"trust": {"Id": "x" * 2049}}),
    ],
)
def test_a_wrong_role_is_refused_with_its_path(path: str, options: dict[str, Any]) -> None:
    with pytest.raises(InvalidOption) as refused:
        build({"roles": [{"name": "app", **options}]})
    assert refused.value.path == path


@pytest.mark.parametrize(
    ("path", "change"),
    [
        ("sid", {"sid": "with space"}),
        ("effect", {"effect": "Permit"}),
        ("actions", {"actions": None}),
        ("actions", {"actions": []}),
        ("actions[0]", {"actions": ["GetObject"]}),
        ("resources", {"resources": []}),
        ("resources[0]", {"resources": ["app"]}),
        ("resources[0]", {"resources": [{"subnet": "app"}]}),
        ("resources[0]", {"resources": [{"secret": "a", "log_group": "b"}]}),
        ("action", {"action": "s3:*"}),
    ],
)
def test_a_wrong_statement_is_refused_with_its_path(path: str, change: dict[str, Any]) -> None:
    with pytest.raises(InvalidOption) as refused:
        build({"policies": [{"name": "own", "statements": [READ, {**READ, **change}]}]})
    assert refused.value.path == f"identity.policies[0].statements[1].{path}"


def test_policies_that_are_too_long_are_refused() -> None:
    statements = [{"actions": ["s3:GetObject"], "resources": [f"arn:aws:s3:::{'x' * 1000}"]}] * 7
    with pytest.raises(InvalidOption, match=r"identity\.policies\[0\]\.statements: .* AWS takes 6144"):
        build({"policies": [{"name": "own", "statements": statements}]})
    half = {"statements": statements[:5]}
    with pytest.raises(InvalidOption, match=r"identity\.roles\[0\]\.policies: .* AWS takes 10240"):
        role(policies=[{"name": "a", **half}, {"name": "b", **half}, {"name": "c", **half}])


def statement(**changes: Any) -> dict[str, Any]:
    return {"Statement": [{"Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": ["a:B", "a:C"], **changes}]}


def test_policies_that_mean_the_same_are_the_same() -> None:
    base = same_policy(statement())
    assert same_policy({"Statement": statement()["Statement"][0]}) == base
    assert same_policy(statement(Action=["a:C", "a:B"])) == base
    assert same_policy(statement(Principal={"AWS": ["arn:aws:iam::123456789012:root"]})) == base
    assert same_policy(statement(Principal="*")) == same_policy(statement(Principal={"AWS": ["*"]}))
    test = {"Bool": {"aws:SecureTransport": False}}
    assert same_policy(statement(Condition=test)) == same_policy(
        statement(Condition={"Bool": {"aws:SecureTransport": ["false"]}})
    )


@pytest.mark.parametrize("change", [{"Effect": "Deny"}, {"Action": "a:B"}, {"Principal": {"AWS": "999999999999"}}, {"Sid": "x"}])
def test_policies_that_differ_differ(change: dict[str, Any]) -> None:
    assert same_policy(statement(**change)) != same_policy(statement())
