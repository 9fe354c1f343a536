# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings that moto reads from the environment, most of them when it is first imported."""

import os

ACCOUNT = "123456789012"
REGION = "eu-west-1"

MOTO_SETTINGS = {
    # Without the managed policies every attachment of an AWS policy fails with NoSuchEntity.
    "MOTO_IAM_LOAD_MANAGED_POLICIES": "true",
    "MOTO_ACM_VALIDATION_WAIT": "1",
    "MOTO_ENABLE_AMI_VALIDATION": "true",
    "MOTO_ENABLE_KEYPAIR_VALIDATION": "true",
    "MOTO_EC2_ENABLE_INSTANCE_TYPE_VALIDATION": "true",
}

CLIENT_SETTINGS = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_CONFIG_FILE": "/dev/null",
    "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_DEFAULT_REGION": REGION,
    "AWS_REGION": REGION,
}


def configure_moto() -> None:
    """Set moto's environment; values chosen by the caller win. To be called before moto is imported."""
    for name, value in MOTO_SETTINGS.items():
        os.environ.setdefault(name, value)


def client_environment(endpoint: str) -> dict[str, str]:
    """The variables that keep an AWS client on `endpoint`, whatever the user's own profile says."""
    return CLIENT_SETTINGS | {"AWS_ENDPOINT_URL": endpoint}
