# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The settings of a database server: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_WorkingWithParamGroups.html"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import Context, Found, Kind, New
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import arguments, canonical, create_only, mutable, read
from ansible_collections.terrace.aws.plugins.module_utils.kinds import _rds
from ansible_collections.terrace.aws.plugins.module_utils.kinds._batches import batches

PARAMETERS_PER_CALL = 20


class Parameters(dict[str, str]):
    """Values by name. `static` are those that databases take over when they are rebooted, and not before."""

    static: frozenset[str] = frozenset()


def _needs_reboot(before: Mapping[str, str], after: Mapping[str, str]) -> str:
    changed = {name for name, _value in before.items() ^ after.items()}
    waiting = sorted(changed & getattr(before, "static", frozenset()))
    return f"has no effect before a reboot, which is yours to choose, for {', '.join(waiting)}" if waiting else ""


@dataclasses.dataclass(frozen=True)
class DbParameterGroup:
    """`parameters` maps names to values as text and is managed as a whole: what goes from it is reset."""

    family: str | None = create_only("DBParameterGroupFamily")
    description: str | None = create_only("Description")
    parameters: Mapping[str, str] | None = mutable(normalise=canonical, disrupts=_needs_reboot)


def list_parameter_groups(context: Context) -> Iterable[Found]:
    groups = context.pages("rds", "describe_db_parameter_groups", "DBParameterGroups")
    tags = _rds.tags_by_arn(context, [raw["DBParameterGroupArn"] for raw in groups])
    found = [_found(raw, tags[raw["DBParameterGroupArn"]]) for raw in groups]
    return context.each(lambda group: _with_parameters(context, group), found)


def create(context: Context, new: New, values: DbParameterGroup) -> Found:
    answer = context.client("rds").create_db_parameter_group(
        DBParameterGroupName=new.aws_name, **arguments(values), Tags=new.tag_list
    )
    return _found(answer["DBParameterGroup"], new.tags)


def update(context: Context, found: Found, values: DbParameterGroup, fields: set[str]) -> None:
    """A new group has no databases yet: those that come take all of it over when they start."""
    before, after = found.values.parameters, values.parameters
    actual = before or {}
    changed = sorted(name for name in after if actual.get(name) != after[name])
    reset = sorted(actual.keys() - after.keys())
    static = {*changed, *reset} if before is None else {*changed, *reset} & before.static
    rds = context.client("rds")
    for names in batches(changed, PARAMETERS_PER_CALL):
        rds.modify_db_parameter_group(
            DBParameterGroupName=found.id,
            Parameters=[{"ParameterName": name, "ParameterValue": after[name], **_apply_method(name, static)} for name in names],
        )
    for names in batches(reset, PARAMETERS_PER_CALL):
        rds.reset_db_parameter_group(
            DBParameterGroupName=found.id,
            ResetAllParameters=False,
            Parameters=[{"ParameterName": name, **_apply_method(name, static)} for name in names],
        )
    if static and before is not None:
        waiting = ", ".join(sorted(static))
        context.note(f"db_parameter_group {found.id}: {waiting} will take effect when its databases are rebooted")


def delete(context: Context, found: Found) -> None:
    context.client("rds").delete_db_parameter_group(DBParameterGroupName=found.id)


def _with_parameters(context: Context, group: Found) -> Found:
    """Add the parameters that somebody has set. RDS does not count those set to the engine's default: they are asked for."""
    if not group.belongs_to(context.stack, "db_parameter_group"):
        return group
    items = _parameters(context, group.id, Source="user")
    set_already = {item["ParameterName"] for item in items}
    declared = {
        name
        for declaration in context.declared("db_parameter_group")
        if declaration.name == group.logical_name
        for name in declaration.values.parameters or ()
    }
    others = [
        _parameters(context, group.id, Filters=_named(names))
        for names in batches(sorted(declared - set_already), PARAMETERS_PER_CALL)
    ]
    read_all = [*items, *(item for batch in others for item in batch)]
    return dataclasses.replace(group, values=dataclasses.replace(group.values, parameters=_values(read_all)))


def _parameters(context: Context, group: str, **request: Any) -> list[dict[str, Any]]:
    return context.pages("rds", "describe_db_parameters", "Parameters", DBParameterGroupName=group, **request)


def _named(names: list[str]) -> list[dict[str, Any]]:
    return [{"Name": "parameter-name", "Values": names}]


def _apply_method(name: str, static: Collection[str]) -> dict[str, str]:
    return {"ApplyMethod": "pending-reboot" if name in static else "immediate"}


def _values(items: Iterable[Mapping[str, Any]]) -> Parameters:
    """What is not known to be dynamic waits for a reboot: RDS refuses to apply static parameters at once."""
    items = list(items)
    parameters = Parameters({item["ParameterName"]: item["ParameterValue"] for item in items if "ParameterValue" in item})
    parameters.static = frozenset(item["ParameterName"] for item in items if item.get("ApplyType") != "dynamic")
    return parameters


def _found(raw: Mapping[str, Any], tags: Mapping[str, str]) -> Found:
    name = raw["DBParameterGroupName"]
    return Found(
        name,
        read(DbParameterGroup, raw, parameters=None),
        tags,
        name=name,
        attributes={"arn": raw["DBParameterGroupArn"], "family": raw["DBParameterGroupFamily"]},
    )


KIND = Kind(
    name="db_parameter_group",
    service="rds",
    values=DbParameterGroup,
    list=list_parameter_groups,
    calls={"DescribeDBParameterGroups": "page", "ListTagsForResource": "resource", "DescribeDBParameters": "resource"},
    actions=(
        "rds:CreateDBParameterGroup",
        "rds:AddTagsToResource",
        "rds:ModifyDBParameterGroup",
        "rds:ResetDBParameterGroup",
        "rds:DeleteDBParameterGroup",
    ),
    create=create,
    update=update,
    delete=delete,
    tag=_rds.tag,
    create_before_delete=True,
    unique_name=True,
)
