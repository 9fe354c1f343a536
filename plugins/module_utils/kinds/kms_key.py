# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A symmetric encryption key: https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html

A key is deleted by waiting for 7 to 30 days. Declaring it again within that time cancels the deletion, so that what it
encrypts can be read as before: https://docs.aws.amazon.com/kms/latest/developerguide/deleting-keys.html
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import NotReady
from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import DELETING, PENDING, READY, Context, Found, Kind, New
from ansible_collections.terrace.aws.plugins.module_utils.engine.retry import code_of, is_not_found
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import always, create_only, initial, mutable
from ansible_collections.terrace.aws.plugins.module_utils.kinds import _iam
from ansible_collections.terrace.aws.plugins.module_utils.kinds._reads import existing

NO_ROTATION = 0
DEFAULT_WINDOW = 30
# https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html
STATES = {"Creating": PENDING, "Updating": PENDING, "PendingDeletion": DELETING, "PendingReplicaDeletion": DELETING}
# The index of tags knows a key of ours after that time at the latest; what is younger is asked for its tags.
INDEX_LAG = timedelta(days=1)
CONVERTED = always("cannot be changed; declare another key beside this one, and move to it what this one encrypts")


def disabling(_before: Any, after: bool) -> str:
    return "" if after else "makes all that is encrypted with the key unreadable until it is enabled again"


@dataclasses.dataclass(frozen=True)
class KmsKey:
    """`rotation` is the period in days, 0 for none. `window` is for how many days a deletion can be cancelled.

    `primary` is the ARN of the multi-region key that this one is a replica of: a key of its own, with the same material,
    and with the primary's rotation.
    """

    description: str | None = mutable("Description")
    policy: Any = mutable(normalise=_iam.same_policy)
    enabled: bool | None = mutable(disrupts=disabling)
    rotation: int | None = mutable()
    multi_region: bool | None = create_only("MultiRegion", forbids=CONVERTED)
    primary: Any = create_only(refers=("kms_key",), forbids=CONVERTED)
    window: int | None = initial()


def list_keys(context: Context) -> Iterable[Found]:
    """Lists have ids only. Keys of others may forbid to be described; of ours, that is an error.

    https://docs.aws.amazon.com/kms/latest/APIReference/API_ListKeys.html
    """
    indexed = {arn for arn in context.tags_by_arn() if arn.split(":")[2] == "kms"}
    listed = {raw["KeyArn"] for raw in context.pages("kms", "list_keys", "Keys")}
    ours = context.each(lambda arn: existing(lambda: _describe(context, arn)), sorted(indexed))
    others = context.each(lambda arn: _permitted(lambda: _describe(context, arn)), sorted(listed - indexed))
    tagged = context.each(
        lambda raw: (raw, _tags(context, raw)), [*filter(None, ours), *(raw for raw in others if raw and _is_new(raw))]
    )
    return context.each(lambda pair: _read(context, *pair), [(raw, tags) for raw, tags in tagged if _is_ours(context, tags)])


def look_up(context: Context, wanted: Mapping[str, Any]) -> Iterable[Found]:
    """Find a key by ``id`` (an ARN or a key id), ``alias``, or tags."""
    known = wanted.get("id") or wanted.get("alias")
    arns = [known] if known else [raw["KeyArn"] for raw in context.pages("kms", "list_keys", "Keys")]
    described = context.each(lambda arn: _permitted(lambda: _describe(context, arn)), arns)
    asked = {name: wanted[name] for name in ("id", "alias") if name in wanted}
    keys = context.each(lambda raw: (raw, _permitted(lambda: _tags(context, raw)) or {}), filter(None, described))
    found = [_found(raw, tags, KmsKey()) for raw, tags in keys]
    return [dataclasses.replace(key, attributes={**key.attributes, **asked}) for key in found]


def create(context: Context, new: New, values: KmsKey) -> Found:
    """Create the key, or take the one of the same identity that waits for its deletion."""
    waiting = _waiting(context, new, values)
    if waiting:
        return _restore(context, waiting)
    if values.primary:
        return _replicate(context, new, values)
    answer = context.client("kms").create_key(
        Description=values.description or "",
        Tags=_tag_list(new.tags),
        MultiRegion=bool(values.multi_region),
        **_policy_argument(values),
    )
    return _created(answer["KeyMetadata"], new, values)


def update(context: Context, found: Found, values: KmsKey, fields: set[str]) -> None:
    """A key has to be enabled to be changed, and is disabled last."""
    kms = context.client("kms")
    if "enabled" in fields and values.enabled:
        kms.enable_key(KeyId=found.id)
    if "policy" in fields:
        kms.put_key_policy(KeyId=found.id, PolicyName="default", Policy=_iam.encoded(values.policy))
    if "description" in fields:
        kms.update_key_description(KeyId=found.id, Description=values.description)
    if "rotation" in fields:
        _set_rotation(kms, found.id, values.rotation)
    if "enabled" in fields and not values.enabled:
        kms.disable_key(KeyId=found.id)


def delete(context: Context, found: Found) -> None:
    """AWS lets go of a key without a word of what still needs it, so what has been granted its use is asked for."""
    users = grantees(context, found.id)
    if users:
        raise NotReady(
            f"{found.id} is in use by {', '.join(users)}; delete what it encrypts, or retire its grants, and run again"
        )
    days = _window(context, found)
    context.client("kms").schedule_key_deletion(KeyId=found.id, PendingWindowInDays=days)
    context.note(
        f"{found.id} will be deleted in {days} days, and with it all that it encrypts becomes unreadable; "
        "until then declaring it again cancels the deletion"
    )


def tag(context: Context, found: Found, wanted: Mapping[str, str]) -> None:
    context.client("kms").tag_resource(KeyId=found.id, Tags=_tag_list(wanted))


def grantees(context: Context, key: str) -> Sequence[str]:
    """Return who holds grants. Services get one for each resource that the key encrypts, and retire it with that.

    https://docs.aws.amazon.com/kms/latest/developerguide/grants.html
    """
    grants = context.pages("kms", "list_grants", "Grants", KeyId=key)
    return sorted({_grantee(grant) for grant in grants})


def _grantee(grant: Mapping[str, Any]) -> str:
    context = grant.get("Constraints", {}).get("EncryptionContextSubset", {})
    what = f" for {', '.join(f'{key}={value}' for key, value in sorted(context.items()))}" if context else ""
    return f"{grant.get('GranteePrincipal', 'a grant')}{what}"


def _waiting(context: Context, new: New, values: KmsKey) -> Found | None:
    """Return our key of that name whose deletion can be cancelled, the last that was scheduled if there are several."""
    keys = [
        found
        for found in context.found("kms_key")
        if found.state == DELETING
        and found.belongs_to(context.stack, "kms_key")
        and found.logical_name == new.name
        and (bool(found.values.multi_region), found.values.primary) == (bool(values.multi_region), values.primary)
    ]
    return max(keys, key=lambda found: found.detail, default=None)


def _restore(context: Context, found: Found) -> Found:
    """A key whose deletion is cancelled is disabled; what else differs is set by the update that enables it."""
    context.client("kms").cancel_key_deletion(KeyId=found.id)
    context.note(f"the deletion of {found.id} was cancelled: it is the same key as before")
    rotation = None if found.values.primary else NO_ROTATION
    return dataclasses.replace(
        found, state=READY, detail="", values=dataclasses.replace(found.values, enabled=False, rotation=rotation)
    )


def _replicate(context: Context, new: New, values: KmsKey) -> Found:
    """The call goes to the region of the primary key, and there is only one replica of it in a region.

    https://docs.aws.amazon.com/kms/latest/APIReference/API_ReplicateKey.html
    """
    answer = context.client_in("kms", values.primary.split(":")[3]).replicate_key(
        KeyId=values.primary,
        ReplicaRegion=context.region,
        Description=values.description or "",
        Tags=_tag_list(new.tags),
        **_policy_argument(values),
    )
    return _created(answer["ReplicaKeyMetadata"], new, values)


def _created(raw: Mapping[str, Any], new: New, values: KmsKey) -> Found:
    made = KmsKey(
        description=values.description,
        policy=values.policy,
        enabled=True,
        rotation=None if values.primary else NO_ROTATION,
        multi_region=values.multi_region,
        primary=values.primary,
    )
    return _found(raw, new.tags, made)


def _policy_argument(values: KmsKey) -> dict[str, str]:
    return {"Policy": _iam.encoded(values.policy)} if values.policy else {}


def _set_rotation(kms: Any, key: str, days: int) -> None:
    if days == NO_ROTATION:
        kms.disable_key_rotation(KeyId=key)
    else:
        kms.enable_key_rotation(KeyId=key, RotationPeriodInDays=days)


def _window(context: Context, found: Found) -> int:
    """Return the declared window; what is not declared any more gets the longest."""
    declared = {declaration.name: declaration.values.window for declaration in context.declared("kms_key")}
    return declared.get(found.logical_name) or DEFAULT_WINDOW


def _describe(context: Context, key: str) -> dict[str, Any]:
    return context.client("kms").describe_key(KeyId=key)["KeyMetadata"]


def _permitted(read: Any) -> Any:
    """Return what `read` returns, or None where the key is gone, or its policy keeps it from us."""
    try:
        return read()
    except Exception as error:
        if is_not_found(error) or code_of(error) == "AccessDeniedException":
            return None
        raise


def _is_new(raw: Mapping[str, Any]) -> bool:
    return raw["KeyManager"] == "CUSTOMER" and datetime.now(UTC) - raw["CreationDate"] < INDEX_LAG


def _is_ours(context: Context, tags: Mapping[str, str]) -> bool:
    return tags.get(_iam.TAG_STACK) == context.stack.name


def _tags(context: Context, raw: Mapping[str, Any]) -> dict[str, str]:
    tags = context.pages("kms", "list_resource_tags", "Tags", KeyId=raw["Arn"])
    return {tag["TagKey"]: tag["TagValue"] for tag in tags}


def _tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"TagKey": key, "TagValue": value} for key, value in sorted(tags.items())]


def _read(context: Context, raw: Mapping[str, Any], tags: Mapping[str, str]) -> Found:
    """Read what the description of a key of ours lacks."""
    primary = _primary(raw)
    settled = STATES.get(raw["KeyState"], READY) == READY
    values = KmsKey(
        description=raw.get("Description", ""),
        policy=_policy(context, raw["Arn"]),
        enabled=raw["KeyState"] != "Disabled",
        rotation=_rotation(context, raw["Arn"]) if settled and not primary else None,
        multi_region=raw.get("MultiRegion", False),
        primary=primary,
    )
    return _found(raw, tags, values)


def _primary(raw: Mapping[str, Any]) -> str | None:
    """Return the ARN of the key that this one is a replica of."""
    configuration = raw.get("MultiRegionConfiguration", {})
    return configuration["PrimaryKey"]["Arn"] if configuration.get("MultiRegionKeyType") == "REPLICA" else None


def _policy(context: Context, key: str) -> Any:
    return json.loads(context.client("kms").get_key_policy(KeyId=key, PolicyName="default")["Policy"])


def _rotation(context: Context, key: str) -> int:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_GetKeyRotationStatus.html"""
    status = context.client("kms").get_key_rotation_status(KeyId=key)
    return status.get("RotationPeriodInDays", 365) if status["KeyRotationEnabled"] else NO_ROTATION


def _found(raw: Mapping[str, Any], tags: Mapping[str, str], values: KmsKey) -> Found:
    """The id is the ARN: keys of several regions may share the key id. `detail` is when a key will be gone."""
    return Found(
        raw["Arn"],
        values,
        tags,
        STATES.get(raw["KeyState"], READY),
        attributes={"arn": raw["Arn"], "key_id": raw["KeyId"]},
        detail=f"{raw['KeyState']} {raw.get('DeletionDate', '')}".strip(),
    )


KIND = Kind(
    name="kms_key",
    service="kms",
    values=KmsKey,
    list=list_keys,
    look_up=look_up,
    calls={
        "ListKeys": "page",
        "GetResources": "page",
        "DescribeKey": "resource",
        "ListResourceTags": "resource",
        "GetKeyPolicy": "resource",
        "GetKeyRotationStatus": "resource",
    },
    actions=(
        "kms:CreateKey",
        "kms:TagResource",
        "kms:ReplicateKey",
        "kms:PutKeyPolicy",
        "kms:UpdateKeyDescription",
        "kms:EnableKey",
        "kms:DisableKey",
        "kms:EnableKeyRotation",
        "kms:DisableKeyRotation",
        "kms:ListGrants",
        "kms:ScheduleKeyDeletion",
        "kms:CancelKeyDeletion",
        "iam:CreateServiceLinkedRole",
    ),
    create=create,
    update=update,
    delete=delete,
    tag=tag,
    held_by_users=True,
    create_before_delete=True,
    unsafe_create="CreateKey",
)
