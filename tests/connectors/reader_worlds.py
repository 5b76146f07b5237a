"""One system of each kind, with one object of each kind that is read, whose reader can be given exactly one policy.

Each world is a context that gives a function: put a policy to it (`None` for every right), and it is in force for the block, which gets the
settings with which to read.
"""

from __future__ import annotations

import contextlib
import json
import tempfile
import threading
import urllib.request
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3

from connectors.aws_center import Center, provisioned
from connectors.aws_uses import READS, STARTS, direct, used
from connectors.netbox_company import RECORDED
from guardrails.testing import slapd as directory
from guardrails.testing.faults import Answer
from guardrails.testing.loopback import Ask, Request, Through
from guardrails.testing.openbao import openbao
from guardrails.testing.proxy import http_proxy
from guardrails.testing.servers import aws_credentials, moto

__all__ = ["WORLDS", "World"]

World = Callable[[str | None], AbstractContextManager[str]]


def _kept(folder: Path, secret: str) -> str:
    path = folder / "secret"
    path.touch(0o600)
    path.write_text(secret)
    return f"file:{path}"


# AWS: the management account of an organisation, and one account in a unit.

HOME, REGION = "123456789012", "us-east-1"
ANYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{HOME}:user/guardrails"}, "Action": "sts:AssumeRole"}],
}


OF_BUCKETS = {
    "?encryption": "s3:GetEncryptionConfiguration",
    "?ownershipControls": "s3:GetBucketOwnershipControls",
    "?publicAccessBlock": "s3:GetBucketPublicAccessBlock",
    "/publicAccessBlock": "s3:GetAccountPublicAccessBlock",
}
"""Rights by the end of the path of their call."""
_NO = Answer(403, b"<Error><Code>AccessDenied</Code><Message>no</Message></Error>", (("Content-Type", "application/xml"),))


def refusing(below: Through, refused: Collection[str]) -> Through:
    """The same without the calls about buckets whose right is refused."""

    def through(request: Request, ask: Ask) -> Answer:
        rights = {right for end, right in OF_BUCKETS.items() if request.path.endswith(end)}
        return _NO if rights & set(refused) else below(request, ask)

    return through


@contextmanager
def aws() -> Iterator[World]:
    refused: set[str] = set()
    # no job is waited for: it is read again for each right, and tests/connectors/test_aws_uses.py holds the waiting
    with moto() as real, http_proxy(real, refusing(used(direct, refused=refused, at_once=True), refused)) as proxy:
        url = proxy.url
        admins = _organization(url)
        reader = admins[HOME].client("iam", endpoint_url=url).create_access_key(UserName="guardrails")["AccessKey"]
        close = urllib.request.Request(f"{url}/moto-api/reset-auth", b"0", {"Content-Type": "text/plain"})  # noqa: S310  # loopback
        urllib.request.urlopen(close).close()  # noqa: S310  # likewise

        @contextmanager
        def granted(policy: str | None) -> Iterator[str]:
            everything = {"identity-policy": ANYTHING, "role-policy": ANYTHING, "role-trust": TRUST}
            # of these moto knows nothing, or takes the right to list a bucket for them: what stands in front of it refuses, as AWS does
            refused.clear()
            refused.update(
                right for right in (f"iam:{STARTS}", f"iam:{READS}", *OF_BUCKETS.values()) if policy and f'"{right}"' not in policy
            )
            policy = policy and policy.replace('"s3:ListAllMyBuckets"', '"s3:ListAllMyBuckets", "s3:ListBucket", "s3:GetPublicAccessBlock"')
            documents = {part: json.dumps(text) for part, text in (json.loads(policy) if policy else everything).items()}
            admins[HOME].client("iam", endpoint_url=url).put_user_policy(
                UserName="guardrails", PolicyName="own", PolicyDocument=documents["identity-policy"]
            )
            for session in admins.values():
                iam = session.client("iam", endpoint_url=url)
                iam.put_role_policy(RoleName="reader", PolicyName="own", PolicyDocument=documents["role-policy"])
                iam.update_assume_role_policy(RoleName="reader", PolicyDocument=documents["role-trust"])
            with aws_credentials(reader["AccessKeyId"], reader["SecretAccessKey"]):
                yield (
                    f'connector: aws, endpoint-url: "{url}", organization: "{HOME}", regions: {{read: [{REGION}]}}, read: {{role: reader, last-used: 9}}, '
                    f'sets: {{prod: {{ou: Workloads/Prod}}, home: {{accounts: ["{HOME}"]}}}}'
                )

        yield granted


def _session(key: dict[str, str]) -> Any:
    return boto3.session.Session(key["AccessKeyId"], key["SecretAccessKey"], key.get("SessionToken"), REGION)


def _organization(url: str) -> dict[str, Any]:
    """For each account somebody who may do everything there."""
    home = _session({"AccessKeyId": "seed", "SecretAccessKey": "seed"})
    api = home.client("organizations", endpoint_url=url)
    api.create_organization(FeatureSet="ALL")
    root = api.list_roots()["Roots"][0]["Id"]
    for kind in ("SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"):
        api.enable_policy_type(RootId=root, PolicyType=kind)
    workloads = api.create_organizational_unit(ParentId=root, Name="Workloads")["OrganizationalUnit"]["Id"]
    prod = api.create_organizational_unit(ParentId=workloads, Name="Prod")["OrganizationalUnit"]["Id"]
    account = api.create_account(Email="prod@example.se", AccountName="prod")["CreateAccountStatus"]["AccountId"]
    api.move_account(AccountId=account, SourceParentId=root, DestinationParentId=prod)
    iam = home.client("iam", endpoint_url=url)
    for name in ("admin", "guardrails"):
        iam.create_user(UserName=name)
    iam.put_user_policy(UserName="admin", PolicyName="own", PolicyDocument=json.dumps(ANYTHING))
    admins = {HOME: _session(iam.create_access_key(UserName="admin")["AccessKey"])}
    sts = home.client("sts", endpoint_url=url)
    arn = f"arn:aws:iam::{account}:role/admin"
    first = _session(sts.assume_role(RoleArn=arn, RoleSessionName="seed")["Credentials"]).client("iam", endpoint_url=url)
    first.create_role(RoleName="admin", AssumeRolePolicyDocument=json.dumps(TRUST))
    first.put_role_policy(RoleName="admin", PolicyName="own", PolicyDocument=json.dumps(ANYTHING))
    # a session of the role that is there now, so that it may still do everything once the server asks for rights
    admins[account] = _session(sts.assume_role(RoleArn=arn, RoleSessionName="admin")["Credentials"])
    for session in admins.values():
        session.client("iam", endpoint_url=url).create_role(RoleName="reader", AssumeRolePolicyDocument=json.dumps(TRUST))
    provisioned(admins[account].client("iam", endpoint_url=url), "Oncall", json.dumps(ANYTHING))
    center = Center(home, url)
    center.user("bob")
    center.group("core", "bob")
    center.permission_set("Oncall")
    center.assign("Oncall", account, "core", "GROUP")
    _objects({name: admins[account].client(name, endpoint_url=url) for name in ("iam", "s3", "kms", "rds", "ec2", "wafv2")})
    return admins


def _objects(client: dict[str, Any]) -> None:
    client["iam"].create_user(UserName="u")
    client["iam"].create_access_key(UserName="u")
    key = client["kms"].create_key()["KeyMetadata"]
    client["kms"].create_grant(KeyId=key["KeyId"], GranteePrincipal=f"arn:aws:iam::{key['AWSAccountId']}:user/u", Operations=["Decrypt"])
    client["s3"].create_bucket(Bucket="bucket")
    client["rds"].create_db_instance(
        DBInstanceIdentifier="d",
        DBInstanceClass="db.t3.micro",
        Engine="postgres",
        MasterUsername="root",
        MasterUserPassword="unused-by-anyone",
    )
    entries = [{"Cidr": "198.51.100.0/24"}]
    ec2 = client["ec2"]
    found = ec2.create_managed_prefix_list(PrefixListName="p", Entries=entries, MaxEntries=5, AddressFamily="IPv4")
    group = ec2.describe_security_groups()["SecurityGroups"][0]["GroupId"]
    permission = {
        "IpProtocol": "tcp",
        "FromPort": 22,
        "ToPort": 22,
        "PrefixListIds": [{"PrefixListId": found["PrefixList"]["PrefixListId"]}],
    }
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[permission])
    _web_acls(client["wafv2"])


def _web_acls(waf: Any) -> None:
    made = waf.create_ip_set(Name="s", Scope="REGIONAL", IPAddressVersion="IPV4", Addresses=["198.51.100.0/24"])["Summary"]["ARN"]
    seen = {"SampledRequestsEnabled": False, "CloudWatchMetricsEnabled": False, "MetricName": "m"}
    statement = {"IPSetReferenceStatement": {"ARN": made}}
    rules = [{"Name": "r", "Priority": 0, "Statement": statement, "Action": {"Allow": {}}, "VisibilityConfig": seen}]
    waf.create_web_acl(Name="a", Scope="REGIONAL", DefaultAction={"Block": {}}, Rules=rules, VisibilityConfig=seen)
    waf.create_rule_group(Name="g", Scope="REGIONAL", Capacity=5, Rules=rules, VisibilityConfig=seen)


# LDAP: people and groups in two bases, a size limit, and a reader who is let in.

SUFFIX, PASSWORD = "dc=example,dc=se", "hunter2"
READER = f"cn=guardrails,ou=services,{SUFFIX}"
PEOPLE, GROUPS = f"ou=people,{SUFFIX}", f"ou=groups,{SUFFIX}"
LDIF = f"""
dn: {SUFFIX}
objectClass: dcObject
objectClass: organization
dc: example
o: example

dn: ou=services,{SUFFIX}
objectClass: organizationalUnit
ou: services

dn: {READER}
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: guardrails
userPassword: {PASSWORD}

dn: {PEOPLE}
objectClass: organizationalUnit
ou: people

dn: uid=ann,{PEOPLE}
objectClass: inetOrgPerson
objectClass: posixAccount
uid: ann
cn: Ann
sn: Ann
mail: ann@example.se
uidNumber: 1
gidNumber: 100
homeDirectory: /home/ann

dn: {GROUPS}
objectClass: organizationalUnit
ou: groups

dn: cn=ops,{GROUPS}
objectClass: groupOfNames
cn: ops
member: uid=ann,{PEOPLE}

dn: cn=ops-unique,{GROUPS}
objectClass: groupOfUniqueNames
cn: ops-unique
uniqueMember: uid=ann,{PEOPLE}

dn: cn=staff,{GROUPS}
objectClass: posixGroup
cn: staff
gidNumber: 100
memberUid: ann

"""


@contextmanager
def ldap() -> Iterator[World]:
    @contextmanager
    def granted(policy: str | None) -> Iterator[str]:
        everything = f'olcAccess: to * by * read\nolcLimits: dn.exact="{READER}" size.prtotal=unlimited\n'
        lines = [line.replace("olcAccess: ", "access ").replace("olcLimits: ", "limits ") for line in (policy or everything).splitlines()]
        with (
            tempfile.TemporaryDirectory() as folder,
            directory.slapd(SUFFIX, LDIF, password="root", settings=[*lines, "limits * size=1"], modules=["ppolicy"]) as server,
        ):
            secret = _kept(Path(folder), PASSWORD)
            yield (
                f'connector: ldap, url: "{server.ldap}", base: "{PEOPLE}", groups: "{GROUPS}", '
                f'read: {{bind: "{READER}", password: "{secret}"}}'
            )

    yield granted


# Vault: something below each path that is read.

POSTS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("sys/auth/approle", {"type": "approle"}),
    ("sys/auth/userpass", {"type": "userpass"}),
    ("sys/auth/cert", {"type": "cert"}),
    ("sys/mounts/transit", {"type": "transit"}),
    ("sys/policies/acl/team/sms", {"policy": 'path "kv/data/sms" { capabilities = ["read"] }'}),
    ("auth/approle/role/ci", {"token_policies": ["team/sms"]}),
    ("auth/approle/role/ci/secret-id", {}),
    ("sys/auth/jwt", {"type": "jwt"}),
    ("auth/userpass/users/ann", {"password": "unused", "token_policies": ["default"]}),
    ("auth/token/roles/batch", {"allowed_policies": ["default"]}),
    ("identity/entity", {"name": "ann", "policies": ["default"]}),
    ("identity/group", {"name": "staff", "policies": ["default"]}),
    ("transit/keys/sms", {}),
    ("sys/quotas/rate-limit/all", {"rate": 1000}),
)


@contextmanager
def vault() -> Iterator[World]:
    with openbao() as server, tempfile.TemporaryDirectory() as name:
        folder = Path(name)

        def post(path: str, body: dict[str, Any]) -> Any:
            request = urllib.request.Request(  # noqa: S310  # loopback
                f"{server.url}/v1/{path}", json.dumps(body).encode(), {"X-Vault-Token": server.token}, method="POST"
            )
            with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310  # likewise
                return json.loads(answer.read() or b"{}")

        for path, body in POSTS:
            post(path, body)
        directory._certificate(folder)
        post("auth/cert/certs/web", {"certificate": (folder / "certificate.pem").read_text(), "token_policies": ["default"]})
        made = post("auth/token/create", {"policies": ["guardrails-reader"], "no_default_policy": True})
        secret = _kept(folder, made["auth"]["client_token"])
        everything = 'path "*" { capabilities = ["read", "list", "sudo"] }\n' + "".join(
            f'path "auth/{path}" {{ capabilities = ["update"] }}\n'
            for path in ("token/lookup-accessor", "approle/role/+/secret-id-accessor/lookup")
        )

        @contextmanager
        def granted(policy: str | None) -> Iterator[str]:
            post("sys/policies/acl/guardrails-reader", {"policy": everything if policy is None else policy})
            yield f'connector: vault, address: "{server.url}", read: {{token: "{secret}", secret-ids: look-up}}'

        yield granted


# NetBox: the answers of a real one, refused as a real one refuses.

TYPES = {
    "/api/ipam/vrfs/": "ipam.vrf",
    "/api/ipam/prefixes/": "ipam.prefix",
    "/api/ipam/ip-ranges/": "ipam.iprange",
    "/api/ipam/ip-addresses/": "ipam.ipaddress",
    "/api/users/users/": "users.user",
    "/api/users/permissions/": "users.objectpermission",
    "/api/dcim/devices/": "dcim.device",
    "/api/virtualization/virtual-machines/": "virtualization.virtualmachine",
}
"""What NetBox calls the objects of an endpoint. Tokens are not refused: of them everybody sees the own."""


@contextmanager
def netbox() -> Iterator[World]:
    recorded = json.loads(RECORDED.read_text())["answers"]
    allowed: set[str] = set()

    class Replay(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            path, answer = self.path.partition("?")[0], recorded[self.path]
            status, body = answer["status"], answer["body"]
            if (kind := TYPES.get(path)) and kind not in allowed:
                status, body = 403, '{"detail": "You do not have permission to perform this action."}'
            if path == "/api/users/tokens/" and "users.token" not in allowed:
                page = json.loads(body)
                own = [token for token in page["results"] if token["user"] == page["results"][0]["user"]]
                body = json.dumps({**page, "results": own, "count": len(own)})
            self.send_response(status)
            for name, value in {**answer["headers"], "Content-Length": str(len(body.encode()))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body.encode())

    server = ThreadingHTTPServer(("127.0.0.1", 0), Replay)
    threading.Thread(target=server.serve_forever, daemon=True).start()

    @contextmanager
    def granted(policy: str | None) -> Iterator[str]:
        allowed.clear()
        allowed.update(json.loads(policy)["object_types"] if policy else {*TYPES.values(), "users.token"})
        with tempfile.TemporaryDirectory() as folder:
            token = _kept(Path(folder), "nbt_0123456789ab.0123456789abcdef0123456789abcdef01234567")
            yield f'connector: netbox, url: "http://127.0.0.1:{server.server_port}", read: {{token: "{token}"}}'

    with contextlib.closing(server.socket):
        yield granted
        server.shutdown()


WORLDS: dict[str, Callable[[], AbstractContextManager[World]]] = {"aws": aws, "ldap": ldap, "netbox": netbox, "vault": vault}
