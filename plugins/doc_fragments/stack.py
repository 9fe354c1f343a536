# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options that every converging module shares."""

from __future__ import annotations


class ModuleDocFragment:
    """The stack, the wanted state, and what may be replaced."""

    DOCUMENTATION = r"""
options:
  stack:
    description:
      - The stack that is described. Its name is part of every name and of the identity tags.
    type: dict
    required: true
    suboptions:
      name:
        description: 2 to 40 lower-case letters, digits and hyphens.
        type: str
        required: true
      account:
        description: The 12-digit account id. Credentials of another account are refused before anything else.
        type: str
        required: true
      region:
        description: The stack's region, where everything is that names no other.
        type: str
        required: true
      regions:
        description: Further regions that the stack has something in, or had and is to be deleted from.
        type: list
        elements: str
        default: []
      tags:
        description: Tags for every resource that takes tags. Tags of others are left alone.
        type: dict
        default: {}
  state:
    description:
      - V(present) converges what is declared.
      - V(absent) deletes everything of the applied tiers that carries the stack's tags, users before what they use.
    type: str
    choices: [present, absent]
    default: present
  allow_replacement:
    description:
      - Resources, as C(kind/name), that may be deleted and created again because an option differs that AWS cannot
        change in place. Without it such a difference is refused before anything is changed.
    type: list
    elements: str
    default: []
notes:
  - The second run reports no change. Resources are found by the tags C(terrace:stack) and C(terrace:id), which their
    create call sets, or by names; there is no state file.
"""
