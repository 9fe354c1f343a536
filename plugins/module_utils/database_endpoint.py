# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pointing what applications read to a database."""

from __future__ import annotations

import json
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import TerraceError


def point(module: AnsibleAWSModule) -> dict[str, Any]:
    """Write both, and return the hosts that were there before."""
    before, changed = {}, False
    if module.params["secret"]:
        before["secret"], changed = point_secret(module)
    if module.params["parameter"]:
        before["parameter"], written = point_parameter(module)
        changed = changed or written
    return {"changed": changed, "before": before}


def point_secret(module: AnsibleAWSModule) -> tuple[str | None, bool]:
    secrets, name = module.client("secretsmanager"), module.params["secret"]
    content = fields(secrets.get_secret_value(SecretId=name).get("SecretString", ""), name)
    wanted = {**content, "host": module.params["host"], "port": module.params["port"]}
    if wanted != content and not module.check_mode:
        secrets.put_secret_value(SecretId=name, SecretString=json.dumps(wanted))
    return content.get("host"), wanted != content


def fields(text: str, name: str) -> dict[str, Any]:
    """Return a secret's fields. No message repeats any of it."""
    try:
        content = json.loads(text)
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise TerraceError(f"the secret {name} is not JSON with fields, so that it has no host")
    return content


def point_parameter(module: AnsibleAWSModule) -> tuple[str, bool]:
    ssm, name, host = module.client("ssm"), module.params["parameter"], module.params["host"]
    there = ssm.get_parameter(Name=name, WithDecryption=True)["Parameter"]
    if there["Value"] != host and not module.check_mode:
        ssm.put_parameter(Name=name, Value=host, Type=there["Type"], Overwrite=True)
    return there["Value"], there["Value"] != host
