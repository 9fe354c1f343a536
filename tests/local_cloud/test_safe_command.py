# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands reach the local cloud or nothing."""

import pytest

from local_cloud.safe_command import UnsafeError, environment

PRODUCTION = {
    "AWS_PROFILE": "production",
    "AWS_ACCESS_KEY_ID": "AKIAPRODUCTION",
    "AWS_SESSION_TOKEN": "secret",
    "AWS_ENDPOINT_URL_EC2": "https://ec2.example.com",
    "AWS_CA_BUNDLE": "/etc/ssl/bundle.pem",
    "BOTO_CONFIG": "/srv/ada/.boto",
    "HTTPS_PROXY": "http://proxy.example.com:3128",
    "no_proxy": "intranet",
    "HOME": "/srv/ada",
}


def test_nothing_of_the_callers_account_is_left() -> None:
    safe = environment(PRODUCTION, "http://127.0.0.1:19560")
    assert {name: value for name, value in safe.items() if name.startswith(("AWS_", "BOTO"))} == {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:19560",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_REGION": "eu-west-1",
    }
    assert safe["HOME"] == "/srv/ada"
    assert safe["no_proxy"] == "intranet,127.0.0.1,localhost"


@pytest.mark.parametrize(
    "endpoint", ["https://ec2.eu-west-1.amazonaws.com", "http://10.0.0.1:19560", "http://localhost.example.com", ""]
)
def test_other_endpoints_are_refused(endpoint: str) -> None:
    with pytest.raises(UnsafeError):
        environment({}, endpoint)
