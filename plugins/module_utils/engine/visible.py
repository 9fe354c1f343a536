# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists may lag behind creates: a run ends, and lets the next begin, when what it has made shows in them.

https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor

from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import Context, Kind
from ansible_collections.terrace.aws.plugins.module_utils.engine.retry import is_not_found

PATIENCE = 60.0
PAUSE_FIRST, PAUSE_FACTOR, PAUSE_MAX = 0.5, 1.5, 5.0
# Kind and region, which one list call is about.
Listing = tuple[str, str]


def wait_until_visible(
    made: Mapping[Listing, set[str]],
    kinds: Mapping[str, Kind],
    contexts: Mapping[str, Context],
    pool: Executor,
    stopping: Callable[[], bool],
) -> dict[Listing, set[str]]:
    """Look until all ids in `made` are in the lists, and return those that are not after a minute.

    Errors of the API are raised as they are: the next run's survey would meet them.
    """
    deadline, pause = time.monotonic() + PATIENCE, PAUSE_FIRST

    def look(listing: Listing) -> tuple[Listing, set[str]]:
        return listing, made[listing] - _listed(kinds[listing[0]], contexts[listing[1]])

    while made := _missing(pool.map(look, made)):
        if stopping() or time.monotonic() > deadline:
            return dict(made)
        time.sleep(pause)
        pause = min(pause * PAUSE_FACTOR, PAUSE_MAX)
    return {}


def _listed(kind: Kind, context: Context) -> set[str]:
    """Return the ids in the list. Between a list and a read of its details something may vanish: look again."""
    try:
        return {found.id for found in kind.list(context)}
    except Exception as error:
        if not is_not_found(error):
            raise
        return set()


def _missing(looked: Iterable[tuple[Listing, set[str]]]) -> dict[Listing, set[str]]:
    return {listing: ids for listing, ids in looked if ids}
