# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""ECR."""

from typing import Any

from tests.local_cloud.scenarios import Connect, scenario
from tests.local_cloud.scenarios.common import refused


def rule(prefix: str, region: str) -> dict[str, Any]:
    return {
        "destinations": [{"region": region, "registryId": "123456789012"}],
        "repositoryFilters": [{"filter": prefix, "filterType": "PREFIX_MATCH"}],
    }


@scenario
def registry_replicates_by_several_rules(connect: Connect) -> None:
    ecr = connect("ecr")
    rules = [rule("one/", "eu-central-1"), rule("two/", "us-east-1")]
    ecr.put_replication_configuration(replicationConfiguration={"rules": rules})
    assert ecr.describe_registry()["replicationConfiguration"]["rules"] == rules
    here = {"rules": [rule("one/", "eu-west-1")]}
    refused("InvalidParameterException", ecr.put_replication_configuration, replicationConfiguration=here)
