# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What cannot work ends in one clear line within its deadline, without a traceback, and without a secret."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from typing import Any

import pytest

from tests.faults import client
from tests.faults.answers import Failure
from tests.faults.bench import Bench, Scenario
from tests.faults.client import Outcome
from tests.faults.descriptions import STACK, network, whole
from tests.faults.proxy import Faults

NETWORK, WHOLE = Scenario(network()), Scenario(whole())
LONGEST = 2000
SECRET = "wJalrXUtnFEMI-canary-EXAMPLEKEY"
SIGNED_WRONG = Failure(
    "SignatureDoesNotMatch", 403, "The request signature we calculated does not match the signature you provided."
)
NO_SUCH_KEY = Failure("InvalidClientTokenId", 403, "The security token included in the request is invalid.")


def refused(outcome: Outcome, *words: str, seconds: float) -> None:
    """Assert that a run has failed in the way that users can read."""
    assert outcome.code == 1, outcome.output
    assert outcome.seconds < seconds
    assert "Traceback" not in outcome.output
    assert SECRET not in outcome.output
    message = outcome.message
    assert "\n" not in message, message
    assert len(message) < LONGEST, message
    for word in words:
        assert word in message, message


def run(bench: Bench, scenario: Scenario, faults: Faults = Faults(), **environment: str) -> Outcome:  # noqa: B008
    bench.prepare(scenario)
    bench.proxy.inflict(faults)
    return bench.run(scenario, AWS_SECRET_ACCESS_KEY=SECRET, **environment)


@pytest.mark.parametrize(
    ("failure", "words"),
    [
        (NO_SUCH_KEY, ("the credentials do not work", "InvalidClientTokenId", "renew the credentials")),
        (SIGNED_WRONG, ("the credentials do not work", "SignatureDoesNotMatch")),
    ],
)
def test_wrong_credentials(bench: Bench, failure: Failure, words: tuple[str, ...]) -> None:
    outcome = run(bench, NETWORK, Faults(failures={"GetCallerIdentity": failure}))
    refused(outcome, *words, seconds=15)
    assert bench.proxy.changes == []


def test_no_credentials(bench: Bench) -> None:
    bench.prepare(NETWORK)
    outcome = bench.run(NETWORK, AWS_ACCESS_KEY_ID="", AWS_SECRET_ACCESS_KEY="")
    refused(outcome, "the credentials do not work", "credentials", seconds=15)
    assert bench.proxy.calls == []


@pytest.mark.parametrize("calls", [1, 5, 60])
def test_a_token_that_expires(bench: Bench, calls: int) -> None:
    """While it surveys or applies; what was done is kept, and the next run goes on."""
    clean = bench.clean("messages", NETWORK)
    outcome = run(bench, NETWORK, Faults(expire_after=calls))
    refused(outcome, "xpired", "renew the credentials and run again", seconds=15)
    bench.proxy.inflict(Faults())
    assert bench.run(NETWORK).code == 0
    bench.settled(NETWORK, clean)


def described(**stack: Any) -> Scenario:
    return Scenario({**network(), "stack": {**STACK, **stack}})


def test_the_wrong_account(bench: Bench) -> None:
    outcome = run(bench, described(account="999999999999"))
    refused(outcome, "stack.account is 999999999999", "belong to account 123456789012", seconds=15)
    assert bench.proxy.changes == []


def test_an_unknown_region(bench: Bench) -> None:
    arguments = described(region="eu-nowhere-1").arguments
    zones: Mapping[str, Any] = {**arguments["network"]["vpc"], "zones": ["eu-nowhere-1a", "eu-nowhere-1b"]}
    outcome = run(bench, Scenario({**arguments, "network": {**arguments["network"], "vpc": zones}}))
    refused(outcome, "stack.region", "knows no region eu-nowhere-1", seconds=15)
    assert bench.proxy.changes == []


def test_an_endpoint_that_is_down(bench: Bench) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        endpoint = f"http://127.0.0.1:{unused.getsockname()[1]}"
    outcome = client.run("stack", NETWORK.arguments, endpoint, AWS_SECRET_ACCESS_KEY=SECRET)
    refused(outcome, endpoint, seconds=60)


QUOTAS = {
    "CreateVpc": Failure("VpcLimitExceeded", 400, "The maximum number of VPCs has been reached."),
    "AllocateAddress": Failure("AddressLimitExceeded", 400, "The maximum number of addresses has been reached."),
    "CreateNatGateway": Failure(
        "NatGatewayLimitExceeded", 400, "Performing this operation would exceed the limit of 5 NAT gateways"
    ),
    "CreateSecurityGroup": Failure("SecurityGroupLimitExceeded", 400, "The maximum number of security groups has been reached."),
    "CreateLoadBalancer": Failure("TooManyLoadBalancers", 400, "The maximum number of load balancers has been reached"),
    "CreateDBInstance": Failure("InstanceQuotaExceeded", 400, "DB Instance quota exceeded"),
}


@pytest.mark.parametrize("operation", QUOTAS)
def test_a_quota_that_is_exhausted(bench: Bench, operation: str) -> None:
    failure = QUOTAS[operation]
    outcome = run(bench, WHOLE, Faults(failures={operation: failure}))
    refused(outcome, operation, failure.code, failure.message, "ask for a higher service quota", seconds=30)


@pytest.mark.parametrize("operation", ["DescribeSubnets", "CreateSubnet", "CreateRole", "CreateLogGroup", "PutObject"])
def test_what_is_not_allowed(bench: Bench, operation: str) -> None:
    outcome = run(bench, WHOLE, Faults(denied=frozenset({operation})))
    refused(outcome, operation, "lack the permission", seconds=30)


def test_a_call_that_fails_each_time(bench: Bench) -> None:
    """botocore gives up after its tenth attempt, within two minutes."""
    outcome = run(
        bench, NETWORK, Faults(failures={"CreateRouteTable": Failure("InternalError", 500, "An internal error has occurred")})
    )
    refused(outcome, "route_table/", "CreateRouteTable", "InternalError", seconds=150)


def test_what_is_never_ready(bench: Bench) -> None:
    bench.prepare(NETWORK)
    told = ("<state>available</state>", "<state>pending</state>")
    bench.proxy.inflict(Faults(rewritten={"DescribeNatGateways": told, "CreateNatGateway": told}))
    outcome = bench.run(NETWORK, AWS_SECRET_ACCESS_KEY=SECRET, FAULTS_KIND_TIMEOUT="3")
    refused(outcome, "nat_gateway/", "still pending", "run again", seconds=30)
