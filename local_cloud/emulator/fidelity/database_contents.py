# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the data of RDS snapshots and restored instances comes from, and how long a snapshot is creating.

moto knows settings only. The local cloud copies data by what is remembered here: `sources` maps a snapshot's ARN to what it
holds a copy of (an instance or another snapshot), `origins` an instance's ARN to the snapshot from which it was restored.
A restore to a point in time and a replica may have a snapshot of their own for this, which the API does not show.
"""

from datetime import UTC, datetime
from typing import Any

from moto.rds.models import DBInstance, DBSnapshot, RDSBackend

from local_cloud.emulator.fidelity.patching import around, store
from local_cloud.emulator.lifecycle import lifecycle

CREATING = "rds.snapshot.creating"


def sources(backend: RDSBackend) -> dict[str, str]:
    """Return what each snapshot that still exists, or is still needed, is a copy of."""
    known = store(backend, "sources")
    shown = {snapshot.arn for snapshot in backend.database_snapshots.values()}
    needed = {origin for arn, origin in store(backend, "origins").items() if _creating(backend, arn)}
    for arn in known.keys() - shown - needed:
        del known[arn]
    return dict(known)


def origin(backend: RDSBackend, database: DBInstance) -> str:
    """Return the snapshot that a database was restored from, or nothing."""
    return store(backend, "origins").get(database.arn, "")


def moment(backend: RDSBackend, database: DBInstance) -> str:
    """Return the time that a database was restored to; nothing for the latest possible."""
    return store(backend, "moments").get(database.arn, "")


def _creating(backend: RDSBackend, arn: str) -> bool:
    return any(database.arn == arn and database.status == "creating" for database in backend.databases.values())


def _status(self: DBSnapshot) -> str:
    return "creating" if lifecycle.pending(CREATING, self.arn) else "available"


DBSnapshot.status = property(_status, lambda _self, _value: None)


@around(RDSBackend, "create_db_instance")
def create_db_instance(original: Any, self: Any, db_kwargs: dict[str, Any]) -> DBInstance:
    """Forget where an earlier instance of the same name came from."""
    database = original(self, db_kwargs)
    for kept in ("origins", "moments"):
        store(self, kept).pop(database.arn, None)
    return database


@around(RDSBackend, "create_db_snapshot")
def create_db_snapshot(original: Any, self: Any, db_instance_identifier: str, *arguments: Any, **keywords: Any) -> DBSnapshot:
    """Remember the instance. Automated snapshots are not copied: RDS takes them at times of its own."""
    snapshot = original(self, db_instance_identifier, *arguments, **keywords)
    if snapshot.snapshot_type == "manual":
        _copied(self, snapshot.arn, snapshot.database.arn)
    return snapshot


@around(RDSBackend, "copy_db_snapshot")
def copy_db_snapshot(
    original: Any, self: Any, source_db_snapshot_identifier: str, *arguments: Any, **keywords: Any
) -> DBSnapshot:
    """Remember the snapshot that was copied."""
    source = self.get_db_snapshot(source_db_snapshot_identifier.rpartition(":")[2])
    snapshot = original(self, source_db_snapshot_identifier, *arguments, **keywords)
    _copied(self, snapshot.arn, source.arn)
    return snapshot


@around(RDSBackend, "restore_db_instance_from_db_snapshot")
def restore_db_instance_from_db_snapshot(
    original: Any, self: Any, from_snapshot_id: str, overrides: dict[str, Any]
) -> DBInstance:
    """Remember the snapshot."""
    snapshot = self.describe_db_snapshots(None, db_snapshot_identifier=from_snapshot_id.removeprefix(_arn_prefix(self)))[0]
    return _restored(self, original(self, from_snapshot_id, overrides), snapshot.arn)


@around(RDSBackend, "restore_db_instance_to_point_in_time")
def restore_db_instance_to_point_in_time(
    original: Any, self: Any, source_db_identifier: str, target_db_identifier: str, overrides: dict[str, Any]
) -> DBInstance:
    """Remember the instance, as it is now, and the time."""
    source = self.describe_db_instances(source_db_identifier)[0]
    database = original(self, source_db_identifier, target_db_identifier, overrides)
    if moment := overrides.get("restore_time"):
        store(self, "moments")[database.arn] = _iso(moment)
    hidden = f"{database.arn}:origin"
    _copied(self, hidden, source.arn)
    return _restored(self, database, hidden)


@around(RDSBackend, "create_db_instance_read_replica")
def create_db_instance_read_replica(original: Any, self: Any, db_kwargs: dict[str, Any]) -> DBInstance:
    """Let replicas other than PostgreSQL's, which fetch everything themselves, begin with a copy of their source."""
    replica = original(self, db_kwargs)
    store(self, "origins").pop(replica.arn, None)
    if replica.engine == "postgres":
        return replica
    hidden = f"{replica.arn}:origin"
    _copied(self, hidden, self.find_db_from_id(db_kwargs["source_db_instance_identifier"]).arn)
    store(self, "origins")[replica.arn] = hidden
    return replica


def _copied(backend: RDSBackend, snapshot: str, source: str) -> None:
    store(backend, "sources")[snapshot] = source
    lifecycle.start(CREATING, snapshot)


def _restored(backend: RDSBackend, database: DBInstance, snapshot: str) -> DBInstance:
    database.source_db_instance_identifier = None
    store(backend, "origins")[database.arn] = snapshot
    return database


def _iso(moment: datetime | str) -> str:
    return moment.astimezone(UTC).isoformat() if isinstance(moment, datetime) else moment


def _arn_prefix(backend: RDSBackend) -> str:
    return f"arn:aws:rds:{backend.region_name}:{backend.account_id}:snapshot:"
