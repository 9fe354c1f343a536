# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""RDS's subnet and parameter groups answer to GetResources like all that carries tags; moto leaves them out."""

from collections.abc import Iterator
from typing import Any

from moto.core.resource_tagging import TaggedResource
from moto.rds.models import RDSBackend

from local_cloud.emulator.fidelity.patching import around


@around(RDSBackend, "iter_tagged_resources")
def iter_tagged_resources(original: Any, self: Any) -> Iterator[TaggedResource]:
    """Add both kinds of groups."""
    yield from original(self)
    for resource_type, resources in (("rds:subgrp", self.subnet_groups), ("rds:pg", self.db_parameter_groups)):
        for resource in resources.values():
            tags = {tag["Key"]: tag["Value"] for tag in resource.get_tags()}
            yield TaggedResource(arn=resource.arn, tags=tags, resource_type=resource_type)
