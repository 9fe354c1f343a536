# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the generated policies allow, and on what."""

from __future__ import annotations

import fnmatch
import json
import re
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.terrace.aws.plugins.filter.operator_policy import documents
from ansible_collections.terrace.aws.plugins.module_utils.operator_policy import MAX_CHARACTERS, RESOURCES
from ansible_collections.terrace.aws.plugins.module_utils.permissions import action, survey_actions
from ansible_collections.terrace.aws.plugins.module_utils.registry import KINDS

STACK = {"name": "demo", "account": "123456789012", "region": "eu-west-1"}
NETWORK = {"vpc": {"name": "main", "cidr": "10.9.0.0/16", "zones": ["eu-west-1a"]}, "subnets": [{"name": "app"}]}
ROLES = {"roles": [{"name": "app"}, {"name": "logs", "service": "vpc-flow-logs.amazonaws.com"}]}
BALANCERS = {"target_groups": [{"name": "app", "port": 3000, "protocol": "HTTP"}]}


def statements(stack: dict[str, str] = STACK, **tiers: Any) -> dict[str, dict[str, Any]]:
    return {s["Sid"]: s for document in documents({"stack": stack, **tiers}) for s in document["Statement"]}


def resources(sid: str, **options: Any) -> list[str]:
    return statements(**options)[sid]["Resource"]


@pytest.mark.parametrize("kind", [kind for kind in KINDS.values() if not kind.lookup], ids=lambda kind: kind.name)
def test_every_kind_that_changes_something_says_what_it_needs(kind: Any) -> None:
    assert kind.actions
    assert len(set(kind.actions)) == len(kind.actions)
    assert all(re.fullmatch(r"[a-z0-9]+:[A-Z]\w+", name) for name in kind.actions)
    narrowed = {key.rpartition("+")[2] for key in RESOURCES} | {"acm", "ec2", "elasticfilesystem", "kms"}
    assert {name.partition(":")[0] for name in kind.actions} <= narrowed


def test_operations_that_iam_calls_otherwise() -> None:
    assert action("ec2", "CreateVpc") == "ec2:CreateVpc"
    assert action("elbv2", "CreateListener") == "elasticloadbalancing:CreateListener"
    assert action("s3", "HeadBucket") == "s3:ListBucket"
    assert survey_actions(KINDS["image"]) == {"ssm:GetParameters", "ec2:DescribeImages"}


def test_without_a_tier_there_is_the_survey_and_the_lock_only() -> None:
    allowed = statements()
    assert set(allowed) == {"Survey", "ControlBucket", "Lock", "ListParameters"}
    assert all(re.search(r":(Describe|Get|List)", name) for name in allowed["Survey"]["Action"])
    assert allowed["Lock"]["Resource"] == ["arn:aws:s3:::terrace-123456789012-eu-west-1/demo/*"]


def test_keys_are_ours_by_their_tag_and_names_by_how_they_begin() -> None:
    allowed = statements(identity={"keys": [{"name": "main"}]})
    assert allowed["CreateKeys"]["Condition"] == {"StringEquals": {"aws:RequestTag/terrace:stack": "demo"}}
    assert allowed["ManageKeys"]["Condition"] == {"StringEquals": {"aws:ResourceTag/terrace:stack": "demo"}}
    assert "kms:ScheduleKeyDeletion" in allowed["ManageKeys"]["Action"]
    assert allowed["NameKeys"]["Resource"] == ["arn:aws:kms:eu-west-1:123456789012:alias/demo-*"]
    assert allowed["ServiceLinkedRoles"]["Condition"] == {"StringEquals": {"iam:AWSServiceName": ["mrk.kms.amazonaws.com"]}}


def test_certificates_are_ours_by_their_tag() -> None:
    allowed = statements(certificate={"certificates": [{"name": "web", "domain": "example.com", "zones": ["public"]}]})
    assert allowed["RequestCertificates"]["Condition"] == {"StringEquals": {"aws:RequestTag/terrace:stack": "demo"}}
    assert allowed["ManageCertificates"]["Condition"] == {"StringEquals": {"aws:ResourceTag/terrace:stack": "demo"}}
    assert allowed["NamedRoute53"]["Action"] == ["route53:ChangeResourceRecordSets"]
    assert "acm:ListTagsForCertificate" in allowed["Survey"]["Action"]


def test_single_instances_are_started_with_the_stacks_tag() -> None:
    image = {"owner": "136693071363", "name": "debian-12-*", "architecture": "x86_64"}
    bastion = {"name": "bastion", "image": image, "type": "t3.nano", "subnet": "app", "zone": "eu-west-1a"}
    allowed = statements(instance={"instances": [{**bastion, "security_groups": ["app"], "recovery": "alarm"}]})
    assert allowed["Launch"]["Condition"] == {"StringEquals": {"aws:RequestTag/terrace:stack": "demo"}}
    assert "arn:aws:ec2:eu-west-1::image/*" in allowed["LaunchWith"]["Resource"]
    assert "LaunchFromTemplates" not in allowed
    # An external security group has no tag of ours, and the instance has: EC2 looks at both.
    assert allowed["ChangeGroups"]["Resource"] == ["arn:aws:ec2:eu-west-1:123456789012:security-group/*"]
    assert "ec2:ModifyInstanceAttribute" in allowed["ChangeWithTag"]["Action"]
    assert allowed["NamedCloudwatch"]["Resource"] == ["arn:aws:cloudwatch:eu-west-1:123456789012:alarm:demo-*"]
    assert allowed["ServiceLinkedRoles"]["Condition"] == {"StringEquals": {"iam:AWSServiceName": ["events.amazonaws.com"]}}


def test_only_the_stacks_own_parameters_may_be_read() -> None:
    allowed = statements(secrets={"parameters": [{"name": "token", "type": "SecureString"}]})
    assert allowed["ReadParameters"]["Resource"] == ["arn:aws:ssm:eu-west-1:123456789012:parameter/demo/*"]
    assert not [name for name in allowed["Survey"]["Action"] if name in ("ssm:GetParameter", "ssm:GetParametersByPath")]


def test_only_described_kinds_may_be_changed() -> None:
    allowed = json.dumps(statements(network=NETWORK))
    assert "ec2:CreateSubnet" in allowed
    assert "rds:CreateDBInstance" not in allowed
    assert "iam:CreateRole" not in allowed


def test_ec2_creates_with_our_tag_and_changes_what_has_it() -> None:
    allowed = statements(network=NETWORK)
    assert allowed["CreateWithTag"]["Condition"] == {"StringEquals": {"aws:RequestTag/terrace:stack": "demo"}}
    assert allowed["ChangeWithTag"]["Condition"] == {"StringEquals": {"aws:ResourceTag/terrace:stack": "demo"}}
    assert allowed["ChangeWithTag"]["Resource"] == ["arn:aws:ec2:eu-west-1:123456789012:*"]
    # The VPC that a subnet is put into has to be ours, too.
    assert "ec2:CreateSubnet" in allowed["CreateWithTag"]["Action"]
    assert "ec2:CreateSubnet" in allowed["ChangeWithTag"]["Action"]
    assert "ec2:CreateRoute" not in allowed["CreateWithTag"]["Action"]
    assert "CreateSubnet" in allowed["TagOnCreate"]["Condition"]["StringEquals"]["ec2:CreateAction"]


MAIL = {
    "name": "mail",
    "image": {"parameter": "/aws/service/debian/release/12/latest/amd64"},
    "type": "t3.small",
    "subnet": "public",
    "zone": "eu-west-1a",
    "security_groups": ["mail"],
}


def test_volumes_come_from_snapshots_and_become_snapshots() -> None:
    """Those bear no account in their ARNs: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html"""
    volume = {"name": "data", "device": "/dev/sdf", "size": 10, "snapshot": "snap-0123456789abcdef0"}
    allowed = statements(instance={"instances": [{**MAIL, "volumes": [volume]}]})
    snapshots = "arn:aws:ec2:eu-west-1::snapshot/"
    assert allowed["CopySnapshots"]["Resource"] == [f"{snapshots}snap-0123456789abcdef0"]
    for sid in ("CreateWithTag", "TagOnCreate"):
        assert f"{snapshots}*" in allowed[sid]["Resource"]
    assert "ec2:CreateSnapshot" in allowed["CreateWithTag"]["Action"]
    assert f"{snapshots}*" not in statements(network=NETWORK)["CreateWithTag"]["Resource"]


def test_what_comes_with_a_vpc_has_no_tag() -> None:
    allowed = statements(network=NETWORK)["OutsideDefaultSecurityGroup"]
    assert allowed["Resource"] == ["arn:aws:ec2:eu-west-1:123456789012:security-group/*"]
    assert allowed["Condition"] == {"Null": {"aws:ResourceTag/terrace:stack": "true"}}
    assert "OutsideVpcPeering" not in statements(network=NETWORK)


def test_what_is_to_be_adopted_may_be_tagged() -> None:
    adopt = [{"kind": "vpc", "name": "main", "id": "vpc-1"}, {"kind": "log_group", "name": "app", "id": "/app"}]
    allowed = statements(network=NETWORK, adopt=adopt)["Adopt"]
    assert allowed["Resource"] == ["arn:aws:ec2:eu-west-1:123456789012:*/vpc-1"]


def test_roles_may_be_handed_to_the_services_that_they_are_for() -> None:
    (allowed,) = [s for sid, s in statements(identity=ROLES).items() if sid == "PassRoles"]
    assert allowed["Resource"] == ["arn:aws:iam::123456789012:role/terrace/demo/*"]
    services = ["ec2.amazonaws.com", "vpc-flow-logs.amazonaws.com"]
    assert allowed["Condition"] == {"StringEquals": {"iam:PassedToService": services}}


def test_a_log_group_with_a_name_of_its_own_is_named() -> None:
    groups = {"log_groups": [{"name": "app"}, {"name": "flow", "log_group": "/vpc/flow"}]}
    prefix = "arn:aws:logs:eu-west-1:123456789012:log-group:"
    assert resources("NamedLogs", monitoring=groups) == [
        f"{prefix}/terrace/demo/*",
        f"{prefix}/vpc/flow",
        f"{prefix}/vpc/flow:*",
    ]


def test_objects_may_be_deleted_where_buckets_may_be_emptied() -> None:
    buckets = [{"name": "kept"}, {"name": "scratch", "empty_before_delete": True}, {"name": "old", "bucket_name": "their-name"}]
    allowed = statements(storage={"buckets": buckets})
    assert allowed["EmptyBuckets"]["Resource"] == ["arn:aws:s3:::demo-scratch-123456789012/*"]
    deleting = [sid for sid, statement in allowed.items() if "s3:DeleteObjectVersion" in statement["Action"]]
    assert deleting == ["EmptyBuckets"]
    assert "EmptyBuckets" not in statements(storage={"buckets": buckets[:1]})


@pytest.mark.parametrize("name", ["demo", "a-stack-with-a-name-of-forty-characters-"[:39] + "x"])
def test_derived_names_are_covered_however_long(name: str) -> None:
    """Names that do not fit are cut and get a hash, and a suffix where they are replaced."""
    covered = resources("NamedElasticloadbalancing", stack={**STACK, "name": name}, load_balancer=BALANCERS)
    begins = covered[-1].rpartition("targetgroup/")[2].removesuffix("*")
    kind = KINDS["target_group"]
    stack = type("Stack", (), {"name": name, "account": STACK["account"]})
    assert all(kind.aws_name(stack, logical, "-abcd").startswith(begins) for logical in ("a", "app" * 10))


def test_what_belongs_to_a_load_balancer_bears_its_name() -> None:
    """https://docs.aws.amazon.com/service-authorization/latest/reference/list_awselasticloadbalancingv2.html"""
    covered = resources("NamedElasticloadbalancing", load_balancer=BALANCERS)
    arn = "arn:aws:elasticloadbalancing:eu-west-1:123456789012"
    for owner in ("loadbalancer/app/demo-front/50dc", "loadbalancer/net/demo-mail/50dc", "targetgroup/demo-app/73e2"):
        assert [pattern for pattern in covered if fnmatch.fnmatchcase(f"{arn}:{owner}", pattern)]
    for part in ("listener/app/demo-front/5/f", "listener-rule/app/demo-front/5/f/9", "listener/net/demo-mail/5/f"):
        assert [pattern for pattern in covered if fnmatch.fnmatchcase(f"{arn}:{part}", pattern)]


def test_partitions() -> None:
    china = {**STACK, "region": "cn-north-1"}
    assert resources("ControlBucket", stack=china) == ["arn:aws-cn:s3:::terrace-123456789012-cn-north-1"]


def test_no_document_is_longer_than_iam_takes() -> None:
    parts = documents({"stack": STACK, "network": NETWORK, "identity": ROLES, "load_balancer": BALANCERS})
    assert all(len(json.dumps(part, separators=(",", ":"))) <= MAX_CHARACTERS for part in parts)
    sids = [statement["Sid"] for part in parts for statement in part["Statement"]]
    assert len(set(sids)) == len(sids)


@pytest.mark.parametrize(
    ("description", "problem"),
    [
        ([], "takes a description with the key stack"),
        ({"network": NETWORK}, "takes a description with the key stack"),
        ({"stack": {**STACK, "account": "12"}}, "stack.account"),
        ({"stack": STACK, "network": {"vpc": {"name": "main", "cidr": "x"}}}, r"network\.vpc"),
    ],
)
def test_what_is_wrong_is_named(description: Any, problem: str) -> None:
    with pytest.raises(AnsibleFilterError, match=problem):
        documents(description)


def test_a_cache_reads_the_secrets_of_the_stack_and_no_others() -> None:
    group = {
        "name": "main",
        "version": "8.0",
        "node_type": "cache.t4g.small",
        "subnets": "data",
        "security_groups": ["cache"],
        "auth_token_secret": "token",
    }
    allowed = statements(cache={"replication_groups": [group]})
    assert allowed["SecretValues"]["Resource"] == ["arn:aws:secretsmanager:eu-west-1:123456789012:secret:demo/*"]
    assert all(name.rpartition(":")[2] == "demo-*" for name in allowed["NamedElasticache"]["Resource"])
    assert "secretsmanager:GetSecretValue" not in allowed["Survey"]["Action"]


def test_file_systems_tell_by_their_tags_that_they_are_ours() -> None:
    allowed = statements(storage={"file_systems": [{"name": "shared", "subnets": "app", "security_groups": ["files"]}]})
    assert allowed["CreateFileSystems"]["Condition"] == {"StringEquals": {"aws:RequestTag/terrace:stack": "demo"}}
    assert allowed["ManageFileSystems"]["Condition"] == {"StringEquals": {"aws:ResourceTag/terrace:stack": "demo"}}
    assert "elasticfilesystem:DeleteFileSystem" in allowed["ManageFileSystems"]["Action"]
    created_by = allowed["TagNewFileSystems"]["Condition"]["StringEquals"]["elasticfilesystem:CreateAction"]
    assert created_by == ["CreateAccessPoint", "CreateFileSystem"]
    # The interfaces of mount targets are EFS's.
    assert "ec2:DeleteNetworkInterface" in allowed["OutsideMountTargets"]["Action"]
    assert allowed["UseKeys"]["Condition"] == {"StringEquals": {"kms:ViaService": ["elasticfilesystem.eu-west-1.amazonaws.com"]}}


def test_repositories_are_named_and_the_registry_is_not_without_need() -> None:
    repositories = [{"name": "app"}, {"name": "web", "repository_name": "images/web"}]
    allowed = statements(storage={"repositories": repositories})
    arn = "arn:aws:ecr:eu-west-1:123456789012:repository"
    assert allowed["NamedEcr"]["Resource"] == [f"{arn}/demo/*", f"{arn}/images/web"]
    assert "Registry" not in allowed
    replicated = statements(storage={"repositories": repositories, "repository_replication": ["eu-central-1"]})
    assert replicated["Registry"]["Action"] == ["ecr:PutReplicationConfiguration"]
    assert replicated["ServiceLinkedRoles"]["Condition"] == {
        "StringEquals": {"iam:AWSServiceName": ["replication.ecr.amazonaws.com"]}
    }


def test_a_bucket_with_a_name_of_its_own_is_named() -> None:
    buckets = [{"name": "site", "bucket_name": "www.example.com"}]
    assert {"arn:aws:s3:::www.example.com", "arn:aws:s3:::www.example.com/*"} <= set(
        resources("NamedS3", storage={"buckets": buckets})
    )
