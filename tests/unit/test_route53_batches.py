# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What threads want of one zone at the same time is one call, and one that is wrong spoils no other."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.terrace.aws.plugins.module_utils.kinds import _route53


class Refusal(Exception):
    """Route 53's answer to a batch with a wrong change in it."""

    def __init__(self) -> None:
        super().__init__("not permitted")
        self.response = {"Error": {"Code": "InvalidChangeBatch"}}


class Service:
    """A Route 53 that answers its first call only when all others have gathered."""

    def __init__(self, others: int) -> None:
        self.batches: list[list[str]] = []
        self._others = others

    def change_resource_record_sets(self, **request: Any) -> dict[str, Any]:
        names = [item["ResourceRecordSet"]["Name"] for item in request["ChangeBatch"]["Changes"]]
        self.batches.append(names)
        while len(self.batches) == 1 and len(_route53._wishes.get(request["HostedZoneId"], ())) < self._others:
            threading.Event().wait(0.01)
        if "wrong" in names:
            raise Refusal
        return {"ChangeInfo": {"Id": f"/change/{len(self.batches)}"}}


def test_changes_gather_while_one_is_on_its_way() -> None:
    service = Service(others=5)
    context: Any = SimpleNamespace(client=lambda _service: service)
    with ThreadPoolExecutor(6) as pool:
        made = [pool.submit(_route53.change, context, "Z1", [("CREATE", {"Name": f"n{n}"})]) for n in range(6)]
    assert sorted(map(len, service.batches)) == [1, 5]
    assert {future.result() for future in made} == {"/change/1", "/change/2"}


def test_a_wrong_change_spoils_no_other() -> None:
    service = Service(others=3)
    context: Any = SimpleNamespace(client=lambda _service: service)
    names = ["first", "right", "wrong", "fine"]
    with ThreadPoolExecutor(1) as first, ThreadPoolExecutor(3) as rest:
        made = {"first": first.submit(_route53.change, context, "Z2", [("CREATE", {"Name": "first"})])}
        while not service.batches:
            threading.Event().wait(0.01)
        made |= {name: rest.submit(_route53.change, context, "Z2", [("CREATE", {"Name": name})]) for name in names[1:]}
    with pytest.raises(Refusal):
        made.pop("wrong").result()
    assert all(future.result().startswith("/change/") for future in made.values())
