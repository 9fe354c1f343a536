# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where objects go as they grow older: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lifecycle-mgmt.html"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import InvalidOption
from ansible_collections.terrace.aws.plugins.module_utils.engine.validate import Constraint, Spec, validated

# In the order in which an object may go through them.
CLASSES = ("STANDARD_IA", "INTELLIGENT_TIERING", "GLACIER_IR", "GLACIER", "DEEP_ARCHIVE")
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html
INFREQUENT, DAYS_BEFORE, DAYS_IN = "STANDARD_IA", 30, 30
# A thousand is S3's limit, and one is ours.
MOST_RULES = 999
CLASS = Constraint(pattern="|".join(CLASSES), says=f"the storage classes are {', '.join(CLASSES)}")
DAYS = Constraint(pattern=r"\d{1,5}", says="a number of days")
# Of buckets[].lifecycle[]. Not part of SPEC, because Ansible's page would get too deep to read.
RULE: Spec = {
    "name": {"type": "str", "required": True},
    "prefix": {"type": "str", "default": ""},
    "transitions": {"type": "dict", "default": {}},
    "expiration": {"type": "int"},
    "noncurrent_transitions": {"type": "dict", "default": {}},
    "noncurrent_expiration": {"type": "int"},
    "noncurrent_versions": {"type": "int"},
}
RULE_CONSTRAINTS = {
    "name": Constraint(
        pattern=r"(?!terrace$)[ -~]{1,255}", says="a rule's name has up to 255 ASCII characters, and terrace is ours"
    ),
    "prefix": Constraint(max_bytes=1024),
    "transitions": Constraint(keys=CLASS, values=DAYS),
    "expiration": Constraint(minimum=1, maximum=36500),
    "noncurrent_transitions": Constraint(keys=CLASS, values=DAYS),
    "noncurrent_expiration": Constraint(minimum=1, maximum=36500),
    # https://docs.aws.amazon.com/AmazonS3/latest/API/API_NoncurrentVersionExpiration.html
    "noncurrent_versions": Constraint(minimum=1, maximum=100),
}


def rules(bucket: Mapping[str, Any], path: str) -> tuple[dict[str, Any], ...]:
    """Return S3's rules for the described ones, with one for what all buckets need. Raises InvalidOption."""
    given = [validated(rule, RULE, RULE_CONSTRAINTS, f"{path}.lifecycle[{i}]") for i, rule in enumerate(bucket["lifecycle"])]
    names: set[str] = set()
    for index, rule in enumerate(given):
        if rule["name"] in names:
            raise InvalidOption(f"{path}.lifecycle[{index}].name", f"{rule['name']!r} is given twice")
        names.add(rule["name"])
    own = (_rule(rule, f"{path}.lifecycle[{index}]") for index, rule in enumerate(given))
    return (*own, *_for_all(bucket))


def _for_all(bucket: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Parts of uploads that never end are charged, and nobody sees them; earlier versions must not pile up for ever."""
    actions: dict[str, Any] = {}
    if bucket["abort_incomplete_uploads"]:
        actions["AbortIncompleteMultipartUpload"] = {"DaysAfterInitiation": bucket["abort_incomplete_uploads"]}
    if bucket["versioning"] and bucket["noncurrent_expiration"]:
        actions["NoncurrentVersionExpiration"] = {"NoncurrentDays": bucket["noncurrent_expiration"]}
        actions["Expiration"] = {"ExpiredObjectDeleteMarker": True}
    if actions:
        yield {"ID": "terrace", "Status": "Enabled", "Filter": {"Prefix": ""}, **actions}


def _rule(rule: Mapping[str, Any], path: str) -> dict[str, Any]:
    result: dict[str, Any] = {"ID": rule["name"], "Status": "Enabled", "Filter": {"Prefix": rule["prefix"]}}
    current = _transitions(rule["transitions"], rule["expiration"], f"{path}.transitions")
    earlier = _transitions(rule["noncurrent_transitions"], rule["noncurrent_expiration"], f"{path}.noncurrent_transitions")
    if current:
        result["Transitions"] = [{"Days": days, "StorageClass": name} for name, days in current]
    if rule["expiration"]:
        result["Expiration"] = {"Days": rule["expiration"]}
    if earlier:
        result["NoncurrentVersionTransitions"] = [{"NoncurrentDays": days, "StorageClass": name} for name, days in earlier]
    if rule["noncurrent_versions"] and not rule["noncurrent_expiration"]:
        raise InvalidOption(f"{path}.noncurrent_versions", "needs noncurrent_expiration, from which it keeps so many versions")
    if rule["noncurrent_expiration"]:
        kept = {"NewerNoncurrentVersions": rule["noncurrent_versions"]} if rule["noncurrent_versions"] else {}
        result["NoncurrentVersionExpiration"] = {"NoncurrentDays": rule["noncurrent_expiration"], **kept}
    if len(result) == len(("ID", "Status", "Filter")):
        raise InvalidOption(path, "says nothing of what is to happen: a transition or an expiration is missing")
    return result


def _transitions(given: Mapping[str, Any], expiration: int | None, path: str) -> list[tuple[str, int]]:
    """Return classes with days, the way down. Raises InvalidOption where S3 would refuse."""
    way = sorted(((name, int(days)) for name, days in given.items()), key=lambda step: CLASSES.index(step[0]))
    previous: tuple[str, int] | None = None
    for name, days in way:
        where = f"{path}.{name}"
        if name == INFREQUENT and days < DAYS_BEFORE:
            raise InvalidOption(where, f"{days} is below the minimum of {DAYS_BEFORE} days for this class")
        if previous and days <= previous[1]:
            raise InvalidOption(where, f"has to be later than {previous[0]}, through which objects go before")
        if previous and previous[0] == INFREQUENT and days < previous[1] + DAYS_IN:
            raise InvalidOption(where, f"objects have to stay in {INFREQUENT} for at least {DAYS_IN} days")
        previous = (name, days)
    if previous and expiration is not None and expiration <= previous[1]:
        raise InvalidOption(f"{path}.{previous[0]}", f"objects expire after {expiration} days already")
    return way
