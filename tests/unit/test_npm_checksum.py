# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The integrity of npm packages as checksums."""

import hashlib
from base64 import b64encode

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.terrace.aws.plugins.filter.npm_checksum import npm_checksum

DIGEST = hashlib.sha512(b"package")


def test_the_digest_is_the_same() -> None:
    assert npm_checksum(f"sha512-{b64encode(DIGEST.digest()).decode()}") == f"sha512:{DIGEST.hexdigest()}"


@pytest.mark.parametrize("integrity", ["", "sha512-", "sha512-abc", "sha512-!!!!", "sha1-" + b64encode(b"short").decode()])
def test_what_is_no_integrity_is_refused(integrity: str) -> None:
    with pytest.raises(AnsibleFilterError, match="sha512"):
        npm_checksum(integrity)
