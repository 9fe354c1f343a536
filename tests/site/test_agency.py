# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A back end and WordPress behind one load balancer, each under its own name. The tests of this file follow one another."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from tests.site.conftest import Site
from tests.toolchain.witness import production_environment

pytestmark = [pytest.mark.docker, pytest.mark.slow]
PROFILE = "PROFILE=agency"
STACK, DOMAIN = "agency-production", "agency.example.com"
API, WWW = f"api.{DOMAIN}", f"www.{DOMAIN}"


@dataclass
class Browser:
    """Somebody who resolves the agency's names to this machine, and verifies certificates."""

    site: Site
    session: requests.Session = field(default_factory=requests.Session)

    def address(self, name: str, scheme: str = "https") -> str:
        known = self.site.summary
        url = known["names"][WWW] if scheme == "https" else known["urls"][0]
        return f"{scheme}://{name}:{urlsplit(url).port}"

    def ask(self, name: str, path: str = "/", method: str = "GET", scheme: str = "https", **options: Any) -> requests.Response:
        options = {"timeout": 20, "allow_redirects": False, "verify": self.site.summary["ca_file"], **options}
        return self.session.request(method, self.address(name, scheme) + path, **options)

    def well(self) -> bool:
        """Whether both sites answer, many times."""
        try:
            answers = [self.ask(*page).status_code for page in [(API, "/messages"), (WWW, "/")] * 6]
        except requests.RequestException:
            return False
        return set(answers) == {200}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Build this architecture alone."""
    site = Site(production_environment(tmp_path_factory.mktemp("production")))
    site.make("demo-down")
    site.make("demo", PROFILE)
    yield site
    site.make("demo-down")


@pytest.fixture(scope="module")
def browser(site: Site) -> Iterator[Browser]:
    resolve = socket.getaddrinfo

    def here(host: Any, *arguments: Any, **options: Any) -> Any:
        return resolve("127.0.0.1" if str(host).endswith(DOMAIN) else host, *arguments, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", here)
        yield Browser(site)


def container(site: Site, name: str) -> Any:
    (found,) = (item for item in site.containers() if item.name == name)
    return found


def query(site: Site, sql: str) -> list[str]:
    """Ask the database server itself."""
    server = container(site, f"terrace-db-{STACK}-main")
    status, output = server.exec_run(["mariadb", "--protocol=socket", "-N", "-B", "-e", sql])
    assert status == 0, output
    return output.decode().splitlines()


def hosts(site: Site, group: str) -> list[Any]:
    """Return the containers of a compute group."""
    filters = [{"Name": "tag:terrace:group", "Values": [group]}, {"Name": "instance-state-name", "Values": ["running"]}]
    reservations = site.client("ec2").describe_instances(Filters=filters)["Reservations"]
    names = {f"terrace-{instance['InstanceId']}" for reservation in reservations for instance in reservation["Instances"]}
    return [item for item in site.containers("instance") if item.name in names]


def test_each_name_leads_to_its_site(browser: Browser) -> None:
    assert {API, WWW} <= set(browser.site.summary["names"])
    assert browser.ask(API, "/health").json() == {"status": "ok"}
    page = browser.ask(WWW)
    assert page.status_code == 200 and "<title>The Agency" in page.text
    assert browser.ask(DOMAIN, "/about?x=1").headers["location"].startswith(f"https://{WWW}")
    assert browser.ask(API, headers={"Host": f"nobody.{DOMAIN}"}).status_code == 404
    assert browser.ask(WWW, "/", scheme="http").headers["location"].startswith("https://")


def test_the_back_end_passes_its_own_tests(browser: Browser) -> None:
    (host, _) = hosts(browser.site, "backend")
    done = host.exec_run(["/opt/nodejs/24.19.0/bin/node", "--test"], workdir="/srv/agency-api/current")
    assert done.exit_code == 0, done.output.decode()[-3000:]


def test_the_back_end_keeps_its_rows(browser: Browser) -> None:
    texts = [f"Grüße {number}, \"quoted\" 'twice' 🙂" for number in range(4)]
    assert {browser.ask(API, "/messages", "POST", json={"text": text}).status_code for text in texts} == {201}
    assert set(texts) <= {message["text"] for message in browser.ask(API, "/messages").json()}
    assert query(browser.site, "SELECT count(*) FROM agency.messages WHERE text LIKE 'Gr%'") == ["4"]


def test_each_application_has_a_user_of_its_own_over_tls(browser: Browser) -> None:
    users = query(browser.site, "SELECT User, ssl_type FROM mysql.user WHERE User IN ('agency_api', 'wordpress') ORDER BY User")
    assert users == ["agency_api\tANY", "wordpress\tANY"]
    grants = query(browser.site, "SELECT User, Db FROM mysql.db WHERE User IN ('agency_api', 'wordpress') ORDER BY User")
    assert grants == ["agency_api\tagency", "wordpress\twordpress"]


def test_the_back_end_talks_to_nobody_else_who_claims_to_be_the_server(browser: Browser) -> None:
    (host, _) = hosts(browser.site, "backend")
    script = "set -a; . /etc/agency-api/environment; set +a; $CHANGE; /opt/nodejs/24.19.0/bin/node src/migrate.js"
    authorities = "MYSQL_SSL_CA=/etc/ssl/certs/ca-certificates.crt"
    address = 'MYSQL_HOST=$(getent hosts "$MYSQL_HOST" | cut -d" " -f1)'
    for change, said in ((authorities, "certificate"), (address, "does not match")):
        done = host.exec_run(["sh", "-c", script.replace("$CHANGE", change)], workdir="/srv/agency-api/current")
        assert done.exit_code != 0 and said in done.output.decode()


def test_what_is_uploaded_is_on_both_hosts(browser: Browser) -> None:
    for number, host in enumerate(hosts(browser.site, "wordpress")):
        write = f"echo from host {number} > /srv/agency/uploads/proof-{number}.txt"
        done = host.exec_run(["runuser", "--user=agency", "--", "sh", "-c", write])
        assert done.exit_code == 0, done.output
    for number in range(2):
        pages = [browser.ask(WWW, f"/wp-content/uploads/proof-{number}.txt?{ask}") for ask in range(6)]
        assert {(page.status_code, page.text) for page in pages} == {(200, f"from host {number}\n")}


def test_a_login_counts_on_both_hosts(browser: Browser) -> None:
    """The load balancer takes the hosts in turns."""
    secret = browser.site.client("secretsmanager").get_secret_value(SecretId=f"{STACK}/wordpress-admin")["SecretString"]
    browser.ask(WWW, "/wp-login.php")
    form = {"log": "editor", "pwd": json.loads(secret)["password"], "testcookie": "1"}
    assert browser.ask(WWW, "/wp-login.php", "POST", data=form).status_code == 302
    assert {browser.ask(WWW, "/wp-admin/profile.php").status_code for _visit in range(6)} == {200}
    browser.session.cookies.clear()
    assert browser.ask(WWW, "/wp-admin/profile.php").status_code == 302


def test_a_second_run_changes_nothing(browser: Browser) -> None:
    before = len(browser.site.calls)
    run = browser.site.make("converge", PROFILE)
    assert len(run.changed) == 5, "localhost, and two hosts of each kind"
    assert set(run.changed.values()) == {0}
    assert [call["operation"] for call in browser.site.calls[before:] if call["mutating"]] == []


def test_the_plan_of_a_built_stack_is_empty(browser: Browser) -> None:
    assert set(browser.site.make("plan", PROFILE).changed.values()) == {0}


@pytest.mark.parametrize("group", ["backend", "wordpress"])
def test_one_of_two_hosts_is_enough(group: str, browser: Browser, eventually: Callable[..., None]) -> None:
    host = hosts(browser.site, group)[0]
    host.stop()
    try:
        eventually(browser.well)
    finally:
        host.start()
    eventually(browser.well, 120)


def test_drift_is_shown_and_repaired_exactly(browser: Browser, eventually: Callable[..., None]) -> None:
    ec2 = browser.site.client("ec2")
    (group,) = ec2.describe_security_groups(Filters=[{"Name": "tag:terrace:id", "Values": ["network/security_group/wordpress"]}])[
        "SecurityGroups"
    ]
    ec2.revoke_security_group_ingress(GroupId=group["GroupId"], IpPermissions=group["IpPermissions"])
    eventually(lambda: not browser.well())
    plan = browser.site.make("plan", PROFILE)
    assert "plan: 1 to create, 0 to update, 0 to replace, 0 to delete" in plan.output
    before = len(browser.site.calls)
    browser.site.make("converge", PROFILE)
    changed = [call["operation"] for call in browser.site.calls[before:] if call["mutating"] and call["service"] != "s3"]
    assert changed == ["AuthorizeSecurityGroupIngress"]
    eventually(browser.well)


def test_teardown_leaves_only_the_final_snapshot(browser: Browser) -> None:
    site = browser.site
    site.make("teardown", PROFILE)
    kinds = ["ec2:vpc", "ec2:subnet", "rds:db", "rds:snapshot", "elasticache:replicationgroup", "elasticfilesystem", "s3"]
    tagged = site.client("resourcegroupstaggingapi").get_resources(
        TagFilters=[{"Key": "terrace:stack", "Values": [STACK]}], ResourceTypeFilters=kinds
    )["ResourceTagMappingList"]
    assert [entry["ResourceARN"] for entry in tagged if ":snapshot:" not in entry["ResourceARN"]] == []
    assert len(site.client("rds").describe_db_snapshots()["DBSnapshots"]) == 1
    assert site.client("efs").describe_file_systems()["FileSystems"] == []
    assert site.client("secretsmanager").list_secrets()["SecretList"] == []
    assert not site.containers("instance")
    assert not site.networks("network")
