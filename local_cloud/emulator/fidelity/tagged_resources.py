# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What answers to GetResources like all that carries tags, and moto leaves out."""

from collections.abc import Iterator
from typing import Any

from moto.core.resource_tagging import TaggedResource
from moto.ec2.models import EC2Backend
from moto.rds.models import RDSBackend

from local_cloud.emulator.fidelity.patching import around


@around(EC2Backend, "iter_tagged_resources")
def network_parts(original: Any, self: Any) -> Iterator[TaggedResource]:
    """Add what networks have besides."""
    yield from original(self)
    for name, resources in (
        ("dhcp-options", self.dhcp_options_sets),
        ("egress-only-internet-gateway", self.egress_only_internet_gateways),
        ("network-acl", self.network_acls),
        ("vpc-endpoint", self.vpc_end_points),
    ):
        for id_ in (id_ for id_, resource in resources.items() if getattr(resource, "state", None) != "deleted"):
            arn = f"arn:{self.partition}:ec2:{self.region_name}:{self.account_id}:{name}/{id_}"
            yield TaggedResource(arn=arn, tags=dict(self.tags.get(id_, {})), resource_type=f"ec2:{name}")


@around(RDSBackend, "iter_tagged_resources")
def database_groups(original: Any, self: Any) -> Iterator[TaggedResource]:
    """Add the groups."""
    yield from original(self)
    groups = {"rds:subgrp": self.subnet_groups, "rds:pg": self.db_parameter_groups, "rds:og": self.option_groups}
    for resource_type, resources in groups.items():
        for resource in resources.values():
            tags = {tag["Key"]: tag["Value"] for tag in resource.get_tags()}
            yield TaggedResource(arn=resource.arn, tags=tags, resource_type=resource_type)
