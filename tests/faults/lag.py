# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Eventual consistency: for some seconds nobody but the caller that created it knows of a new resource.

Lists leave it out, and calls that name it answer the service's own NotFound.
https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple
from xml.etree import ElementTree

from tests.faults.answers import Failure
from tests.faults.request import Request, leaves

# What an EC2 create makes, as the prefix of its id, and how the service says that it does not know it.
MAKES = {
    "AllocateAddress": "eipalloc",
    "AuthorizeSecurityGroupEgress": "sgr",
    "AuthorizeSecurityGroupIngress": "sgr",
    "CreateDhcpOptions": "dopt",
    "CreateEgressOnlyInternetGateway": "eigw",
    "CreateFlowLogs": "fl",
    "CreateInternetGateway": "igw",
    "CreateLaunchTemplate": "lt",
    "CreateManagedPrefixList": "pl",
    "CreateNatGateway": "nat",
    "CreateNetworkAcl": "acl",
    "CreateRouteTable": "rtb",
    "CreateSecurityGroup": "sg",
    "CreateSubnet": "subnet",
    "CreateVpc": "vpc",
    "CreateVpcEndpoint": "vpce",
    "CreateVpcPeeringConnection": "pcx",
}
UNKNOWN = {
    "acl": "InvalidNetworkAclID.NotFound",
    "dopt": "InvalidDhcpOptionID.NotFound",
    "eigw": "InvalidGatewayID.NotFound",
    "eipalloc": "InvalidAllocationID.NotFound",
    "fl": "InvalidFlowLogId.NotFound",
    "igw": "InvalidInternetGatewayID.NotFound",
    "lt": "InvalidLaunchTemplateId.NotFound",
    "nat": "NatGatewayNotFound",
    "pcx": "InvalidVpcPeeringConnectionID.NotFound",
    "pl": "InvalidPrefixListID.NotFound",
    "rtb": "InvalidRouteTableID.NotFound",
    "sg": "InvalidGroup.NotFound",
    "sgr": "InvalidSecurityGroupRuleId.NotFound",
    "subnet": "InvalidSubnetID.NotFound",
    "vpc": "InvalidVpcID.NotFound",
    "vpce": "InvalidVpcEndpointId.NotFound",
}
EC2_ID = re.compile(r"([a-z]+)-[0-9a-f]{8,17}")
# Creates of other services: the parameter that names what they make, and the code of the service's NotFound.
NAMED = {
    ("iam", "CreateRole"): ("RoleName", "NoSuchEntity", 404),
    ("iam", "CreateInstanceProfile"): ("InstanceProfileName", "NoSuchEntity", 404),
    ("logs", "CreateLogGroup"): ("logGroupName", "ResourceNotFoundException", 400),
}


class Hidden(NamedTuple):
    """A resource that is not visible yet. Ids are unique; a name means something only under its own field."""

    service: str
    field: str | None
    value: str
    code: str
    status: int
    until: float

    def is_in(self, leaf: tuple[str, str]) -> bool:
        return leaf[1] == self.value and self.field in (None, leaf[0])


class Lag:
    """Remembers what was created within the last `seconds` and keeps it from sight."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._hidden: tuple[Hidden, ...] = ()
        self._lock = threading.Lock()

    def learn(self, request: Request, body: bytes) -> None:
        """Hide what a successful create has made."""
        made = [hidden for hidden in self._made(request, body) if not any(hidden.value == h.value for h in self._hidden)]
        with self._lock:
            self._hidden += tuple(made)

    def objection(self, request: Request) -> Failure | None:
        """Return the NotFound that a request which names something invisible gets."""
        named = list(request.parameters())
        for hidden in self._current(request.service):
            if any(hidden.is_in(leaf) for leaf in named) and (request.service, request.name) not in NAMED:
                return Failure(hidden.code, hidden.status, f"The ID or name '{hidden.value}' does not exist")
        return None

    def without_hidden(self, request: Request, body: bytes) -> bytes:
        """Return a list's answer without the items that are not visible yet."""
        hidden = self._current(request.service)
        if not hidden or not any(item.value.encode() in body for item in hidden):
            return body
        if body.lstrip().startswith(b"{"):
            return json.dumps(_json_without(json.loads(body), hidden)).encode()
        tree = ElementTree.fromstring(re.sub(rb' xmlns="[^"]*"', b"", body))  # noqa: S314  # our own emulator's
        _prune(tree, hidden)
        return ElementTree.tostring(tree, encoding="utf-8", xml_declaration=True)

    def _current(self, service: str) -> tuple[Hidden, ...]:
        now = time.monotonic()
        return tuple(hidden for hidden in self._hidden if hidden.until > now and hidden.service == service)

    def _made(self, request: Request, body: bytes) -> Iterator[Hidden]:
        until = time.monotonic() + self._seconds
        if request.service == "ec2" and request.name in MAKES:
            prefix = MAKES[request.name]
            for match in EC2_ID.finditer(body.decode()):
                if match[1] == prefix and match[0].encode() not in request.body:
                    yield Hidden("ec2", None, match[0], UNKNOWN[prefix], 400, until)
        elif named := NAMED.get((request.service, request.name)):
            field, code, status = named
            for value in (value for name, value in request.parameters() if name == field):
                yield Hidden(request.service, field, value, code, status, until)


def _prune(element: ElementTree.Element, hidden: Iterable[Hidden]) -> None:
    """Remove the list items that are about something hidden; lists of XML protocols are of `item` or `member`."""
    for child in list(element):
        own = [(leaf.tag, leaf.text or "") for leaf in child if not len(leaf)]
        if child.tag in ("item", "member") and any(item.is_in(leaf) for item in hidden for leaf in own):
            element.remove(child)
        else:
            _prune(child, hidden)


def _json_without(value: Any, hidden: Iterable[Hidden]) -> Any:
    if isinstance(value, dict):
        return {key: _json_without(item, hidden) for key, item in value.items()}
    if isinstance(value, list):
        return [_json_without(item, hidden) for item in value if not any(h.is_in(leaf) for h in hidden for leaf in leaves(item))]
    return value
