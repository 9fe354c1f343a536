# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kinds of the certificate tier."""

from __future__ import annotations

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import Reference
from ansible_collections.terrace.aws.plugins.module_utils.kinds.certificate import Certificate
from tests.contract.case import Case
from tests.contract.cases_dns import PUBLIC

CASES = {
    "certificate": Case(
        Certificate(
            domain="example.com",
            names=("example.com", "*.example.com"),
            key_algorithm="RSA_2048",
            transparency_logging=True,
            zones=({"id": Reference("hosted_zone", "public"), "domain": "example.com"},),
        ),
        "certificate",
        parents=(PUBLIC,),
        changes={"transparency_logging": False, "records": True},
    ),
}
