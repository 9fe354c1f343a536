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
CLUSTER = """cluster-enabled yes
cluster-config-file /var/lib/redis/data/nodes.conf
cluster-node-timeout 5000
cluster-announce-hostname {name}
cluster-preferred-endpoint-type hostname
tls-cluster {tls}
"""
# Nodes talk to each other on a port of their own, so far from the clients'.
BUS = 10000
# What a node of cluster mode does, `ask` being the client. The first one introduces the others; slots are assigned once.
MEET = """for member in {members}; do
  ask CLUSTER NODES | grep -q " $member:" || ask CLUSTER MEET "$member" {port} > /dev/null
done
"""
OWN_SLOTS = """ask CLUSTER SLOTS | grep -q . || ask CLUSTER ADDSLOTSRANGE {first} {last}
"""
REPLICATE = """id=$(ask CLUSTER NODES | sed -n 's/ {primary}:.*//p')
ask CLUSTER NODES | grep -q "myself,slave $id" || [ "$(ask CLUSTER REPLICATE "$id")" = OK ] || exit 1
"""
COMPLETE = """ask CLUSTER INFO | grep -q cluster_state:ok || exit 1
"""
# ElastiCache keeps these for itself.
RESTRICTED = (
    *("acl|setuser", "acl|deluser", "acl|load", "acl|save", "bgrewriteaof", "bgsave", "config", "debug", "failover"),
    *("migrate", "module", "psync", "replicaof", "save", "shutdown", "slaveof", "sync"),
)


def configuration(node: CacheNode, password: str) -> str:
    """Return redis.conf."""
    listen = (TLS if node.tls else PLAIN).format(port=node.port)
    cluster = CLUSTER.format(name=node.names[0], tls="yes" if node.tls else "no") if node.slots else ""
    return CONFIGURATION.format(password=password) + listen + cluster


def access(node: CacheNode, password: str) -> dict[str, str]:
    """Return the rules of each user by name."""
    digest = sha256(password.encode()).hexdigest()
    ours = {
        "default": "off",
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
    if not node.slots:
        lines.append(f"REPLICAOF {node.primary} {node.port}" if node.primary else "REPLICAOF NO ONE")
    return "\n".join(lines) + "\n"


def joining(node: CacheNode) -> str:
    """Return the shell commands that make a node of cluster mode a part of its cluster; they fail until all is well."""
    if node.slots is None:
        return ""
    others = " ".join(member for member in node.members if member != node.address)
    join = MEET.format(members=others, port=node.port) if node.address == node.members[0] else ""
    first, last = node.slots
    role = REPLICATE.format(primary=node.primary) if node.primary else OWN_SLOTS.format(first=first, last=last)
    return join + role + COMPLETE
