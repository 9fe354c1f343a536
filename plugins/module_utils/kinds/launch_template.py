# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How an Auto Scaling group starts its instances: https://docs.aws.amazon.com/autoscaling/ec2/userguide/launch-templates.html

A change makes a new version the default one. Groups name the version that they start, so that they can go back to it.
"""

from __future__ import annotations

import base64
import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import Context, Found, Kind, New
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import compare, mutable, unordered
from ansible_collections.terrace.aws.plugins.module_utils.kinds import _ec2
from ansible_collections.terrace.aws.plugins.module_utils.kinds._user_data import rendered

# Enough to go back to; AWS would keep 10,000.
VERSIONS_KEPT = 5


@dataclasses.dataclass(frozen=True)
class LaunchTemplate:
    """Empty text means none. `instance_profile` is an ARN, `root_volume` has size (GiB), type, encrypted and kms_key.

    `instance_tags` are what the instances and their volumes get; `hop_limit` and `http_tokens` belong to the
    instance metadata service. `user_data` is text, or a script with facts: see `_user_data`.
    """

    image: Any = mutable(refers=("image",))
    root_device: Any = mutable(refers=("image",))
    type: str | None = mutable("InstanceType")
    instance_profile: Any = mutable(refers=("instance_profile",))
    security_groups: Any = mutable("SecurityGroupIds", normalise=unordered, refers=("security_group",))
    key_name: str | None = mutable("KeyName")
    user_data: Any = mutable(normalise=rendered, shows=rendered)
    root_volume: Any = mutable(refers=("kms_key",))
    http_tokens: str | None = mutable()
    hop_limit: int | None = mutable()
    detailed_monitoring: bool | None = mutable()
    instance_tags: Any = mutable()


def list_launch_templates(context: Context) -> Iterable[Found]:
    """One paged call answers the default versions of all templates, another only those that are ours."""
    ours = context.pages("ec2", "describe_launch_templates", "LaunchTemplates", Filters=context.stack_filter())
    templates = ours + _namesakes(context, {raw["LaunchTemplateName"] for raw in ours})
    data = _default_data(context) if templates else {}
    return [_found(raw, data.get(raw["LaunchTemplateId"], {})) for raw in templates]


def create(context: Context, new: New, values: LaunchTemplate) -> Found:
    answer = context.client("ec2").create_launch_template(
        LaunchTemplateName=new.aws_name,
        LaunchTemplateData=_data(values),
        ClientToken=new.token,
        TagSpecifications=new.tag_specifications("launch-template"),
    )
    return _found(answer["LaunchTemplate"], _data(values))


def update(context: Context, found: Found, values: LaunchTemplate, fields: set[str]) -> Found:
    ec2 = context.client("ec2")
    # Somebody may have made the version before without an image.
    image = {field: getattr(found.values, field) or getattr(values, field) for field in ("image", "root_device")}
    changed = {field: getattr(values, field) for field in fields}
    new = dataclasses.replace(found.values, **{**image, **changed})
    version = _left_behind(ec2, found, new) or _create_version(ec2, found.id, new)
    ec2.modify_launch_template(LaunchTemplateId=found.id, DefaultVersion=str(version))
    _delete_old_versions(context, found.id, version)
    return dataclasses.replace(found, values=new, attributes={"version": version, "latest": version, "image": new.image})


def delete(context: Context, found: Found) -> None:
    context.client("ec2").delete_launch_template(LaunchTemplateId=found.id)


def _namesakes(context: Context, known: set[str]) -> list[dict[str, Any]]:
    """Return the templates of others that have a name we are going to give."""
    wanted = {KIND.aws_name(context.stack, declaration.name) for declaration in context.declared("launch_template")}
    filters = [{"Name": "launch-template-name", "Values": sorted(wanted - known)}]
    return context.pages("ec2", "describe_launch_templates", "LaunchTemplates", Filters=filters) if wanted - known else []


def _default_data(context: Context) -> dict[str, dict[str, Any]]:
    versions = context.pages("ec2", "describe_launch_template_versions", "LaunchTemplateVersions", Versions=["$Default"])
    return {raw["LaunchTemplateId"]: raw["LaunchTemplateData"] for raw in versions}


def _left_behind(ec2: Any, found: Found, values: LaunchTemplate) -> int | None:
    """Return the number of the latest version if an interrupted run has made it as it is wanted, and no more than that."""
    if found.attributes["latest"] == found.attributes["version"]:
        return None
    answer = ec2.describe_launch_template_versions(LaunchTemplateId=found.id, Versions=["$Latest"])
    (latest,) = answer["LaunchTemplateVersions"]
    return None if compare(_values(latest["LaunchTemplateData"]), values) else latest["VersionNumber"]


def _create_version(ec2: Any, template_id: str, values: LaunchTemplate) -> int:
    answer = ec2.create_launch_template_version(LaunchTemplateId=template_id, LaunchTemplateData=_data(values))
    return answer["LaunchTemplateVersion"]["VersionNumber"]


def _delete_old_versions(context: Context, template_id: str, default: int) -> None:
    """Keep the newest, and whatever a group starts or may have to go back to."""
    versions = context.pages("ec2", "describe_launch_template_versions", "LaunchTemplateVersions", LaunchTemplateId=template_id)
    numbers = sorted(raw["VersionNumber"] for raw in versions if raw["VersionNumber"] != default)
    used = _versions_in_use(context, template_id)
    if old := [number for number in numbers[: 1 - VERSIONS_KEPT] if str(number) not in used]:
        context.client("ec2").delete_launch_template_versions(LaunchTemplateId=template_id, Versions=[str(n) for n in old])


def _versions_in_use(context: Context, template_id: str) -> set[str]:
    groups = [found for found in context.found("auto_scaling_group") if found.values.launch_template == template_id]
    return {version for found in groups for version in found.attributes["template_versions"]}


def _data(values: LaunchTemplate) -> dict[str, Any]:
    """Return the RequestLaunchTemplateData, without what is empty."""
    data = {
        "ImageId": values.image,
        "InstanceType": values.type,
        "IamInstanceProfile": {"Arn": values.instance_profile} if values.instance_profile else None,
        "SecurityGroupIds": list(values.security_groups or ()),
        "KeyName": values.key_name,
        "UserData": base64.b64encode(rendered(values.user_data).encode()).decode(),
        "BlockDeviceMappings": [{"DeviceName": values.root_device, "Ebs": _volume(values.root_volume)}],
        "MetadataOptions": {
            "HttpEndpoint": "enabled",
            "HttpTokens": values.http_tokens,
            "HttpPutResponseHopLimit": values.hop_limit,
        },
        "Monitoring": {"Enabled": bool(values.detailed_monitoring)},
        "TagSpecifications": [
            {"ResourceType": kind, "Tags": [{"Key": key, "Value": value} for key, value in sorted(values.instance_tags.items())]}
            for kind in ("instance", "volume")
        ],
    }
    return {name: value for name, value in data.items() if value}


def _volume(volume: Mapping[str, Any]) -> dict[str, Any]:
    key = {"KmsKeyId": volume["kms_key"]} if volume["kms_key"] else {}
    return {
        "VolumeSize": volume["size"],
        "VolumeType": volume["type"],
        "Encrypted": volume["encrypted"],
        "DeleteOnTermination": True,
        **key,
    }


def _values(data: Mapping[str, Any]) -> LaunchTemplate:
    device: Mapping[str, Any] = next(iter(data.get("BlockDeviceMappings", [])), {})
    metadata = data.get("MetadataOptions", {})
    return LaunchTemplate(
        image=data.get("ImageId"),
        root_device=device.get("DeviceName"),
        type=data.get("InstanceType"),
        instance_profile=data.get("IamInstanceProfile", {}).get("Arn", ""),
        security_groups=tuple(data.get("SecurityGroupIds", ())),
        key_name=data.get("KeyName", ""),
        user_data=_decoded(data.get("UserData", "")),
        root_volume=_root_volume(device.get("Ebs", {})),
        http_tokens=metadata.get("HttpTokens"),
        hop_limit=metadata.get("HttpPutResponseHopLimit"),
        detailed_monitoring=data.get("Monitoring", {}).get("Enabled", False),
        instance_tags=_instance_tags(data),
    )


def _found(raw: Mapping[str, Any], data: Mapping[str, Any]) -> Found:
    values = _values(data)
    return Found(
        raw["LaunchTemplateId"],
        values,
        _ec2.tags(raw),
        name=raw["LaunchTemplateName"],
        attributes={"version": raw["DefaultVersionNumber"], "latest": raw["LatestVersionNumber"], "image": values.image},
    )


def _root_volume(ebs: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "size": ebs.get("VolumeSize"),
        "type": ebs.get("VolumeType"),
        "encrypted": ebs.get("Encrypted"),
        "kms_key": ebs.get("KmsKeyId", ""),
    }


def _decoded(user_data: str) -> str:
    """Others may have put binary data there, such as gzip."""
    return base64.b64decode(user_data).decode(errors="replace")


def _instance_tags(data: Mapping[str, Any]) -> dict[str, str]:
    """Return the tags of instances; those of volumes are set with them."""
    specifications = [item for item in data.get("TagSpecifications", []) if item["ResourceType"] == "instance"]
    return {tag["Key"]: tag["Value"] for item in specifications for tag in item["Tags"]}


KIND = Kind(
    name="launch_template",
    service="ec2",
    values=LaunchTemplate,
    list=list_launch_templates,
    calls={"DescribeLaunchTemplates": "page", "DescribeLaunchTemplateVersions": "page"},
    actions=(
        "ec2:CreateLaunchTemplate",
        "ec2:CreateTags",
        "ec2:CreateLaunchTemplateVersion",
        "ec2:ModifyLaunchTemplate",
        "ec2:DeleteLaunchTemplateVersions",
        "ec2:DeleteLaunchTemplate",
    ),
    create=create,
    update=update,
    changing=("version", "image"),
    delete=delete,
    tag=_ec2.tag,
    unique_name=True,
    name_limit=128,
)
