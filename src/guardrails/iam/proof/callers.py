"""What conditions say of the keys that hang on who asks, said of who asks: no account has another account's `aws:PrincipalArn`.

IAM User Guide, "AWS global condition context keys" and "Principal key values". Whether a service asks is told in every request that is
signed with credentials of AWS, so not in one without a signature or with a token of a provider; which service, by services alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache, reduce
from operator import and_, or_

from guardrails.iam.keys import DECIDED_BY_CALLER
from guardrails.iam.proof.among import ANONYMOUSLY, ASKING, AWS, CANONICAL, FEDERATED, FORMS, OTHERS, SERVICES, WHOEVER
from guardrails.iam.proof.statements import Statement
from guardrails.sets import Contexts, Language, Pattern, State, States

__all__ = ["by_callers"]

_NOBODY = Language.nothing()
_DIGITS = 12
_OF_ACCOUNTS = frozenset("0123456789*?")
"""What a pattern of numbers of accounts can have."""
_USERS = Language.of(Pattern.arn(FORMS["User"]))
_NO_SERVICES = AWS | ANONYMOUSLY | FEDERATED | CANONICAL
_PARTLY: dict[str, tuple[Language, State]] = {
    "aws:principalservicenameslist": (_NO_SERVICES, None),
    "aws:userid": (ANONYMOUSLY, "anonymous"),
}
"""Keys whose state is known of some who ask: of whom, and which. Others tell what they like."""
_KEYS = DECIDED_BY_CALLER | _PARTLY.keys()


def by_callers(statement: Statement) -> Statement:
    """The same statement, its context in terms of who asks."""
    if _KEYS.isdisjoint(statement.context.names):
        return statement
    return replace(statement, context=_translated(statement.context))


@lru_cache(maxsize=8192)
def _translated(contexts: Contexts) -> Contexts:
    return reduce(
        or_, (reduce(and_, (_said(*pair) for pair in term), Contexts.everything()) for term in contexts.terms), Contexts.nothing()
    )


def _said(name: str, states: States) -> Contexts:
    if name in _PARTLY:
        whom, state = _PARTLY[name]
        free = Contexts.of({ASKING: WHOEVER.one(WHOEVER.whole - whom), name: states})
        return free | Contexts.of({ASKING: WHOEVER.one(whom)}) if state in states else free
    found: Language | None = _WHO[name](states) if name in _WHO else None
    # what cannot be told of who asks is said of the key, as if it were free
    return Contexts.of({name: states} if found is None else {ASKING: WHOEVER.one(found)})


def _of_arn(states: States) -> Language:
    own: Language = states.one & AWS
    return own | (ANONYMOUSLY | OTHERS if states.absent else _NOBODY)


def _of_type(states: States) -> Language:
    typed = Language.of(*(Pattern.arn(form) for name, form in FORMS.items() if name in states.one))
    return typed | (ANONYMOUSLY if "Anonymous" in states.one else _NOBODY) | (OTHERS if states.absent else _NOBODY)


def _of_account(states: States) -> Language:
    unsigned = ANONYMOUSLY if "anonymous" in states.one else _NOBODY
    return _each(states.one, _in_account) | unsigned | (OTHERS if states.absent else _NOBODY)


def _of_being_a_service(states: States) -> Language:
    signed = {"true": SERVICES, "false": AWS | CANONICAL}
    told = reduce(or_, (whom for value, whom in signed.items() if value in states.one), _NOBODY)
    return told | (ANONYMOUSLY | FEDERATED if states.absent else _NOBODY)


def _of_service(states: States) -> Language:
    return _each(states.one, _a_service) | (_NO_SERVICES if states.absent else _NOBODY)


def _of_name(states: States) -> Language | None:
    """Of a name with wildcards it cannot be said, for they do not stop at the path."""
    patterns = [pattern for term in states.one.terms for pattern in (*term.included, *term.excluded)]
    if not all(pattern.is_literal or pattern.is_any for pattern in patterns):
        return None
    return _each(states.one, _called) | ((WHOEVER.whole - _USERS) if states.absent else _NOBODY)


_WHO = {
    "aws:principalarn": _of_arn,
    "aws:principaltype": _of_type,
    "aws:principalaccount": _of_account,
    "aws:principalisawsservice": _of_being_a_service,
    "aws:principalservicename": _of_service,
    "aws:username": _of_name,
}


def _each(values: Language, meant: Callable[[Pattern], Language]) -> Language:
    """Who has one of some values, where it is known who has a value that a pattern matches."""
    found = _NOBODY
    for term in values.terms:
        having = reduce(and_, map(meant, term.included))
        found |= having - reduce(or_, map(meant, term.excluded), _NOBODY)
    return found


def _in_account(number: Pattern) -> Language:
    if number.is_any:
        return AWS
    if set(number.text) - _OF_ACCOUNTS or (number.style == "literal" and not _is_plain(number.text)):
        return _NOBODY
    found = Language.of(*(Pattern.arn(form.replace("?" * _DIGITS, number.text)) for form in FORMS.values()))
    return found if number.is_literal and len(number.text) == _DIGITS else found & AWS


def _a_service(name: Pattern) -> Language:
    if name.is_any:
        return SERVICES
    if ":" in name.text or (name.style == "literal" and not _is_plain(name.text)):
        return _NOBODY
    return SERVICES & Language.of(Pattern.glob(f"Service:{name.text}"))


def _called(name: Pattern) -> Language:
    if name.is_any:
        return _USERS
    if "/" in name.text or not _is_plain(name.text) or not name.text:
        return _NOBODY
    home = FORMS["User"].removesuffix("?*")
    return Language.of(*(Pattern.arn(f"{home}{path}{name.text}") for path in ("", "*/")))


def _is_plain(text: str) -> bool:
    """Whether no character of it is read as a wildcard; no account and no user has one in its name."""
    return not {"*", "?"} & set(text)
