# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The authority signs certificates that TLS clients verify."""

import ssl
from pathlib import Path

import pytest

from local_cloud.reconcile.certificates import Authority

HOST = "main.aaaaaaaaaa.eu-west-1.rds.amazonaws.com"


def handshake(authority: Authority, directory: Path, name: str) -> None:
    """Let a server that has the certificate and a client that expects `name` talk over memory."""
    certificate, key = authority.issue(HOST)
    (directory / "server.pem").write_bytes(certificate + key)
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(directory / "server.pem")
    client = ssl.create_default_context(cafile=authority.certificate_file)
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [client.wrap_bio(down, up, server_hostname=name), server.wrap_bio(up, down, server_side=True)]
    for _ in range(4):
        for end in ends:
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue


def test_clients_verify_the_host_name(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    handshake(authority, tmp_path, HOST)
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(authority, tmp_path, "other.example.com")


def test_the_authority_is_made_once_and_its_key_is_private(tmp_path: Path) -> None:
    first = Authority(tmp_path).certificate_file.read_bytes()
    assert Authority(tmp_path).certificate_file.read_bytes() == first
    assert (tmp_path / "ca.key").stat().st_mode & 0o077 == 0
