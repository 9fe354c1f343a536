# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kinds of the secrets tier."""

from __future__ import annotations

from ansible_collections.terrace.aws.plugins.module_utils.kinds.secret import Secret
from tests.contract.case import Case

KEY = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890a"

CASES = {
    "secret": Case(
        Secret(
            description="Subject",
            kms_key=f"{KEY}b",
            generated=True,
            username="app",
            length=32,
            exclude_punctuation=True,
            recovery_days=7,
        ),
        "secrets",
        changes={"description": "Another", "kms_key": f"{KEY}c"},
    ),
}
