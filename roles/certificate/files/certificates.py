# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Get, renew and install certificates: certificates.py placeholders|issue|renew|install.

A certificate in use is /etc/terrace/certificates/<name>, a link to a directory with certificate.pem and key.pem: both change at
once. Prints what it changes, and nothing when it changes nothing.
"""

import fcntl
import json
import os
import re
import shutil
import subprocess
import sys
from datetime import datetime
from pathlib import Path

from cryptography import x509

SETTINGS = json.loads(Path("/etc/terrace/certificates.json").read_text(encoding="utf-8"))
IN_USE = Path("/etc/terrace/certificates")
LIVE = Path("/etc/letsencrypt/live")
RENEWAL = Path("/etc/letsencrypt/renewal")
LOG = Path("/var/log/letsencrypt/letsencrypt.log")
CHALLENGES = {
    "http": ("webroot", ["--webroot", "--webroot-path", SETTINGS["webroot"]]),
    "dns": ("dns-route53", ["--dns-route53"]),
}


class Problem(Exception):
    """Told to people as it is."""


def main(command: str) -> int:
    """Do it, one at a time."""
    with (IN_USE / ".lock").open("w") as lock:
        # certbot calls us while we run: that one has nothing to do.
        fcntl.flock(lock, fcntl.LOCK_EX | (fcntl.LOCK_NB if os.environ.get("RENEWED_LINEAGE") else 0))
        return {"placeholders": placeholders, "issue": issue, "renew": renew, "install": install}[command]()


def wanted() -> list[dict]:
    """Certificates to have."""
    return [each for each in SETTINGS["certificates"] if each.get("state", "present") == "present"]


def placeholders() -> int:
    """Give services something to start with."""
    for certificate in wanted():
        name = certificate["name"]
        if not (IN_USE / name).exists():
            directory = versions(name) / "placeholder"
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            self_signed(directory, certificate["domains"])
            use(name, directory)
            print(f"{name}: stand-in made")
    return 0


def self_signed(directory: Path, domains: list[str]) -> None:
    """Write a certificate that nobody trusts, for a year: what replaces it may take its time."""
    names = ",".join(f"DNS:{domain}" for domain in domains)
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc", "-keyout", str(directory / "key.pem")]
    out = ["-out", str(directory / "certificate.pem"), "-days", "365"]
    command = ["openssl", "req", "-x509", *key, *out, "-subj", "/CN=placeholder", "-addext", f"subjectAltName={names}"]
    subprocess.run(command, check=True, capture_output=True)


def issue() -> int:
    """Get what is missing or differs; what is valid and as wanted is never asked for again: authorities count."""
    for certificate in SETTINGS["certificates"]:
        if certificate.get("state", "present") == "absent":
            remove(certificate["name"])
        elif current(certificate["name"]) != desired(certificate):
            get(certificate)
            print(f"{certificate['name']}: issued for {', '.join(certificate['domains'])}")
    return install()


def desired(certificate: dict) -> dict:
    """What makes a certificate the one that is wanted."""
    return {
        "domains": sorted(domain.lower() for domain in certificate["domains"]),
        "server": SETTINGS["server"],
        "key_type": SETTINGS["key_type"],
        "authenticator": CHALLENGES[certificate.get("challenge", "http")][0],
        "valid": True,
    }


def current(name: str) -> dict | None:
    """The same of what certbot has; None if it has none."""
    configuration = RENEWAL / f"{name}.conf"
    if not configuration.exists():
        return None
    settings = dict(re.findall(r"^(\w+) = (.*)$", configuration.read_text(encoding="utf-8"), re.MULTILINE))
    certificate = read(LIVE / name / "fullchain.pem")
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return {
        "domains": sorted(names.get_values_for_type(x509.DNSName)),
        "server": settings["server"],
        "key_type": settings.get("key_type", "rsa"),
        "authenticator": settings["authenticator"],
        "valid": days_left(certificate) > 0,
    }


def read(path: Path) -> x509.Certificate:
    """The first certificate of a file."""
    return x509.load_pem_x509_certificate(path.read_bytes())


def days_left(certificate: x509.Certificate) -> float:
    """Until it expires."""
    return (certificate.not_valid_after - datetime.utcnow()).total_seconds() / 86400


def get(certificate: dict) -> None:
    """Have certbot get a certificate, instead of what it has under that name."""
    name = certificate["name"]
    again = ["--force-renewal", "--renew-with-new-domains"] if (RENEWAL / f"{name}.conf").exists() else []
    contact = ["--email", SETTINGS["email"]] if SETTINGS["email"] else ["--register-unsafely-without-email"]
    domains = [argument for domain in certificate["domains"] for argument in ("--domain", domain)]
    challenge = CHALLENGES[certificate.get("challenge", "http")][1]
    options = ["--server", SETTINGS["server"], "--key-type", SETTINGS["key_type"], *challenge]
    certbot("certonly", "--agree-tos", *contact, "--cert-name", name, *domains, *options, *again)


def certbot(*arguments: str) -> None:
    """Run certbot."""
    command = ["certbot", *arguments, "--non-interactive", "--quiet"]
    logged = LOG.stat().st_size if LOG.exists() else 0
    done = subprocess.run(command, check=False, capture_output=True, text=True, env={**os.environ, **SETTINGS["environment"]})
    if done.returncode:
        raise Problem(f"certbot {arguments[0]} failed: {(done.stdout + done.stderr).strip()} {refusal(logged)}".rstrip())


def refusal(logged: int) -> str:
    """What the authority has said; certbot 2.1 stumbles over its own exception and only logs it."""
    errors = re.findall(rb"^acme\.messages\.Error: (.*)$", LOG.read_bytes()[logged:] if LOG.exists() else b"", re.MULTILINE)
    return errors[-1].decode(errors="replace") if errors else ""


def remove(name: str) -> None:
    """Forget a certificate."""
    if (RENEWAL / f"{name}.conf").exists():
        certbot("delete", "--cert-name", name)
        print(f"{name}: removed")
    (IN_USE / name).unlink(missing_ok=True)
    shutil.rmtree(versions(name), ignore_errors=True)


def renew() -> int:
    """Renew what is due, install it, and tell how long everything is valid; fail if something was not renewed or is short."""
    problems = []
    try:
        certbot("renew", "--no-random-sleep-on-renew")
    except Problem as problem:
        problems.append(str(problem))
    install()
    left = {each["name"]: days_left(read(IN_USE / each["name"] / "certificate.pem")) for each in wanted()}
    lines = [f'terrace_certificate_days_left{{name="{name}"}} {days:.2f}\n' for name, days in left.items()]
    replace(Path(SETTINGS["metrics"]), "".join(lines))
    print("days left: " + ", ".join(f"{name} {days:.0f}" for name, days in left.items()))
    problems += [f"{name} expires in {days:.1f} days" for name, days in left.items() if days < SETTINGS["warn_days"]]
    if problems:
        raise Problem("\n".join(problems))
    return 0


def install() -> int:
    """Bring what certbot has in use; services that refuse it get back what they had."""
    before = {}
    for name in [each["name"] for each in wanted()]:
        if (LIVE / name).exists():
            directory = version(name)
            if os.path.realpath(IN_USE / name) != str(directory):
                before[name] = Path(os.path.realpath(IN_USE / name))
                use(name, directory)
                print(f"{name}: installed, serial {read(directory / 'certificate.pem').serial_number:x}")
    if before:
        try:
            reload_services()
        except Problem:
            for name, directory in before.items():
                use(name, directory)
            raise
        for name in before:
            prune(name)
    return 0


def versions(name: str) -> Path:
    """Where the directories are that the link of a certificate points to."""
    return IN_USE / ".versions" / name


def version(name: str) -> Path:
    """A directory with the certificate and the key that certbot has; named by the serial number."""
    serial = f"{read(LIVE / name / 'fullchain.pem').serial_number:x}"
    directory = versions(name) / serial
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    shutil.copyfile(LIVE / name / "fullchain.pem", directory / "certificate.pem")
    # Nobody else may read it, from the beginning.
    key = directory / "key.pem"
    key.touch(mode=0o600)
    key.write_bytes((LIVE / name / "privkey.pem").read_bytes())
    return directory


def use(name: str, directory: Path) -> None:
    """Point the link of a certificate to a directory, without a moment between."""
    link = IN_USE / f".{name}.next"
    link.unlink(missing_ok=True)
    link.symlink_to(directory.relative_to(IN_USE))
    link.replace(IN_USE / name)


def prune(name: str) -> None:
    """Remove keys that are not used any more."""
    for directory in versions(name).iterdir():
        if str(directory) != os.path.realpath(IN_USE / name):
            shutil.rmtree(directory)


def reload_services() -> None:
    """Have those that run read the certificates."""
    for service in SETTINGS["reload"]:
        done = subprocess.run(["systemctl", "try-reload-or-restart", service], check=False, capture_output=True, text=True)
        if done.returncode:
            raise Problem(f"{service} has not taken the new certificates: {done.stderr.strip()}")


def replace(path: Path, content: str) -> None:
    """Write a file that readers see whole."""
    following = path.with_suffix(".next")
    following.write_text(content, encoding="utf-8")
    following.replace(path)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1]))
    except BlockingIOError:
        sys.exit(0)
    except Problem as problem:
        sys.exit(str(problem))
