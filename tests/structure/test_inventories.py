# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every architecture finds and reaches its own hosts."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

INVENTORIES = Path(__file__).resolve().parents[2] / "inventories"
ARCHITECTURES = sorted(path.name for path in INVENTORIES.iterdir() if path.name != "local")


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_hosts_are_those_of_the_stack(architecture: str) -> None:
    directory = INVENTORIES / architecture
    stack = yaml.safe_load((directory / "group_vars/all/stack.yml").read_text())["terrace_stack"]
    plugin = yaml.safe_load((directory / "aws_ec2.yml").read_text())
    assert plugin["filters"]["tag:terrace:stack"] == stack["name"]
    assert plugin["regions"] == [stack["region"]]


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_hosts_have_a_connection(architecture: str) -> None:
    variables = yaml.safe_load((INVENTORIES / architecture / "group_vars/aws_ec2.yml").read_text())
    assert variables["ansible_connection"] == "amazon.aws.aws_ssm"
