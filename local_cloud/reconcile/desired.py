# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What should run, as plain data."""

import re
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Network:
    """A VPC: one bridge with its address range."""

    vpc: str
    cidr: str


@dataclass(frozen=True)
class Rule:
    """What one rule of a security group lets through, its groups already replaced by addresses.

    `protocol` is tcp, udp, icmp, icmpv6 or -1; for ICMP the ports are type and code, -1 being any.
    """

    protocol: str
    from_port: int
    to_port: int
    peers: tuple[str, ...]


@dataclass(frozen=True)
class Firewall:
    """The union of a member's security groups."""

    ingress: tuple[Rule, ...]
    egress: tuple[Rule, ...]


@dataclass(frozen=True)
class Host:
    """An EC2 instance."""

    id: str
    region: str
    vpc: str
    address: str
    running: bool
    user_data: bytes
    firewall: Firewall

    @property
    def container(self) -> str:
        """Return the container's name."""
        return f"terrace-{self.id}"

    @property
    def hostname(self) -> str:
        """Return the name that EC2 gives by default."""
        return "ip-" + self.address.replace(".", "-")


@dataclass(frozen=True)
class Source:
    """What a read replica follows."""

    arn: str
    endpoint: str
    port: int


@dataclass(frozen=True)
class Database:
    """An RDS instance; a read replica has a `source`, a restored one the snapshot's ARN as `origin`.

    `moment` is the time, in ISO 8601, that it was restored to, if that is not the latest possible.
    `abroad` is whether it replicates to or from another VPC.
    """

    arn: str
    identifier: str
    engine: str
    vpc: str
    address: str
    endpoint: str
    port: int
    name: str
    user: str
    password: str = field(repr=False)
    force_tls: bool
    running: bool
    source: Source | None
    abroad: bool
    origin: str
    moment: str
    firewall: Firewall

    @property
    def container(self) -> str:
        """Return the container's name."""
        return f"terrace-db-{self.identifier}"


@dataclass(frozen=True)
class Snapshot:
    """The data of an RDS snapshot: a copy of an instance's or of another snapshot's, by ARN."""

    arn: str
    source: str


@dataclass(frozen=True)
class CacheUser:
    """Who may connect to a cache; `access` are Redis's rules, `open` asks for no password."""

    name: str
    access: str
    passwords: tuple[str, ...] = field(default=(), repr=False)
    open: bool = False


@dataclass(frozen=True)
class CacheNode:
    """A node of an ElastiCache replication group; a replica has the address of its `primary`.

    `names` are the endpoints that it stands behind now, `certificate_names` those behind which it may come to stand. In
    cluster mode `slots` are the first and last of its shard, and `members` the addresses of all nodes of all shards.
    """

    id: str
    group: str
    name: str
    vpc: str
    address: str
    names: tuple[str, ...]
    certificate_names: tuple[str, ...]
    port: int
    primary: str
    slots: tuple[int, int] | None
    members: tuple[str, ...]
    tls: bool
    users: tuple[CacheUser, ...]
    firewall: Firewall

    @property
    def container(self) -> str:
        """Return the container's name."""
        return f"terrace-cache-{self.name}"


@dataclass(frozen=True)
class Directory:
    """A file system's root, or an access point's, below the directory with all file systems.

    `name` is how a mount asks for it, `owner` (user, group, octal mode) is for one that does not exist yet.
    """

    name: str
    path: str
    owner: tuple[int, int, str] | None = None


@dataclass(frozen=True)
class MountTarget:
    """A mount target of an EFS file system."""

    id: str
    file_system: str
    vpc: str
    address: str
    names: tuple[str, ...]
    directories: tuple[Directory, ...]
    firewall: Firewall

    @property
    def container(self) -> str:
        """Return the container's name."""
        return f"terrace-files-{self.id}"


@dataclass(frozen=True)
class Target:
    """A registered target; one that is deregistered has a time, by the monotonic clock, when its connections are cut."""

    id: str
    address: str
    port: int
    end: float = 0

    @property
    def name(self) -> str:
        """Return the proxy's name for it."""
        return re.sub("[^A-Za-z0-9.:-]", "-", f"{self.id}:{self.port}")


@dataclass(frozen=True)
class HealthCheck:
    """How a target group's targets are looked at; `port` is None for the one that gets the traffic."""

    protocol: str
    port: int | None
    path: str
    codes: str
    interval: int
    timeout: int
    healthy: int
    unhealthy: int


@dataclass(frozen=True)
class Stickiness:
    """How clients stay with a target: lb_cookie, app_cookie (with the application's cookie) or source_ip."""

    type: str
    seconds: int
    cookie: str = ""


@dataclass(frozen=True)
class TargetGroup:
    """A target group; `algorithm` is AWS's name, `draining` are the deregistered targets."""

    arn: str
    name: str
    protocol: str
    version: str
    algorithm: str
    slow_start: int
    proxy_protocol: bool
    stickiness: Stickiness | None
    check: HealthCheck
    targets: tuple[Target, ...]
    draining: tuple[Target, ...] = ()


@dataclass(frozen=True)
class Action:
    """What a rule does: forward to weighted groups (name, weight), redirect or answer.

    With `sticky_seconds` clients stay with a group.
    """

    type: str
    groups: tuple[tuple[str, int], ...] = ()
    sticky_seconds: int = 0
    settings: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Condition:
    """A condition of a rule: one of the values must match.

    `header` is for the field http-header. A query-string's values are pairs, the key being empty for any.
    """

    field: str
    values: tuple[str, ...] = ()
    expressions: tuple[str, ...] = ()
    header: str = ""
    pairs: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class ListenerRule:
    """Conditions, all of which must hold, and what happens then; the default has none, and the priority 0."""

    conditions: tuple[Condition, ...]
    action: Action
    priority: int = 0


@dataclass(frozen=True)
class Certificate:
    """A certificate of ACM; an imported one has certificate, chain and key in PEM, another one gets them here."""

    arn: str
    names: tuple[str, ...]
    pem: bytes = field(default=b"", repr=False)


@dataclass(frozen=True)
class Encryption:
    """What a listener for HTTPS or TLS presents and accepts: the default certificate first, OpenSSL's names."""

    certificates: tuple[Certificate, ...]
    protocols: tuple[str, ...]
    ciphers: tuple[str, ...]
    alpn: tuple[str, ...]


@dataclass(frozen=True)
class Listener:
    """A port with its rules in order of priority, the default last."""

    port: int
    protocol: str
    rules: tuple[ListenerRule, ...]
    encryption: Encryption | None = None


@dataclass(frozen=True)
class Forwarding:
    """What an Application Load Balancer does with X-Forwarded-For: append, preserve or remove."""

    mode: str = "append"
    client_port: bool = False


@dataclass(frozen=True)
class LogBucket:
    """Where access logs go."""

    bucket: str
    prefix: str


@dataclass(frozen=True)
class Balancer:
    """An application or a network load balancer."""

    arn: str
    name: str
    application: bool
    vpc: str
    address: str
    dns_name: str
    public: bool
    idle_timeout: int
    forwarding: Forwarding
    listeners: tuple[Listener, ...]
    groups: tuple[TargetGroup, ...]
    firewall: Firewall
    logs: LogBucket | None = None

    @property
    def container(self) -> str:
        """Return the container's name."""
        return f"terrace-lb-{self.name}"


@dataclass(frozen=True)
class Desired:
    """All that should run."""

    networks: tuple[Network, ...] = ()
    hosts: tuple[Host, ...] = ()
    databases: tuple[Database, ...] = ()
    snapshots: tuple[Snapshot, ...] = ()
    caches: tuple[CacheNode, ...] = ()
    file_systems: tuple[str, ...] = ()
    mount_targets: tuple[MountTarget, ...] = ()
    balancers: tuple[Balancer, ...] = ()
