# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The steps of a rotation that belong to Secrets Manager, run on the controller. No value is ever printed.

secret_version.py [--region REGION] prepare SECRET [--older-than 7d] [--spacing 1h] [--check]
secret_version.py [--region REGION] finish SECRET --version ID

`prepare` stores a version with the other user of the pair (NAME, NAME_clone) and a new password, labelled AWSPENDING, or
finds the one that an interrupted rotation left. It prints {"changed", "version", "username", "message"}; without a version
there is nothing to do. `finish` makes that version the current one. Labels and steps are those of AWS's own rotations:
https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda-functions.html
"""

from __future__ import annotations

import argparse
import json
import re
import secrets
import string
import sys
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

CURRENT, PENDING, PREVIOUS = "AWSCURRENT", "AWSPENDING", "AWSPREVIOUS"
CLONE = "_clone"
LENGTH = 32
# Letters, digits, and what needs no quoting in a URL, a shell or a file of settings.
KINDS = (string.ascii_lowercase, string.ascii_uppercase, string.digits, "-_.~")
UNITS = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}


class Refusal(Exception):
    """Why there is no rotation."""


def duration(text: str) -> timedelta:
    """Return the time span of `7d`, `12h`, `30m`, `90s` or `0`."""
    if text == "0":
        return timedelta()
    match = re.fullmatch(r"(\d+)([dhms])", text)
    if not match:
        raise argparse.ArgumentTypeError(f"{text!r} is no time span like 7d, 12h, 30m, 90s")
    return timedelta(**{UNITS[match[2]]: int(match[1])})


def other(username: str) -> str:
    """Return the other user of the pair."""
    return username.removesuffix(CLONE) if username.endswith(CLONE) else username + CLONE


def password() -> str:
    """Return a password with something of each kind of characters, as password policies want it."""
    while True:
        made = "".join(secrets.choice("".join(KINDS)) for _place in range(LENGTH))
        if all(set(made) & set(kind) for kind in KINDS) and made[0] in string.ascii_letters:
            return made


def labelled(described: dict[str, Any], label: str) -> str | None:
    """Return the id of the version with the label."""
    versions = described.get("VersionIdsToStages", {})
    return next((version for version, labels in versions.items() if label in labels), None)


def content(client: Any, secret: str, version: str) -> tuple[dict[str, Any], datetime]:
    """Return the fields of a version, and when it was made."""
    answer = client.get_secret_value(SecretId=secret, VersionId=version)
    try:
        fields = json.loads(answer["SecretString"])
        if {"username", "password"} <= set(fields):
            return fields, answer["CreatedDate"]
    except (KeyError, TypeError, ValueError):
        pass
    raise Refusal(f"{secret}: it is no JSON object with username and password.")


def prepare(client: Any, secret: str, older_than: timedelta, spacing: timedelta, check: bool) -> dict[str, Any]:
    """Return the version to rotate to, made now unless it is there already."""
    described = client.describe_secret(SecretId=secret)
    current, pending, previous = (labelled(described, label) for label in (CURRENT, PENDING, PREVIOUS))
    if described.get("RotationEnabled"):
        raise Refusal(f"{secret}: Secrets Manager rotates it by itself.")
    if current is None:
        raise Refusal(f"{secret}: it has no value yet.")
    if pending and pending != current:
        username = content(client, secret, pending)[0]["username"]
        return _answer(pending, username, f"goes on with the rotation to {username} that was interrupted")

    fields, made = content(client, secret, current)
    username = other(fields["username"])
    age = datetime.now(UTC) - made
    if age < older_than:
        return _answer(None, fields["username"], f"nothing to do: the secret is {_hours(age)} old")
    if previous and age < spacing and content(client, secret, previous)[0]["username"] == username:
        raise Refusal(
            f"{secret}: it was rotated {_hours(age)} ago, and hosts that have not noticed yet log in as {username}. "
            f"Wait until it is {spacing} old, or say how long your hosts take: rotate_spacing."
        )
    version = str(uuid.uuid4())
    if not check:
        value = json.dumps({**fields, "username": username, "password": password()})
        client.put_secret_value(SecretId=secret, ClientRequestToken=version, SecretString=value, VersionStages=[PENDING])
    return {**_answer(version, username, f"rotates to {username}"), "changed": True}


def finish(client: Any, secret: str, version: str) -> None:
    """Make the version the current one. AWS keeps the one of before as AWSPREVIOUS."""
    described = client.describe_secret(SecretId=secret)
    current = labelled(described, CURRENT)
    if current != version:
        client.update_secret_version_stage(
            SecretId=secret, VersionStage=CURRENT, MoveToVersionId=version, RemoveFromVersionId=current
        )
    if labelled(described, PENDING) == version:
        client.update_secret_version_stage(SecretId=secret, VersionStage=PENDING, RemoveFromVersionId=version)


def _answer(version: str | None, username: str, message: str) -> dict[str, Any]:
    return {"changed": False, "version": version, "username": username, "message": message}


def _hours(age: timedelta) -> str:
    return str(age - timedelta(microseconds=age.microseconds))


def arguments(argv: list[str]) -> argparse.Namespace:
    """Parse the command line, which has no secrets."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--region")
    commands = parser.add_subparsers(dest="command", required=True)
    preparing = commands.add_parser("prepare")
    preparing.add_argument("secret")
    preparing.add_argument("--older-than", type=duration, default=timedelta())
    preparing.add_argument("--spacing", type=duration, default=timedelta())
    preparing.add_argument("--check", action="store_true")
    finishing = commands.add_parser("finish")
    finishing.add_argument("secret")
    finishing.add_argument("--version", required=True)
    return parser.parse_args(argv)


def main(argv: list[str]) -> int:
    """Run one step and return the exit status."""
    options = arguments(argv)
    client = boto3.client("secretsmanager", region_name=options.region)
    try:
        if options.command == "finish":
            finish(client, options.secret, options.version)
        else:
            print(json.dumps(prepare(client, options.secret, options.older_than, options.spacing, options.check)))
    except (Refusal, BotoCoreError, ClientError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
