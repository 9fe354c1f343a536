# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The certificate tier: certificates of ACM, validated by DNS."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Declaration, Reference, Stack
from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import InvalidOption
from ansible_collections.terrace.aws.plugins.module_utils.engine.validate import Constraint
from ansible_collections.terrace.aws.plugins.module_utils.kinds.certificate import Certificate
from ansible_collections.terrace.aws.plugins.module_utils.tiers._constraints import REGION, reference, several
from ansible_collections.terrace.aws.plugins.module_utils.tiers._domains import WILDCARD_DOMAIN

TIER = "certificate"
KINDS = ("certificate",)
SPEC = {
    "certificates": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "name": {"type": "str", "required": True},
            "domain": {"type": "str", "required": True},
            "alternative_names": {"type": "list", "elements": "str", "default": []},
            "zones": {"type": "list", "elements": "str", "default": []},
            "key_algorithm": {
                "type": "str",
                "choices": ["RSA_2048", "EC_prime256v1", "EC_secp384r1"],
                "default": "RSA_2048",
                "no_log": False,
            },
            "transparency_logging": {"type": "bool", "default": True},
            "region": {"type": "str"},
        },
    },
}
# The common name of a certificate: https://docs.aws.amazon.com/acm/latest/APIReference/API_RequestCertificate.html
LONGEST_DOMAIN = 64
CONSTRAINTS = {
    "certificates": several(),
    "certificates[].name": Constraint(
        pattern=r"[a-z][a-z0-9-]{0,63}", says="a name is 1 to 64 lower-case letters, digits and hyphens"
    ),
    "certificates[].domain": Constraint(pattern=WILDCARD_DOMAIN.pattern, says=WILDCARD_DOMAIN.says, max_length=LONGEST_DOMAIN),
    # With the domain itself 100: https://docs.aws.amazon.com/acm/latest/userguide/acm-limits.html
    "certificates[].alternative_names": Constraint(max_length=99),
    "certificates[].alternative_names[]": WILDCARD_DOMAIN,
    "certificates[].zones": Constraint(distinct=True, max_length=100),
    "certificates[].zones[]": reference("hosted_zone/{}"),
    "certificates[].region": REGION,
}


def build(options: Mapping[str, Any], stack: Stack) -> list[Declaration]:  # noqa: ARG001 the tiers' interface
    """Return the declarations of validated options. Raises InvalidOption."""
    return [_declared(item, f"certificate.certificates[{index}]") for index, item in enumerate(options["certificates"])]


def _declared(item: Mapping[str, Any], path: str) -> Declaration:
    names = [name.lower() for name in (item["domain"], *item["alternative_names"])]
    for index, name in enumerate(names[1:]):
        if name in names[: index + 1]:
            raise InvalidOption(f"{path}.alternative_names[{index}]", f"{name!r} is given twice")
    zones = tuple(
        {"id": Reference("hosted_zone", zone), "domain": Reference("hosted_zone", zone, "domain")} for zone in item["zones"]
    )
    values = Certificate(
        domain=names[0],
        names=tuple(names),
        key_algorithm=item["key_algorithm"],
        transparency_logging=item["transparency_logging"],
        records=True if zones else None,
        zones=zones,
    )
    return Declaration("certificate", item["name"], TIER, values, path, region=item["region"])
