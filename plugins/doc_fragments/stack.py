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
        description: The stack's region.
        type: str
        required: true
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
  external:
    description:
      - Things that belong to somebody else. They are looked up, and checked where they are described too. They are never
        changed, tagged or deleted, and references find them by kind and name.
    type: list
    elements: dict
    default: []
    suboptions:
      kind:
        description: The kind, for instance V(vpc).
        type: str
        required: true
      name:
        description: The name that references use.
        type: str
        required: true
      match:
        description: What to look for. V(id), V(name), V(tags) or an attribute of the kind. One resource has to fit.
        type: dict
        required: true
  adopt:
    description:
      - Resources made by other means that are to be managed from now on. They get the stack's tags and nothing else is
        done in that run. The next plan shows what differs from the description.
    type: list
    elements: dict
    default: []
    suboptions:
      kind:
        description: The kind, for instance V(vpc).
        type: str
        required: true
      name:
        description: The name under which it is declared.
        type: str
        required: true
      id:
        description: Its id in AWS.
        type: str
        required: true
  moved:
    description: Resources that are declared under a new name. They keep everything and get new tags.
    type: list
    elements: dict
    default: []
    suboptions:
      kind:
        description: The kind.
        type: str
        required: true
      from:
        description: The earlier name.
        type: str
        required: true
      to:
        description: The name under which it is declared now.
        type: str
        required: true
  prune:
    description: Whether to delete what carries the stack's tags but is not declared any more, in the applied tiers.
    type: bool
    default: false
  lock:
    description:
      - A stack has one operator at a time. The lock is an object in the account's control bucket
        C(terrace-<account>-<region>), taken only when there is something to apply.
    type: dict
    suboptions:
      lease:
        description:
          - Seconds without a sign of life after which another operator may take over. A process that is known to be gone
            is taken over at once.
        type: int
        default: 120
      settle:
        description: Seconds to wait for the last calls of a holder whose lease has ended.
        type: int
        default: 30
notes:
  - The second run reports no change. Resources are found by the tags C(terrace:stack) and C(terrace:id), which their
    create call sets, or by names; there is no state file.
"""
