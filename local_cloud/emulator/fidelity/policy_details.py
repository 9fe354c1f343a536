# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""GetAccountAuthorizationDetails names the policies that it details; moto leaves name and id out."""

from moto.iam.models import ManagedPolicy

ManagedPolicy.policy_name = property(lambda self: self.name)
ManagedPolicy.policy_id = property(lambda self: self.id)
