# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A secret whose value AWS generates: https://docs.aws.amazon.com/secretsmanager/latest/userguide/managing-secrets.html

The value is made at creation and then belongs to whoever uses or rotates it: it is never read, compared or returned.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import TAG_STACK
from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import DELETING, READY, Context, Found, Kind, New, Retry
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import arguments, initial, mutable
from ansible_collections.terrace.aws.plugins.module_utils.kinds import _iam
from ansible_collections.terrace.aws.plugins.module_utils.kinds._reads import existing

DEFAULT_RECOVERY_DAYS = 30
# What an empty `kms_key` stands for: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_UpdateSecret.html
DEFAULT_KEY = "alias/aws/secretsmanager"
# A statement with this Sid lets in, besides others, the caller that sets the policy:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_ARN
WITH_CREATOR = "OnlyReadersAndCreator"
CREATOR = {"ArnNotEquals": {"aws:PrincipalArn": ["whoever sets this policy"]}}


def same_rotation(rotation: Mapping[str, Any]) -> tuple[str, ...]:
    """Normaliser: ``rate(1 day)`` and ``rate(1 days)`` are one schedule; `immediately` is about the change alone."""
    schedule = re.sub(r"(day|hour)s?\)", r"\1s)", rotation.get("schedule", ""))
    return (rotation.get("lambda", ""), schedule, rotation.get("duration") or "")


def same_replicas(replicas: Iterable[Mapping[str, str]]) -> list[tuple[str, str]]:
    return sorted((replica["region"], replica["kms_key"] or "") for replica in replicas)


def same_document(document: Mapping[str, Any]) -> str:
    return _iam.same_policy(_for_creator(document, CREATOR)) if document else ""


def _for_creator(document: Mapping[str, Any], creator: Mapping[str, Any]) -> dict[str, Any]:
    """Return a policy with another creator, if it lets one in.

    Who that is, is not compared: whoever checks the stack later is somebody else, and nothing has changed by that.
    """
    statements = document.get("Statement", [])
    listed = [statements] if isinstance(statements, Mapping) else statements
    return {**document, "Statement": [_with_creator(statement, creator) for statement in listed]}


def _with_creator(statement: Mapping[str, Any], creator: Mapping[str, Any]) -> Mapping[str, Any]:
    condition = statement.get("Condition") or {}
    lets_in = statement.get("Sid") == WITH_CREATOR and set(CREATOR) <= set(condition)
    return {**statement, "Condition": {**condition, **creator}} if lets_in else statement


def rotating(_before: Any, after: Mapping[str, Any]) -> str:
    return "rotates the value at once, which its users have to fetch again" if after.get("immediately") else ""


def moving(before: Iterable[Mapping[str, str]], after: Iterable[Mapping[str, str]]) -> str:
    """A copy gets another key by being made again."""
    left = sorted({region for region, _key in set(same_replicas(before)) - set(same_replicas(after))})
    return f"removes the copy in {', '.join(left)}, and makes it again where it only gets another key" if left else ""


@dataclasses.dataclass(frozen=True)
class Secret:
    """`kms_key` is the ARN of a key, an empty string for the account's ``aws/secretsmanager``.

    `policy` is the resource policy, `rotation` has lambda, schedule, duration and immediately; both are empty for none.
    `replicas` have region and kms_key.

    With `username`, `content` or `value_key` the value is JSON, ``{**content, "username": ..., value_key: ...}``, else it
    is bare. Without `generated` the secret is created without a value, for somebody to put one in. `recovery_days` is 0
    for a deletion at once.
    """

    description: str | None = mutable("Description")
    kms_key: Any = mutable(refers=("kms_key",))
    policy: Any = mutable(normalise=same_document)
    rotation: Any = mutable(normalise=same_rotation, disrupts=rotating)
    replicas: Any = mutable(normalise=same_replicas, disrupts=moving, refers=("kms_key",))
    generated: bool | None = initial()
    username: str | None = initial()
    content: Any = initial(refers=("db_instance", "cache_replication_group"))
    value_key: str | None = initial()
    length: int | None = initial("PasswordLength")
    exclude_characters: str | None = initial("ExcludeCharacters")
    exclude_punctuation: bool | None = initial("ExcludePunctuation")
    exclude_numbers: bool | None = initial("ExcludeNumbers")
    exclude_uppercase: bool | None = initial("ExcludeUppercase")
    exclude_lowercase: bool | None = initial("ExcludeLowercase")
    require_each_included_type: bool | None = initial("RequireEachIncludedType")
    recovery_days: int | None = initial()


RULES = {field.name for field in dataclasses.fields(Secret) if field.metadata["behaviour"] == "initial"}


def list_secrets(context: Context) -> Iterable[Found]:
    """The list may lag by five minutes, so that it serves to find names only; AWS says that DescribeSecret does not.

    https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_ListSecrets.html
    """
    filters = [{"Key": "tag-key", "Values": [TAG_STACK]}, {"Key": "tag-value", "Values": [context.stack.name]}]
    listed = context.pages("secretsmanager", "list_secrets", "SecretList", IncludePlannedDeletion=True, Filters=filters)
    names = {raw["Name"] for raw in listed if _tags(raw).get(TAG_STACK) == context.stack.name}
    names |= {KIND.aws_name(context.stack, declaration.name) for declaration in context.declared("secret")}
    described = context.each(lambda name: existing(lambda: describe(context, name)), sorted(names))
    return context.each(lambda raw: _read(context, raw), [raw for raw in described if raw and not _is_copy(context, raw)])


def look_up(context: Context, wanted: Mapping[str, Any]) -> Iterable[Found]:
    """Find a secret by ``id`` (its ARN), ``name`` or tags."""
    known = wanted.get("id") or wanted.get("name")
    if known:
        raw = existing(lambda: describe(context, known))
        return [_found(raw, Secret())] if raw else []
    return [_found(raw, Secret()) for raw in context.pages("secretsmanager", "list_secrets", "SecretList")]


def describe(context: Context, name: str) -> dict[str, Any]:
    return context.client("secretsmanager").describe_secret(SecretId=name)


def create(context: Context, new: New, values: Secret) -> Found:
    """Create the secret, or restore the one of the same name that waits for its deletion, with its value.

    No fixed client token: it would name a version, and a repeated call has another random value.
    """
    secrets = context.client("secretsmanager")
    for found in context.found("secret"):
        if found.name == new.aws_name and found.state == DELETING:
            secrets.restore_secret(SecretId=found.id)
            context.note(f"secret {found.name} was restored from its recovery window and kept its value")
            return dataclasses.replace(_read(context, describe(context, found.id)), state=READY)
    content = {"SecretString": _content(context, values)} if values.generated else {}
    key = {"KmsKeyId": values.kms_key} if values.kms_key else {}
    answer = secrets.create_secret(Name=new.aws_name, Tags=new.tag_list, **arguments(values, {"description"}), **key, **content)
    attributes = _attributes(answer["ARN"], answer.get("VersionId"))
    made = Secret(values.description, values.kms_key, policy={}, rotation={}, replicas=())
    return Found(answer["ARN"], made, new.tags, name=new.aws_name, attributes=attributes)


def update(context: Context, found: Found, values: Secret, fields: set[str]) -> None:
    """The policy comes before the copies, which get it too."""
    secrets = context.client("secretsmanager")
    if fields & {"description", "kms_key"}:
        key = {"KmsKeyId": values.kms_key or DEFAULT_KEY} if "kms_key" in fields else {}
        secrets.update_secret(SecretId=found.id, **arguments(values, fields & {"description"}), **key)
    if "policy" in fields:
        _set_policy(context, found.id, values.policy)
    if "rotation" in fields:
        _set_rotation(secrets, found.id, values.rotation)
    if "replicas" in fields:
        _set_replicas(secrets, found, values.replicas)


def delete(context: Context, found: Found) -> None:
    """A secret that is copied to other regions cannot be deleted: the copies go before, and only for ever."""
    secrets = context.client("secretsmanager")
    if regions := found.attributes.get("copies"):
        secrets.remove_regions_from_replication(SecretId=found.id, RemoveReplicaRegions=regions)
    days = _recovery_days(context, found)
    window = {"RecoveryWindowInDays": days} if days else {"ForceDeleteWithoutRecovery": True}
    secrets.delete_secret(SecretId=found.id, **window)
    if days:
        context.note(f"secret {found.name} can be restored for {days} days, which declaring it again does")


def tag(context: Context, found: Found, wanted: Mapping[str, str]) -> None:
    tags = [{"Key": key, "Value": value} for key, value in sorted(wanted.items())]
    context.client("secretsmanager").tag_resource(SecretId=found.id, Tags=tags)


def _set_policy(context: Context, secret: str, policy: Mapping[str, Any]) -> None:
    secrets = context.client("secretsmanager")
    if policy:
        known = _for_creator(policy, {"ArnNotEquals": {"aws:PrincipalArn": _caller(context)}})
        secrets.put_resource_policy(SecretId=secret, ResourcePolicy=_iam.encoded(known), BlockPublicPolicy=True)
    else:
        secrets.delete_resource_policy(SecretId=secret)


def _caller(context: Context) -> list[str]:
    """Return whom conditions take the caller for. The ARN of a session lacks the path of its role, whose name is unique.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalarn
    """
    caller = context.client("sts").get_caller_identity()["Arn"]
    session = re.fullmatch(r"(arn:[a-z-]+):sts::(\d+):assumed-role/([^/]+)/.*", caller)
    if not session:
        return [caller]
    partition, account, role = session.groups()
    return [f"{partition}:iam::{account}:role/{role}", f"{partition}:iam::{account}:role/*/{role}"]


def _set_rotation(secrets: Any, secret: str, rotation: Mapping[str, Any]) -> None:
    """https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotateSecret.html"""
    if not rotation:
        secrets.cancel_rotate_secret(SecretId=secret)
        return
    duration = {"Duration": rotation["duration"]} if rotation.get("duration") else {}
    secrets.rotate_secret(
        SecretId=secret,
        RotationLambdaARN=rotation["lambda"],
        RotationRules={"ScheduleExpression": rotation["schedule"], **duration},
        RotateImmediately=rotation.get("immediately", True),
    )


def _set_replicas(secrets: Any, found: Found, replicas: Iterable[Mapping[str, str]]) -> None:
    """Nothing in a region is overwritten: a secret of the same name there makes the copy fail."""
    kept = {tuple(pair) for pair in same_replicas(found.values.replicas or ())} & set(same_replicas(replicas))
    regions = {region for region, _key in kept}
    gone = [region for region in found.attributes.get("copies", ()) if region not in regions]
    if gone:
        secrets.remove_regions_from_replication(SecretId=found.id, RemoveReplicaRegions=gone)
    added = [
        {"Region": region, **({"KmsKeyId": key} if key else {})}
        for region, key in same_replicas(replicas)
        if region not in regions
    ]
    if added:
        secrets.replicate_secret_to_regions(SecretId=found.id, AddReplicaRegions=added)


def _content(context: Context, values: Secret) -> str:
    value = _random_value(context, values)
    if not (values.username or values.content or values.value_key):
        return value
    username = {"username": values.username} if values.username else {}
    return json.dumps({**(values.content or {}), **username, values.value_key or "password": value})


def _random_value(context: Context, values: Secret) -> str:
    rules = arguments(values, RULES)
    return context.client("secretsmanager").get_random_password(**rules)["RandomPassword"]


def _recovery_days(context: Context, found: Found) -> int:
    """Return the declared window; what is not declared any more gets the longest."""
    declared = {declaration.name: declaration.values.recovery_days for declaration in context.declared("secret")}
    return declared.get(found.logical_name, DEFAULT_RECOVERY_DAYS)


def _tags(raw: Mapping[str, Any]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in raw.get("Tags", [])}


def _is_copy(context: Context, raw: Mapping[str, Any]) -> bool:
    """Copies in other regions carry the tags of the secret that they are made of."""
    return raw.get("PrimaryRegion", context.region) != context.region


def _read(context: Context, raw: Mapping[str, Any]) -> Found:
    """Read what the description of a secret of ours lacks. One that is being deleted has nothing to compare."""
    if raw.get("DeletedDate") or _tags(raw).get(TAG_STACK) != context.stack.name:
        return _found(raw, Secret())
    for copy in raw.get("ReplicationStatus", []):
        if copy["Status"] == "Failed":
            context.note(
                f"secret {raw['Name']} is not copied to {copy['Region']}: {copy.get('StatusMessage', 'no reason given')}"
            )
    values = Secret(
        description=raw.get("Description", ""),
        kms_key=_key(raw),
        policy=_policy(context, raw["ARN"]),
        rotation=_rotation(raw),
        replicas=tuple(
            {"region": copy["Region"], "kms_key": _key(copy)}
            for copy in raw.get("ReplicationStatus", [])
            if copy["Status"] != "Failed"
        ),
    )
    return _found(raw, values)


def _key(raw: Mapping[str, Any]) -> str:
    key = raw.get("KmsKeyId") or ""
    return "" if key.endswith(DEFAULT_KEY) else key


def _policy(context: Context, secret: str) -> Any:
    policy = context.client("secretsmanager").get_resource_policy(SecretId=secret).get("ResourcePolicy")
    return json.loads(policy) if policy else {}


def _rotation(raw: Mapping[str, Any]) -> dict[str, str]:
    """A schedule may be told by its number of days alone; after a rotation AWS tells that number with every schedule.

    https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotationRulesType.html
    """
    if not raw.get("RotationEnabled"):
        return {}
    rules = raw.get("RotationRules", {})
    schedule = rules.get("ScheduleExpression") or f"rate({rules.get('AutomaticallyAfterDays')} days)"
    return {"lambda": raw.get("RotationLambdaARN", ""), "schedule": schedule, "duration": rules.get("Duration", "")}


def _found(raw: Mapping[str, Any], values: Secret) -> Found:
    state = DELETING if raw.get("DeletedDate") else READY
    current = [version for version, stages in raw.get("VersionIdsToStages", {}).items() if "AWSCURRENT" in stages]
    copies = [copy["Region"] for copy in raw.get("ReplicationStatus", [])]
    attributes = {**_attributes(raw["ARN"], next(iter(current), None)), "copies": copies}
    return Found(raw["ARN"], values, _tags(raw), state, name=raw["Name"], attributes=attributes)


def _attributes(arn: str, version: str | None) -> dict[str, Any]:
    """`current` points to the current version of the value, as ECS writes it, and so changes whenever the value does.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html
    """
    return {"arn": arn, "current": f"{arn}:::{version}" if version else None}


KIND = Kind(
    name="secret",
    service="secretsmanager",
    values=Secret,
    list=list_secrets,
    look_up=look_up,
    calls={"ListSecrets": "page", "DescribeSecret": "resource", "GetResourcePolicy": "resource"},
    actions=(
        "secretsmanager:GetRandomPassword",
        "secretsmanager:CreateSecret",
        "secretsmanager:TagResource",
        "secretsmanager:RestoreSecret",
        "secretsmanager:UpdateSecret",
        "secretsmanager:PutResourcePolicy",
        "secretsmanager:DeleteResourcePolicy",
        "secretsmanager:RotateSecret",
        "secretsmanager:CancelRotateSecret",
        "secretsmanager:ReplicateSecretToRegions",
        "secretsmanager:RemoveRegionsFromReplication",
        "secretsmanager:DeleteSecret",
        "kms:Decrypt",
        "kms:GenerateDataKey",
    ),
    create=create,
    update=update,
    delete=delete,
    tag=tag,
    unique_name=True,
    name_format="{stack}/{name}",
    name_limit=512,
    # Deletion without recovery frees the name some time later:
    # https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DeleteSecret.html
    retries=(Retry("CreateSecret", "InvalidRequestException", "scheduled for deletion"),),
    indexed=True,
)
