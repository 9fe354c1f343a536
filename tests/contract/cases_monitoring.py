# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kinds of the monitoring tier."""

from __future__ import annotations

from ansible_collections.terrace.aws.plugins.module_utils.kinds.log_group import LogGroup
from tests.contract.case import Case

KEY = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"

CASES = {
    "log_group": Case(LogGroup(retention=30, kms_key=""), "monitoring", changes={"retention": 0, "kms_key": KEY}),
}
