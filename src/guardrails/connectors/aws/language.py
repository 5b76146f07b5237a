"""What AWS adds to the declaration: settings, entitlements, targets of allowlists and selectors. No SDK here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from guardrails.connectors.aws.meaning.reached import KINDS, spoken
from guardrails.iam.keys import key_type
from guardrails.iam.proof.conditions import Condition, contexts
from guardrails.model.declaration import Clause, System
from guardrails.model.reference import Scope
from guardrails.notation.document import Items, Scalar
from guardrails.notation.shape import Fields, Notes

__all__ = ["Settings", "mistaken", "read_clauses", "read_settings", "read_target"]

_ACCOUNT = re.compile(r"[0-9]{12}")
_INSIDE = re.compile(r"(vpce?-|o-)[0-9a-z]+|[0-9]{12}|arn:[^ ,]+")
_Accounts = tuple[tuple[str, tuple[str, ...]], ...]
_Units = tuple[tuple[str, str], ...]
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How one AWS system is read.

    Attributes:
        organization: The management account's id, when accounts are read by assuming a role in each; else empty.
        sets: Name of each declared set with its account ids.
        units: Name of each declared set that is an organisational unit, with the unit's path below the root.
        regions: The regions to read; empty for all that an account has enabled.
        closed: Whether the other regions are closed by other means, so that not reading them hides nothing.
        role: The role assumed in each account of a set.
        write_role: The role that the one who writes assumes in the account of an object; empty when it assumes none.
        write_profile: The profile of the AWS SDK that the one who writes logs in with; empty for what the SDK finds.
        last_used: Of how many principals of each account it is asked when they last used which services.
        endpoint_url: Where to send calls; empty for AWS itself.
        export: A file of `aws iam get-account-authorization-details`, read in place of the live account.
    """

    organization: str = ""
    sets: tuple[tuple[str, tuple[str, ...]], ...] = ()
    units: tuple[tuple[str, str], ...] = ()
    regions: tuple[str, ...] = ()
    closed: bool = False
    role: str = ""
    write_role: str = ""
    write_profile: str = ""
    last_used: int = 0
    endpoint_url: str = ""
    export: str = ""

    @property
    def can_write(self) -> bool:
        """Whether there is a credential to write with."""
        return bool(self.write_role or self.write_profile)

    def sets_of(self, account: str) -> tuple[str, ...]:
        """The sets that an account belongs to."""
        return tuple(name for name, accounts in self.sets if account in accounts)


def read_settings(system: System) -> Settings:
    """Read and check the settings.

    Raises:
        DeclarationError: With every mistake in them.
    """
    notes = Notes()
    fields = Fields(system.settings, notes, f"systems.{system.name}")
    for known in ("connector", "owner"):  # the core's own
        fields.text(known)
    sets, units = _sets(fields, notes)
    regions = fields.fields("regions")
    reading, writing = fields.fields("read"), fields.fields("write")
    settings = Settings(
        organization=fields.text("organization"),
        sets=sets,
        units=units,
        regions=tuple(region for region in regions.texts("read") if region != "global"),
        closed=regions.choice("others", {"closed-by-scp": True}, default=False),
        role=reading.text("role"),
        write_role=writing.text("role"),
        write_profile=writing.text("profile"),
        last_used=reading.number("last-used") or 0,
        endpoint_url=fields.text("endpoint-url"),
        export=str(Path(system.folder) / export) if (export := fields.text("export")) else "",
    )
    for part in (regions, reading, writing, fields):
        part.done()
    _check(settings, fields, notes)
    if "write" in fields.entries:
        _check_writer(settings, fields, notes)
    notes.settle()
    return settings


def _sets(fields: Fields, notes: Notes) -> tuple[_Accounts, _Units]:
    listed = fields.fields("sets")
    sets, units = [], []
    for name, node, _ in listed.each():
        inner = listed.fields(name)
        accounts, unit = inner.texts("accounts"), inner.text("ou").strip("/")
        inner.done()
        if bool(accounts) == bool(unit):
            notes.add(node.place, f"set {name} must name accounts or an organisational unit", "write {accounts: [...]} or {ou: A/B}")
        for account in accounts:
            if not _ACCOUNT.fullmatch(account):
                notes.add(node.place, f"{account} is not an account id", 'write twelve digits in quotes: "111122223333"')
        if unit:
            units.append((name, unit))
        else:
            sets.append((name, accounts))
    return tuple(sorted(sets)), tuple(sorted(units))


def _check(settings: Settings, fields: Fields, notes: Notes) -> None:
    if settings.units and not settings.organization:
        notes.add(fields.place, "organisational units are of an organization, and none is named", 'add organization: "111122223333"')
    if (settings.sets or settings.units) and not settings.role and not settings.export:
        notes.add(fields.place, "sets of accounts are read by assuming a role in each", "add read: {role: guardrails-reader}")
    url = urlsplit(settings.endpoint_url)
    if url.username is not None:
        notes.add(fields.place, "the endpoint holds the name of a user", "write it without; credentials are those of the AWS SDK")
    if settings.endpoint_url and url.scheme != "https" and url.hostname not in _LOOPBACK:
        notes.add(fields.place, "the endpoint is not https", "use https; http is for loopback only")
    if settings.export and Path(settings.export).suffix != ".json":
        notes.add(fields.place, "an export of AWS is a .json file", "save get-account-authorization-details with --output json")


def _check_writer(settings: Settings, fields: Fields, notes: Notes) -> None:
    if not settings.can_write:
        notes.add(fields.place, f"{fields.where}.write names no credential", "write write: {role: guardrails-writer}")
    elif settings.write_role == settings.role and not settings.write_profile:
        notes.add(fields.place, f"{fields.where}.write is the credential that reads", "give the one who writes a role of its own")
    elif (settings.sets or settings.units) and not settings.write_role:
        notes.add(fields.place, "sets of accounts are written by assuming a role in each", "add write: {role: guardrails-writer}")


def read_clauses(entry: object, scope: Scope, asset: str) -> tuple[Clause, ...]:
    """`{allow: [ACTION, ...], resources: asset | [ARN, ...]}`, less `except:` and `except-resources:`; or `{statements: {NAME: that}}`.

    With `conditions: {OPERATOR: {KEY: VALUE}}` only where they hold.

    Raises:
        DeclarationError: With every mistake in it.
    """
    notes = Notes()
    fields = Fields(entry, notes, str(scope))
    if fields.node("statements") is None:
        found = [_clause(fields, scope, asset)]
    else:
        inner = fields.fields("statements")
        found = [_clause(inner.fields(name), scope, asset) for name, _, _ in inner.each()]
    fields.done()
    notes.settle()
    return tuple(found)


def _clause(fields: Fields, scope: Scope, asset: str) -> Clause:
    notes = fields.notes
    actions = fields.texts("allow", required=True)
    resources = fields.node("resources", required=True)
    on_asset = isinstance(resources, Scalar) and resources.text == "asset"
    if on_asset and not asset:
        notes.add(fields.place, f"{fields.where}: resources: asset, and no asset is named", "add asset: NAME to the entitlement")
    but_actions = fields.texts("except")
    for action in (*actions, *but_actions):
        if action != "*" and ":" not in action:
            notes.add(fields.place, f"{fields.where}: {action} is not an action", "write SERVICE:ACTION, such as s3:GetObject")
    conditions = _conditions(fields)
    found = Clause(
        scope=scope,
        actions=actions,
        resources=() if on_asset else fields.texts("resources"),
        on_asset=on_asset,
        but_actions=but_actions,
        but_resources=fields.texts("except-resources"),
        conditions=conditions,
        place=fields.place,
    )
    fields.done()
    return found


def _conditions(fields: Fields) -> tuple[Condition, ...]:
    """A condition block as IAM writes it. Only what is understood exactly is declared by it, so anything else is a mistake."""
    block = fields.fields("conditions")
    found: list[Condition] = []
    for operator, node, _ in block.each():
        keys = block.fields(operator)
        for key, value, _ in keys.each():
            texts = tuple(item.text for item in (value.items if isinstance(value, Items) else [value]) if isinstance(item, Scalar))
            if not texts or not key_type(key).known or contexts([(operator, key.lower(), texts)])[1]:
                remedy = "write an operator and a key that AWS publishes, and values of its type without variables"
                fields.notes.add(node.place, f"{keys.where}: {key}: {', '.join(texts) or 'no value'} is not understood exactly", remedy)
            found.append((operator, key, texts))
    return tuple(found)


def read_target(entry: object) -> str:
    """`{security-group: {name: NAME}}`, likewise an ip-set, or a bucket, role or user with `through: [...]`, its VPCs and endpoints.

    Raises:
        DeclarationError: With every mistake in it.
    """
    notes = Notes()
    fields = Fields(entry, notes, "to")
    found = [kind for kind in ("security-group", "ip-set", *KINDS) if fields.node(kind) is not None]
    kind = found[0] if found else "security-group"
    inner = fields.fields(kind, required=True)
    name = inner.text("name", required=True)
    through = inner.texts("through") if kind in KINDS else ()
    if len(found) > 1:
        notes.add(fields.place, f"{' and '.join(found)} are several targets", "write an allowlist for each")
    for text in through:
        if not _INSIDE.fullmatch(text):
            notes.add(inner.place, f"{text} is no VPC, endpoint, account or organisation", "write vpce-..., vpc-..., or their owner's id")
    if found:
        inner.done()
    fields.done()
    notes.settle()
    return spoken(kind, name, through)


def mistaken(selector: str) -> str:
    """An asset is named by `tag:KEY=VALUE` or an ARN pattern."""
    if selector.startswith("tag:"):
        return "" if "=" in selector else "write tag:KEY=VALUE"
    return "" if selector.startswith("arn:") else "write an ARN pattern such as arn:aws:s3:::cdr-*, or tag:KEY=VALUE"
