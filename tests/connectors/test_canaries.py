"""Secrets planted in every system and setting: none in any output, log, snapshot, exception, repr or pickle."""

from __future__ import annotations

import contextlib
import copy
import http.client
import json
import logging
import os
import pickle
import shutil
from dataclasses import replace
from datetime import UTC, datetime

import boto3
import ldap3.utils.log as ldap3_log
import pytest
from pytest_socket import enable_socket

from connectors.aws_uses import JOB, direct, used
from connectors.canaries import forms, leaks, told
from connectors.netbox_served import served as recorded
from connectors.test_ldap_live import READER, SUFFIX, TREE, group, person, record
from connectors.test_vault_live import KUBERNETES, Vault
from guardrails import declare, reports, workflow
from guardrails.cli import main
from guardrails.connectors.aws.api import AwsApi
from guardrails.connectors.discovery import find
from guardrails.connectors.ldap.api import LdapApi, connected
from guardrails.connectors.netbox.api import NetboxApi
from guardrails.connectors.vault.api import VaultApi
from guardrails.errors import GuardrailsError
from guardrails.secret import Secret, SecretRef
from guardrails.testing.faults import FAULTS
from guardrails.testing.ldap_proxy import ldap_proxy
from guardrails.testing.openbao import openbao
from guardrails.testing.proxy import http_proxy
from guardrails.testing.servers import moto
from guardrails.testing.slapd import slapd

AT = datetime(2026, 11, 25, tzinfo=UTC)
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "AKIACANARY0IN0ENV000",
    "AWS_SECRET_ACCESS_KEY": "cnry/aws+secret0in0env0000000000000000",
    "AWS_SESSION_TOKEN": "cnry/aws+session0in0env==",
    "LDAP_PASSWORD": 'cnry "ldap" /bind%é',
    "NETBOX_TOKEN": "nbt_cnry0netbox0.cnry0netbox0token0000000000000000000",
    "VAULT_BYSTANDER": "cnry-bystander-in-env",
}
PLANTED = {
    "database password": "cnry-rds-master-1",
    "kv value": "cnry-kv-value-1",
    "userpass password": "cnry-userpass-1",
    "token of a Kubernetes method": "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiAiY25yeS1yZXZpZXdlciJ9.Y25yeS1yZXZpZXdlci1zaWduYXR1cmUtMDEyMzQ1Njc4OWFiY2RlZg",
    "person's password": "cnry-person-1",
    "person's hash": "{SSHA}cnryHashOfAPerson0000000000000000",
    "key of a NetBox token": "cnry0key0of0a0token000000000000000000000",
    "NetBox custom field": "cnry-custom-field-1",
    "id of a job of IAM": JOB,
}
SYSTEMS = {
    "aws": '{connector: aws, endpoint-url: "%s", sets: {all: {accounts: ["111122223333"]}}, regions: {read: [us-east-1], others: closed-by-scp}, read: {role: reader, last-used: 9}}',
    "vault": '{connector: vault, address: "%s", read: {token: "env:VAULT_READ_TOKEN"}}',
    "approle": '{connector: vault, address: "%s", read: {approle: {role-id: "env:VAULT_ROLE_ID", secret-id: "env:VAULT_SECRET_ID"}}}',
    "directory": '{connector: ldap, url: "%s", base: "ou=people,dc=example,dc=se", groups: "ou=groups,dc=example,dc=se", '
    f'read: {{bind: "{READER}", password: "env:LDAP_PASSWORD"}}}}',
    "inventory": '{connector: netbox, url: "%s", read: {token: "env:NETBOX_TOKEN"}}',
}
SECRETS = {
    "aws": "AWS_SECRET_ACCESS_KEY",
    "vault": "VAULT_READ_TOKEN",
    "approle": "VAULT_SECRET_ID",
    "directory": "LDAP_PASSWORD",
    "inventory": "NETBOX_TOKEN",
}
LOGGERS = (
    "", "boto3", "boto3.resources", "botocore", "botocore.auth", "botocore.endpoint", "botocore.parsers", "botocore.hooks", "botocore.credentials",
    "urllib3", "urllib3.connectionpool", "requests", "hvac", "hvac.adapters", "ldap3", "s3transfer",
)  # fmt: skip
pytestmark = [pytest.mark.server, pytest.mark.timeout(300)]
if not shutil.which("slapd", path=f"{os.defpath}:/usr/sbin") and os.environ.get("CI") != "true":  # in CI the tests fail instead
    pytestmark.append(pytest.mark.skip(reason="slapd IS NOT INSTALLED: no secret was planted anywhere (packages slapd, ldap-utils)"))


def inventory(request, ask):
    """The recorded NetBox, with secrets where a version or a plugin may show them."""
    answer = recorded(request, ask)
    body = json.loads(answer.body)
    for item in body.get("results", ()):
        item["custom_fields"] = {"password": PLANTED["NetBox custom field"]}
        if "/tokens/" in request.path or "/users/" in request.path:
            item.update(dict.fromkeys(("key", "token", "password"), PLANTED["key of a NetBox token"]))
    return replace(answer, body=json.dumps(body).encode())


def plant_aws(url: str) -> dict[str, str]:
    role = "arn:aws:iam::111122223333:role/seed"
    given = boto3.client("sts", endpoint_url=url, region_name="us-east-1").assume_role(RoleArn=role, RoleSessionName="seed")["Credentials"]
    session = boto3.session.Session(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"], "us-east-1")
    iam, rds = (session.client(name, endpoint_url=url) for name in ("iam", "rds"))
    iam.create_user(UserName="u")
    made = iam.create_access_key(UserName="u")["AccessKey"]
    password = PLANTED["database password"]
    rds.create_db_instance(
        DBInstanceIdentifier="d", DBInstanceClass="db.t3.micro", Engine="postgres", MasterUsername="root", MasterUserPassword=password
    )
    return {"secret of an access key": made["SecretAccessKey"]}


def plant_vault(server) -> dict[str, str]:
    vault = Vault(server)
    vault.seed()
    vault.ask("POST", "kv/data/app/x", {"data": {"password": PLANTED["kv value"]}})
    vault.ask("POST", "auth/userpass/users/bob", {"password": PLANTED["userpass password"]})
    vault.ask("POST", "auth/kubernetes/config", {**KUBERNETES, "token_reviewer_jwt": PLANTED["token of a Kubernetes method"]})
    unused = vault.ask("POST", "auth/approle/role/ci/secret-id")["data"]["secret_id"]
    person = vault.ask("POST", "auth/userpass/login/bob", {"password": PLANTED["userpass password"]})["auth"]["client_token"]
    vault.ask("POST", "transit/keys/open", {"exportable": True})
    exported = vault.ask("GET", "transit/export/encryption-key/open")["data"]["keys"]["1"]
    halves = {
        "VAULT_ROLE_ID": vault.ask("GET", "auth/approle/role/guardrails/role-id")["data"]["role_id"],
        "VAULT_SECRET_ID": vault.ask("POST", "auth/approle/role/guardrails/secret-id")["data"]["secret_id"],
        "VAULT_READ_TOKEN": vault.reader(),
    }
    # the role-id is a name: Vault itself calls the alias of whoever logged in so
    return {"transit key": exported, "root token": server.token, "secret id of another": unused, "token of another": person, **halves}


def directory():
    kinds = (("objectClass", "organizationalRole"), ("objectClass", "simpleSecurityObject"), ("cn", "reader"))
    ldif = TREE + record(READER, *kinds, ("userPassword", ENVIRONMENT["LDAP_PASSWORD"]))
    ldif += person("ann", ("userPassword", PLANTED["person's password"])) + person("bob", ("userPassword", PLANTED["person's hash"]))
    ldif += group("all", f"uid=ann,ou=people,{SUFFIX}")
    return slapd(SUFFIX, ldif, password="unused-by-anyone", settings=["access to attrs=userPassword by * read", "access to * by * read"])


@pytest.fixture(scope="module")
def planted():
    """The proxies by system, and every secret there is."""
    enable_socket()  # this fixture outlives one test, so it opens loopback by itself
    canaries = {**ENVIRONMENT, **PLANTED}
    with pytest.MonkeyPatch.context() as patch, contextlib.ExitStack() as stack:
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        aws, vault = stack.enter_context(moto()), stack.enter_context(openbao())
        made = plant_vault(vault)
        canaries |= made | plant_aws(aws)
        del canaries["VAULT_ROLE_ID"]
        for name in ("VAULT_ROLE_ID", "VAULT_SECRET_ID", "VAULT_READ_TOKEN"):
            patch.setenv(name, made[name])
        before, behind = http_proxy(aws, used(direct)), http_proxy(vault.url)
        proxies = {"aws": stack.enter_context(before), "vault": stack.enter_context(behind)}
        proxies["approle"] = proxies["vault"]
        proxies["directory"] = stack.enter_context(ldap_proxy(stack.enter_context(directory()).ldap))
        proxies["inventory"] = stack.enter_context(http_proxy("http://127.0.0.1:1", inventory))
        patch.setattr("guardrails.connectors.ldap.api._RECEIVE_SECONDS", 1)
        yield proxies, canaries


@pytest.fixture
def logged(monkeypatch, planted):
    """Everything that is logged while every library is told to log all; what is issued during the run joins the canaries."""
    _, canaries = planted
    lines: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda line: lines.append(f"{line.name}: {line.getMessage()} {line.args!r} {line.exc_info!r}")
    before = {name: logging.getLogger(name).level for name in LOGGERS}
    for name in LOGGERS:
        logging.getLogger(name).setLevel(logging.DEBUG)
    logging.getLogger().addHandler(handler)
    monkeypatch.setattr(http.client.HTTPConnection, "debuglevel", 1)
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    ldap3_log.set_library_log_detail_level(ldap3_log.EXTENDED)
    ldap3_log.set_library_log_hide_sensitive_data(False)
    assumed, login = AwsApi.__init__, VaultApi._login

    def issued(api, settings, credentials=None, *more, **named):
        canaries.update({f"issued {name}": value for name, value in (credentials or {}).items()})
        assumed(api, settings, credentials, *more, **named)

    def logs_in(api, settings):
        found = canaries["issued token"] = login(api, settings)
        return found

    monkeypatch.setattr(AwsApi, "__init__", issued)
    monkeypatch.setattr(VaultApi, "_login", logs_in)
    yield lines
    ldap3_log.set_library_log_detail_level(ldap3_log.OFF)
    logging.getLogger().removeHandler(handler)
    for name, level in before.items():
        logging.getLogger(name).setLevel(level)


def text(*names, urls):
    return "guardrails: 1\nsystems:\n" + "".join(f"  {name}: {SYSTEMS[name] % urls[name]}\n" for name in names)


def ran(*arguments: str) -> object:
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    return ended.value.code


def test_the_search_finds_what_it_is_there_for():
    for form in forms('cnry "x" /é'):
        assert leaks({"it": 'cnry "x" /é'}, {"here": f"before {form} after"}) == [("it", "here")]
    assert leaks({"it": "cnry-secret"}, {"header": "Basic dXNlcjpjbnJ5LXNlY3JldA=="}) == [("it", "header")]
    with pytest.raises(KeyError) as caught:
        {}["cnry-error"]
    assert "cnry-error" in told(caught.value)


def test_no_command_tells_a_secret(planted, logged, tmp_path, capfd, record_property):
    proxies, canaries = planted
    file, kept = tmp_path / "guardrails.yaml", tmp_path / "snapshot.json"
    file.write_text(text(*SYSTEMS, urls={name: proxy.url for name, proxy in proxies.items()}))
    commands = [
        ("reconcile", str(file)), ("reconcile", str(file), "--output", "json"), ("observe", str(file), "--out", str(kept)),
        ("reconcile", str(file), "--from", str(kept)), ("connectors", "check", str(file)), ("explain", "GR901"), ("lint", str(file)),
    ]  # fmt: skip
    outputs = {}
    for command in commands:
        code = ran(*command)
        outputs[" ".join(command[:2])] = "".join(capfd.readouterr())
        assert code in {0, 1, 3}, outputs
    outputs |= {"snapshot": kept.read_text(), "log": "\n".join(logged)}
    assert all(outputs[name] for name in outputs if name != "log")
    assert {"issued token", "issued aws_secret_access_key"} <= canaries.keys()
    assert leaks(canaries, outputs) == []
    record_property("canaries", len(canaries))
    record_property("outputs", len(outputs))


@pytest.mark.parametrize("fault", [*sorted(FAULTS.keys() - {"slow", "repeated"}), "wrong secret", "unreachable", "no header", "no secret"])
@pytest.mark.parametrize("name", SYSTEMS)
def test_no_failure_tells_a_secret(planted, logged, monkeypatch, capfd, name, fault):  # noqa: PLR0917  # fixtures
    proxies, canaries = planted
    wrong = {"wrong secret": "cnryWrongSecret0000000", "no header": "cnry\nnot a header €", "no secret": ""}
    if fault in wrong:
        monkeypatch.setenv(SECRETS[name], wrong[fault])
    url = proxies[name].url if fault != "unreachable" else f"{proxies[name].url.rpartition(':')[0]}:1"
    declaration = declare.loads([("guardrails.yaml", text(name, urls={name: url}).encode())])
    outputs = {}
    for chosen in (lambda _: True, lambda request: any(part in request.path for part in ("mounts", "prefixes", "groups", "?encryption"))):
        with proxies[name].breaking(chosen, FAULTS[fault]) if fault in FAULTS else contextlib.nullcontext():
            try:
                seen = workflow.observe(declaration, AT)
                outputs["report"] = (
                    reports.as_json(found := workflow.assess(declaration, seen, AT)) + reports.as_text(found) + repr((seen, found))
                )
            except GuardrailsError as error:
                outputs[f"error {len(outputs)}"] = told(error)
    outputs |= {"log": "\n".join(logged), "printed": "".join(capfd.readouterr())}
    assert leaks(canaries | {key: value for key, value in wrong.items() if value}, outputs) == []


@pytest.mark.parametrize("name", SYSTEMS)
def test_no_object_shows_or_gives_away_a_secret(planted, logged, name):
    proxies, canaries = planted
    (system,) = declare.loads([("guardrails.yaml", text(name, urls={name: proxies[name].url}).encode())]).systems
    settings, reader = find(system.connector).settings(system), find(system.connector).observer(system, AT)
    list(reader.observe())
    with contextlib.ExitStack() as stack:
        makers = {"aws": AwsApi, "vault": VaultApi, "netbox": NetboxApi, "ldap": lambda found: stack.enter_context(connected(found))}
        api = makers[system.connector](settings)
        shown = {"plain": "".join(f"{thing!r}{thing}" for thing in (system, settings, reader, api))}
        inner = {key: getattr(api, key) for key in getattr(api, "__slots__", ()) or vars(api)}
        shown["inner"] = repr({key: value for key, value in inner.items() if not isinstance(value, dict | list)})
    assert isinstance(api, AwsApi | VaultApi | NetboxApi | LdapApi)
    for act in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="holds a secret"):
            act(api)
    with contextlib.suppress(TypeError):
        shown["pickle"] = repr(pickle.dumps((settings, reader)))
    assert leaks(canaries, shown) == []


def test_a_secret_is_neither_shown_nor_pickled():
    secret = Secret("cnry-secret-itself")
    assert f"{secret} {secret!r} {secret:>4} {[secret]}" == "*** ***  *** [***]"
    with pytest.raises(TypeError, match="holds a secret"):
        pickle.dumps(secret)
    assert b"env" in pickle.dumps(SecretRef.parse("env:X"))


LITERAL = "cnry-written-inline"
WRITTEN = [
    LITERAL,
    f'"{LITERAL}"',
    f"!{LITERAL} x",
    f"*{LITERAL}",
    f"&{LITERAL} x",
    f"[{LITERAL}]",
    f"{{{LITERAL}: x}}",
    "0123456789",
    "1234567890",
]
PLACES = {
    "vault token": '{connector: vault, address: "https://v", read: {token: %s}}',
    "vault secret-id": '{connector: vault, address: "https://v", read: {approle: {role-id: "env:X", secret-id: %s}}}',
    "ldap password": '{connector: ldap, url: "ldaps://l", base: "dc=x", groups: "dc=x", read: {bind: "cn=x", password: %s}}',
    "netbox token": '{connector: netbox, url: "https://n", read: {token: %s}}',
}
URLS = {
    "aws": '{connector: aws, endpoint-url: "https://u:%s@a"}',
    "vault": '{connector: vault, address: "https://u:%s@v", read: {token: "env:X"}}',
    "ldap": '{connector: ldap, url: "ldaps://u:%s@l", base: "dc=x", groups: "dc=x", read: {bind: "cn=x", password: "env:X"}}',
    "netbox": '{connector: netbox, url: "https://u:%s@n", read: {token: "env:X"}}',
}
INLINE = [(PLACES[place], written) for place in PLACES for written in WRITTEN] + [(url, LITERAL) for url in URLS.values()]


@pytest.mark.parametrize(("place", "written"), INLINE)
def test_a_secret_written_where_a_reference_is_due_is_refused_and_not_repeated(tmp_path, capfd, place, written):
    file = tmp_path / "guardrails.yaml"
    file.write_text(f"guardrails: 1\nsystems: {{s: {place % written}}}\n")
    for command in (("lint", str(file)), ("reconcile", str(file))):
        assert ran(*command) == 2
        printed = "".join(capfd.readouterr())
        assert "guardrails.yaml:2" in printed
        assert leaks({"literal": LITERAL, "number": "0123456789", "other": "1234567890"}, {"printed": printed}) == []
