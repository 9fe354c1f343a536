# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What names in the DNS look like.

https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DomainNameFormat.html
"""

from __future__ import annotations

from ansible_collections.terrace.aws.plugins.module_utils.engine.validate import Constraint

LENGTH = r"(?=.{1,253}$)"
LABEL = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
# Names of records may begin with an underscore in any label, those of hosts may not.
RECORD_LABEL = r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
HOST = rf"{LENGTH}{LABEL}(\.{LABEL})*"
DOMAIN = Constraint(pattern=HOST, says="a domain looks like example.com, without a dot at the end")
WILDCARD_DOMAIN = Constraint(
    pattern=rf"{LENGTH}(\*\.)?{LABEL}(\.{LABEL})+", says="a name looks like www.example.com or *.example.com"
)
RECORD = Constraint(
    pattern=rf"{LENGTH}(\*\.)?{RECORD_LABEL}(\.{RECORD_LABEL})*",
    says="a record has its whole name, like www.example.com or *.example.com, without a dot at the end",
)
HOST_NAME = rf"{RECORD_LABEL}(\.{RECORD_LABEL})*\.?"
