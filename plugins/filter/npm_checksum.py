# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

DOCUMENTATION = r"""
name: npm_checksum
short_description: The integrity of an npm package as a checksum
version_added: 0.2.0
author: Terrace contributors (@terrace-aws)
description:
  - Turns what registries of npm and C(package-lock.json) have as C(integrity) into the C(checksum) of M(ansible.builtin.get_url).
positional: _input
options:
  _input:
    description: C(sha512-) and the digest in base64.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Fetch a package
  ansible.builtin.get_url:
    url: https://registry.example.com/npm/-/npm-11.6.0.tgz
    checksum: "{{ integrity | terrace.aws.npm_checksum }}"
    dest: /root/npm.tgz
    mode: "0600"
"""

RETURN = r"""
_value:
  description: C(sha512:) and the digest in hexadecimal.
  type: str
"""

from base64 import b64decode
from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError

DIGEST_BYTES = 64


def npm_checksum(integrity: str) -> str:
    """Return `sha512:<hex>` of `sha512-<base64>`; weaker algorithms, which registries had once, are refused."""
    algorithm, _dash, encoded = integrity.partition("-")
    try:
        digest = b64decode(encoded, validate=True)
    except ValueError:
        digest = b""
    if algorithm != "sha512" or len(digest) != DIGEST_BYTES:
        raise AnsibleFilterError(f"{integrity!r} is not sha512- and a digest in base64")
    return f"sha512:{digest.hex()}"


class FilterModule:
    """Ansible's interface."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"npm_checksum": npm_checksum}
