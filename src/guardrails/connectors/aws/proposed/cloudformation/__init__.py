"""A template of CloudFormation put into the observed accounts.

A template says what is to be, and not what goes. So the one that is deployed is needed as well: what it gave and the new one does not give
ends. For a new stack there is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from guardrails.connectors.aws.proposed.accounts import AccountDraft, Accounts
from guardrails.connectors.aws.proposed.cloudformation import iam, stored
from guardrails.connectors.aws.proposed.cloudformation.context import Handler, Item, NotPlacedError
from guardrails.connectors.aws.proposed.cloudformation.loading import load
from guardrails.connectors.aws.proposed.cloudformation.names import Names
from guardrails.model.observation import Observation
from guardrails.model.words import GapReason
from guardrails.proposals.cloudformation import Stack, Template
from guardrails.proposals.concern import is_of_concern
from guardrails.proposals.outcome import Outcome
from guardrails.proposals.values import Unknown, Value

__all__ = ["load", "with_template"]

_MAKE: Mapping[str, Handler] = {**stored.OBJECTS, **iam.OBJECTS, **stored.ATTACHMENTS, **iam.ATTACHMENTS}
_UNDO: Mapping[str, Handler] = {**stored.UNDO, **iam.UNDO}
_END: Mapping[str, Handler] = {**stored.END, **iam.END}
_KEPT = frozenset({"Retain", "RetainExceptOnCreate"})
_BETWEEN_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_ARNS = {"AWS::KMS::Key": "Arn", "AWS::RDS::DBInstance": "DBInstanceArn"}


def with_template(
    observations: Iterable[Observation],
    template: Template,
    stack: Stack,
    deployed: Template | None,
    held: Mapping[str, str] | None = None,
) -> Outcome:
    """The observations as they would be once the template is deployed in place of another; an empty one for a new stack.

    `held` are the values that the parameters of the stack have now; nothing where that is not told.
    """
    accounts = Accounts(observations)
    account = accounts.of(stack.account, stack.partition)
    if isinstance(account, str):
        return Outcome(edited=(), untold=(account,))
    applying = _Applying((template, _updated(template, stack, deployed, held)), (deployed, _as_it_is(stack, deployed, held)), account)
    return applying.outcome(accounts)


class _Applying:
    def __init__(self, will: tuple[Template, Stack], was: tuple[Template | None, Stack], account: AccountDraft) -> None:
        self._template, self._stack = will
        self._deployed, self._stack_now = was
        self._account = account
        self._untold: list[str] = []
        self._ignored = 0

    def outcome(self, accounts: Accounts) -> Outcome:
        will = list(self._items(self._template, self._stack))
        was = list(self._items(self._deployed, self._stack_now)) if self._deployed else []
        if self._deployed is None:
            self._untold.append("which resources the stack would lose is not known without the template that is deployed")
        kept = {(item.logical, item.kind) for item in will}
        self._each(_UNDO, was)
        self._each(iam.MANAGED, will)
        self._each(_MAKE, will)
        self._each(_END, [item for item in was if (item.logical, item.kind) not in kept and not self._stays(item)])
        self._untold += [f"the template is made anew by {name} before it is deployed" for name in self._template.transforms]
        self._untold += [f"{name} stands among the resources, and is none" for name in self._template.misread]
        evaluated = sum(item.kind in _MAKE for item in (*will, *was))
        if not evaluated:
            self._untold.append("no resource of the template was evaluated, and nothing evaluated never passes")
        return Outcome(edited=accounts.results(), untold=tuple(self._untold), evaluated=evaluated, ignored=self._ignored)

    def _stays(self, item: Item) -> bool:
        said = self._deployed.resources[item.logical] if self._deployed else {}
        return said.get("DeletionPolicy") in _KEPT

    def _items(self, template: Template, stack: Stack) -> Iterator[Item]:
        names = Names(template, stack)
        for logical, said in template.resources.items():
            kind, condition = str(said["Type"]), said.get("Condition")
            holds = names.functions.holds(str(condition)) if condition else True
            if holds is False:
                continue
            properties = names.functions.value(said.get("Properties") or {})
            if not isinstance(properties, Mapping | Unknown):
                properties = Unknown("they are no map")
            item = self._item(names, logical, kind, properties)
            if kind not in _MAKE:
                self._not_understood(item, template)
            elif isinstance(holds, Unknown) or isinstance(properties, Unknown):
                self._hole(
                    item, f"whether it is there is not known: {holds.why if isinstance(holds, Unknown) else 'its properties are not'}"
                )
            else:
                yield item

    def _item(self, names: Names, logical: str, kind: str, properties: Value) -> Item:
        arn = names.of(logical, _ARNS[kind]) if kind in _ARNS else None
        found = properties if isinstance(properties, Mapping) else {}
        return Item(logical, kind, found, names.of(logical, ""), arn, self._stack, self._account)

    def _not_understood(self, item: Item, template: Template) -> None:
        """What stands in both templates alike is not changed, unless it hangs on what may have changed. What goes is told as well."""
        other = self._deployed if template is self._template else self._template
        there = other.resources.get(item.logical) if other else None
        if there is not None and (template is not self._template or (other and template.means_the_same(item.logical, other))):
            return
        if is_of_concern(_snake(item.kind), map(_snake, _names(template.properties(item.logical)))):
            self._hole(item, f"{item.kind} speaks of access, exposure or encryption, and is not understood")
        else:
            self._ignored += 1

    def _each(self, handlers: Mapping[str, Handler], items: list[Item]) -> None:
        for kind, handler in handlers.items():
            for item in items:
                if item.kind == kind:
                    try:
                        handler(item)
                    except NotPlacedError as error:
                        self._hole(item, str(error))

    def _hole(self, item: Item, why: str) -> None:
        draft, account = self._account.draft, self._stack.account
        subject = draft.ref(account, item.kind, f"{self._stack.name}/{item.logical}", item.logical)
        draft.gap(account, item.kind, f"{item.address}: {why}", subject, GapReason.UNSUPPORTED)


def _updated(template: Template, stack: Stack, deployed: Template | None, held: Mapping[str, str] | None) -> Stack:
    """The stack as it would be. What is not given keeps its value in some ways to deploy, and takes the default in others."""
    kept = deployed.defaults.keys() if deployed else {}
    default = template.defaults
    unsure = {name for name in default if name in kept and (held is None or name not in held or held[name] != default[name])}
    return replace(stack, unsure=frozenset(unsure - stack.parameters.keys()))


def _as_it_is(stack: Stack, deployed: Template | None, held: Mapping[str, str] | None) -> Stack:
    """The stack as it is: with what it has now, and not with what is given."""
    known = held or {}
    return replace(stack, parameters=known, unsure=frozenset(deployed.defaults.keys() - known.keys()) if deployed else frozenset())


def _names(found: object) -> Iterator[str]:
    if isinstance(found, Mapping):
        for name, inner in found.items():
            yield str(name)
            yield from _names(inner)
    elif isinstance(found, list):
        for inner in found:
            yield from _names(inner)


def _snake(text: str) -> str:
    """Words as Terraform writes them, so that one table knows both."""
    return _BETWEEN_WORDS.sub("_", text.replace("::", "_")).lower().replace("__", "_")
