# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What botocore repeats because an answer was lost has taken effect already, and AWS objects to the repetition."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.terrace.aws.plugins.module_utils.engine import perform
from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import ApplyFailed, NotVisible
from tests.unit.engine.fake import Account, AwsError, Clock, machine, network


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(perform, "time", clock)
    return clock


@pytest.mark.parametrize("code", ["RouteAlreadyExists", "InvalidAssociationID.NotFound", "LimitExceeded"])
def test_an_update_that_has_taken_effect_is_done(code: str) -> None:
    account = Account()
    account.run(network(dns=False))
    account.cloud.fail("UpdateNetwork", code, after=True)
    account.run(network(dns=True))
    assert account.cloud.resources["network"]["network-1"].values.dns is True
    assert len(account.cloud.subjects("UpdateNetwork")) == 1


def test_what_an_update_has_left_is_set_from_a_new_look() -> None:
    account, asked = Account(), []
    account.run(network(), machine(size="small", peers=()))
    original = account.kinds["machine"].update

    def update(context: Any, found: Any, values: Any, fields: set[str]) -> None:
        asked.append(fields)
        original(context, found, values, fields & {"size"} if len(asked) == 1 else fields)
        if len(asked) == 1:
            raise AwsError("RouteAlreadyExists")

    account.alter("machine", update=update)
    account.run(network(), machine(size="large", peers=("other",)))
    assert asked == [{"size", "peers"}, {"peers"}]
    assert next(iter(account.cloud.resources["machine"].values())).values.peers == ("other",)


def test_an_update_that_has_done_nothing_fails_with_its_error() -> None:
    account = Account()
    account.run(network(dns=False))
    account.cloud.fail("UpdateNetwork", "UnauthorizedOperation", times=9)
    with pytest.raises(ApplyFailed, match="UnauthorizedOperation"):
        account.run(network(dns=True))
    assert len(account.cloud.subjects("UpdateNetwork")) == 1


def test_a_resource_is_not_gone_because_a_part_of_it_is() -> None:
    account = Account()
    account.run(network())
    account.cloud.fail("DeleteNetwork", "InvalidAssociationID.NotFound")
    account.run(network(), state="absent")
    assert account.ids("network") == []


def test_a_deletion_that_is_refused_fails_at_once() -> None:
    account = Account()
    account.run(network())
    account.cloud.fail("DeleteNetwork", "UnauthorizedOperation", times=9)
    with pytest.raises(ApplyFailed, match="UnauthorizedOperation"):
        account.run(network(), state="absent")
    assert len(account.cloud.subjects("DeleteNetwork")) == 1


def test_what_aws_adds_goes_from_a_resource_that_was_found_after_a_lost_answer(clock: Clock) -> None:
    account, cleaned = Account(network={"unique_name": True}), []
    account.alter("network", after_create=lambda _context, found: cleaned.append(found.id))
    account.cloud.fail("CreateNetwork", "EntityAlreadyExists", after=True)
    account.run(network())
    assert cleaned == ["network-1"]
    assert clock.pauses


def test_what_does_not_show_yet_is_looked_for_again() -> None:
    account = Account(machine={"sets": {"network"}})
    account.cloud.fail("UpdateMachine", NotVisible("its port is not visible yet"), times=2)
    account.run(network(), machine(size="small"))
    assert len(account.cloud.subjects("UpdateMachine")) == 3
