# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""CloudWatch Logs."""

from tests.local_cloud.scenarios import Connect, scenario
from tests.local_cloud.scenarios.common import refused

KEY = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"


@scenario
def log_group_gets_and_loses_its_key(connect: Connect) -> None:
    logs = connect("logs")
    refused("ResourceNotFoundException", logs.associate_kms_key, logGroupName="app", kmsKeyId=KEY)
    logs.create_log_group(logGroupName="app")
    logs.associate_kms_key(logGroupName="app", kmsKeyId=KEY)
    assert logs.describe_log_groups()["logGroups"][0]["kmsKeyId"] == KEY
    logs.disassociate_kms_key(logGroupName="app")
    assert "kmsKeyId" not in logs.describe_log_groups()["logGroups"][0]
