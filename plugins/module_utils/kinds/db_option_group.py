# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Additions to a MySQL or MariaDB server: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_WorkingWithOptionGroups.html

A group that a snapshot was made with cannot be deleted before the snapshot: it is left without the stack's tags.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import TAG_ID, TAG_MANAGED_BY, TAG_STACK
from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import Context, Found, Kind, New
from ansible_collections.terrace.aws.plugins.module_utils.engine.retry import code_of
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import always, arguments, create_only, mutable, read
from ansible_collections.terrace.aws.plugins.module_utils.kinds import _rds

IN_USE = "InvalidOptionGroupStateFault"


class Options(dict[str, Mapping[str, str]]):
    """Options with their settings. RDS fills in what is not given: the actual ones (left) may have more settings."""

    def __ne__(self, other: object) -> bool:
        if not isinstance(other, Options) or self.keys() != other.keys():
            return True
        return any(wanted.items() - self[name].items() for name, wanted in other.items())


@dataclasses.dataclass(frozen=True)
class DbOptionGroup:
    """`options` maps names to settings, which are text, and is managed as a whole."""

    engine: str | None = create_only("EngineName")
    major_version: str | None = create_only("MajorEngineVersion")
    description: str | None = create_only("OptionGroupDescription")
    options: Mapping[str, Mapping[str, str]] | None = mutable(
        normalise=Options, disrupts=always("may restart the databases in the group: the audit plugin does")
    )


def list_option_groups(context: Context) -> Iterable[Found]:
    groups = context.pages("rds", "describe_option_groups", "OptionGroupsList")
    tags = _rds.tags_by_arn(context, [raw["OptionGroupArn"] for raw in groups])
    return [_found(raw, tags[raw["OptionGroupArn"]]) for raw in groups]


def create(context: Context, new: New, values: DbOptionGroup) -> Found:
    answer = context.client("rds").create_option_group(OptionGroupName=new.aws_name, **arguments(values), Tags=new.tag_list)
    return _found(answer["OptionGroup"], new.tags)


def update(context: Context, found: Found, values: DbOptionGroup, fields: set[str]) -> None:
    gone = sorted(found.values.options.keys() - values.options.keys())
    wanted = [{"OptionName": name, "OptionSettings": _settings(values.options[name])} for name in sorted(values.options)]
    request = {"OptionsToInclude": wanted, "OptionsToRemove": gone}
    context.client("rds").modify_option_group(
        OptionGroupName=found.id, ApplyImmediately=True, **{name: value for name, value in request.items() if value}
    )


def delete(context: Context, found: Found) -> None:
    """Databases have left it by now: what still uses it are snapshots."""
    rds = context.client("rds")
    try:
        rds.delete_option_group(OptionGroupName=found.id)
    except Exception as error:
        if code_of(error) != IN_USE:
            raise
        rds.remove_tags_from_resource(ResourceName=found.attributes["arn"], TagKeys=[TAG_STACK, TAG_ID, TAG_MANAGED_BY])
        context.note(f"db_option_group {found.id} is left, without the stack's tags: snapshots need it as long as they exist")


def _settings(settings: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in sorted(settings.items())]


def _found(raw: Mapping[str, Any], tags: Mapping[str, str]) -> Found:
    name = raw["OptionGroupName"]
    options = {
        option["OptionName"]: {item["Name"]: item["Value"] for item in option.get("OptionSettings", []) if item.get("Value")}
        for option in raw.get("Options", [])
    }
    return Found(name, read(DbOptionGroup, raw, options=options), tags, name=name, attributes={"arn": raw["OptionGroupArn"]})


KIND = Kind(
    name="db_option_group",
    service="rds",
    values=DbOptionGroup,
    list=list_option_groups,
    calls={"DescribeOptionGroups": "page", "ListTagsForResource": "resource"},
    actions=(
        "rds:CreateOptionGroup",
        "rds:AddTagsToResource",
        "rds:ModifyOptionGroup",
        "rds:DeleteOptionGroup",
        "rds:RemoveTagsFromResource",
    ),
    create=create,
    update=update,
    delete=delete,
    tag=_rds.tag,
    create_before_delete=True,
    unique_name=True,
    indexed=True,
)
