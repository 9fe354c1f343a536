# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""GetAccountAuthorizationDetails names the policies that it details; moto leaves name and id out."""

from operator import attrgetter

from moto.iam.models import ManagedPolicy

for member, attribute in (("policy_name", "name"), ("policy_id", "id")):
    setattr(ManagedPolicy, member, property(attrgetter(attribute)))
