# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings of RDS instances that have another name when they are changed; moto does not know them as the same.

https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBInstance.html
"""

from typing import Any

from moto.rds.models import DBInstance, RDSBackend

from local_cloud.emulator.fidelity.patching import around

NAMES = {"db_port_number": "port", "enable_performance_insights": "performance_insights_enabled"}


@around(RDSBackend, "modify_db_instance")
def modify_db_instance(original: Any, self: Any, db_instance_identifier: str, db_kwargs: dict[str, Any]) -> DBInstance:
    """Use the names that the instance's description has."""
    changes = {NAMES.get(name, name): value for name, value in db_kwargs.items()}
    return original(self, db_instance_identifier, changes)
