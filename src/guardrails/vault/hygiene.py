"""What in policies does not do what it seems to do: rules that nothing reaches, denies that fail open, letters taken for wildcards."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from guardrails.sets import BudgetExceededError
from guardrails.vault.acl import Acl, acl, decides_list
from guardrails.vault.permissions import Permission
from guardrails.vault.profiles import Profile
from guardrails.vault.proof.walk import Table, walk
from guardrails.vault.rules import Policy, Rule, is_exact
from guardrails.vault.templates import expressions

__all__ = ["Remark", "remarks", "unreached"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """Something about one rule.

    `kind` is `unreached` (whatever it gives, another rule decides there), `unreached-deny` (likewise, so it denies nothing), `fails-open`
    (it denies only whoever has the value in its path), `literal` (a letter that looks like a wildcard and is none), `never` (it asks for
    what cannot be) or `undecided`.
    """

    kind: str
    policy: str
    path: str
    says: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        place = ":".join(map(str, filter(None, (self.policy, self.line, self.column))))
        return f"{place}: {self.kind}: path {self.path} {self.says}"


def remarks(policies: Iterable[Policy], profile: Profile, *, at: datetime | None = None) -> tuple[Remark, ...]:
    """Everything worth a remark in policies that somebody holds together, in the order of their rules.

    Rules whose paths hold values are not looked at for what reaches them.

    Raises:
        AuthorError: `root` stands beside others; or a rule ends at some moment, and `at` says none.
    """
    held = tuple(policies)
    rules = [rule for policy in held for rule in policy.rules]
    found = [one for rule in rules for one in _of_rule(rule)]
    try:
        lost = unreached(acl(held, profile, at=at))
        found += [_remark(*_lost(rule), rule) for permission in lost for rule in permission.rules]
        found += [one for permission in _all(acl(held, profile, at=at)) for one in _never(permission)]
    except BudgetExceededError:
        found.append(Remark(kind="undecided", policy="", path="*", says="there are too many rules with + to tell which are reached"))
    order = {id(rule): number for number, rule in enumerate(rules)}
    places = {(rule.policy, rule.path, rule.line): order[id(rule)] for rule in rules}
    return tuple(sorted(found, key=lambda one: (places.get((one.policy, one.path, one.line), len(rules)), one.kind)))


def unreached(held: Acl) -> tuple[Permission, ...]:
    """The rules that decide no request at all: on every path that they match another one comes first.

    Raises:
        BudgetExceededError: There are too many paths to look at.
    """
    permissions = _all(held)
    deciding: set[int] = set()
    for point in walk([Table(one.path for one in permissions)]):
        (choice,) = point.choices
        deciding.update(number for number in (choice.exact, choice.pattern if choice.exact is None else None) if number is not None)
        if point.without is not None:
            (plain,) = point.without
            # a LIST with its slash is looked up without it where nothing matches with it, or first
            deciding.update(number for number in (plain.exact, plain.pattern) if number is not None)
    return tuple(one for number, one in enumerate(permissions) if number not in deciding and not _counts_behind(one, held.profile))


def _counts_behind(permission: Permission, engine: Profile) -> bool:
    """Whether a rule can decide although another one comes first: a LIST, or a path in other letters."""
    hidden = engine.best_of_both and decides_list(permission) and not is_exact(permission.path)
    return hidden or (engine.folds_denies and permission.is_deny)


def _all(held: Acl) -> tuple[Permission, ...]:
    return (*held.exact, *held.patterns)


def _lost(rule: Rule) -> tuple[str, str]:
    if rule.is_deny:
        return "unreached-deny", "denies nothing: on every path that it matches another rule decides"
    return "unreached", "decides nothing: on every path that it matches another rule does"


def _of_rule(rule: Rule) -> Iterator[Remark]:
    if rule.is_deny and rule.is_templated:
        names = " and ".join(expressions(rule.path))
        yield _remark("fails-open", f"denies nothing to whoever has no {names}, or one that a server does not take", rule)
    if "*" in rule.path[:-1]:
        yield _remark("literal", "has a * that is not its last letter, and so is none but itself", rule)
    if any("+" in segment and segment != "+" for segment in rule.path.split("/")):
        yield _remark("literal", "has a + that is not alone in its segment, and so is none but itself", rule)
    if rule.path.startswith("v1/"):
        yield _remark("literal", "begins with v1/, which no path has", rule)


def _never(permission: Permission) -> Iterator[Remark]:
    if permission.is_impossible and not permission.is_deny:
        for rule in permission.rules:
            yield _remark("never", "lets nothing pass: together the policies ask for a longer wrapping than they allow", rule)


def _remark(kind: str, says: str, rule: Rule) -> Remark:
    return Remark(kind=kind, policy=rule.policy, path=rule.path, says=says, line=rule.line, column=rule.column)
