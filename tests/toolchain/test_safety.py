# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""With production credentials at hand, no make target reaches for anything but the local cloud."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.toolchain.witness import Witness

CLOUD_TARGETS = ("demo", "plan", "converge", "teardown")
# What may talk to an AWS endpoint; each must be started by `local_cloud run`.
TALKERS = re.compile(r"\b(?:ansible|ansible-playbook|ansible-inventory|aws)\b")


def commands_of(target: str, checkout: Path) -> list[str]:
    """Return the commands that make would run."""
    made = subprocess.run(["make", "--dry-run", target], cwd=checkout, check=True, capture_output=True, text=True)
    return made.stdout.splitlines()


@pytest.mark.parametrize("target", CLOUD_TARGETS)
def test_targets_talk_through_the_wrapper_only(checkout: Path, target: str) -> None:
    talking = [command for command in commands_of(target, checkout) if TALKERS.search(command)]
    assert talking
    assert all(" -m local_cloud run -- " in command for command in talking), talking


def test_the_witness_sees_a_stranger(production: Witness) -> None:
    """The check above is worth something: a client with these settings would have been seen."""
    config = "botocore.config.Config(retries={'total_max_attempts': 1}, connect_timeout=1)"
    script = f"import boto3, botocore.config; boto3.client('sts', config={config}).get_caller_identity()"
    environment = production.environment | {"AWS_ENDPOINT_URL_STS": "http://192.0.2.1:9"}
    subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, check=False)
    assert production.strangers() == {"192.0.2.1"}
