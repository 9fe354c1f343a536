# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""RDS read replicas: instances of their own, with an interface and a time of creation; promoted ones are independent.

moto's replicas share their source's identity, and a source in another region cannot be left again.

https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ReadRepl.html
"""

import secrets
from typing import Any

from moto.rds.exceptions import DBInstanceAlreadyExists, InvalidDBInstanceStateError
from moto.rds.models import DBInstance, RDSBackend

from local_cloud.emulator.fidelity.database_lifecycle import CREATING
from local_cloud.emulator.fidelity.databases import place
from local_cloud.emulator.fidelity.patching import around, method
from local_cloud.emulator.lifecycle import lifecycle

# What a replica does not take from its source when the request is silent.
FRESH: dict[str, Any] = {"multi_az": False, "deletion_protection": False, "backup_retention_period": 0, "tags": []}


@around(RDSBackend, "create_db_instance_read_replica")
def create_db_instance_read_replica(original: Any, self: Any, db_kwargs: dict[str, Any]) -> DBInstance:
    """Make an instance that begins in creating."""
    identifier = db_kwargs["db_instance_identifier"]
    if any(database.db_instance_identifier == identifier for database in self.describe_db_instances()):
        raise DBInstanceAlreadyExists()
    source = self.find_db_from_id(db_kwargs["source_db_instance_identifier"])
    if source.status != "available":
        raise InvalidDBInstanceStateError(source.db_instance_identifier, "create a read replica of")
    logs = list(db_kwargs.get("enable_cloudwatch_logs_exports") or ())
    # The backend comes first: what follows is looked up there.
    own = {"backend": self, **FRESH, "enabled_cloudwatch_logs_exports": logs, **_groups(self, source)}
    replica = original(self, {**own, **db_kwargs})
    replica.dbi_resource_id = "db-" + secrets.token_hex(13).upper()
    replica.manage_master_user_password = False
    place(self, replica)
    lifecycle.start(CREATING, replica.arn)
    return replica


def _groups(backend: RDSBackend, source: DBInstance) -> dict[str, Any]:
    """Return the default parameter group for a source elsewhere, whose own group is not known here."""
    if source.region == backend.region_name:
        return {}
    return {"db_parameter_group_name": source.default_db_parameter_group_details()[1]}


@method(DBInstance)
def remove_replica(self: DBInstance, replica: DBInstance) -> None:
    """Forget a replica, which is named by its ARN if it is in another region."""
    names = (replica.db_instance_identifier, replica.db_instance_arn)
    self.replicas = [name for name in self.replicas if name not in names]


@around(RDSBackend, "promote_read_replica")
def promote_read_replica(original: Any, self: Any, db_kwargs: dict[str, Any]) -> DBInstance:
    """Cut both ends of the tie to the source."""
    replica = self.describe_db_instances(db_kwargs["db_instance_identifier"])[0]
    if not replica.is_replica:
        raise InvalidDBInstanceStateError(replica.db_instance_identifier, "promote")
    self.find_db_from_id(replica.source_db_instance_identifier).remove_replica(replica)
    original(self, db_kwargs)
    replica.source_db_instance_identifier = None
    return replica


@around(RDSBackend, "delete_db_instance")
def delete_db_instance(original: Any, self: Any, db_instance_identifier: str, *arguments: Any, **keywords: Any) -> DBInstance:
    """Promote the replicas of a source that is deleted, as RDS does."""
    source = original(self, db_instance_identifier, *arguments, **keywords)
    for name in source.replicas:
        replica = self.find_db_from_id(name)
        replica.is_replica = False
        replica.source_db_instance_identifier = None
    source.replicas = []
    return source
