# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The least that the operator of a description has to be allowed, as IAM policy documents.

What exists may be read. Changes are allowed to what bears the stack's tag where the service can tell (EC2), and
elsewhere to what bears the stack's name or path.
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/supported-iam-actions-tagging.html
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils import control_bucket
from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import TAG_STACK, Declaration, Stack
from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import Kind
from ansible_collections.terrace.aws.plugins.module_utils.module import declarations_of, stack_of
from ansible_collections.terrace.aws.plugins.module_utils.permissions import prefix, survey_actions
from ansible_collections.terrace.aws.plugins.module_utils.registry import KINDS, TIERS

Statement = dict[str, Any]
# Beside the kinds' surveys: the index of tags, and the instances that stack_info and the inventory list.
ALWAYS = {"tag:GetResources", "ec2:DescribeInstances"}
READING = ("Describe", "Get", "List")
CREATING = ("ec2:Allocate", "ec2:Authorize", "ec2:Create")
# Parts of something else, without tags of their own.
PARTS = {"ec2:CreateLaunchTemplateVersion", "ec2:CreateNetworkAclEntry", "ec2:CreateRoute"}
# Those that a statement of their own narrows.
SECRET_VALUE = "secretsmanager:GetSecretValue"
# A setting of the account's whole registry.
REGISTRY = "ecr:PutReplicationConfiguration"
# Objects are deleted where the description lets a bucket be emptied, and nowhere else.
EMPTYING = {"s3:AbortMultipartUpload", "s3:DeleteObject", "s3:DeleteObjectVersion"}
SPECIAL = {
    *EMPTYING,
    "ssm:GetParameter",
    "ssm:GetParameters",
    "ssm:GetParametersByPath",
    "ec2:CreateTags",
    "ec2:RunInstances",
    "iam:PassRole",
    "iam:CreateServiceLinkedRole",
    SECRET_VALUE,
    REGISTRY,
}
# What bears the stack's name, by the service that is called; `names` begins as every derived name does.
# RDS makes the secrets of master users itself, and checks that the caller may.
RESOURCES = {
    "cloudwatch": ("arn:{partition}:cloudwatch:{region}:{account}:alarm:{names}",),
    "autoscaling": ("arn:{partition}:autoscaling:{region}:{account}:autoScalingGroup:*:autoScalingGroupName/{names}",),
    "elasticache": tuple(
        f"arn:{{partition}}:elasticache:{{region}}:{{account}}:{resource}"
        for resource in (
            "replicationgroup:{names}",
            "cluster:{names}",
            "parametergroup:{names}",
            "subnetgroup:{names}",
            "user:{names}",
            "usergroup:{names}",
            "snapshot:{names}",
        )
    ),
    "ecr": ("arn:{partition}:ecr:{region}:{account}:repository/{stack}/*",),
    "elasticloadbalancing": (
        "arn:{partition}:elasticloadbalancing:{region}:{account}:loadbalancer/app/{names}",
        "arn:{partition}:elasticloadbalancing:{region}:{account}:loadbalancer/net/{names}",
        "arn:{partition}:elasticloadbalancing:{region}:{account}:listener/app/{names}",
        "arn:{partition}:elasticloadbalancing:{region}:{account}:listener/net/{names}",
        "arn:{partition}:elasticloadbalancing:{region}:{account}:listener-rule/app/{names}",
        "arn:{partition}:elasticloadbalancing:{region}:{account}:targetgroup/{names}",
    ),
    "iam": (
        "arn:{partition}:iam::{account}:role/terrace/{stack}/*",
        "arn:{partition}:iam::{account}:instance-profile/terrace/{stack}/*",
        "arn:{partition}:iam::{account}:policy/terrace/{stack}/*",
    ),
    "logs": ("arn:{partition}:logs:{region}:{account}:log-group:/terrace/{stack}/*",),
    "rds": (
        "arn:{partition}:rds:{region}:{account}:db:{names}",
        "arn:{partition}:rds:{region}:{account}:subgrp:{names}",
        "arn:{partition}:rds:{region}:{account}:pg:{names}",
        "arn:{partition}:rds:{region}:{account}:snapshot:{names}",
        "arn:{partition}:rds:{region}:{account}:og:{names}",
        "arn:{partition}:rds:{region}:{account}:auto-backup:*",
        "arn:{partition}:rds:{region}:{account}:pg:default*",
        "arn:{partition}:rds:{region}:{account}:og:default*",
    ),
    "s3": ("arn:{partition}:s3:::{names}",),
    "ssm": ("arn:{partition}:ssm:{region}:{account}:parameter/{stack}/*",),
    "secretsmanager": ("arn:{partition}:secretsmanager:{region}:{account}:secret:{stack}/*",),
    # What is created has no ARN yet, and ids tell nothing.
    "route53+route53": ("*",),
    "route53": ("arn:{partition}:route53:::hostedzone/*",),
    # By the kind's service and the service that it makes use of. Log delivery has no resources to name.
    "ec2+logs": ("*",),
    "elasticache+logs": ("*",),
    "rds+secretsmanager": ("arn:{partition}:secretsmanager:{region}:{account}:secret:rds!db-*",),
}
# The same of what has been given another name than the derived one: the kind, and what its name becomes.
NAMED = {
    "ecr": ("ecr_repository", ("arn:{partition}:ecr:{region}:{account}:repository/{own}",)),
    "logs": (
        "log_group",
        (
            "arn:{partition}:logs:{region}:{account}:log-group:{own}",
            "arn:{partition}:logs:{region}:{account}:log-group:{own}:*",
        ),
    ),
    "s3": ("bucket", ("arn:{partition}:s3:::{own}", "arn:{partition}:s3:::{own}/*")),
}
# What has no names, and tells by its tags that it is ours.
FILES = "elasticfilesystem"
FILE_SYSTEMS = (
    "arn:{partition}:elasticfilesystem:{region}:{account}:access-point/*",
    "arn:{partition}:elasticfilesystem:{region}:{account}:file-system/*",
)
CERTIFICATES = "arn:{partition}:acm:{region}:{account}:certificate/*"
# What EC2's calls touch that cannot bear our tag: what AWS makes together with a VPC, and the other side of a peering.
# By kind: actions, and the types of resources; only those without a tag of any stack, or all.
UNTAGGED, ALL = True, False
OUTSIDE = {
    "default_network_acl": (("ec2:CreateNetworkAclEntry", "ec2:DeleteNetworkAclEntry"), "network-acl", UNTAGGED),
    "default_security_group": (
        ("ec2:RevokeSecurityGroupEgress", "ec2:RevokeSecurityGroupIngress"),
        "security-group",
        UNTAGGED,
    ),
    "mount_targets": (
        ("ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface", "ec2:ModifyNetworkInterfaceAttribute"),
        "network-interface",
        UNTAGGED,
    ),
    "subnet": (("ec2:ReplaceNetworkAclAssociation",), "network-acl", UNTAGGED),
    "vpc_peering": (("ec2:AcceptVpcPeeringConnection",), "vpc", ALL),
    "vpc_peering_accepter": (
        ("ec2:AcceptVpcPeeringConnection", "ec2:DeleteVpcPeeringConnection"),
        "vpc-peering-connection",
        UNTAGGED,
    ),
}
# Of one managed policy, without white space: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
MAX_CHARACTERS = 6144
VERSION = "2012-10-17"
# What `aws_name` leaves of a name that is too long: less a hash, and a suffix where resources are replaced.
HASH_AND_SUFFIX = 12


@dataclasses.dataclass(frozen=True)
class Scope:
    """What a policy is for: a stack, what it declares, and the regions it does so in."""

    stack: Stack
    declarations: tuple[Declaration, ...]

    @property
    def partition(self) -> str:
        return {"cn": "aws-cn", "us-gov": "aws-us-gov"}.get(self.stack.region.rsplit("-", 2)[0], "aws")

    @property
    def regions(self) -> list[str]:
        return sorted(self.stack.all_regions)

    def arns(self, *patterns: str) -> list[str]:
        """Fill in patterns of ARNs, once for each region where they name one."""
        shortest = min(kind.name_limit for kind in KINDS.values()) - HASH_AND_SUFFIX
        fixed = {
            "partition": self.partition,
            "account": self.stack.account,
            "stack": self.stack.name,
            "names": f"{self.stack.name}-"[:shortest] + "*",
        }
        return list(dict.fromkeys(p.format(region=region, **fixed) for p in patterns for region in self.regions))

    def values(self, kind: str) -> Iterator[Any]:
        return (declaration.values for declaration in self.declarations if declaration.kind == kind)


def operator_policy(description: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the policy documents for ``{stack: ..., <tier>: ...}``, all of them needed. Raises InvalidOption."""
    stack = stack_of(description["stack"])
    scope = Scope(stack, declarations_of({tier: description.get(tier) or {} for tier in TIERS}, stack))
    statements = [
        *_statements(scope, list(_changed_kinds(scope.declarations))),
        *_adoption(scope, description.get("adopt") or ()),
    ]
    return [{"Version": VERSION, "Statement": part} for part in _parts(statements)]


def _parts(statements: Iterable[Statement]) -> list[list[Statement]]:
    """Distribute the statements over as many policies as IAM's limit asks for."""
    parts: list[list[Statement]] = [[]]
    for statement in statements:
        grown = {"Version": VERSION, "Statement": [*parts[-1], statement]}
        if parts[-1] and len(json.dumps(grown, separators=(",", ":"))) > MAX_CHARACTERS:
            parts.append([])
        parts[-1].append(statement)
    return parts


def _changed_kinds(declarations: Iterable[Declaration]) -> Iterator[Kind]:
    """Yield the declared kinds, and those of the children that they may be found to have."""
    declared = {declaration.kind for declaration in declarations}
    return (kind for kind in KINDS.values() if kind.name in declared or (kind.parent and declared & set(kind.after)))


def _statements(scope: Scope, kinds: list[Kind]) -> Iterator[Statement]:
    needed = {action for kind in kinds for action in kind.actions}
    surveyed = {action for kind in KINDS.values() for action in survey_actions(kind)}
    yield _allow("Survey", (surveyed | ALWAYS | set(filter(_reads, needed))) - SPECIAL, ["*"])
    yield from _lock(scope)
    yield from _parameters(scope)
    yield from _secret_values(scope)
    yield from _emptied_buckets(scope)
    yield from _tagged(scope, {action for action in needed if action.startswith("ec2:") and not _reads(action)})
    yield from _outside(scope, kinds)
    yield from _named(scope, kinds)
    yield from _keys(scope, kinds)
    yield from _file_systems(scope, kinds)
    yield from _certificates(scope, kinds)
    yield from _implied(scope, kinds, needed)


def _allow(sid: str, actions: Iterable[str], resources: list[str], **condition: Mapping[str, Any]) -> Statement:
    conditional = {"Condition": condition} if condition else {}
    return {"Sid": sid, "Effect": "Allow", "Action": sorted(actions), "Resource": resources, **conditional}


def _reads(action: str) -> bool:
    service, _colon, name = action.partition(":")
    return service != "kms" and name.startswith(READING)


def _lock(scope: Scope) -> Iterator[Statement]:
    bucket = f"arn:{scope.partition}:s3:::{control_bucket.name_of(scope.stack.account, scope.stack.region)}"
    yield _allow("ControlBucket", ("s3:CreateBucket", "s3:ListBucket", "s3:PutBucketPublicAccessBlock"), [bucket])
    yield _allow("Lock", ("s3:DeleteObject", "s3:GetObject", "s3:PutObject"), [f"{bucket}/{scope.stack.name}/*"])


def _parameters(scope: Scope) -> Iterator[Statement]:
    """Parameters may be secrets: only the stack's own, and those that name images. Public ones belong to no account."""
    below = scope.arns("arn:{partition}:ssm:{region}:{account}:parameter/{stack}")
    own = scope.arns(*RESOURCES["ssm"])
    yield _allow("ListParameters", ["ssm:GetParametersByPath"], [*below, *own])
    if any(scope.values("ssm_parameter")):
        yield _allow("ReadParameters", ["ssm:GetParameter"], own)
    names = sorted({values.parameter for values in scope.values("image") if values.parameter})
    if names:
        arns = scope.arns(*(f"arn:{{partition}}:ssm:{{region}}:*:parameter/{name.lstrip('/')}" for name in names))
        yield _allow("ImageParameters", ["ssm:GetParameters"], arns)


def _secret_values(scope: Scope) -> Iterator[Statement]:
    """Values are read only where a resource is made with one."""
    readers = (d for d in scope.declarations if SECRET_VALUE in KINDS[d.kind].actions)
    if any(reference.kind == "secret" for declaration in readers for reference in declaration.references()):
        yield _allow("SecretValues", [SECRET_VALUE], scope.arns(*RESOURCES["secretsmanager"]))


def _emptied_buckets(scope: Scope) -> Iterator[Statement]:
    buckets = [d for d in scope.declarations if d.kind == "bucket" and d.values.empty_before_delete]
    names = sorted(d.values.name or KINDS["bucket"].aws_name(scope.stack, d.name) for d in buckets)
    if names:
        yield _allow("EmptyBuckets", EMPTYING, scope.arns(*(f"arn:{{partition}}:s3:::{name}/*" for name in names)))


def _tagged(scope: Scope, actions: set[str]) -> Iterator[Statement]:
    """EC2 asks for the tag of what is created, and for the tags of everything else that the call touches."""
    if not actions:
        return
    # Snapshots bear no account in their ARNs.
    snapshots = ("arn:{partition}:ec2:{region}::snapshot/*",) if "ec2:CreateSnapshot" in actions else ()
    everything = scope.arns("arn:{partition}:ec2:{region}:{account}:*", *snapshots)
    requested, present = ({f"aws:{which}Tag/{TAG_STACK}": scope.stack.name} for which in ("Request", "Resource"))
    creating = sorted(action for action in actions - SPECIAL - PARTS if action.startswith(CREATING))
    if any(scope.values("instance")):
        yield from _launch(scope, requested)
    if any(scope.values("launch_template")):
        templates = scope.arns("arn:{partition}:ec2:{region}:{account}:launch-template/*")
        yield _allow("LaunchFromTemplates", ["ec2:RunInstances"], ["*"], ArnLike={"ec2:LaunchTemplate": templates})
    if sources := sorted({values.snapshot for values in scope.values("volume") if values.snapshot}):
        arns = scope.arns(*(f"arn:{{partition}}:ec2:{{region}}::snapshot/{source}" for source in sources))
        yield _allow("CopySnapshots", ["ec2:CreateVolume"], arns)
    if creating:
        yield _allow("CreateWithTag", creating, everything, StringEquals=requested)
    tagging = [action.removeprefix("ec2:") for action in creating + sorted(actions & {"ec2:RunInstances"})]
    yield _allow("TagOnCreate", ["ec2:CreateTags"], everything, StringEquals={**requested, "ec2:CreateAction": tagging})
    yield _allow("ChangeWithTag", actions - {"ec2:RunInstances"}, everything, StringEquals=present)


def _launch(scope: Scope, requested: Mapping[str, str]) -> Iterator[Statement]:
    """What is launched bears the stack's tag; what it is launched with, and gets later, may be anybody's."""
    made, given = (
        scope.arns(*(f"arn:{{partition}}:ec2:{{region}}:{{account}}:{resource}/*" for resource in resources))
        for resources in (("instance", "network-interface", "volume"), ("key-pair", "security-group", "subnet"))
    )
    images = scope.arns("arn:{partition}:ec2:{region}::image/*")
    yield _allow("Launch", ["ec2:RunInstances"], made, StringEquals=requested)
    yield _allow("LaunchWith", ["ec2:RunInstances"], [*images, *given])
    groups = scope.arns("arn:{partition}:ec2:{region}:{account}:security-group/*")
    yield _allow("ChangeGroups", ["ec2:ModifyInstanceAttribute"], groups)


def _outside(scope: Scope, kinds: Iterable[Kind]) -> Iterator[Statement]:
    for kind in (kind for kind in kinds if any(scope.values(kind.name))):
        actions, resource, untagged = OUTSIDE.get(kind.name, ((), "", ALL))
        if allowed := set(actions) & set(kind.actions):
            arns = scope.arns(f"arn:{{partition}}:ec2:{{region}}:{{account}}:{resource}/*")
            condition = {"Null": {f"aws:ResourceTag/{TAG_STACK}": "true"}} if untagged else {}
            yield _allow("Outside" + kind.name.title().replace("_", ""), allowed, arns, **condition)


def _adoption(scope: Scope, adopted: Iterable[Mapping[str, str]]) -> Iterator[Statement]:
    """What is to be adopted has no tag yet. Services that go by names know what is adopted by its name only."""
    ids = sorted(item["id"] for item in adopted if KINDS[item["kind"]].service == "ec2")
    if ids:
        arns = scope.arns(*(f"arn:{{partition}}:ec2:{{region}}:{{account}}:*/{resource}" for resource in ids))
        tag = {f"aws:RequestTag/{TAG_STACK}": scope.stack.name}
        yield _allow("Adopt", ["ec2:CreateTags"], arns, StringEquals=tag)


def _named(scope: Scope, kinds: Iterable[Kind]) -> Iterator[Statement]:
    """Yield a statement for each service that tells what is ours by its ARN."""
    by_scope: dict[str, set[str]] = {}
    for kind in kinds:
        for action in set(kind.actions) - SPECIAL:
            service = action.partition(":")[0]
            combined = f"{prefix(kind.service)}+{service}"
            if service not in ("acm", "ec2", "kms", FILES) and not _reads(action):
                by_scope.setdefault(combined if combined in RESOURCES else service, set()).add(action)
    for key, actions in sorted(by_scope.items()):
        patterns = (*RESOURCES[key], *_names_of_their_own(scope, key))
        yield _allow("Named" + "".join(part.capitalize() for part in key.split("+")), actions, scope.arns(*patterns))


def _names_of_their_own(scope: Scope, service: str) -> Iterator[str]:
    kind, patterns = NAMED.get(service, ("", ()))
    names = sorted(values.name for values in scope.values(kind) if values.name)
    return (pattern.replace("{own}", name) for name in names for pattern in patterns)


def _implied(scope: Scope, kinds: Iterable[Kind], needed: set[str]) -> Iterator[Statement]:
    """Yield what AWS checks on the way: roles handed over, roles that services make for themselves, and keys."""
    if "iam:PassRole" in needed:
        services = sorted({service for values in scope.values("iam_role") for service in _trusted(values.trust)})
        condition = {"StringEquals": {"iam:PassedToService": services}} if services else {}
        yield _allow(
            "PassRoles", ["iam:PassRole"], scope.arns("arn:{partition}:iam::{account}:role/terrace/{stack}/*"), **condition
        )
    services = sorted({_linked_service(k) for k in kinds if "iam:CreateServiceLinkedRole" in k.actions})
    if services:
        roles = scope.arns("arn:{partition}:iam::{account}:role/aws-service-role/*")
        names = {"iam:AWSServiceName": services}
        yield _allow("ServiceLinkedRoles", ["iam:CreateServiceLinkedRole"], roles, StringEquals=names)
    if REGISTRY in needed:
        yield _allow("Registry", [REGISTRY], ["*"])
    users = {k.service for k in kinds if k.service != "kms" and any(action.startswith("kms:") for action in k.actions)}
    keys = {action for kind in kinds if kind.service in users for action in kind.actions if action.startswith("kms:")}
    if keys:
        via = sorted(f"{prefix(user)}.{region}.amazonaws.com" for user in users for region in scope.regions)
        arns = scope.arns("arn:{partition}:kms:{region}:{account}:key/*")
        yield _allow("UseKeys", keys, arns, StringEquals={"kms:ViaService": via})


def _linked_service(kind: Kind) -> str:
    """Return the name of the service that makes a role for itself. Of keys and images, it is the one that replicates, of
    alarms the one that acts on instances."""
    return {"kms": "mrk.kms", "ecr": "replication.ecr", "cloudwatch": "events"}.get(
        kind.service, prefix(kind.service)
    ) + ".amazonaws.com"


def _keys(scope: Scope, kinds: Iterable[Kind]) -> Iterator[Statement]:
    """Yield what manages keys: those with the stack's tag, and their names.

    https://docs.aws.amazon.com/kms/latest/developerguide/tag-authorization.html
    """
    actions = {action for kind in kinds if kind.service == "kms" for action in kind.actions if action.startswith("kms:")}
    if not actions:
        return
    keys = scope.arns("arn:{partition}:kms:{region}:{account}:key/*")
    requested, present = ({f"aws:{which}Tag/{TAG_STACK}": scope.stack.name} for which in ("Request", "Resource"))
    yield _allow("CreateKeys", ["kms:CreateKey"], ["*"], StringEquals=requested)
    # A new replica is in another region: the call on the primary and the tags of what it makes are looked at apart.
    yield _allow("TagNewKeys", ["kms:CreateKey", "kms:TagResource"], keys, StringEquals=requested)
    yield _allow("ManageKeys", actions - {"kms:CreateKey"}, keys, StringEquals=present)
    aliases = scope.arns("arn:{partition}:kms:{region}:{account}:alias/{names}")
    yield _allow("NameKeys", {action for action in actions if action.endswith("Alias")}, aliases)


def _file_systems(scope: Scope, kinds: Iterable[Kind]) -> Iterator[Statement]:
    """Yield what makes file systems with the stack's tag, and changes those that have it.

    https://docs.aws.amazon.com/efs/latest/ug/using-tags-efs.html
    """
    actions = {action for kind in kinds for action in kind.actions if action.startswith(f"{FILES}:")}
    if not actions:
        return
    arns, create = scope.arns(*FILE_SYSTEMS), f"{FILES}:CreateFileSystem"
    requested, present = ({f"aws:{which}Tag/{TAG_STACK}": scope.stack.name} for which in ("Request", "Resource"))
    by = {f"{FILES}:CreateAction": ["CreateAccessPoint", "CreateFileSystem"]}
    yield _allow("CreateFileSystems", [create], ["*"], StringEquals=requested)
    yield _allow("TagNewFileSystems", [f"{FILES}:TagResource"], arns, StringEquals={**requested, **by})
    yield _allow("ManageFileSystems", actions - {create}, arns, StringEquals=present)


def _certificates(scope: Scope, kinds: Iterable[Kind]) -> Iterator[Statement]:
    """ACM requests with our tag and changes what has it.

    https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscertificatemanager.html
    """
    actions = {action for kind in kinds for action in kind.actions if action.startswith("acm:")}
    if not actions:
        return
    arns, create, tag = scope.arns(CERTIFICATES), "acm:RequestCertificate", "acm:AddTagsToCertificate"
    requested, present = ({f"aws:{which}Tag/{TAG_STACK}": scope.stack.name} for which in ("Request", "Resource"))
    yield _allow("RequestCertificates", [create], ["*"], StringEquals=requested)
    yield _allow("TagNewCertificates", [tag], arns, StringEquals=requested)
    yield _allow("ManageCertificates", actions - {create}, arns, StringEquals=present)


def _trusted(trust: Mapping[str, Any]) -> Iterator[str]:
    """Yield the services that may assume a role."""
    statements = trust.get("Statement", [])
    for statement in [statements] if isinstance(statements, Mapping) else statements:
        principal = statement.get("Principal", {})
        services = principal.get("Service", []) if isinstance(principal, Mapping) else []
        yield from [services] if isinstance(services, str) else services
