# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Automated backups that are copied to another region, which moto does not know.

https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ReplicateBackups.html
"""

import secrets
from typing import Any

from moto.core.responses import ActionResult
from moto.rds.exceptions import RDSClientError
from moto.rds.responses import RDSResponse

from local_cloud.emulator.fidelity.patching import around, method, store


@method(RDSResponse)
def start_db_instance_automated_backups_replication(self: RDSResponse) -> ActionResult:
    """Begin to copy. It is not looked at whether there is such a database: it is in another region."""
    source = self.params["SourceDBInstanceArn"]
    replications = store(self.backend, "replicated_backups")
    if source in replications:
        raise RDSClientError(
            "InvalidParameterValue", "Automated backups of the DB instance are already replicated to this region."
        )
    backup = f"arn:aws:rds:{self.region}:{self.current_account}:auto-backup:ab-{secrets.token_hex(20)}"
    replications[source] = {
        "DBInstanceArn": source,
        "DBInstanceIdentifier": source.rpartition(":")[2],
        "DBInstanceAutomatedBackupsArn": backup,
        "BackupRetentionPeriod": int(self.params.get("BackupRetentionPeriod", 7)),
        "KmsKeyId": self.params.get("KmsKeyId"),
        "Region": source.split(":")[3],
        "Status": "replicating",
    }
    return ActionResult({"DBInstanceAutomatedBackup": replications[source]})


@method(RDSResponse)
def stop_db_instance_automated_backups_replication(self: RDSResponse) -> ActionResult:
    """Keep what is there, until its retention is over, and copy no more."""
    source = self.params["SourceDBInstanceArn"]
    if source not in store(self.backend, "replicated_backups"):
        raise RDSClientError("DBInstanceNotFound", f"DBInstance {source} not found.")
    stopped = store(self.backend, "replicated_backups").pop(source) | {"Status": "retained"}
    store(self.backend, "kept_backups")[stopped["DBInstanceAutomatedBackupsArn"]] = stopped
    return ActionResult({"DBInstanceAutomatedBackup": stopped})


@around(RDSResponse, "describe_db_instance_automated_backups")
def describe_db_instance_automated_backups(original: Any, self: RDSResponse) -> ActionResult:
    """Show the region's own backups, and the copies."""
    own = original(self).result["DBInstanceAutomatedBackups"]
    shown = [
        {
            "DBInstanceArn": f"arn:aws:rds:{self.region}:{self.current_account}:db:{backup.db_instance_identifier}",
            "DBInstanceIdentifier": backup.db_instance_identifier,
            "DBInstanceAutomatedBackupsArn": f"arn:aws:rds:{self.region}:{self.current_account}:auto-backup:ab-own",
            "Status": backup.status,
        }
        for backup in own
    ]
    copies = [*store(self.backend, "replicated_backups").values(), *store(self.backend, "kept_backups").values()]
    return ActionResult({"DBInstanceAutomatedBackups": [*shown, *copies]})
