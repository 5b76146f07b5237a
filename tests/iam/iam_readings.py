"""Where the peer is known to read a case differently, each as a rewriting of the case: our verdict on the result must be the peer's.

So a difference counts as explained only when the reading that is named for it, and nothing else, brings the verdicts together. What each
reading is about, and which one is ours, stands as a test in test_iam_readings.py.
"""

from __future__ import annotations

import copy
import ipaddress
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from iam_peer import Case, ours, request

from guardrails.iam.conditions import holds
from guardrails.iam.context import Context, Template
from guardrails.iam.documents import ConditionTest, Kind, read
from guardrails.iam.principals import Reach, caller, reaches
from guardrails.iam.statements import _resource_matches
from guardrails.iam.truth import Doubt

NEVER = "arn:aws:never:::never"
_KINDS = {"scps": Kind.SCP, "rcps": Kind.RCP}
Rewrite = Callable[[Case], None]


def variables_in_2008(case: Case) -> None:
    """The peer puts values in for variables whatever the Version."""
    for document, _ in _documents(case):
        document["Version"] = "2012-10-17"


def a_session_policy_limits_every_grant(case: Case) -> None:
    """Grants of a resource policy to the session itself included; so it is one more limit, as a level of SCPs is."""
    session = case["policies"].pop("session", None)
    if session is not None:
        case["policies"]["scps"] = [*case["policies"].get("scps", ()), [session]]


def an_empty_value_is_no_value(case: Case) -> None:
    """Of a variable: the default is taken, or nothing matches."""
    _unset(case, [key for key, value in case["context"].items() if value == ""])


def a_default_stands_in_for_a_list(case: Case) -> None:
    """As for an absent key."""
    _unset(case, [key for key, value in case["context"].items() if isinstance(value, list)])


def no_wildcard_in_the_type_part(case: Case) -> None:
    """What stands up to the first `/` or `:` of the resource part must be the very text."""
    _rewrite_resources(case, lambda text, _kind: NEVER if _has_wild_type(text) else text)


def a_disputed_resource_does_not_match(case: Case) -> None:
    """A short ARN in policies of organisations and resources; in NotResource a variable without a value, which then spares nothing."""
    context = request_context(case)

    def reads(text: str, kind: Kind, *, negated: bool) -> str:
        template = Template(text=text, context=context, variables=True)
        doubtful = isinstance(_resource_matches(template, kind, case["resource"], negated=negated), Doubt)
        return text if not doubtful else "*" if negated and "${" in text else NEVER

    for name, found in case["policies"].items():
        for statement in _statements(found):
            for element in {"Resource", "NotResource"} & set(statement):
                kind = _KINDS.get(name) or Kind(name)
                statement[element] = [reads(text, kind, negated=element == "NotResource") for text in _listed(statement[element])]


def epochs_are_milliseconds(case: Case) -> None:
    """A date that is a number counts milliseconds."""
    _rewrite_tests(
        case,
        lambda test, value: (_with(test, _from_milliseconds), value and _from_milliseconds(value)) if "Date" in test.operator else None,
    )


def no_address_is_in_a_block_of_all(case: Case) -> None:
    """The mask of `0.0.0.0/0` comes out as that of one address."""
    _rewrite_tests(case, lambda test, value: (_with(test, lambda text: text.replace("0.0.0.0/0", "0.0.0.0/32")), value))


def an_escape_is_text_without_wildcards(case: Case) -> None:
    """In operators that know no wildcards `${*}` is four characters."""
    _rewrite_tests(
        case,
        lambda test, value: (_with(test, lambda text: text.replace("${*}", "${$}{*}")), value) if "Equals" in test.operator else None,
    )


def one_address_differs_from_none_of_the_other_family(case: Case) -> None:
    """NotIpAddress with a single address does not hold for an address of the other family."""
    _rewrite_tests(case, lambda test, value: (replace(test, operands=("?",)), value) if value and _of_two_families(test, value) else None)


def a_disputed_test_does_not_hold(case: Case) -> None:
    """A malformed operand or value, or a variable without a value, whether negated or not."""
    _rewrite_tests(case, lambda test, value: (test, value), settled=True)


def a_policy_not_given_is_not_there(case: Case) -> None:
    """A key without a policy lets nobody in; a role without one everyone of its account."""
    asked, policies = case["action"].lower().partition(":"), case["policies"]
    if policies.get("resource") is None and case["resource"] != "*" and asked[0] in {"kms", "sts"}:
        ours_too = asked[0] == "sts" and case["account"] in case["principal"]
        statement = {"Effect": "Allow", "Principal": {"AWS": case["account"]}, "Action": "*", "Resource": "*"}
        policies["resource"] = {"Version": "2012-10-17", "Statement": [statement] if ours_too else []}


def everyone_but_others_is_the_role_by_name(case: Case) -> None:
    """An Allow with NotPrincipal that reaches a role is bound by its boundary, as one that names the role is."""
    who = caller(case["principal"])
    for statement in _statements(case["policies"].get("resource", ())):
        if statement["Effect"] == "Allow" and "NotPrincipal" in statement and ":role/" in who.name:
            named = read({"Statement": statement}, Kind.RESOURCE).statements[0].principals
            reached = named is not None and reaches(named, who, Reach.ACCOUNT) is True
            del statement["NotPrincipal"]
            statement["Principal"] = {"AWS": who.name if reached else NEVER}


def what_aws_keeps_is_not_changed(case: Case) -> None:
    """Policies cannot allow to change managed policies of AWS, nor roles under aws-reserved, nor aliases of its keys."""
    changes = re.match(r"iam:(?!Get|List)|kms:(Create|Delete|Update)Alias", case["action"], re.IGNORECASE)
    if changes and re.search(r":iam::aws:policy/|:role/aws-reserved/|:alias/aws/", case["resource"]):
        case["policies"]["endpoint"] = [{"Version": "2012-10-17", "Statement": []}]


READINGS: tuple[Rewrite, ...] = (
    a_policy_not_given_is_not_there,
    what_aws_keeps_is_not_changed,
    everyone_but_others_is_the_role_by_name,
    variables_in_2008,
    a_session_policy_limits_every_grant,
    an_empty_value_is_no_value,
    a_default_stands_in_for_a_list,
    no_wildcard_in_the_type_part,
    a_disputed_resource_does_not_match,
    epochs_are_milliseconds,
    no_address_is_in_a_block_of_all,
    an_escape_is_text_without_wildcards,
    one_address_differs_from_none_of_the_other_family,
    a_disputed_test_does_not_hold,
)


def explained(case: Case, theirs: str) -> tuple[str, ...] | None:
    """The readings that bring the verdicts together: one if one does, else all up to the last that it takes; `None` when none do."""
    wanted = theirs == "Allowed"
    for reading in READINGS:
        if ours(_read(case, reading)) is wanted:
            return (reading.__name__,)
    for number in range(2, len(READINGS) + 1):
        if ours(_read(case, *READINGS[:number])) is wanted:
            return tuple(reading.__name__ for reading in READINGS[:number])
    return None


def _read(case: Case, *readings: Rewrite) -> Case:
    rewritten = copy.deepcopy(case)
    for reading in readings:
        reading(rewritten)
    return rewritten


def request_context(case: Case) -> Context:
    """The context as the evaluator sees it."""
    return Context.of({**caller(case["principal"]).keys(), **request(case).context})


def _unset(case: Case, keys: list[str]) -> None:
    pattern = re.compile(r"\$\{(" + "|".join(map(re.escape, keys)) + r")(?=[,}])", re.IGNORECASE)
    if keys:
        _rewrite_texts(case, lambda text: pattern.sub("${guardrails:unset", text))


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _documents(case: Case) -> Iterator[tuple[dict[str, Any], str]]:
    for name, found in case["policies"].items():
        yield from ((document, name) for document in _nested(found))


def _nested(found: Any) -> Iterator[dict[str, Any]]:
    if isinstance(found, dict):
        yield found
        return
    for one in found:
        yield from _nested(one)


def _statements(found: Any) -> Iterator[dict[str, Any]]:
    for document in _nested(found):
        yield from _listed(document["Statement"])


def _rewrite_resources(case: Case, reads: Callable[[str, str], str]) -> None:
    for name, found in case["policies"].items():
        for statement in _statements(found):
            for element in {"Resource", "NotResource"} & set(statement):
                statement[element] = [reads(text, name) for text in _listed(statement[element])]


def _rewrite_texts(case: Case, reads: Callable[[str], str]) -> None:
    _rewrite_resources(case, lambda text, _kind: reads(text))
    for found in case["policies"].values():
        for statement in _statements(found):
            for block in statement.get("Condition", {}).values():
                for key, operands in block.items():
                    block[key] = [reads(text) if isinstance(text, str) else text for text in _listed(operands)]


def _rewrite_tests(
    case: Case, reads: Callable[[ConditionTest, str | None], tuple[ConditionTest, str | None] | None], *, settled: bool = False
) -> None:
    """Replace each test that reads otherwise by what it then comes to; `settled` is for each test, since what is in dispute does not hold."""
    context = request_context(case)
    for document, _ in _documents(case):
        variables = document.get("Version") == "2012-10-17"
        for statement in _listed(document["Statement"]):
            for operator, block in list(statement.get("Condition", {}).items()):
                for key, operands in list(block.items()):
                    test = ConditionTest(
                        operator=operator,
                        key=key,
                        operands=tuple(str(o).lower() if isinstance(o, bool) else str(o) for o in _listed(operands)),
                    )
                    found = _outcome(test, context, reads, variables=variables, settled=settled)
                    if found is not None:
                        del block[key]
                        statement["Condition"].setdefault("Null", {})["guardrails:absent" if found else "guardrails:absent-not"] = (
                            "true" if found else "false"
                        )


def _outcome(
    test: ConditionTest, context: Context, reads: Callable[[ConditionTest, str | None], Any], *, variables: bool, settled: bool
) -> bool | None:
    value = context.get(test.key)
    if value is None or test.operator.startswith("Null") or (isinstance(value, tuple) and ":" not in test.operator):
        return None
    said: list[bool] = []
    changed = False
    for one in (value,) if isinstance(value, str) else value:
        read = reads(test, one)
        changed |= read is not None and (settled or read != (test, one))
        meant, given = read or (test, one)
        found = holds(meant, Context.of({**context.values, test.key.lower(): given}), variables=variables)
        said.append(found is True)
    if not changed:
        return None
    return all(said) if test.operator.startswith("ForAllValues") else any(said)


def _with(test: ConditionTest, reads: Callable[[str], str]) -> ConditionTest:
    return replace(test, operands=tuple(map(reads, test.operands)))


def _from_milliseconds(text: str) -> str:
    return datetime.fromtimestamp(int(text) / 1000, UTC).isoformat() if text.isdigit() else text


def _of_two_families(test: ConditionTest, value: str) -> bool:
    if "NotIpAddress" not in test.operator:
        return False
    try:
        version = ipaddress.ip_address(value).version
        return any(ipaddress.ip_address(operand).version != version for operand in test.operands if "/" not in operand)
    except ValueError:
        return False


def _has_wild_type(text: str) -> bool:
    parts = text.split(":", 5)
    if len(parts) < 6:
        return False
    if any("${" in part for part in parts[1:5]):
        return True
    if parts[2] == "s3" and not parts[3] and not parts[4]:
        return False
    found = re.search("[/:]", parts[5])
    return found is not None and bool(re.search(r"[*?]|\$\{", parts[5][: found.end()]))
