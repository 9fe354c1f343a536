# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every patch does what AWS documents, and moto still needs it."""

import pytest
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from local_cloud.emulator import Emulator
from tests.local_cloud.scenarios import (  # noqa: F401 they register themselves
    SCENARIOS,
    Connect,
    Scenario,
    acm,
    autoscaling,
    cache_nodes,
    ec2,
    ecr,
    efs,
    elasticache,
    elbv2,
    iam,
    instance_refreshes,
    instances,
    kms,
    launch_templates,
    lifecycle_hooks,
    logs,
    network,
    rds,
    rds_backups,
    rds_copies,
    route53,
    s3,
    scaling_ahead,
    secretsmanager,
)

WRONG = (AssertionError, KeyError, ValueError, BotoCoreError, ClientError, ResponseParserError)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
def test_the_emulator_behaves_like_aws(emulator: Emulator, scenario: Scenario) -> None:
    scenario(emulator.client)


@pytest.mark.slow
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
def test_moto_still_needs_the_patch(plain: Connect, scenario: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.local_cloud.scenarios.common.PATIENCE", 0)
    with pytest.raises(WRONG):
        scenario(plain)
