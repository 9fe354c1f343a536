# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What changes of a database server are, what they interrupt, and which RDS does not have.

https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ModifyInstance.Settings.html
"""

from __future__ import annotations

from ansible_collections.terrace.aws.plugins.module_utils.kinds._rds import numbers

MAGNETIC = "standard"
# From that size in GiB on, gp3 storage is striped, and iops can be chosen from this number on:
# https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Storage.html, the same for all engines that we know.
GP3_STRIPED_FROM, GP3_STRIPED_IOPS = 400, 12000


class Version:
    """`16` stands for every 16.x: two versions are equal if they are as far as both go."""

    def __init__(self, version: str) -> None:
        self.parts = version.split(".")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Version):
            return False
        length = min(len(self.parts), len(other.parts))
        return self.parts[:length] == other.parts[:length]

    def __hash__(self) -> int:
        return hash(self.parts[0])


class AtMost(Version):
    """The actual version (left) differs from the desired if it would have to be raised."""

    def __ne__(self, other: object) -> bool:
        return isinstance(other, AtMost) and numbers(".".join(self.parts)) < numbers(".".join(other.parts))


class Size(int):
    """Storage never shrinks and may grow by itself: the actual size (left) is right if it is at least the desired."""

    def __ne__(self, other: object) -> bool:
        return isinstance(other, int) and int(self) < int(other)


class Limit(int):
    """The actual size (left) is right if it is at most the desired."""

    def __ne__(self, other: object) -> bool:
        return isinstance(other, int) and int(self) > int(other)


def other_engine(before: str, after: str) -> str:
    return f"cannot change from {before} to {after}: declare another instance, and move the data there"


def earlier_version(before: str, after: str) -> str:
    there, wanted = numbers(before), numbers(after)
    if wanted < there[: len(wanted)]:
        return f"cannot go back from {before} to {after}: restore a snapshot of {after} into another instance"
    return ""


def major_upgrade(before: str, after: str) -> str:
    return f"does not rise from {before} to {after} unless allow_major_upgrade is true"


def less_storage(before: int, after: int) -> str:
    return f"cannot shrink from {before} to {after} GiB: say storage: {before}"


def too_little_more(before: int, after: int) -> str:
    """RDS would round it up, and the description would say less than there is:
    https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBInstance.html
    """
    least = (before * 11 + 9) // 10
    return f"grows from {before} GiB by a tenth at least: say storage: {least}" if before < after < least else ""


def magnetic(before: str, after: str) -> str:
    return "interrupts the database briefly" if MAGNETIC in (before, after) else ""


def standby(before: bool, after: bool) -> str:
    return "may slow the database down while the standby is made" if after and not before else ""


def backups_on_or_off(before: int, after: int) -> str:
    return "restarts the database" if bool(before) != bool(after) else ""


def promotion(before: str, after: str) -> str:
    """Another source is a replacement."""
    if before and not after:
        return (
            f"{before} is not left here: promote the replica first (aws rds promote-read-replica), or declare it with replica_of"
        )
    if after and not before:
        return f"cannot become {after}, because a database with data of its own is no replica: give the replica another name"
    return ""
