# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What DHCP tells the instances of a VPC: https://docs.aws.amazon.com/vpc/latest/userguide/VPC_DHCP_Options.html"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import Context, Found, Kind, New
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import create_only
from ansible_collections.terrace.aws.plugins.module_utils.kinds import _ec2

NONE = "default"
KEYS = {"domain": "domain-name", "dns_servers": "domain-name-servers", "ntp_servers": "ntp-servers"}


@dataclasses.dataclass(frozen=True)
class DhcpOptions:
    """A set cannot be changed. `dns_servers` are addresses, or ``AmazonProvidedDNS``; empty lists leave a key out."""

    domain: Any = create_only()
    dns_servers: Any = create_only()
    ntp_servers: Any = create_only()


def list_dhcp_options(context: Context) -> Iterable[Found]:
    return map(_found, context.pages("ec2", "describe_dhcp_options", "DhcpOptions", Filters=context.stack_filter()))


def create(context: Context, new: New, values: DhcpOptions) -> Found:
    given = {key: list(getattr(values, field)) for field, key in KEYS.items() if getattr(values, field)}
    answer = context.client("ec2").create_dhcp_options(
        DhcpConfigurations=[{"Key": key, "Values": items} for key, items in given.items()],
        TagSpecifications=new.tag_specifications("dhcp-options"),
    )
    return _found(answer["DhcpOptions"])


def delete(context: Context, found: Found) -> None:
    """VPCs that still use the set go back to none."""
    for vpc in _ec2.filtered(context, "describe_vpcs", "Vpcs", "dhcp-options-id", [found.id]):
        context.client("ec2").associate_dhcp_options(VpcId=vpc["VpcId"], DhcpOptionsId=NONE)
    context.client("ec2").delete_dhcp_options(DhcpOptionsId=found.id)


def _found(raw: Mapping[str, Any]) -> Found:
    given = {item["Key"]: tuple(value["Value"] for value in item["Values"]) for item in raw["DhcpConfigurations"]}
    values = DhcpOptions(**{field: given.get(key, ()) for field, key in KEYS.items()})
    return Found(raw["DhcpOptionsId"], values, _ec2.tags(raw))


KIND = Kind(
    name="dhcp_options",
    service="ec2",
    values=DhcpOptions,
    list=list_dhcp_options,
    calls={"DescribeDhcpOptions": "page"},
    actions=(
        "ec2:CreateDhcpOptions",
        "ec2:CreateTags",
        "ec2:AssociateDhcpOptions",
        "ec2:DeleteDhcpOptions",
        "ec2:DescribeVpcs",
    ),
    id_filter="dhcp-options-id",
    create=create,
    delete=delete,
    tag=_ec2.tag,
    create_before_delete=True,
    unsafe_create="CreateDhcpOptions",
    indexed=True,
)
