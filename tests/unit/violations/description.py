# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A right description in which every option is used at least once, for violations to start from."""

from __future__ import annotations

from typing import Any

KEY = "main"
COMMON: dict[str, Any] = {
    "stack": {
        "name": "demo",
        "account": "123456789012",
        "region": "eu-west-1",
        "regions": ["eu-central-1"],
        "tags": {"project": "Größe", "cost": 12},
    },
    "state": "present",
    "allow_replacement": ["db_instance/main"],
    "tiers": ["network", "identity"],
    "external": [{"kind": "vpc", "name": "theirs", "match": {"tags": {"Name": "theirs"}}, "region": "eu-central-1"}],
    "adopt": [{"kind": "vpc", "name": "main", "id": "vpc-0a1b2c3d4e5f60718", "region": "eu-west-1"}],
    "moved": [{"kind": "security_group", "from": "web", "to": "app"}],
    "prune": False,
    "lock": {"lease": 60, "settle": 10},
}
STATEMENT: dict[str, Any] = {
    "sid": "Read1",
    "effect": "Allow",
    "actions": ["s3:GetObject", "*"],
    "resources": ["*", "arn:aws:s3:::bucket/*", {"secret": "app"}],
    "conditions": {"StringEquals": {"aws:SourceVpc": "vpc-1"}},
}
RULE: dict[str, Any] = {"port": 443, "protocol": "tcp"}
FIXED_RESPONSE: dict[str, Any] = {"status": 404, "body": "<b>{{ nothing }}</b>", "content_type": "text/html"}
TIERS: dict[str, dict[str, Any]] = {
    "network": {
        "vpc": {
            "name": "main",
            "cidr": "10.20.0.0/16",
            "secondary_cidrs": ["10.21.0.0/16"],
            "zones": ["eu-west-1a", "eu-west-1b"],
            "nat": "single",
            "ipv6": True,
            "empty_defaults": True,
            "dhcp": {"domain": "example.com", "dns_servers": ["AmazonProvidedDNS"], "ntp_servers": ["169.254.169.123"]},
            "flow_logs": {"log_group": "app", "role": "app", "traffic": "reject", "interval": 60},
        },
        "subnets": [
            {"name": "public", "public": True, "public_ip": True},
            {
                "name": "app",
                "egress": True,
                "cidrs": ["10.20.64.0/20", "10.21.0.0/20"],
                "acl": {
                    "ingress": [
                        {**RULE, "action": "allow", "from": ["10.0.0.0/8", "public"]},
                        {"from_port": 8000, "to_port": 8080, "from": "10.0.0.0/8"},
                    ],
                    "egress": [
                        {"protocol": "udp", "from_port": 1024, "to_port": 65535, "action": "deny", "to": "::/0"},
                        {**RULE, "to": "0.0.0.0/0"},
                    ],
                },
            },
        ],
        "prefix_lists": [{"name": "office", "entries": [{"cidr": "192.0.2.0/24", "description": "Office"}], "max_entries": 4}],
        "security_groups": [
            {
                "name": "app",
                "description": "Application hosts",
                "purge_rules": False,
                "ingress": [
                    {**RULE, "from": ["app", "pl-office"], "description": "From each other"},
                    {"from_port": 8000, "to_port": 8080, "from": "10.0.0.0/8"},
                ],
                "egress": [
                    {**RULE, "to": "0.0.0.0/0", "description": "Web"},
                    {"from_port": 8000, "to_port": 8080, "to": "10.0.0.0/8"},
                ],
            }
        ],
        "endpoints": [
            {
                "service": "secretsmanager",
                "subnets": ["app"],
                "security_groups": ["app"],
                "policy": {"Version": "2012-10-17", "Statement": []},
                "private_dns": True,
            }
        ],
        "peerings": [
            {
                "name": "shared",
                "peer": {"id": "vpc-0a1b2c3d4e5f60718", "account": "210987654321", "region": "eu-central-1", "accept": False},
                "cidrs": ["10.99.0.0/16"],
                "subnets": ["app"],
            },
            {"name": "sister", "peer": {"stack": "sister", "vpc": "main"}, "cidrs": ["10.98.0.0/16"]},
        ],
    },
    "identity": {
        "roles": [
            {
                "name": "app",
                "description": "Application hosts",
                "service": "ec2.amazonaws.com",
                "max_session": 7200,
                "managed_policies": ["AmazonSSMManagedInstanceCore", "shared"],
                "policies": [{"name": "Read", "statements": [STATEMENT]}],
                "permissions_boundary": "shared",
                "instance_profile": True,
                "fleets": ["app"],
            },
            {"name": "flow", "trust": {"Version": "2012-10-17", "Statement": []}},
        ],
        "policies": [{"name": "shared", "description": "For all", "statements": [STATEMENT]}],
        "keys": [
            {
                "name": KEY,
                "description": "For all that is stored",
                "administrators": ["arn:aws:iam::123456789012:role/operators"],
                "users": ["app"],
                "services": ["logs.amazonaws.com", "autoscaling.amazonaws.com"],
                "enabled": True,
                "rotation": 180,
                "deletion_window": 7,
                "region": "eu-west-1",
                "multi_region": True,
                "regions": ["eu-central-1"],
            }
        ],
    },
    "secrets": {
        "operators": ["arn:aws:iam::123456789012:role/operators/*"],
        "secrets": [
            {
                "name": "app",
                "description": "Database user",
                "content": "generated",
                "username": "app",
                "value_key": "password",
                "length": 40,
                "exclude_characters": "'\"",
                "exclude_punctuation": False,
                "kms_key": KEY,
                "fields": {"engine": "postgres", "host": {"db_instance": "main"}, "port": 5432},
                "exclude_numbers": False,
                "exclude_uppercase": True,
                "exclude_lowercase": False,
                "require_each_included_type": False,
                "readers": ["app", "arn:aws:iam::210987654321:role/theirs"],
                "rotation": {
                    "lambda": "arn:aws:lambda:eu-west-1:123456789012:function:rotate",
                    "schedule": "cron(0 8 1 * ? *)",
                    "duration": "3h",
                    "rotate_immediately": False,
                },
                "replicas": [{"region": "eu-central-1", "kms_key": "main-eu-central-1"}],
                "region": "eu-west-1",
                "recovery_window": 7,
            },
            {"name": "other", "policy": {"Version": "2012-10-17", "Statement": []}},
        ],
        "parameters": [
            {
                "name": "app/log-level",
                "description": "How much is logged",
                "type": "String",
                "value": "info",
                "tier": "Advanced",
                "allowed_pattern": "debug|info",
                "data_type": "text",
                "region": "eu-west-1",
            },
            {"name": "app/hosts", "type": "StringList", "values": ["a.example.com", "b.example.com"]},
            {
                "name": "app/token",
                "type": "SecureString",
                "length": 40,
                "exclude_characters": "'",
                "exclude_punctuation": False,
                "kms_key": KEY,
            },
        ],
    },
    "storage": {
        "buckets": [
            {
                "name": "uploads",
                "bucket_name": "uploads.example.com",
                "region": "eu-west-1",
                "object_ownership": "BucketOwnerPreferred",
                "block_public_access": False,
                "kms_key": KEY,
                "versioning": True,
                "noncurrent_expiration": 30,
                "abort_incomplete_uploads": 1,
                "lifecycle": [
                    {
                        "name": "Old logs",
                        "prefix": "logs/",
                        "transitions": {"STANDARD_IA": 30, "DEEP_ARCHIVE": 90},
                        "expiration": 365,
                        "noncurrent_transitions": {"GLACIER": 30},
                        "noncurrent_expiration": 60,
                        "noncurrent_versions": 3,
                    }
                ],
                "allow": ["cloudfront"],
                "statements": [
                    {
                        "sid": "Partner",
                        "effect": "Allow",
                        "principals": {"AWS": ["210987654321"]},
                        "actions": ["s3:GetObject"],
                        "resources": ["/shared/*"],
                        "conditions": {"StringEquals": {"aws:SourceVpc": "vpc-1"}},
                    }
                ],
                "cors": [
                    {
                        "origins": ["https://*.example.com"],
                        "methods": ["GET", "PUT"],
                        "headers": ["x-amz-meta-*"],
                        "expose_headers": ["ETag"],
                        "max_age": 3600,
                    }
                ],
                "logging": {"bucket": "logs", "prefix": "uploads/"},
                "website": {"index_document": "index.html", "error_document": "404.html", "public": True},
                "replication": {
                    "bucket": "copies",
                    "prefix": "shared/",
                    "delete_markers": True,
                    "storage_class": "GLACIER_IR",
                    "kms_key": KEY,
                },
            },
            {"name": "copies", "region": "eu-central-1", "object_lock": {"mode": "GOVERNANCE", "days": 30}},
            {"name": "logs", "empty_before_delete": True},
        ],
        "file_systems": [
            {
                "name": "shared",
                "subnets": "app",
                "security_groups": ["app"],
                "zone": "eu-west-1a",
                "encrypted": True,
                "kms_key": KEY,
                "performance": {"performance_mode": "generalPurpose", "throughput_mode": "elastic"},
                "lifecycle": {"transition_to_ia": 30, "transition_to_archive": 90, "transition_to_primary": True},
                "automatic_backups": False,
                "policy": {
                    "anonymous_access": True,
                    "readers": ["arn:aws:iam::123456789012:role/reader"],
                    "writers": ["app"],
                    "statements": [
                        {
                            "sid": "Root",
                            "effect": "Allow",
                            "principals": ["app"],
                            "actions": ["elasticfilesystem:ClientRootAccess"],
                            "conditions": {"Bool": {"elasticfilesystem:AccessedViaMountTarget": "true"}},
                        }
                    ],
                },
                "access_points": [
                    {
                        "name": "uploads",
                        "path": "/uploads/public",
                        "uid": 1000,
                        "gid": 1000,
                        "secondary_gids": [33],
                        "permissions": "0750",
                    }
                ],
                "empty_before_delete": True,
            },
            {"name": "fast", "performance": {"throughput_mode": "provisioned", "provisioned_throughput": 64}},
        ],
        "repositories": [
            {
                "name": "app",
                "repository_name": "images/app",
                "region": "eu-west-1",
                "kms_key": KEY,
                "mutable_tags": ["latest", "pr-*"],
                "lifecycle": [{"untagged": True, "expiration": 7}, {"tags": ["pr-*"], "expiration": 14}, {"keep": 50}],
                "policy": {
                    "readers": ["app"],
                    "writers": ["arn:aws:iam::123456789012:role/deploy"],
                    "statements": [
                        {
                            "sid": "Partner",
                            "effect": "Allow",
                            "principals": ["210987654321"],
                            "actions": ["ecr:BatchGetImage"],
                            "conditions": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}},
                        }
                    ],
                },
                "empty_before_delete": True,
            }
        ],
        "repository_replication": ["eu-central-1"],
    },
    "cache": {
        "replication_groups": [
            {
                "name": "sessions",
                "engine": "valkey",
                "version": "8.0",
                "node_type": "cache.t4g.small",
                "cluster_mode": "enabled",
                "shards": 3,
                "replicas": 2,
                "multi_az": True,
                "port": 6379,
                "subnets": "app",
                "security_groups": ["app"],
                "encrypted": True,
                "kms_key": KEY,
                "transit_encryption": "required",
                "user_group": "everybody",
                "parameters": {"maxmemory-policy": "noeviction", "timeout": 300},
                "restore_snapshot": "sessions-final",
                "snapshot_retention": 7,
                "snapshot_window": "03:00-04:00",
                "maintenance_window": "sun:04:30-sun:05:30",
                "auto_minor_version_upgrade": True,
                "logs": [{"type": "slow-log", "log_group": "app", "format": "json"}],
                "deletion_protection": True,
                "final_snapshot": True,
            },
            {
                "name": "objects",
                "version": "8.0",
                "node_type": "cache.t4g.small",
                "subnets": "app",
                "security_groups": ["app"],
                "auth_token_secret": "app",
                "auth_token_key": "password",
                "keep_former_token": True,
            },
        ],
        "users": [
            {
                "name": "app",
                "username": "application",
                "access_string": "on ~* +@all -@dangerous",
                "authentication": "password",
                "password_secret": "app",
                "password_key": "password",
                "keep_former_password": True,
            },
            {"name": "reports", "access_string": "on ~report:* +@read", "authentication": "iam"},
        ],
        "user_groups": [{"name": "everybody", "users": ["app", "reports"]}],
    },
    "database": {
        "instances": [
            {
                "name": "main",
                "engine": "postgres",
                "version": "16",
                "class": "db.t4g.small",
                "storage": 400,
                "storage_type": "gp3",
                "iops": 12000,
                "throughput": 500,
                "max_storage": 1000,
                "database": "app",
                "username": "owner",
                "port": 5432,
                "subnets": "app",
                "security_groups": ["app"],
                "multi_az": True,
                "encrypted": True,
                "ca_certificate": "rds-ca-rsa2048-g1",
                "parameters": {"log_statement": "ddl", "work_mem": 8192},
                "backup_retention": 7,
                "backup_window": "03:00-04:00",
                "maintenance_window": "sun:04:30-sun:05:30",
                "auto_minor_version_upgrade": True,
                "allow_major_upgrade": False,
                "performance_insights": True,
                "performance_insights_retention": 465,
                "monitoring_interval": 60,
                "log_exports": ["postgresql"],
                "log_retention": 30,
                "deletion_protection": True,
                "final_snapshot": True,
                "delete_automated_backups": True,
                "master_secret": "app",
                "kms_key": KEY,
                "backup_region": "eu-central-1",
                "backup_region_kms_key": f"{KEY}-eu-central-1",
            },
            {
                "name": "audited",
                "engine": "mariadb",
                "version": "11.4",
                "class": "db.t4g.small",
                "subnets": "app",
                "security_groups": ["app"],
                "options": {"MARIADB_AUDIT_PLUGIN": {"SERVER_AUDIT_EVENTS": "CONNECT"}},
                "restore_snapshot": "audited-final",
            },
            {
                "name": "replica",
                "replica_of": "main",
                "region": "eu-west-1",
                "class": "db.t4g.small",
                "subnets": "app",
                "security_groups": ["app"],
            },
            {
                "name": "restored",
                "version": "16",
                "class": "db.t4g.small",
                "subnets": "app",
                "security_groups": ["app"],
                "restore_instance": "main",
                "restore_time": "2026-11-20T07:30:00Z",
            },
        ]
    },
    "dns": {
        "zones": [
            {"name": "public", "domain": "example.com", "comment": "For all"},
            {"name": "inside", "domain": "internal", "vpcs": ["main"]},
        ],
        "records": [
            {"zone": "public", "record": "example.com", "type": "MX", "values": ["10 mail.example.com"], "ttl": 600},
            {"zone": "public", "record": "mail.example.com", "type": "A", "elastic_ip": "mail"},
            {
                "zone": "public",
                "record": "*.example.com",
                "type": "A",
                "alias": {"load_balancer": "web", "evaluate_target_health": False},
                "set_identifier": "blue",
                "weight": 10,
                "health_check": "web",
            },
            {
                "zone": "public",
                "record": "cdn.example.com",
                "type": "AAAA",
                "alias": {"dns_name": "d111.cloudfront.net", "hosted_zone_id": "Z2FDTNDATAQYW2"},
                "set_identifier": "first",
                "failover": "PRIMARY",
            },
            {
                "zone": "public",
                "record": "near.example.com",
                "type": "A",
                "values": ["192.0.2.1"],
                "set_identifier": "ireland",
                "latency_region": "eu-west-1",
            },
            {
                "zone": "public",
                "record": "many.example.com",
                "type": "A",
                "values": ["192.0.2.2"],
                "set_identifier": "two",
                "multivalue": True,
            },
        ],
        "health_checks": [
            {
                "name": "web",
                "type": "HTTPS_STR_MATCH",
                "domain": "www.example.com",
                "address": "192.0.2.1",
                "port": 443,
                "path": "/health",
                "search_string": "well",
                "request_interval": 10,
                "failure_threshold": 2,
                "measure_latency": True,
                "inverted": False,
                "disabled": False,
                "regions": ["us-east-1", "us-west-1", "eu-west-1"],
            }
        ],
    },
    "certificate": {
        "certificates": [
            {
                "name": "web",
                "domain": "example.com",
                "alternative_names": ["*.example.com"],
                "zones": ["public"],
                "key_algorithm": "EC_prime256v1",
                "transparency_logging": True,
                "region": "eu-central-1",
            }
        ]
    },
    "load_balancer": {
        "vpc": "main",
        "load_balancers": [
            {
                "name": "web",
                "scheme": "internal",
                "subnets": "public",
                "security_groups": ["app"],
                "idle_timeout": 30,
                "drop_invalid_headers": True,
                "desync": "strictest",
                "deletion_protection": False,
                "listeners": [
                    {"port": 80, "protocol": "HTTP", "redirect": "https://#{host}/#{path}?#{query}", "redirect_status": 302},
                    {"port": 81, "target_group": "app"},
                    {"port": 82, "fixed_response": FIXED_RESPONSE},
                    {
                        "port": 443,
                        "protocol": "HTTPS",
                        "certificate": "web",
                        "certificates": ["other"],
                        "tls_policy": "ELBSecurityPolicy-TLS13-1-3-2021-06",
                        "target_groups": {"app": 90, "other": 10},
                        "stickiness": 60,
                        "rules": [
                            {
                                "name": "api",
                                "priority": 10,
                                "hosts": ["*.example.com"],
                                "paths": ["/api/*"],
                                "headers": {"X-Beta": "yes"},
                                "methods": ["GET"],
                                "target_group": "app",
                            },
                            {
                                "name": "trial",
                                "priority": 20,
                                "queries": ["version=2"],
                                "source_ips": ["192.0.2.0/24"],
                                "target_groups": {"app": 1, "other": 1},
                                "stickiness": 3600,
                            },
                            {"name": "old", "priority": 30, "paths": ["/old"], "redirect": "https://#{host}/new"},
                            {
                                "name": "gone",
                                "priority": 40,
                                "paths": ["/gone"],
                                "redirect_status": 302,
                                "fixed_response": FIXED_RESPONSE,
                            },
                        ],
                    },
                ],
            }
        ],
        "target_groups": [
            {
                "name": "app",
                "port": 3000,
                "protocol": "HTTP",
                "target_type": "instance",
                "health_check": {
                    "path": "/health",
                    "interval": 15,
                    "timeout": 5,
                    "healthy": 2,
                    "unhealthy": 2,
                    "matcher": "200-299,301",
                },
                "deregistration_delay": 30,
                "slow_start": 30,
                "stickiness": 3600,
                "algorithm": "round_robin",
            },
            {"name": "other", "port": 3001},
        ],
    },
    "compute": {
        "groups": [
            {
                "name": "app",
                "image": {"parameter": "/aws/service/debian/release/12/latest/amd64"},
                "type": "t3.small",
                "min": 2,
                "max": 6,
                "desired": 3,
                "subnets": "app",
                "security_groups": ["app"],
                "target_groups": ["app"],
                "role": "app",
                "root_volume": {"size": 16, "type": "gp3", "encrypted": True, "kms_key": KEY},
                "key_name": "operators",
                "user_data": "#!/bin/sh\necho '{{ kept }}'\n",
                "bootstrap": {
                    "bundle": f"terrace-123456789012-eu-west-1/demo/bundles/app/{'0' * 64}.tar.gz",
                    "sha256": "0" * 64,
                    "outputs": ["secret/app/arn"],
                    "timeout": 900,
                    "environment": {"HTTPS_PROXY": "http://proxy.example.com:3128"},
                },
                "health_check": "EC2",
                "health_check_grace": 60,
                "lifecycle_hooks": [{"name": "ready", "transition": "launching", "timeout": 900, "default_result": "ABANDON"}],
                "target_tracking": {"cpu": 50.5},
                "metadata_hop_limit": 2,
                "detailed_monitoring": True,
                "instance_tags": {"Role": "app", "shift": 3},
            },
            {
                "name": "jobs",
                "image": {"owner": "136693071363", "name": "debian-12-*", "architecture": "arm64"},
                "type": "t4g.small",
                "min": 0,
                "max": 1,
                "subnets": "app",
                "security_groups": ["app"],
            },
        ]
    },
    "instance": {
        "instances": [
            {
                "name": "mail",
                "image": {"parameter": "/aws/service/debian/release/12/latest/amd64"},
                "follow_image": True,
                "type": "t3.small",
                "allow_stop": True,
                "running": True,
                "subnet": "app",
                "zone": "eu-west-1a",
                "security_groups": ["app"],
                "private_address": "10.20.16.10",
                "elastic_ip": True,
                "reverse_dns": "mail.example.com",
                "source_dest_check": False,
                "role": "app",
                "key_name": "operators",
                "user_data": "#!/bin/sh\necho '{{ kept }}'\n",
                "kms_key": KEY,
                "root_volume": {"size": 16, "type": "gp2"},
                "volumes": [
                    {"name": "mailboxes", "device": "/dev/sdf", "size": 100, "type": "gp3", "iops": 4000, "throughput": 250},
                    {"name": "queue", "device": "/dev/sdg", "size": 4, "snapshot": "snap-0123456789abcdef0"},
                    {"name": "log", "device": "/dev/sdh", "size": 4, "final_snapshot": False},
                ],
                "metadata_hop_limit": 2,
                "detailed_monitoring": True,
                "termination_protection": True,
                "stop_protection": False,
                "recovery": "alarm",
                "cpu_credits": "standard",
                "instance_tags": {"Role": "mail", "shift": 3},
            },
            {
                "name": "bastion",
                "image": {"owner": "136693071363", "name": "debian-12-*", "architecture": "arm64"},
                "type": "t4g.nano",
                "subnet": "app",
                "zone": "eu-west-1a",
                "security_groups": ["app"],
            },
        ]
    },
    "monitoring": {"log_groups": [{"name": "app", "retention": 30, "log_group": "/demo/app", "kms_key": KEY}]},
}
# What excludes options of the description above.
NETWORK = TIERS["network"]
VARIANTS: dict[str, list[dict[str, Any]]] = {
    "storage": [{"buckets": [{"name": "kept", "object_lock": {"mode": "COMPLIANCE", "years": 1}}]}],
    "network": [{**NETWORK, "vpc": {**NETWORK["vpc"], "flow_logs": {"bucket": "arn:aws:s3:::logs/demo"}}}],
}
