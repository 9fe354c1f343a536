# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""RDS instances are creating before they are available and deleting before they are gone.

moto finishes at once, and deletes without asking for the final snapshot.
"""

from typing import Any

from moto.ec2.models import ec2_backends
from moto.rds.exceptions import InvalidDBInstanceStateError, RDSClientError
from moto.rds.models import DBInstance, RDSBackend

from local_cloud.emulator.fidelity import interfaces
from local_cloud.emulator.fidelity.databases import interface_owner
from local_cloud.emulator.fidelity.patching import around, store
from local_cloud.emulator.lifecycle import lifecycle

CREATING, DELETING = "rds.creating", "rds.deleting"


def _status(self: DBInstance) -> str:
    if lifecycle.pending(CREATING, self.arn):
        return "creating"
    return self.__dict__["_status"]


def _endpoint(self: DBInstance) -> dict[str, Any] | None:
    if self.status == "creating":
        return None
    return {"Address": self.address, "Port": self.port, "HostedZoneId": "Z29XKXDKYMONMX"}


DBInstance.status = property(_status, lambda self, value: self.__dict__.update(_status=value))
DBInstance.endpoint = property(_endpoint)


@around(RDSBackend, "create_db_instance")
def create_db_instance(original: Any, self: Any, db_kwargs: dict[str, Any]) -> DBInstance:
    """Begin in creating."""
    _finish_deletions(self)
    database = original(self, db_kwargs)
    lifecycle.start(CREATING, database.arn)
    return database


@around(RDSBackend, "describe_db_instances")
def describe_db_instances(original: Any, self: Any, *arguments: Any, **keywords: Any) -> list[DBInstance]:
    """Leave out what is gone by now."""
    _finish_deletions(self)
    return original(self, *arguments, **keywords)


@around(RDSBackend, "modify_db_instance")
def modify_db_instance(original: Any, self: Any, db_instance_identifier: str, db_kwargs: dict[str, Any]) -> DBInstance:
    """Refuse to change what is not available."""
    database = self.describe_db_instances(db_instance_identifier)[0]
    if database.status != "available":
        raise InvalidDBInstanceStateError(db_instance_identifier, "modify")
    return original(self, db_instance_identifier, db_kwargs)


@around(RDSBackend, "delete_db_instance")
def delete_db_instance(
    original: Any,
    self: Any,
    db_instance_identifier: str,
    final_db_snapshot_identifier: str | None = None,
    skip_final_snapshot: bool | None = False,
    **keywords: Any,
) -> DBInstance:
    """Insist on a decision about the final snapshot, then stay in deleting for a while."""
    _finish_deletions(self)
    database = self.databases.get(db_instance_identifier)
    if database is not None and database.status == "deleting":
        raise InvalidDBInstanceStateError(db_instance_identifier, "delete")
    if database is not None and not database.deletion_protection:
        _check_snapshot(database, final_db_snapshot_identifier, skip_final_snapshot)
    database = original(
        self,
        db_instance_identifier,
        final_db_snapshot_identifier=final_db_snapshot_identifier,
        skip_final_snapshot=skip_final_snapshot,
        **keywords,
    )
    self.databases[db_instance_identifier] = database
    store(self, "deleting")[db_instance_identifier] = database
    interfaces.release(_ec2(self), interface_owner(database), DELETING)
    return database


def _ec2(backend: Any) -> Any:
    return ec2_backends[backend.account_id][backend.region_name]


def _check_snapshot(database: DBInstance, identifier: str | None, skip: bool | None) -> None:
    if not skip and not identifier and not database.is_replica:
        raise RDSClientError(
            "InvalidParameterCombination",
            "FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified.",
        )
    if skip and identifier:
        raise RDSClientError(
            "InvalidParameterCombination", "FinalDBSnapshotIdentifier cannot be specified when deleting without a final snapshot."
        )


def _finish_deletions(backend: Any) -> None:
    deleting = store(backend, "deleting")
    for identifier, database in list(deleting.items()):
        if not lifecycle.pending(DELETING, database.arn):
            del deleting[identifier]
            backend.databases.pop(identifier, None)
