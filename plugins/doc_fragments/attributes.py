# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every converging module supports."""

from __future__ import annotations


class ModuleDocFragment:
    """Support for check mode, diff mode, idempotence and the action groups."""

    DOCUMENTATION = r"""
attributes:
  check_mode:
    description: Returns the whole plan, also when nothing exists yet, and changes nothing.
    support: full
  diff_mode:
    description: Returns one diff for each resource that differs. Unknown values read C((known after apply)).
    support: full
  idempotent:
    description: A second run with the same options changes nothing.
    support: full
  action_group:
    description: Use C(group/terrace.aws.aws) in C(module_defaults) for credentials, region and endpoint.
    support: full
    membership:
      - terrace.aws.aws
      - amazon.aws.aws
"""
