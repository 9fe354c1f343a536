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


def key(stack: Stack = STACK, **options: Any) -> Any:
    return build({"roles": [{"name": "app"}], "keys": [{"name": "main", **options}]}, stack)[Key("kms_key", "main")].values


def statements(values: Any) -> dict[str, Any]:
    return {statement["Sid"]: statement for statement in values.policy["Statement"]}


def test_a_key_is_for_the_account_and_rotates_by_default() -> None:
    built = build({"keys": [{"name": "main"}]})
    assert set(built) == {Key("kms_key", "main"), Key("kms_alias", "main")}
    values = built[Key("kms_key", "main")].values
    assert (values.enabled, values.rotation, values.multi_region, values.window) == (True, 365, False, 30)
    assert set(statements(values)) == {"Account"}
    assert built[Key("kms_alias", "main")].values.name == "alias/demo-main"


def test_roles_are_named_before_they_exist_and_others_are_looked_up() -> None:
    theirs = "arn:aws:iam::999999999999:role/theirs"
    values = key(users=["app", "external", theirs], administrators=["app"])
    arn = "arn:aws:iam::123456789012:role/terrace/demo/demo-app"
    use, administration = statements(values)["Use"], statements(values)["Administration"]
    assert use["Condition"]["ArnEquals"]["aws:PrincipalArn"] == [arn, Reference("iam_role", "external", "arn"), theirs]
    assert use["Condition"]["StringEquals"]["kms:CallerAccount"] == ["123456789012", "999999999999"]
    assert administration["Condition"]["ArnEquals"]["aws:PrincipalArn"] == [arn]
    assert not {"kms:Decrypt", "kms:*"} & set(administration["Action"])


def test_services_use_a_key_for_this_account_only() -> None:
    built = statements(key(services=["sns.amazonaws.com", "logs.amazonaws.com", "autoscaling.amazonaws.com"]))
    assert built["Services"]["Principal"] == {"Service": ["sns.amazonaws.com"]}
    assert built["Services"]["Condition"] == {"StringEquals": {"aws:SourceAccount": "123456789012"}}
    assert built["Logs"]["Principal"] == {"Service": "logs.eu-west-1.amazonaws.com"}
    assert "AWSServiceRoleForAutoScaling" in built["Granting"]["Condition"]["ArnEquals"]["aws:PrincipalArn"][0]


def test_a_replica_is_a_key_of_its_own_in_another_region() -> None:
    stack = Stack("demo", "123456789012", "eu-west-1", regions=("eu-central-1",))
    built = build({"keys": [{"name": "main", "regions": ["eu-central-1"]}]}, stack)
    primary, replica = built[Key("kms_key", "main")], built[Key("kms_key", "main-eu-central-1")]
    assert (primary.region, primary.values.multi_region, primary.values.primary) == (None, True, None)
    assert (replica.region, replica.values.primary) == ("eu-central-1", Reference("kms_key", "main", "arn"))
    assert replica.values.rotation is None
    assert built[Key("kms_alias", "main-eu-central-1")].values.name == "alias/demo-main"


@pytest.mark.parametrize(
    ("path", "options"),
    [
        ("name", {"name": "Main"}),
        ("rotation", {"rotation": 30}),
        ("rotation", {"rotation": 2561}),
        ("deletion_window", {"deletion_window": 6}),
        ("multi_region", {"multi_region": False, "regions": ["eu-central-1"]}),
        ("regions[0]", {"regions": ["eu-west-1"]}),
        ("regions[0]", {"regions": ["us-east-1"]}),
        ("users[0]", {"users": ["*"]}),
        ("users[0]", {"users": ["arn:aws:iam::123456789012:root"]}),
        ("services[0]", {"services": ["logs"]}),
    ],
)
def test_a_wrong_key_is_refused_with_its_path(path: str, options: dict[str, Any]) -> None:
    with pytest.raises(InvalidOption) as refused:
        key(Stack("demo", "123456789012", "eu-west-1", regions=("eu-central-1",)), **options)
    assert refused.value.path == f"identity.keys[0].{path}"


def test_fleets_may_fetch_their_bundles_and_tell_that_they_are_ready() -> None:
    statements = role(fleets=["app"]).policies["bootstrap-app"]["Statement"]
    assert {statement["Action"][0]: statement["Resource"][0] for statement in statements} == {
        "s3:GetObject": "arn:aws:s3:::terrace-123456789012-eu-west-1/demo/bundles/app/*",
        "autoscaling:CompleteLifecycleAction": (
            "arn:aws:autoscaling:eu-west-1:123456789012:autoScalingGroup:*:autoScalingGroupName/demo-app"
        ),
        "logs:CreateLogStream": Reference("log_group", "bootstrap-app", "streams"),
        "logs:PutLogEvents": Reference("log_group", "bootstrap-app", "streams"),
    }


def test_a_policy_of_that_name_is_refused() -> None:
    own = {"name": "bootstrap-app", "statements": [READ]}
    with pytest.raises(InvalidOption, match=r"roles\[0\]\.fleets\[0\]"):
        role(fleets=["app"], policies=[own])
