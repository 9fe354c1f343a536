# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a Redis server is told: how to listen, who may connect, whom to follow. Text only."""

from hashlib import sha256

from local_cloud.reconcile.desired import CacheNode, CacheUser

DIRECTORY = "/run/redis"
# Both are ours: one watches, the other replicates.
ADMINISTRATOR, REPLICATION = "terrace-admin", "terrace-replica"
CONFIGURATION = f"""bind * -::*
protected-mode no
daemonize no
dir /var/lib/redis/data
save ""
maxmemory 64mb
maxmemory-policy volatile-lru
unixsocket {DIRECTORY}/admin.sock
unixsocketperm 700
aclfile {DIRECTORY}/users.acl
masteruser {REPLICATION}
masterauth {{password}}
"""
PLAIN = "port {port}\n"
TLS = f"""port 0
tls-port {{port}}
tls-protocols "TLSv1.2 TLSv1.3"
tls-ca-cert-file {DIRECTORY}/ca.crt
tls-cert-file {DIRECTORY}/server.crt
tls-key-file {DIRECTORY}/server.key
tls-auth-clients no
tls-replication yes
"""
# ElastiCache keeps these for itself.
RESTRICTED = (
    *("acl|setuser", "acl|deluser", "acl|load", "acl|save", "bgrewriteaof", "bgsave", "config", "debug", "failover"),
    *("migrate", "module", "psync", "replicaof", "save", "shutdown", "slaveof", "sync"),
)


def configuration(node: CacheNode, password: str) -> str:
    """Return redis.conf."""
    listen = (TLS if node.tls else PLAIN).format(port=node.port)
    return CONFIGURATION.format(password=password) + listen


def access(node: CacheNode, password: str) -> dict[str, str]:
    """Return the rules of each user by name."""
    digest = sha256(password.encode()).hexdigest()
    ours = {
        ADMINISTRATOR: f"on #{digest} ~* &* +@all",
        REPLICATION: f"on #{digest} +psync +replconf +ping",
    }
    return ours | {user.name: _rules(user) for user in node.users}


def _rules(user: CacheUser) -> str:
    secrets = "nopass" if user.open else " ".join(f"#{sha256(text.encode()).hexdigest()}" for text in user.passwords)
    return " ".join(filter(None, [secrets, user.access, *(f"-{command}" for command in RESTRICTED)]))


def users_file(rules: dict[str, str]) -> str:
    """Return the users as the server reads them at its start."""
    return "".join(f"user {name} {rule}\n" for name, rule in sorted(rules.items()))


def commands(node: CacheNode, rules: dict[str, str], gone: set[str]) -> str:
    """Return what brings a running server up to date; connections of users that stay go on."""
    lines = [f"ACL SETUSER {name} reset {rule}" for name, rule in sorted(rules.items())]
    lines += [f"ACL DELUSER {name}" for name in sorted(gone)]
    lines.append(f"REPLICAOF {node.primary} {node.port}" if node.primary else "REPLICAOF NO ONE")
    return "\n".join(lines) + "\n"
