# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The instance tier: single EC2 instances with their volumes, Elastic IP addresses and recovery alarms."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Declaration, Reference, Stack
from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import InvalidOption
from ansible_collections.terrace.aws.plugins.module_utils.engine.validate import Constraint
from ansible_collections.terrace.aws.plugins.module_utils.kinds.address_association import AddressAssociation
from ansible_collections.terrace.aws.plugins.module_utils.kinds.alarm import Alarm
from ansible_collections.terrace.aws.plugins.module_utils.kinds.elastic_ip import ElasticIp
from ansible_collections.terrace.aws.plugins.module_utils.kinds.instance import Instance
from ansible_collections.terrace.aws.plugins.module_utils.kinds.reverse_name import ReverseName
from ansible_collections.terrace.aws.plugins.module_utils.kinds.target import Target
from ansible_collections.terrace.aws.plugins.module_utils.kinds.volume import Volume
from ansible_collections.terrace.aws.plugins.module_utils.kinds.volume_attachment import VolumeAttachment
from ansible_collections.terrace.aws.plugins.module_utils.tiers._constraints import (
    KMS_KEY,
    NAME,
    TAG_KEY,
    TAG_VALUE,
    ZONE,
    key_of,
    partition,
    reference,
    several,
)
from ansible_collections.terrace.aws.plugins.module_utils.tiers._domains import DOMAIN
from ansible_collections.terrace.aws.plugins.module_utils.tiers._launches import (
    HOP_LIMIT,
    IMAGE_CONSTRAINTS,
    IMAGE_OPTIONS,
    KEY_PAIR,
    TAG_GROUP,
    TAGS,
    TYPE,
    USER_DATA,
    check_architecture,
    check_image,
    image_of,
    routes,
)
from ansible_collections.terrace.aws.plugins.module_utils.tiers._volumes import (
    ROOT_OPTIONS,
    VOLUME_CONSTRAINTS,
    VOLUME_OPTIONS,
    check_volume,
)

TIER = "instance"
KINDS = (
    "image",
    "instance",
    "volume",
    "volume_attachment",
    "elastic_ip",
    "address_association",
    "reverse_name",
    "target",
    "alarm",
)
SPEC = {
    "instances": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "name": {"type": "str", "required": True},
            "image": {"type": "dict", "required": True, "options": IMAGE_OPTIONS},
            "type": {"type": "str", "required": True},
            "allow_stop": {"type": "bool", "default": False},
            "running": {"type": "bool", "default": True},
            "subnet": {"type": "str", "required": True},
            "zone": {"type": "str", "required": True},
            "security_groups": {"type": "list", "elements": "str", "required": True},
            "private_address": {"type": "str"},
            "elastic_ip": {"type": "bool", "default": False},
            "reverse_dns": {"type": "str"},
            "target_groups": {"type": "list", "elements": "str", "default": []},
            "source_dest_check": {"type": "bool", "default": True},
            "role": {"type": "str"},
            "key_name": {"type": "str", "default": ""},
            "user_data": {"type": "str", "default": ""},
            # The name of a key, not a secret.
            "kms_key": {"type": "str", "no_log": False},
            "root_volume": {"type": "dict", "default": {}, "options": ROOT_OPTIONS},
            "volumes": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": {
                    "name": {"type": "str", "required": True},
                    "device": {"type": "str", "required": True},
                    "size": {"type": "int", "required": True},
                    **VOLUME_OPTIONS,
                    "snapshot": {"type": "str"},
                    "final_snapshot": {"type": "bool", "default": True},
                },
            },
            "metadata_hop_limit": {"type": "int", "default": 1},
            "detailed_monitoring": {"type": "bool", "default": False},
            "termination_protection": {"type": "bool", "default": True},
            "stop_protection": {"type": "bool", "default": False},
            "recovery": {"type": "str", "choices": ["auto", "alarm", "none"], "default": "auto"},
            "cpu_credits": {"type": "str", "choices": ["standard", "unlimited"]},
            "instance_tags": {"type": "dict", "default": {}},
        },
    },
}
CONSTRAINTS = {
    "instances": several(),
    "instances[].name": NAME,
    **{f"instances[].image.{option}": constraint for option, constraint in IMAGE_CONSTRAINTS.items()},
    "instances[].type": TYPE,
    "instances[].subnet": reference("subnet/{}/"),
    "instances[].zone": ZONE,
    "instances[].security_groups": Constraint(min_length=1, max_length=16, distinct=True),
    "instances[].security_groups[]": reference("security_group/{}"),
    "instances[].private_address": Constraint(pattern=r"\d{1,3}(\.\d{1,3}){3}", says="an address looks like 10.0.1.10"),
    "instances[].reverse_dns": DOMAIN,
    "instances[].target_groups": Constraint(max_length=100, distinct=True),
    "instances[].target_groups[]": reference("target_group/{}"),
    "instances[].role": reference("instance_profile/{}"),
    "instances[].key_name": KEY_PAIR,
    "instances[].user_data": USER_DATA,
    "instances[].kms_key": KMS_KEY,
    "instances[].root_volume.size": VOLUME_CONSTRAINTS["size"],
    # Of the 27 attachments that the smallest Nitro instances take, one is the interface and one the root volume.
    "instances[].volumes": Constraint(unique=("name", "device"), max_length=25),
    "instances[].volumes[].name": NAME,
    # https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/device_naming.html
    "instances[].volumes[].device": Constraint(
        pattern=r"/dev/(sd[f-p]|xvd[b-c][a-z]|xvd[f-p])", says="a device for data looks like /dev/sdf, up to /dev/sdp"
    ),
    **{f"instances[].volumes[].{option}": constraint for option, constraint in VOLUME_CONSTRAINTS.items()},
    "instances[].volumes[].snapshot": Constraint(
        pattern=r"snap-[0-9a-f]{8,17}", says="a snapshot's id looks like snap-0123456789abcdef0"
    ),
    "instances[].metadata_hop_limit": HOP_LIMIT,
    "instances[].instance_tags": Constraint(keys=TAG_KEY, values=TAG_VALUE),
}
# https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/burstable-performance-instances.html
BURSTABLE = ("t2.", "t3.", "t3a.", "t4g.")
RECOVER = "arn:{partition}:automate:{region}:ec2:recover"


def build(options: Mapping[str, Any], stack: Stack) -> list[Declaration]:
    """Return the declarations of validated options. Raises InvalidOption."""
    return [
        declaration
        for index, instance in enumerate(options["instances"])
        for declaration in _declared(instance, stack, f"instance.instances[{index}]")
    ]


def _declared(instance: Mapping[str, Any], stack: Stack, path: str) -> Iterator[Declaration]:
    check_image(instance["image"], f"{path}.image")
    check_architecture(instance["image"], {f"{path}.type": instance["type"]})
    for option, problem in _wrong(instance, stack):
        raise InvalidOption(f"{path}.{option}", problem)
    name, image = instance["name"], _image(instance)
    yield Declaration("image", image.name, TIER, image_of(instance["image"]), f"{path}.image")
    yield _machine(instance, stack, path)
    for index, volume in enumerate(instance["volumes"]):
        yield from _data(instance, volume, f"{path}.volumes[{index}]")
    # https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_RegisterTargets.html: what does not run is refused.
    for index, group in enumerate(instance["target_groups"] if instance["running"] else ()):
        target = Target(instance=Reference("instance", name), target_group=Reference("target_group", group))
        yield Declaration("target", f"{name}/{group}", TIER, target, f"{path}.target_groups[{index}]")
    if instance["elastic_ip"]:
        yield from _address(instance, path)
    if instance["recovery"] == "alarm":
        yield Declaration("alarm", f"{name}/recovery", TIER, _recovery(name, stack), f"{path}.recovery")


def _wrong(instance: Mapping[str, Any], stack: Stack) -> Iterator[tuple[str, str]]:
    """Yield (option, problem)."""
    if not instance["zone"].startswith(stack.region):
        yield "zone", f"{instance['zone']} is not in the stack's region {stack.region}"
    if instance["private_address"] and not _is_address(instance["private_address"]):
        yield "private_address", f"{instance['private_address']} is no IPv4 address"
    if instance["stop_protection"] and instance["allow_stop"]:
        yield "allow_stop", "excludes stop_protection: true"
    if instance["stop_protection"] and not instance["running"]:
        yield "running", "is false, which stop_protection: true excludes"
    if instance["cpu_credits"] and not instance["type"].startswith(BURSTABLE):
        yield "cpu_credits", f"is not for {instance['type']}: only t2, t3, t3a and t4g have CPU credits"
    if instance["reverse_dns"] and not instance["elastic_ip"]:
        yield "reverse_dns", "needs elastic_ip: true"


def _is_address(text: str) -> bool:
    try:
        ipaddress.IPv4Address(text)
    except ValueError:
        return False
    return True


def _image(instance: Mapping[str, Any], attribute: str = "id") -> Reference:
    """Images of groups have the groups' names."""
    return Reference("image", f"{TIER}/{instance['name']}", attribute)


def _machine(instance: Mapping[str, Any], stack: Stack, path: str) -> Declaration:
    root, image = instance["root_volume"], _image(instance)
    check_volume(root, f"{path}.root_volume")
    values = Instance(
        image=image,
        pinned_image=image if instance["image"]["update"] else None,
        root_device=_image(instance, "root_device"),
        type=instance["type"],
        kept_type=None if instance["allow_stop"] else instance["type"],
        running=instance["running"],
        subnet=Reference("subnet", f"{instance['subnet']}/{instance['zone']}"),
        private_address=instance["private_address"],
        security_groups=tuple(Reference("security_group", name) for name in instance["security_groups"]),
        source_dest_check=instance["source_dest_check"],
        instance_profile=Reference("instance_profile", instance["role"], "arn") if instance["role"] else "",
        key_name=instance["key_name"],
        user_data=instance["user_data"] or None,
        http_tokens="required",
        hop_limit=instance["metadata_hop_limit"],
        detailed_monitoring=instance["detailed_monitoring"],
        termination_protection=instance["termination_protection"],
        stop_protection=instance["stop_protection"],
        auto_recovery="disabled" if instance["recovery"] == "none" else "default",
        cpu_credits=instance["cpu_credits"],
        root_size=root["size"],
        root_type=root["type"],
        root_encrypted=True,
        root_kms_key=key_of(instance["kms_key"], None),
        routes=routes(instance["subnet"]),
    )
    given = {str(key): str(value) for key, value in instance["instance_tags"].items()}
    declaration = Declaration("instance", instance["name"], TIER, values, path, {**given, TAG_GROUP: instance["name"]})
    if (count := len(declaration.all_tags(stack))) > TAGS:
        raise InvalidOption(f"{path}.instance_tags", f"make {count} tags together with the stack's; AWS takes {TAGS}")
    return declaration


def _data(instance: Mapping[str, Any], volume: Mapping[str, Any], path: str) -> Iterator[Declaration]:
    """Yield a volume and where it is plugged in."""
    check_volume(volume, path)
    name = f"{instance['name']}/{volume['name']}"
    values = Volume(
        zone=instance["zone"],
        **{option: volume[option] for option in ("size", "type", "iops", "throughput")},
        encrypted=True,
        kms_key=key_of(instance["kms_key"], None),
        snapshot=volume["snapshot"],
        final_snapshot=volume["final_snapshot"],
    )
    yield Declaration("volume", name, TIER, values, path)
    attachment = VolumeAttachment(
        volume=Reference("volume", name), instance=Reference("instance", instance["name"]), device=volume["device"]
    )
    yield Declaration("volume_attachment", name, TIER, attachment, f"{path}.device")


def _address(instance: Mapping[str, Any], path: str) -> Iterator[Declaration]:
    """Yield an address that stays, and the name that it has in reverse DNS: after all records, as one has to be its own."""
    name, domain = instance["name"], instance["reverse_dns"]
    address = Reference("elastic_ip", name)
    yield Declaration("elastic_ip", name, TIER, ElasticIp(), f"{path}.elastic_ip")
    association = AddressAssociation(address=address, instance=Reference("instance", name))
    yield Declaration("address_association", name, TIER, association, f"{path}.elastic_ip")
    if domain:
        records = Reference("dns_record", "", every=True, optional=True)
        reverse = ReverseName(address=address, domain=domain.lower(), records=records)
        yield Declaration("reverse_name", name, TIER, reverse, f"{path}.reverse_dns")


def _recovery(name: str, stack: Stack) -> Alarm:
    """https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/cloudwatch-recovery.html"""
    return Alarm(
        description=f"Moves {name} to other hardware when its own fails",
        namespace="AWS/EC2",
        metric="StatusCheckFailed_System",
        dimensions={"InstanceId": Reference("instance", name)},
        statistic="Maximum",
        period=60,
        evaluation_periods=2,
        comparison="GreaterThanOrEqualToThreshold",
        threshold=1.0,
        missing_data="missing",
        actions=(RECOVER.format(partition=partition(stack.region), region=stack.region),),
        ok_actions=(),
    )
