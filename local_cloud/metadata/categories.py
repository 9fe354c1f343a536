# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an instance's metadata says, as a tree: a mapping is a directory, a string an answer.

https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-metadata.html#instancedata-data-categories
"""

import base64
import json
from typing import Any, Union

from moto.ec2.models.instances import Instance

from local_cloud.metadata.credentials import credentials, information, profile_of, role_of

Tree = dict[str, Union[str, "Tree"]]

# Lifecycle states in which an instance is to stay, or to become, what it is asked about.
LEAVING = ("Terminating", "Terminated")


def tree(ec2: Any, instance: Instance) -> Tree:
    """Return everything below /latest."""
    answers: Tree = {
        "meta-data": _metadata(ec2, instance),
        "dynamic": {"instance-identity": {"document": _identity(instance)}},
    }
    if instance.user_data:
        answers["user-data"] = base64.b64decode(str(instance.user_data)).decode("utf-8", "surrogateescape")
    return answers


def _metadata(ec2: Any, instance: Instance) -> Tree:
    interface = instance.nics[0]
    name = _host_name(instance, interface.private_ip_address)
    answers: Tree = {
        "ami-id": instance.image_id,
        "ami-launch-index": str(instance.ami_launch_index),
        "hostname": name,
        "instance-id": instance.id,
        "instance-life-cycle": "spot" if instance.lifecycle == "spot" else "on-demand",
        "instance-type": instance.instance_type,
        "local-hostname": name,
        "local-ipv4": interface.private_ip_address,
        "mac": interface.mac_address,
        "network": {"interfaces": {"macs": {nic.mac_address: _interface(instance, nic) for nic in instance.nics.values()}}},
        "placement": {"availability-zone": instance.placement.zone, "region": instance.region_name},
        "security-groups": "\n".join(group.name for group in interface.group_set),
        "services": {"domain": "amazonaws.com", "partition": "aws"},
    }
    if interface.public_ip:
        answers["public-ipv4"] = interface.public_ip
    if instance.metadata_options.instance_metadata_tags == "enabled":
        tags: Tree = {tag["key"]: tag["value"] for tag in instance.get_tags()}
        answers["tags"] = {"instance": tags}
    return answers | _role(ec2, instance) | _auto_scaling(instance)


def _role(ec2: Any, instance: Instance) -> Tree:
    """Return what belongs to the instance profile; without one the directory is absent."""
    profile = profile_of(ec2, instance)
    if profile is None:
        return {}
    role = role_of(profile)
    answers: Tree = {"info": information(profile)}
    if role is not None:
        answers["security-credentials"] = {role.name: credentials(instance, role)}
    return {"iam": answers}


def _auto_scaling(instance: Instance) -> Tree:
    """Return the state that an Auto Scaling group wants its instance to reach."""
    group = getattr(instance, "autoscaling_group", None)
    states = [state.lifecycle_state for state in group.instance_states if state.instance_id == instance.id] if group else []
    if not states:
        return {}
    state = states[0]
    if state.startswith(LEAVING):
        target = "Terminated"
    elif state.startswith("Warmed"):
        target = f"Warmed:{group.warm_pool.pool_state}"
    else:
        target = "InService"
    return {"autoscaling": {"target-lifecycle-state": target}}


def _interface(instance: Instance, nic: Any) -> Tree:
    vpc = nic.ec2_backend.get_vpc(nic.subnet.vpc_id)
    answers: Tree = {
        "device-number": str(nic.device_index),
        "interface-id": nic.id,
        "local-hostname": _host_name(instance, nic.private_ip_address),
        "local-ipv4s": nic.private_ip_address,
        "mac": nic.mac_address,
        "owner-id": nic.owner_id,
        "security-group-ids": "\n".join(group.id for group in nic.group_set),
        "security-groups": "\n".join(group.name for group in nic.group_set),
        "subnet-id": nic.subnet.id,
        "subnet-ipv4-cidr-block": nic.subnet.cidr_block,
        "vpc-id": vpc.id,
        "vpc-ipv4-cidr-block": vpc.cidr_block,
        "vpc-ipv4-cidr-blocks": "\n".join(block["cidr_block"] for block in vpc.get_cidr_block_association_set()),
    }
    if nic.public_ip:
        answers["public-ipv4s"] = nic.public_ip
    return answers


def _host_name(instance: Instance, address: str) -> str:
    region = instance.region_name
    domain = "ec2.internal" if region == "us-east-1" else f"{region}.compute.internal"
    return f"ip-{address.replace('.', '-')}.{domain}"


def _identity(instance: Instance) -> str:
    document = {
        "accountId": instance.owner_id,
        "architecture": instance.architecture,
        "availabilityZone": instance.placement.zone,
        "billingProducts": None,
        "devpayProductCodes": None,
        "marketplaceProductCodes": None,
        "imageId": instance.image_id,
        "instanceId": instance.id,
        "instanceType": instance.instance_type,
        "kernelId": None,
        "pendingTime": instance.launch_time.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "privateIp": instance.nics[0].private_ip_address,
        "ramdiskId": None,
        "region": instance.region_name,
        "version": "2017-09-30",
    }
    return json.dumps(document, indent=2)
