# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Give a secret a value, which comes from the standard input: put_secret.py NAME < value."""

import sys

import boto3

client = boto3.client("secretsmanager")
name, value = sys.argv[1], sys.stdin.read()
try:
    client.create_secret(Name=name, SecretString=value)
except client.exceptions.ResourceExistsException:
    labels = client.describe_secret(SecretId=name)["VersionIdsToStages"]
    current = next(version for version, stages in labels.items() if "AWSCURRENT" in stages)
    # Moved by its name: the emulator does not take it from a version to which it has been moved before.
    version = client.put_secret_value(SecretId=name, SecretString=value, VersionStages=["NEXT"])["VersionId"]
    client.update_secret_version_stage(
        SecretId=name, VersionStage="AWSCURRENT", MoveToVersionId=version, RemoveFromVersionId=current
    )
