# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Declaration, Reference, Stack
from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import InvalidOption
from ansible_collections.terrace.aws.plugins.module_utils.engine.validate import validated
from ansible_collections.terrace.aws.plugins.module_utils.kinds.secret import CREATOR, Secret
from ansible_collections.terrace.aws.plugins.module_utils.tiers import secrets

STACK = Stack("demo", "123456789012", "eu-west-1")


def build(*described: dict[str, Any], what: str = "secrets", stack: Stack = STACK, **others: Any) -> list[Declaration]:
    checked = validated({what: list(described), **others}, secrets.SPEC, secrets.CONSTRAINTS, "secrets")
    return secrets.build(checked, stack)


def parameter(**options: Any) -> Any:
    return build({"name": "app/level", **options}, what="parameters")[0].values


def test_nothing_described_declares_nothing() -> None:
    assert build() == []


def test_a_value_is_long_and_plain_by_default() -> None:
    (declaration,) = build({"name": "app", "username": "jyoti_app"})
    assert declaration.values == Secret(
        description="",
        kms_key="",
        policy=declaration.values.policy,
        rotation={},
        replicas=(),
        generated=True,
        username="jyoti_app",
        length=32,
        exclude_characters="",
        exclude_punctuation=True,
        exclude_numbers=False,
        exclude_uppercase=False,
        exclude_lowercase=False,
        require_each_included_type=True,
        recovery_days=30,
    )


def test_a_secret_can_be_left_to_be_filled_in() -> None:
    (declaration,) = build({"name": "resend", "content": "empty"})
    assert declaration.values.generated is False


def test_a_value_can_have_fixed_parts_that_the_stack_knows() -> None:
    fields = {"engine": "postgres", "host": {"db_instance": "main"}, "port": {"db_instance": "main", "attribute": "port"}}
    (declaration,) = build({"name": "app", "fields": fields})
    assert declaration.values.content == {
        "engine": "postgres",
        "host": Reference("db_instance", "main", "endpoint"),
        "port": Reference("db_instance", "main", "port"),
    }


def test_only_readers_and_services_get_at_a_value() -> None:
    theirs = "arn:aws:iam::999999999999:role/theirs"
    (declaration,) = build({"name": "app", "readers": ["app", theirs]})
    denied, allowed = declaration.values.policy["Statement"]
    assert (denied["Effect"], denied["Action"]) == ("Deny", "secretsmanager:GetSecretValue")
    assert denied["Condition"]["ArnNotLike"]["aws:PrincipalArn"] == [
        "arn:aws:iam::123456789012:role/terrace/demo/demo-app",
        theirs,
        "arn:aws:iam::123456789012:role/aws-service-role/*/*",
    ]
    assert allowed["Principal"] == {"AWS": [theirs]}


def conditions(operators: Sequence[str] = (), **options: Any) -> list[dict[str, Any]]:
    """Return when a secret's policy denies its value."""
    (declaration,) = build({"name": "app", **options}, operators=list(operators))
    return [statement["Condition"] for statement in declaration.values.policy["Statement"] if statement["Effect"] == "Deny"]


ROTATED = {"lambda": "arn:aws:lambda:eu-west-1:123456789012:function:rotate"}


def test_a_secret_is_its_stacks_and_its_creators() -> None:
    own, linked = "arn:aws:iam::123456789012:role/terrace/demo/*", "arn:aws:iam::123456789012:role/aws-service-role/*/*"
    (condition,) = conditions()
    assert condition["ArnNotLike"]["aws:PrincipalArn"] == [own, linked]
    assert set(CREATOR) <= set(condition)


def test_what_an_unknown_function_rotates_is_closed_to_other_stacks_and_accounts() -> None:
    others, foreign = conditions(rotation=ROTATED)
    assert others == {
        "ArnLike": {"aws:PrincipalArn": ["arn:*:iam::*:role/terrace/*"]},
        "ArnNotLike": {"aws:PrincipalArn": ["arn:aws:iam::123456789012:role/terrace/demo/*"]},
    }
    assert foreign["StringNotEquals"] == {"aws:PrincipalAccount": "123456789012"}


def test_named_operators_are_the_only_ones_beside_the_stack() -> None:
    operator = "arn:aws:iam::123456789012:role/operators/*"
    own, linked = "arn:aws:iam::123456789012:role/terrace/demo/*", "arn:aws:iam::123456789012:role/aws-service-role/*/*"
    (condition,) = conditions([operator])
    assert condition["ArnNotLike"]["aws:PrincipalArn"] == [own, operator, linked]
    (condition,) = conditions([operator], readers=["app"])
    assert condition["ArnNotLike"]["aws:PrincipalArn"][1:] == [operator, linked]
    assert not set(CREATOR) & set(condition)
    assert len(conditions([operator], rotation=ROTATED)) == 2


def test_the_content_of_a_secure_parameter_is_made() -> None:
    values = parameter(type="SecureString", kms_key="main")
    assert (values.value, values.length, values.kms_key) == (None, 32, Reference("kms_key", "main", "arn"))
    assert parameter(type="StringList", values=["a", "b"]).value == "a,b"


@pytest.mark.parametrize(
    ("path", "options"),
    [
        ("name", {"name": "/app"}),
        ("name", {"name": "app//level"}),
        ("value", {}),
        ("value", {"value": ""}),
        ("values", {"type": "StringList"}),
        ("values[0]", {"type": "StringList", "values": ["hunter2,b"]}),
        ("values", {"value": "a", "values": ["a"]}),
        ("value", {"type": "SecureString", "value": "hunter2"}),
        ("value", {"value": "x" * 4097}),
        ("value", {"value": "hunter2", "allowed_pattern": "^[a-z]+$"}),
        ("kms_key", {"value": "a", "kms_key": "main"}),
        ("data_type", {"type": "StringList", "values": ["a"], "data_type": "aws:ec2:image"}),
        ("tier", {"value": "a", "tier": "Gold"}),
    ],
)
def test_a_wrong_parameter_is_refused_with_its_path_and_without_its_value(path: str, options: dict[str, Any]) -> None:
    with pytest.raises(InvalidOption) as refused:
        parameter(**options)
    assert refused.value.path == f"secrets.parameters[0].{path}"
    assert "hunter2" not in str(refused.value)


def test_a_stack_may_have_a_name_that_parameters_cannot_begin_with() -> None:
    with pytest.raises(InvalidOption, match="what begins with aws or ssm is its own"):
        build({"name": "a", "value": "b"}, what="parameters", stack=Stack("ssm-demo", "123456789012", "eu-west-1"))


FUNCTION = "arn:aws:lambda:eu-west-1:123456789012:function:rotate"


@pytest.mark.parametrize(
    ("path", "options"),
    [
        ("name", {"name": "with/slash"}),
        ("content", {"content": "given"}),
        ("value", {"value": "hunter2"}),
        ("username", {"username": ""}),
        ("username", {"username": "app", "content": "empty"}),
        ("value_key", {"value_key": "token", "content": "empty"}),
        ("value_key", {"value_key": "username", "username": "app"}),
        ("length", {"length": 15}),
        ("kms_key", {"kms_key": "alias/app"}),
        ("recovery_window", {"recovery_window": 31}),
        ("recovery_window", {"recovery_window": 6}),
        ("fields", {"fields": {"host": "a"}, "content": "empty"}),
        ("fields.password", {"fields": {"password": "hunter2"}}),
        ("fields.username", {"fields": {"username": "app"}, "username": "app"}),
        ("fields.host", {"fields": {"host": ["hunter2"]}}),
        ("fields.host", {"fields": {"host": {"vpc": "main"}}}),
        ("fields.host.db_instance", {"fields": {"host": {"db_instance": "Main"}}}),
        ("fields.host.key", {"fields": {"host": {"db_instance": "main", "key": "port"}}}),
        ("exclude_lowercase", {f"exclude_{kind}": True for kind in ("numbers", "uppercase", "lowercase")}),
        ("readers", {"readers": ["app"], "policy": {"Statement": []}}),
        ("policy", {"policy": {"Version": "2012-10-17"}}),
        ("rotation.lambda", {"rotation": {}}),
        ("rotation.schedule", {"rotation": {"lambda": FUNCTION, "schedule": "monthly"}}),
        ("rotation.duration", {"rotation": {"lambda": FUNCTION, "duration": "25h"}}),
        ("replicas[0].region", {"replicas": [{"region": "eu-west-1"}]}),
        ("replicas[1].region", {"replicas": [{"region": "eu-west-2"}] * 2}),
    ],
)
def test_a_wrong_secret_is_refused_with_its_path(path: str, options: dict[str, Any]) -> None:
    with pytest.raises(InvalidOption) as refused:
        build({"name": "app", **options})
    assert refused.value.path == f"secrets.secrets[0].{path}"
    assert "hunter2" not in str(refused.value)


def test_two_secrets_of_one_name_are_refused() -> None:
    with pytest.raises(InvalidOption, match=r"secrets\.secrets\[1\]\.name"):
        build({"name": "app"}, {"name": "app"})
