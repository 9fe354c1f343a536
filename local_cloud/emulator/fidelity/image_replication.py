# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A registry replicates by up to 25 rules: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ReplicationConfiguration.html

moto refuses more than one.
"""

from typing import Any

from moto.ecr.exceptions import InvalidParameterException
from moto.ecr.models import ECRBackend

from local_cloud.emulator.fidelity.patching import method

MOST_RULES = 25


@method(ECRBackend)
def put_replication_configuration(self: ECRBackend, replication_config: dict[str, Any]) -> dict[str, Any]:
    """Refuse too many rules, and a destination that the images come from."""
    rules = replication_config["rules"]
    here = {"region": self.region_name, "registryId": self.account_id}
    if len(rules) > MOST_RULES or any(here == destination for rule in rules for destination in rule["destinations"]):
        raise InvalidParameterException(
            "Invalid parameter at 'replicationConfiguration' failed to satisfy constraint: "
            "'Replication destination cannot be the same as the source registry'"
        )
    self.replication_config = replication_config
    return {"replicationConfiguration": replication_config}
