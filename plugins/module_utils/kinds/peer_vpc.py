# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The VPC at the other end of a peering connection, looked up by another stack's tags or taken as given.

https://docs.aws.amazon.com/vpc/latest/peering/create-vpc-peering-connection.html
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import TAG_ID, TAG_STACK
from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import Context, Found, Kind
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import initial


@dataclasses.dataclass(frozen=True)
class PeerVpc:
    """Either `stack` and `vpc`, the name there, or `id` where these credentials cannot look."""

    stack: str | None = initial()
    vpc: str | None = initial()
    id: str | None = initial()


def list_peer_vpcs(context: Context) -> Iterable[Found]:
    """Return what answers the declarations. Ids are believed: they may be another account's."""
    declared = {declaration.name: declaration.values for declaration in context.declared("peer_vpc")}
    given = [Found(values.id, PeerVpc(), name=name) for name, values in declared.items() if values.id]
    asked = [(name, values) for name, values in declared.items() if not values.id]
    return given + [found for answer in context.each(lambda item: _tagged(context, *item), asked) for found in answer]


def _tagged(context: Context, name: str, values: PeerVpc) -> list[Found]:
    wanted: dict[str, Any] = {f"tag:{TAG_STACK}": values.stack, f"tag:{TAG_ID}": f"network/vpc/{values.vpc}"}
    filters = [{"Name": key, "Values": [value]} for key, value in wanted.items()]
    return [
        Found(raw["VpcId"], PeerVpc(), name=name, attributes={"cidr": raw["CidrBlock"]})
        for raw in context.pages("ec2", "describe_vpcs", "Vpcs", Filters=filters)
    ]


KIND = Kind(
    name="peer_vpc",
    service="ec2",
    values=PeerVpc,
    list=list_peer_vpcs,
    calls={"DescribeVpcs": "resource"},
    lookup=True,
)
