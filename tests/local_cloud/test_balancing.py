# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Load balancers as clients see them: certificates, redirects, rules, weights, stickiness and draining."""

import shlex
import ssl
from collections import Counter
from typing import Any

import pytest

from local_cloud.reconcile.certificates import Authority
from tests.local_cloud.balancing import PORT, RANGE, World, eventually, fixed, forward, share

pytestmark = pytest.mark.docker

LOGS = "access-logs"
REDIRECT = {"Type": "redirect", "RedirectConfig": {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}}


@pytest.fixture(scope="module")
def groups(world: World, servers: dict[str, str]) -> dict[str, str]:
    """Return a group for each server."""
    return {name: world.target_group(f"only-{name}", address) for name, address in servers.items()}


@pytest.fixture(scope="module")
def front(world: World, groups: dict[str, str]) -> dict[str, Any]:
    """Return a balancer with HTTPS, and a redirect to it, and their loopback ports."""
    arn = world.balancer("front")
    world.keep_logs(arn, LOGS)
    certificates = [world.certificate("example.com", "*.example.com"), world.certificate("api.example.org")]
    secure = world.listener(
        arn,
        443,
        forward(groups["a"]),
        "HTTPS",
        Certificates=[{"CertificateArn": certificates[0]}],
        SslPolicy="ELBSecurityPolicy-TLS13-1-2-2021-06",
    )
    world.connect("elbv2").add_listener_certificates(ListenerArn=secure, Certificates=[{"CertificateArn": certificates[1]}])
    plain = world.listener(arn, 80, REDIRECT)
    world.ready(groups["a"], f"{RANGE}.9.10")
    return {"secure": secure, "plain": plain, 443: world.port("front", 443), 80: world.port("front", 80)}


@pytest.mark.parametrize("name", ["example.com", "www.example.com", "api.example.org"])
def test_the_certificate_of_the_name_is_presented(world: World, front: dict[str, Any], name: str) -> None:
    answer = world.ask(front[443], tls=name)
    assert answer.seen["host"] == "a"
    assert name in answer.names or "*.example.com" in answer.names


def test_other_names_get_the_default_certificate(world: World, front: dict[str, Any]) -> None:
    with pytest.raises(ssl.SSLCertVerificationError, match="mismatch"):
        world.ask(front[443], tls="www.example.net")


def test_targets_see_who_asked(world: World, front: dict[str, Any]) -> None:
    headers = world.ask(front[443], tls="example.com", headers={"X-Forwarded-For": "192.0.2.1"}).seen["headers"]
    assert headers["x-forwarded-for"] == f"192.0.2.1, {RANGE}.0.1"
    assert (headers["x-forwarded-proto"], headers["x-forwarded-port"]) == ("https", "443")
    assert headers["x-amzn-trace-id"].startswith("Root=1-")


def test_the_security_policy_decides_about_versions(world: World, front: dict[str, Any], groups: dict[str, str]) -> None:
    assert world.handshake(front[443], "example.com", world.context()).version() == "TLSv1.3"
    context = world.context()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    assert world.handshake(front[443], "example.com", context).version() == "TLSv1.2"
    certificate = [{"CertificateArn": world.certificate("new.example.com")}]
    settings = {"Certificates": certificate, "SslPolicy": "ELBSecurityPolicy-TLS13-1-3-2021-06"}
    world.listener(world.balancer("strict-tls"), 443, forward(groups["a"]), "HTTPS", **settings)
    port = world.port("strict-tls", 443)
    with pytest.raises(ssl.SSLError, match="protocol version"):
        world.handshake(port, "new.example.com", context)
    context.maximum_version = ssl.TLSVersion.TLSv1_3
    assert world.handshake(port, "new.example.com", context).version() == "TLSv1.3"


def test_http_2_is_spoken(world: World, front: dict[str, Any]) -> None:
    context = world.context()
    context.set_alpn_protocols(["h2", "http/1.1"])
    assert world.handshake(front[443], "example.com", context).selected_alpn_protocol() == "h2"


@pytest.mark.parametrize(
    ("host", "location"),
    [("www.example.com", "https://www.example.com:443{}"), ("www.example.com:{80}", "https://www.example.com:{443}{}")],
)
@pytest.mark.parametrize("path", ["/a/b?c=d&e=%20", "/"])
def test_http_is_redirected(world: World, front: dict[str, Any], host: str, location: str, path: str) -> None:
    ports = [f"{front[80]}", f"{front[443]}"]
    host = host.replace("{80}", ports[0])
    answer = world.ask(front[80], path, {"Host": host})
    assert (answer.status, answer.location) == (301, location.replace("{443}", ports[1]).format(path))


def test_the_summary_says_how_to_get_in(world: World, front: dict[str, Any]) -> None:
    lines = [line.split(maxsplit=1) for line in world.summary().splitlines()]
    assert ["URL", f"https://example.com:{front[443]}"] in lines
    commands = [line[1] for line in lines if line and line[0] == "try"]
    assert any(command.startswith("curl --cacert .local/cloud-balancing/ca.pem --resolve example.com:") for command in commands)


def test_an_imported_certificate_is_presented_as_it_is(
    world: World, front: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = Authority(tmp_path_factory.mktemp("other"))
    certificate, key = other.issue("shop.example.net")
    acm = world.connect("acm")
    chain = other.certificate_file.read_bytes()
    arn = acm.import_certificate(Certificate=certificate, PrivateKey=key, CertificateChain=chain)["CertificateArn"]
    world.connect("elbv2").add_listener_certificates(ListenerArn=front["secure"], Certificates=[{"CertificateArn": arn}])
    context = ssl.create_default_context(cafile=other.certificate_file)
    eventually(True, lambda: world.trusts(front[443], "shop.example.net", context))
    assert not world.trusts(front[443], "shop.example.net", world.context())


CONDITIONS = {
    "host": {"Field": "host-header", "HostHeaderConfig": {"Values": ["*.Shop.example.com"]}},
    "path": {"Field": "path-pattern", "PathPatternConfig": {"Values": ["/tea/*", "/it's?"]}},
    "header": {"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": "X-Kind", "Values": ["beta*"]}},
    "method": {"Field": "http-request-method", "HttpRequestMethodConfig": {"Values": ["PURGE"]}},
    "query": {"Field": "query-string", "QueryStringConfig": {"Values": [{"Key": "version", "Value": "2*"}, {"Value": "blue"}]}},
    "source": {"Field": "source-ip", "SourceIpConfig": {"Values": ["192.0.2.0/24"]}},
}


ODD = 'a "pot" of 100% $HOME\\n {tea}\nand more # it\'s'


@pytest.fixture(scope="module")
def ruled(world: World) -> int:
    """Return the port of a listener that answers with the name of the rule."""
    listener = world.listener(world.balancer("ruled"), 80, fixed("default"))
    create = world.connect("elbv2").create_rule
    for priority, (name, condition) in enumerate(CONDITIONS.items(), 1):
        create(ListenerArn=listener, Priority=priority, Conditions=[condition], Actions=[fixed(name)])
    both = [CONDITIONS["path"], CONDITIONS["method"]]
    create(ListenerArn=listener, Priority=50, Conditions=both, Actions=[fixed("never: the path comes first")])
    odd = {"Field": "path-pattern", "PathPatternConfig": {"Values": ["/odd"]}}
    create(ListenerArn=listener, Priority=60, Conditions=[odd], Actions=[fixed(ODD)])
    port = world.port("ruled", 80)
    eventually(ODD.encode(), lambda: world.ask(port, "/odd").body)
    return port


@pytest.mark.parametrize(
    ("request_", "rule"),
    [
        ({"path": "/", "headers": {"Host": "www.shop.EXAMPLE.com:81"}}, "host"),
        ({"path": "/", "headers": {"Host": "shop.example.com"}}, "default"),
        ({"path": "/tea/green?x=1"}, "path"),
        ({"path": "/it's1"}, "path"),
        ({"path": "/TEA/green"}, "default"),
        ({"path": "/", "headers": {"x-kind": "BETA-2"}}, "header"),
        ({"path": "/", "method": "PURGE"}, "method"),
        ({"path": "/?a=b&VERSION=2.1"}, "query"),
        ({"path": "/?a=blue"}, "query"),
        ({"path": "/?a=blues"}, "default"),
        ({"path": "/"}, "default"),
    ],
)
def test_rules_are_followed(world: World, ruled: int, request_: dict[str, Any], rule: str) -> None:
    assert world.ask(ruled, **request_).body.decode() == rule


@pytest.fixture(scope="module")
def shared(world: World, groups: dict[str, str]) -> dict[str, Any]:
    """Return a listener that shares, and its port."""
    action = share(a=(groups["a"], 3), b=(groups["b"], 1), c=(groups["c"], 0))
    listener = world.listener(world.balancer("shared"), 80, action)
    for name, address in zip("abc", (f"{RANGE}.9.{last}" for last in (10, 11, 12)), strict=True):
        world.ready(groups[name], address)
    return {"listener": listener, "port": world.port("shared", 80)}


def test_weights_are_kept(world: World, shared: dict[str, Any]) -> None:
    seen = Counter(world.ask(shared["port"]).seen["host"] for _ in range(400))
    assert set(seen) == {"a", "b"}
    assert 250 < seen["a"] < 350  # six standard deviations


def test_clients_stay_with_their_group(world: World, groups: dict[str, str], shared: dict[str, Any]) -> None:
    action = share(60, a=(groups["a"], 1), b=(groups["b"], 1))
    world.connect("elbv2").modify_listener(ListenerArn=shared["listener"], DefaultActions=[action])
    eventually(True, lambda: "AWSALBTG" in world.ask(shared["port"]).cookies)
    first = world.ask(shared["port"])
    assert set(first.cookies) == {"AWSALBTG", "AWSALBTGCORS"}
    back = {"Cookie": f"AWSALBTG={first.cookies['AWSALBTG']}"}
    assert {world.ask(shared["port"], headers=back).seen["host"] for _ in range(20)} == {first.seen["host"]}
    # Without weight a group keeps whom it has.
    action = share(60, a=(groups["a"], 0), b=(groups["b"], 1))
    world.connect("elbv2").modify_listener(ListenerArn=shared["listener"], DefaultActions=[action])
    eventually({"b"}, lambda: {world.ask(shared["port"]).seen["host"] for _ in range(10)})
    assert world.ask(shared["port"], headers={"Cookie": "AWSALBTG=only-a"}).seen["host"] == "a"


@pytest.mark.parametrize(
    ("kind", "path", "cookies"), [("lb_cookie", "/", {"AWSALB"}), ("app_cookie", "/login", {"AWSALBAPP-0", "SESSION"})]
)
def test_clients_stay_with_their_target(world: World, servers: dict[str, str], kind: str, path: str, cookies: set[str]) -> None:
    name = kind.replace("_", "-")
    attributes = {"stickiness.enabled": "true", "stickiness.type": kind, f"stickiness.{kind}.duration_seconds": "60"}
    if kind == "app_cookie":
        attributes["stickiness.app_cookie.cookie_name"] = "SESSION"
    group = world.target_group(name, *servers.values(), attributes=attributes)
    world.listener(world.balancer(name), 80, forward(group))
    world.ready(group, *servers.values())
    port = world.port(name, 80)
    first = world.ask(port, path)
    assert cookies <= set(first.cookies)
    back = {"Cookie": "; ".join(f"{name}={value}" for name, value in first.cookies.items())}
    assert {world.ask(port, headers=back).seen["host"] for _ in range(12)} == {first.seen["host"]}
    assert {world.ask(port).seen["host"] for _ in range(12)} == set("abc")
    if kind == "app_cookie":
        assert "AWSALBAPP-0" not in world.ask(port, headers=back).cookies
        alone = {"Cookie": f"AWSALBAPP-0={first.cookies['AWSALBAPP-0']}"}
        assert len({world.ask(port, headers=alone).seen["host"] for _ in range(12)}) == 3


@pytest.fixture(scope="module")
def ill(world: World, front: dict[str, Any]) -> dict[str, str]:
    """Return two groups of one server, whose answer to health checks only one of them takes for healthy."""
    address = world.server("d", health=418)
    matchers = {"kind": "200,410-420", "strict": "200-399"}
    groups = {
        name: world.target_group(name, address, HealthCheckPath="/health", Matcher={"HttpCode": codes})
        for name, codes in matchers.items()
    }
    for priority, (name, group) in enumerate(groups.items(), 20):
        condition = {"Field": "path-pattern", "PathPatternConfig": {"Values": [f"/{name}"]}}
        world.connect("elbv2").create_rule(
            ListenerArn=front["secure"], Priority=priority, Conditions=[condition], Actions=[forward(group)]
        )
    return groups


def test_a_matcher_decides_about_health(world: World, ill: dict[str, str]) -> None:
    eventually(["initial"], lambda: list(world.health(ill["strict"]).values()))
    eventually(["healthy"], lambda: list(world.health(ill["kind"]).values()))
    eventually(["unhealthy"], lambda: list(world.health(ill["strict"]).values()))
    answer = world.connect("elbv2").describe_target_health(TargetGroupArn=ill["strict"])
    seen = answer["TargetHealthDescriptions"][0]["TargetHealth"]
    assert seen["Reason"] == "Target.ResponseCodeMismatch"
    assert "[418]" in seen["Description"]


def test_a_group_without_a_healthy_target_uses_them_all(world: World, front: dict[str, Any], ill: dict[str, str]) -> None:
    assert world.ask(front[443], "/strict", tls="example.com").seen["host"] == "d"


def test_a_network_load_balancer_carries_tcp_and_tls(world: World, servers: dict[str, str]) -> None:
    group = world.target_group("tcp", *servers.values(), Protocol="TCP")
    balancer = world.balancer("tcp", Type="network")
    world.listener(balancer, 8080, forward(group), "TCP")
    certificate = [{"CertificateArn": world.certificate("mail.example.com")}]
    world.listener(balancer, 443, forward(group), "TLS", Certificates=certificate)
    world.ready(group, *servers.values())
    assert {world.ask(world.port("tcp", 8080)).seen["host"] for _ in range(12)} == set("abc")
    answer = world.ask(world.port("tcp", 443), tls="mail.example.com")
    assert answer.names == ["mail.example.com"]
    assert "x-forwarded-for" not in answer.seen["headers"]


def test_access_logs_reach_their_bucket(world: World, front: dict[str, Any]) -> None:
    asked = world.ask(front[443], "/logged?a=b", tls="www.example.com", headers={"User-Agent": "the last one"})
    assert asked.status == 200
    eventually(True, lambda: any("/logged?a=b" in entry for entry in world.logs(LOGS)))
    (words,) = [shlex.split(entry) for entry in world.logs(LOGS) if "/logged?a=b" in entry]
    assert words[0] == "https"
    assert words[4] == f"{RANGE}.9.10:{PORT}"
    assert words[8:10] == ["200", "200"]
    assert words[12:14] == ["GET https://www.example.com:443/logged?a=b HTTP/1.1", "the last one"]
    assert words[18] == "www.example.com"
    assert words[22] == "forward"
    assert any(shlex.split(entry)[22] == "redirect" for entry in world.logs(LOGS))
