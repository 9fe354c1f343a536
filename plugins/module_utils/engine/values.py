# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fields of a resource: one dataclass per kind serves as the actual, the desired and the changed state.

A field that is ``None`` in the desired state is not managed. Everything that has to know how a field behaves
(comparison, diff, API arguments, contract tests) reads the metadata that the three functions below attach.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

Normaliser = Callable[[Any], Any]
Verdict = Callable[[Any, Any], str]


class Unknown:
    """A value that exists only after the apply, such as the id of something not created yet."""

    def __repr__(self) -> str:
        return "(known after apply)"


UNKNOWN = Unknown()


def as_is(value: Any) -> Any:
    return value


def nothing(before: Any, after: Any) -> str:  # noqa: ARG001 a Verdict
    """The verdict on a change that neither interrupts anything nor is impossible."""
    return ""


def always(text: str) -> Verdict:
    """Return the verdict that is the same for every change."""
    return lambda _before, _after: text


def unordered(value: Any) -> Any:
    """Normaliser for lists whose order means nothing to AWS."""
    return sorted(json.dumps(item, sort_keys=True, default=str) for item in value or ())


def canonical(value: Any) -> Any:
    """Normaliser for structured documents: key order and tuple/list do not matter."""
    return json.dumps(value, sort_keys=True, default=str)


def mutable(
    api: str | None = None,
    *,
    normalise: Normaliser = as_is,
    secret: bool = False,
    refers: tuple[str, ...] = (),
    disrupts: Verdict = nothing,
    forbids: Verdict = nothing,
    shows: Normaliser = as_is,
) -> Any:
    """A field that an update call can change.

    `api` is its name in the service's requests and answers, `refers` names the kinds it may point to. `disrupts` and
    `forbids` get the values before and after a change and return what it interrupts, and why AWS has no such change;
    an empty text where neither is so. `shows` makes of a value what a diff shows of it, also while parts are unknown.
    """
    return _field(api, "mutable", normalise, secret, refers, disrupts, forbids, shows)


def create_only(
    api: str | None = None, *, normalise: Normaliser = as_is, refers: tuple[str, ...] = (), forbids: Verdict = nothing
) -> Any:
    """A field that only the create call can set: a difference means replacement, unless `forbids` has a reason."""
    return _field(api, "create_only", normalise, False, refers, forbids=forbids)


def initial(api: str | None = None, *, secret: bool = False, refers: tuple[str, ...] = ()) -> Any:
    """A field that matters to the create call alone and is never compared afterwards."""
    return _field(api, "initial", as_is, secret, refers)


def _field(
    api: str | None,
    behaviour: str,
    normalise: Normaliser,
    secret: bool,
    refers: tuple[str, ...],
    disrupts: Verdict = nothing,
    forbids: Verdict = nothing,
    shows: Normaliser = as_is,
    make: Callable[..., Any] = dataclasses.field,
) -> Any:
    """Return a dataclass field. Checkers want `dataclasses.field` called in the class itself, hence the parameter."""
    metadata = {
        "api": api,
        "behaviour": behaviour,
        "normalise": normalise,
        "secret": secret,
        "refers": refers,
        "disrupts": disrupts,
        "forbids": forbids,
        "shows": shows,
    }
    return make(default=None, metadata=metadata)


@dataclasses.dataclass(frozen=True)
class Change:
    """One field that differs. `before` is the actual value, `after` the desired one.

    `disruption` says what the change interrupts, `obstacle` why AWS does not allow it.
    """

    field: str
    before: Any
    after: Any
    create_only: bool = False
    secret: bool = False
    disruption: str = ""
    obstacle: str = ""


def compare(actual: Any, desired: Any) -> tuple[Change, ...]:
    """Return the changes that turn `actual` into `desired`, two instances of one values dataclass."""
    return tuple(_differences(actual, desired))


def _differences(actual: Any, desired: Any) -> Iterator[Change]:
    for field in dataclasses.fields(desired):
        want, have = getattr(desired, field.name), getattr(actual, field.name)
        if want is None or field.metadata["behaviour"] == "initial":
            continue
        normalise = field.metadata["normalise"]
        if contains_unknown(want) or have is None or normalise(have) != normalise(want):
            behaviour = field.metadata["behaviour"]
            # What is not known on either side cannot be judged.
            judged = have is not None and not contains_unknown(want)
            yield Change(
                field.name,
                have,
                field.metadata["shows"](want),
                behaviour == "create_only",
                field.metadata["secret"],
                disruption=field.metadata["disrupts"](have, want) if judged else "",
                obstacle=field.metadata["forbids"](have, want) if judged else "",
            )


def arguments(values: Any, only: set[str] | None = None) -> dict[str, Any]:
    """Return the API arguments of the managed fields that have an API name, restricted to `only` if given."""
    return {
        field.metadata["api"]: _plain(getattr(values, field.name))
        for field in dataclasses.fields(values)
        if field.metadata["api"] and getattr(values, field.name) is not None and (only is None or field.name in only)
    }


def read(values_type: type, raw: Mapping[str, Any], **overrides: Any) -> Any:
    """Build the actual state from an API answer: fields with an API name by that name, the others from `overrides`."""
    given = {
        field.name: raw.get(field.metadata["api"])
        for field in dataclasses.fields(values_type)
        if field.metadata["api"] and field.name not in overrides
    }
    return values_type(**given, **overrides)


def managed(values: Any) -> dict[str, Any]:
    """Return the managed fields as a dict, secrets masked, for plans and diffs."""
    shown = {}
    for field in dataclasses.fields(values):
        value = getattr(values, field.name)
        if value is not None:
            shown[field.name] = "(secret)" if field.metadata["secret"] else field.metadata["shows"](value)
    return shown


def transform(value: Any, leaf: Callable[[Any], Any]) -> Any:
    """Rebuild `value` with `leaf` applied to everything inside that is neither mapping nor sequence."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type) and _is_values(value):
        changed = {f.name: transform(getattr(value, f.name), leaf) for f in dataclasses.fields(value)}
        return dataclasses.replace(value, **changed)
    if isinstance(value, Mapping):
        return {key: transform(item, leaf) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(transform(item, leaf) for item in value)
    return leaf(value)


def leaves(value: Any) -> Iterator[Any]:
    """Yield everything inside `value` that is neither mapping nor sequence."""
    found: list[Any] = []
    transform(value, found.append)
    yield from found


def contains_unknown(value: Any) -> bool:
    return any(isinstance(leaf, Unknown) for leaf in leaves(value))


def _is_values(value: Any) -> bool:
    return all("behaviour" in field.metadata for field in dataclasses.fields(value))


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
