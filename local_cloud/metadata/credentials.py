# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Temporary credentials of an instance's role.

https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-metadata-security-credentials.html
"""

import json
from datetime import datetime, timedelta
from typing import Any

from moto.core.utils import utcnow
from moto.ec2.models.instances import Instance
from moto.iam.models import InstanceProfile, Role
from moto.sts.models import AssumedRole, sts_backends
from moto.utilities.utils import get_partition

LIFETIME = timedelta(hours=6)
# New credentials are there at least this long before the old ones expire.
AHEAD = timedelta(minutes=15)


def profile_of(ec2: Any, instance: Instance) -> InstanceProfile | None:
    """Return the instance profile that is associated now."""
    association = ec2.iam_instance_profile_associations.get(instance.id)
    return association.iam_instance_profile if association else None


def role_of(profile: InstanceProfile | None) -> Role | None:
    """Return the role in an instance profile."""
    return profile.roles[0] if profile and profile.roles else None


def information(profile: InstanceProfile) -> str:
    """Return the document iam/info."""
    return _document(Code="Success", LastUpdated=_time(utcnow()), InstanceProfileArn=profile.arn, InstanceProfileId=profile.id)


def credentials(instance: Instance, role: Role) -> str:
    """Return the document iam/security-credentials/<role>: a session of the role named after the instance."""
    session = _session(instance, role)
    return _document(
        Code="Success",
        LastUpdated=_time(session.expiration - LIFETIME),
        Type="AWS-HMAC",
        AccessKeyId=session.access_key_id,
        SecretAccessKey=session.secret_access_key,
        Token=session.session_token,
        Expiration=_time(session.expiration),
    )


def _session(instance: Instance, role: Role) -> AssumedRole:
    """Return the latest session unless it is about to expire."""
    backend = sts_backends[instance.owner_id][get_partition(instance.region_name)]
    for session in reversed(backend.assumed_roles):
        if (session.session_name, session.role_arn) == (instance.id, role.arn) and session.expiration - utcnow() > AHEAD:
            return session
    return backend.assume_role(instance.region_name, instance.id, role.arn, "", int(LIFETIME.total_seconds()), "")


def _time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _document(**members: str) -> str:
    return json.dumps(members, indent=2)
