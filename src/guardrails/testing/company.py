"""The example company on servers that are started here, filled with what its exports say, and read as somebody who can only read."""

from __future__ import annotations

import importlib.util
import json
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib.metadata import version
from pathlib import Path
from types import ModuleType

from guardrails.errors import OperatorError
from guardrails.testing.aws_writer import RIGHTS, WRITER, make_writer
from guardrails.testing.openbao import OpenBao, openbao
from guardrails.testing.restore import restore
from guardrails.testing.servers import aws_credentials, moto
from guardrails.testing.signers import take_over
from guardrails.testing.slapd import slapd
from guardrails.workflow import Progress

__all__ = ["company", "example", "world"]

_SUFFIX = "dc=connectel,dc=se"
_READER, _WRITER = (f"cn={name},ou=services,{_SUFFIX}" for name in ("guardrails", "guardrails-writer"))
_ABOVE = f"""dn: {_SUFFIX}
objectClass: organization
objectClass: dcObject
o: Connectel AB
dc: connectel

dn: ou=services,{_SUFFIX}
objectClass: organizationalUnit
ou: services

"""
"""What a server holds and the export, which begins lower, does not."""

_ACCESS = (
    "overlay ppolicy",
    "access to attrs=userPassword by anonymous auth by * none",
    f'access to dn.subtree="ou=groups,{_SUFFIX}" by dn.exact="{_WRITER}" write by dn.exact="{_READER}" read by * none',
    f'access to * by dn.exact="{_READER}" read by dn.exact="{_WRITER}" read by * none',
)
_READS, _WRITES = "guardrails-reader", WRITER
_OBJECTS = ("identity/entity/id/+", "identity/group/id/+", "auth/approle/role/+", "auth/userpass/users/+", "sys/policies/acl/*")
"""What is written in Vault."""
_DECLARED = """# The one who writes, and how much a plan may change: two objects of the few that are here are much of them.
guardrails: 1
apply: {environment: prod, limits: {percent: 100, changes: 40}}
entitlements:
  put-right: {aws: {allow: %s, resources: ["*"]}}
workloads:
  guardrails-writer: {is: %s, assumed-by: ["aws:%s"], may: [put-right], owner: "team:platform"}
"""


@contextmanager
def company(tell: Progress, *, writable: bool = False) -> Iterator[Path]:
    """A copy of the example's folder whose declarations name the servers, while these run. Nothing of it is left afterwards.

    Args:
        tell: Is told one line about each system: the server that it is on, or the export that it is read from.
        writable: Each system has somebody who may write what plans change, and the declaration names them. The security group has keys
            of its own, which lie in the folder `keys`, and the host file pins it and keeps its state.

    Raises:
        OperatorError: moto or OpenBao is not installed, or does not start. Without slapd the directory is read from its export.
    """
    with ExitStack() as stack:
        room = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="guardrails-demo-"))).resolve()
        folder = shutil.copytree(example(), room / "connectel", copy_function=shutil.copyfile)
        (folder / "host.yaml").chmod(0o600)  # whatever the umask: it counts only when nobody else could change it
        live = _vault(stack, folder, tell, writable=writable) | _directory(stack, folder, tell, writable=writable)
        live |= _aws(stack, folder, tell, writable=writable)
        tell(_inventory(folder))
        if writable:
            _trust(folder)
        for settings in folder.glob("*/guardrails.yaml"):
            text = settings.read_text(encoding="utf-8")
            for written, now in live.items():
                text = text.replace(written, now)
            settings.write_text(text, encoding="utf-8")
        yield folder


def example() -> Path:
    """The folder of the example, in a wheel or a checkout."""
    package = Path(__file__).parents[1]
    for place in (package / "_examples/connectel", package.parents[1] / "examples/connectel"):
        if place.is_dir():
            return place
    raise OperatorError("the example is not installed", remedy="install guardrails from a wheel or a checkout")


def world() -> ModuleType:
    """The module that knows the company's AWS accounts and the differences that are planted everywhere."""
    spec = importlib.util.spec_from_file_location("guardrails_example_world", example() / "world.py")
    if spec is None or spec.loader is None:
        raise OperatorError("the example has no world.py", remedy="install guardrails from a wheel or a checkout")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _aws(stack: ExitStack, folder: Path, tell: Progress, *, writable: bool) -> dict[str, str]:
    url, made = stack.enter_context(moto()), world()
    tell(f"started an AWS server (moto {version('moto')}) on {url}")
    identifier, secret = made.seed(url)
    if not writable:
        stack.enter_context(aws_credentials(identifier, secret))
        return {"http://127.0.0.1:5999": url}
    accounts, profiles = (made.PROD, made.DEV, made.NETWORK), folder / "aws-credentials"
    make_writer(url, made.HOME, accounts, made.REGION, profiles)
    stack.enter_context(aws_credentials(identifier, secret, AWS_SHARED_CREDENTIALS_FILE=str(profiles)))
    roles = json.dumps([f"aws@{name}:role/{WRITER}" for name in ("prod", "dev", "network")])
    (folder / "declaration/writer.yaml").write_text(_DECLARED % (json.dumps(RIGHTS), roles, made.HOME), encoding="utf-8")
    reads = f"read: {{role: {_READS}}}"
    return {"http://127.0.0.1:5999": url, reads: f"{reads}\n    write: {{profile: {WRITER}, role: {WRITER}}}"}


def _trust(folder: Path) -> None:
    (folder / "keys").mkdir(mode=0o700)
    (folder / "state").mkdir(mode=0o700)
    isg = folder / "declaration/registers/isg"
    pinned = take_over(isg / "roster.json", isg / "decisions", folder / "keys")
    (folder / "host.yaml").write_text(f'roster-digest: "{pinned}"\nminimum-quorum: "2"\nstate: "{folder}/state"\n', encoding="utf-8")


def _vault(stack: ExitStack, folder: Path, tell: Progress, *, writable: bool) -> dict[str, str]:
    server = stack.enter_context(openbao())
    tell(f"started a Vault server (OpenBao {server.version}) on {server.url}")
    restore(server, folder / "exports/vault")
    settings = f"address: {json.dumps(server.url)}, read: {{token: {_token(server, folder / 'vault-token', _READS, 'guardrails')}}}"
    if writable:
        rules = ['path "auth/token/lookup-self" { capabilities = ["read"] }']
        rules += [f'path "{path}" {{ capabilities = ["read", "update"] }}' for path in _OBJECTS]
        rules += ['path "sys/policies/acl/guardrails-declared*" { capabilities = ["read", "update", "delete"] }']
        rules += ['path "transit/keys/+" { capabilities = ["read"] }', 'path "transit/keys/+/config" { capabilities = ["update"] }']
        server.ask("PUT", f"sys/policies/acl/{_WRITES}", {"policy": "\n".join(rules)})
        settings += f", write: {{token: {_token(server, folder / 'vault-write-token', _WRITES, _WRITES)}}}"
    server.ask("POST", "auth/token/revoke-self")  # as after every set-up: a root token that is alive is a finding
    return {"export: ../exports/vault": settings}


def _token(server: OpenBao, path: Path, policy: str, name: str) -> str:
    asked = {"policies": [policy], "no_default_policy": True, "display_name": name, "ttl": "1h", "no_parent": True}
    return _kept(path, server.ask("POST", "auth/token/create", asked)["auth"]["client_token"])


def _directory(stack: ExitStack, folder: Path, tell: Progress, *, writable: bool) -> dict[str, str]:
    export, services = folder / "exports/directory.ldif", (_READER, _WRITER) if writable else (_READER,)
    passwords = {name: secrets.token_urlsafe(24) for name in services}
    above = _ABOVE + "".join(_service(name, password) for name, password in passwords.items())
    entries = above + export.read_text(encoding="utf-8").removeprefix("version: 1\n")
    try:
        server = stack.enter_context(slapd(_SUFFIX, entries, password=secrets.token_urlsafe(24), settings=_ACCESS, modules=["ppolicy"]))
    except OperatorError as error:
        tell(f"the directory is read from its LDIF export exports/directory.ldif, because {error.message}; {error.remedy}")
        return {}
    tell(f"started a directory server (OpenLDAP's slapd {server.version}) on {server.ldaps}, loaded with exports/directory.ldif")
    said = f"read: {{bind: {json.dumps(_READER)}, password: {_kept(folder / 'directory-password', passwords[_READER])}}}"
    if writable:
        said += f", write: {{bind: {json.dumps(_WRITER)}, password: {_kept(folder / 'directory-write-password', passwords[_WRITER])}}}"
    return {"export: ../exports/directory.ldif": f"url: {json.dumps(server.ldaps)}, ca: {json.dumps(server.ca)}, {said}"}


def _service(name: str, password: str) -> str:
    classes = "objectClass: organizationalRole\nobjectClass: simpleSecurityObject"
    return f"dn: {name}\n{classes}\ncn: {name.partition(',')[0].removeprefix('cn=')}\nuserPassword: {password}\n\n"


def _inventory(folder: Path) -> str:
    recorded = json.loads((folder / "exports/inventory.json").read_text(encoding="utf-8")).get("recorded")
    return f"the inventory is read from its export exports/inventory.json{f', recorded from {recorded}' if recorded else ''}"


def _kept(path: Path, secret: str) -> str:
    """A reference to a secret, as a declaration writes it."""
    path.touch(mode=0o600)
    path.write_text(secret, encoding="utf-8")
    return json.dumps(f"file:{path}")
