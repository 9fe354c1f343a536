# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A load balancer as a configuration of HAProxy: listeners become frontends, target groups backends."""

from collections.abc import Mapping

from local_cloud.reconcile import access_records, haproxy_backends, haproxy_rules
from local_cloud.reconcile.desired import Balancer, Encryption, Forwarding, Listener, TargetGroup

# Where HAProxy takes commands; only the reconciler gets there.
CONTROL_PORT = 8404
DIRECTORY = "/etc/haproxy"
# AWS's names -> HAProxy's.
VERSIONS = {"TLSv1": "TLSv1.0", "TLSv1.1": "TLSv1.1", "TLSv1.2": "TLSv1.2", "TLSv1.3": "TLSv1.3"}
# AWS cuts no connection because of another rule: after a reload the former process may go on for this long.
LINGER = "1h"

HEAD = """global
  stats socket ipv4@*:{control} level admin
  server-state-file {directory}/servers
  maxconn 8000
  hard-stop-after {linger}
defaults
  mode {mode}
  load-server-state-from-file global
  option redispatch 1
  option allbackups
  retries 3
  timeout connect 1s
  timeout client {idle}s
  timeout server {idle}s
"""

# Nothing is sent to a target twice that it may have seen, and a client whose connection has to end is told so before.
HTTP = """  option http-server-close
  option idle-close-on-response
  retry-on conn-failure
  timeout http-request 15s
"""


def render(balancer: Balancer, published: Mapping[int, int], known: Mapping[str, frozenset[str]] | None = None) -> str:
    """Return the configuration file.

    `published` are the loopback ports of the listeners; `known` are the servers of each backend that the proxy already
    checks, which a reload must not lose. Without it there are no servers: what makes a reload necessary.
    """
    mode = "http" if balancer.application else "tcp"
    parts = [HEAD.format(control=CONTROL_PORT, directory=DIRECTORY, linger=LINGER, mode=mode, idle=balancer.idle_timeout)]
    parts += [HTTP] if balancer.application else []
    parts += [_frontend(balancer, listener, published) for listener in balancer.listeners]
    parts += [_backend(group, known) for group in balancer.groups]
    return "".join(parts)


def _backend(group: TargetGroup, known: Mapping[str, frozenset[str]] | None) -> str:
    return haproxy_backends.render(group, None if known is None else known.get(group.name, frozenset()))


def certificate_list(listener: Listener) -> str:
    """Return the name of the file that lists a listener's certificates."""
    return f"certificates-{listener.port}"


def _frontend(balancer: Balancer, listener: Listener, published: Mapping[int, int]) -> str:
    lines = [f"frontend listener-{listener.port}", f"bind *:{listener.port}{_tls(listener)}"]
    if balancer.application:
        lines += _forwarded(balancer.forwarding, listener)
        lines += access_records.render() if balancer.logs else []
        lines += haproxy_rules.render(listener, published)
    else:
        lines += haproxy_rules.connections(listener)
    return "\n  ".join(lines) + "\n"


def _tls(listener: Listener) -> str:
    if listener.encryption is None:
        return ""
    return f" ssl crt-list {DIRECTORY}/{certificate_list(listener)} {_accepted(listener.encryption)}"


def _accepted(encryption: Encryption) -> str:
    """Return the options for a security policy. OpenSSL refuses what is before TLS 1.2 at its usual level."""
    oldest, latest = encryption.protocols[0], encryption.protocols[-1]
    suites = [name for name in encryption.ciphers if name.startswith("TLS_")]
    ciphers = [name for name in encryption.ciphers if not name.startswith("TLS_")]
    words = [f"ssl-min-ver {VERSIONS[oldest]}", f"ssl-max-ver {VERSIONS[latest]}"]
    words += [f"ciphersuites {':'.join(suites)}"] if suites else []
    words += [f"ciphers {':'.join(ciphers)}{'' if oldest >= 'TLSv1.2' else ':@SECLEVEL=0'}"] if ciphers else []
    words += [f"alpn {','.join(encryption.alpn)}"] if encryption.alpn else []
    return " ".join(words)


def _forwarded(forwarding: Forwarding, listener: Listener) -> list[str]:
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/application/x-forwarded-headers.html"""
    scheme = "https" if listener.encryption else "http"
    return [
        *_client(forwarding),
        f"http-request set-header X-Forwarded-Proto {scheme}",
        f"http-request set-header X-Forwarded-Port {listener.port}",
        'http-request set-header X-Amzn-Trace-Id "Root=1-%[date,hex,bytes(8,8),lower]-%[uuid,regsub(-,,g),bytes(0,24)]"'
        " unless { req.fhdr(x-amzn-trace-id) -m found }",
    ]


def _client(forwarding: Forwarding) -> list[str]:
    if forwarding.mode == "preserve":
        return []
    if forwarding.mode == "remove":
        return ["http-request del-header X-Forwarded-For"]
    client = "%[src]:%[src_port]" if forwarding.client_port else "%[src]"
    found = "{ req.fhdr(x-forwarded-for) -m found }"
    return [
        f'http-request set-header X-Forwarded-For "%[req.fhdr(x-forwarded-for)], {client}" if {found}',
        f'http-request set-header X-Forwarded-For "{client}" unless {found}',
    ]
