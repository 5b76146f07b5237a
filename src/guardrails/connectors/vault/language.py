"""What Vault and OpenBao add to the declaration: settings, entitlements, targets of allowlists and selectors. No SDK here."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from guardrails.connectors.vault.words import CAPABILITIES, POLICY, SecretIds, mistaken
from guardrails.model.declaration import Clause, System
from guardrails.model.reference import Scope
from guardrails.notation.document import Node, Scalar, integer
from guardrails.notation.shape import Fields, Notes
from guardrails.secret import SecretRef

__all__ = ["PARALLEL", "PER_SECOND", "TOKENS", "Settings", "is_safe_address", "read_clauses", "read_settings", "read_target"]

PARALLEL, PER_SECOND, TOKENS = 8, 100, 10_000
"""What is taken when the declaration does not say: gentle to a server that others use, and the tokens within two minutes."""

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How one Vault or OpenBao is read.

    Attributes:
        address: Where it answers, such as `https://vault.example:8200`.
        namespace: The one that is read; empty for the root namespace.
        token: Where the reader's token is kept; or
        role_id: and
        secret_id: where the two halves of its AppRole are kept.
        write_token: Like `token`, of the one who writes; or
        write_role_id: and
        write_secret_id: the halves of the AppRole of that one.
        ca: A file of certificates to trust in place of the system's.
        export: A folder of answers saved by `vault read -format=json`, read in place of the live server.
        tokens: How many tokens are read at most; `None` for all of them, 0 for none.
        secret_ids: How much of the secret ids of AppRoles is read.
        parallel: How many requests may be under way.
        per_second: How many requests may begin in a second.
    """

    address: str = ""
    namespace: str = ""
    token: SecretRef | None = None
    role_id: SecretRef | None = None
    secret_id: SecretRef | None = None
    write_token: SecretRef | None = None
    write_role_id: SecretRef | None = None
    write_secret_id: SecretRef | None = None
    ca: str = ""
    export: str = ""
    tokens: int | None = TOKENS
    secret_ids: SecretIds = SecretIds.COUNTED
    parallel: int = PARALLEL
    per_second: int = PER_SECOND

    @property
    def can_write(self) -> bool:
        """Whether there is a credential to write with."""
        return self.write_token is not None or self.write_role_id is not None

    @property
    def server(self) -> str:
        """The address in one spelling, by which systems of one server are known; empty where none is told."""
        url = urlsplit(self.address.lower())
        usual = {"https": 443, "http": 80}.get(url.scheme)
        return f"{url.scheme}://{url.netloc.removesuffix(f':{usual}')}" if self.address else ""

    @property
    def of_writer(self) -> Settings:
        """The same server for the one who writes."""
        return replace(self, token=self.write_token, role_id=self.write_role_id, secret_id=self.write_secret_id)


def read_settings(system: System) -> Settings:
    """Read and check the settings.

    Raises:
        DeclarationError: With every mistake in them.
    """
    notes = Notes()
    fields = Fields(system.settings, notes, f"systems.{system.name}")
    for known in ("connector", "owner"):  # the core's own
        fields.text(known)
    reading = fields.fields("read")
    approle = reading.fields("approle")
    writing = fields.fields("write")
    writer = writing.fields("approle")
    settings = Settings(
        address=fields.text("address").rstrip("/"),
        namespace=fields.text("namespace").strip("/"),
        token=reading.secret("token"),
        role_id=approle.secret("role-id"),
        secret_id=approle.secret("secret-id"),
        write_token=writing.secret("token"),
        write_role_id=writer.secret("role-id"),
        write_secret_id=writer.secret("secret-id"),
        ca=fields.text("ca"),
        tokens=_count(reading, "tokens", {"all": None, "none": 0}, TOKENS),
        secret_ids=reading.choice("secret-ids", {word.value: word for word in SecretIds}, default=SecretIds.COUNTED),
        parallel=_count(reading, "parallel", {}, PARALLEL) or PARALLEL,
        per_second=_count(reading, "per-second", {}, PER_SECOND) or PER_SECOND,
        export=str(Path(system.folder) / export) if (export := fields.text("export")) else "",
    )
    for part in (approle, reading, writer, writing, fields):
        part.done()
    if "write" in fields.entries:
        _check_writer(settings, fields, notes)
    if not settings.export:
        _check(settings, fields, notes)
    notes.settle()
    return settings


def _count(fields: Fields, name: str, words: dict[str, int | None], default: int) -> int | None:
    """A number of at least 1, or what a word stands for."""
    node = fields.node(name)
    if node is None:
        return default
    if isinstance(node, Scalar) and node.text in words:
        return words[node.text]
    number = integer(node) if isinstance(node, Scalar) else None
    if not number or number < 1:
        fields.notes.add(node.place, f"{fields.where}.{name} is no number", f"write {' or '.join([*words, 'a number of at least 1'])}")
    return number


def is_safe_address(address: str) -> bool:
    """Whether it names a server alone, to which a token may be sent."""
    url = urlsplit(address)
    named = bool(url.hostname) and not (url.path or url.query or url.username)
    return named and (url.scheme == "https" or (url.scheme == "http" and url.hostname in _LOOPBACK))


def _check(settings: Settings, fields: Fields, notes: Notes) -> None:
    url = urlsplit(settings.address)
    if url.scheme not in {"http", "https"} or not url.hostname or url.path or url.query or url.username:
        notes.add(fields.place, f"{fields.where} names no server", 'write address: "https://vault.example:8200", without a path')
    elif url.scheme != "https" and url.hostname not in _LOOPBACK:
        notes.add(fields.place, "the address is not https", "use https; http is for loopback only")
    ways = (settings.token is not None) + (settings.role_id is not None and settings.secret_id is not None)
    if ways != 1 and not notes.mistakes:
        remedy = 'write read: {token: "env:VAULT_TOKEN"} or read: {approle: {role-id: "env:...", secret-id: "file:..."}}'
        notes.add(fields.place, f"{fields.where}.read must name one way to log in", remedy)


def _check_writer(settings: Settings, fields: Fields, notes: Notes) -> None:
    ways = (settings.write_token is not None) + (settings.write_role_id is not None and settings.write_secret_id is not None)
    if ways != 1 and not notes.mistakes:
        notes.add(fields.place, f"{fields.where}.write must name one way to log in", 'write write: {token: "env:VAULT_WRITE_TOKEN"}')
    same = (settings.write_token, settings.write_role_id) == (settings.token, settings.role_id)
    if same or (settings.write_secret_id is not None and settings.write_secret_id == settings.secret_id):
        notes.add(fields.place, f"{fields.where}.write is the credential that reads", "give the one who writes a credential of its own")


def read_clauses(entry: object, scope: Scope) -> tuple[Clause, ...]:
    """`{PATH: [CAPABILITY, ...], ...}`, and `policy: NAME` for whatever that policy gives.

    Raises:
        DeclarationError: With every mistake in it.
    """
    notes = Notes()
    fields = Fields(entry, notes, str(scope))
    clauses = []
    actions: tuple[str, ...]
    for path, node, place in fields.each():
        if path == POLICY and isinstance(node, Scalar):
            actions, resource = (POLICY,), fields.text(path).strip().lower()
        else:
            actions, resource = _capabilities(fields, path, node), path
            if wrong := mistaken(path):
                notes.add(place, f"{scope}: {path} is no path", wrong)
        clauses.append(Clause(scope=scope, actions=actions, resources=(resource,), place=place))
    if not clauses and not notes.mistakes:
        notes.add(fields.place, f"{scope}: nothing is entitled", 'write {"kv/data/app/*": [read]} or {policy: NAME}')
    notes.settle()
    return tuple(clauses)


def _capabilities(fields: Fields, path: str, node: Node) -> tuple[str, ...]:
    listed = fields.texts(path)
    for word in listed:
        if word not in CAPABILITIES:
            remedy = (
                "leave the path out: what is not declared is not allowed" if word == "deny" else f"write some of {', '.join(CAPABILITIES)}"
            )
            fields.notes.add(node.place, f"{fields.where}.{path}: {word} is not a capability that can be entitled", remedy)
    if not listed and not fields.notes.mistakes:
        fields.notes.add(node.place, f"{fields.where}.{path} gives nothing", "name its capabilities: [read, list]")
    return listed


def read_target(entry: object) -> str:
    """A pattern over the paths of auth mounts and of their roles, such as `auth/+` or `auth/approle/role/ci`.

    Raises:
        DeclarationError: With every mistake in it.
    """
    notes = Notes()
    place = Fields(None, notes, "to").place if not isinstance(entry, Scalar) else entry.place
    text = entry.text if isinstance(entry, Scalar) else ""
    if not text.startswith("auth/"):
        notes.add(place, f"to: {text or 'this'} is no auth mount", 'write {vault: "auth/+"} or {vault: "auth/approle/role/ci"}')
    elif wrong := mistaken(text):
        notes.add(place, f"to: {text} is no path", wrong)
    notes.settle()
    return text
