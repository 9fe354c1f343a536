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
    client.put_secret_value(SecretId=name, SecretString=value)
