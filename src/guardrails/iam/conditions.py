"""Conditions: every operator, its IfExists form and the set operators, on an absent key, one value or a list.

IAM User Guide, "IAM JSON policy elements: Condition operators" and "Set operators for multivalued context keys".
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType

from guardrails.iam import comparisons
from guardrails.iam.comparisons import Comparison, NoMatch, ordered
from guardrails.iam.context import Context, Template, Values
from guardrails.iam.documents import ConditionTest
from guardrails.iam.truth import Doubt, Truth, every, negate, some

__all__ = ["holds"]


@dataclass(frozen=True, slots=True)
class _Operator:
    compare: Comparison
    negated: bool = False


_SIGNS = {
    "Equals": operator.eq,
    "LessThan": operator.lt,
    "LessThanEquals": operator.le,
    "GreaterThan": operator.gt,
    "GreaterThanEquals": operator.ge,
}


def _both(positive: str, negative: str, compare: Comparison) -> dict[str, _Operator]:
    return {positive: _Operator(compare), negative: _Operator(compare, negated=True)}


def _family(name: str, parse: Callable[[str], Decimal | None]) -> dict[str, _Operator]:
    found = {f"{name}{sign}": _Operator(ordered(parse, compare)) for sign, compare in _SIGNS.items()}
    return found | _both(f"{name}Equals", f"{name}NotEquals", ordered(parse, operator.eq))


_OPERATORS: Mapping[str, _Operator] = MappingProxyType(
    {
        **_both("StringEquals", "StringNotEquals", comparisons.same_text),
        **_both("StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", comparisons.same_text_without_case),
        **_both("StringLike", "StringNotLike", comparisons.like_text),
        **_both("ArnEquals", "ArnNotEquals", comparisons.like_arn),
        **_both("ArnLike", "ArnNotLike", comparisons.like_arn),
        **_both("IpAddress", "NotIpAddress", comparisons.in_network),
        **_family("Numeric", comparisons.number_of),
        **_family("Date", comparisons.date_of),
        "Bool": _Operator(comparisons.same_boolean),
        "BinaryEquals": _Operator(comparisons.same_binary),
    }
)
_FORM = re.compile(r"(?:(?P<over>ForAllValues|ForAnyValue):)?(?P<name>\w+?)(?P<optional>IfExists)?")


def holds(test: ConditionTest, context: Context, *, variables: bool) -> Truth:
    """Whether one operator holds for one key; `variables` as for `Template`."""
    value = context.get(test.key)
    if test.operator == "Null":
        return _is_null(test, absent=value is None)
    form = _FORM.fullmatch(test.operator)
    meant = _OPERATORS.get(form["name"]) if form else None
    if form is None or meant is None:
        return Doubt.of(f"unsupported operator {test.operator}")
    if value is None:
        return _of_absent(form["over"], lenient=bool(form["optional"]) or meant.negated)
    operands = [Template(text=text, context=context, variables=variables) for text in test.operands]
    return _of_present(value, form["over"], lambda one: _compared(meant, operands, one))


def _of_absent(over: str | None, *, lenient: bool) -> bool:
    """An absent key is vacuous for all, nothing for any, and else a match for negated operators and IfExists only."""
    return over == "ForAllValues" or (over is None and lenient)


def _of_present(value: Values, over: str | None, compared: Callable[[str], Truth]) -> Truth:
    if over is None:
        # An operator without a set operator is made for one value; of a list it holds never, negated or not.
        return compared(value) if isinstance(value, str) else False
    values = (value,) if isinstance(value, str) else value
    return every(map(compared, values)) if over == "ForAllValues" else some(map(compared, values))


def _compared(meant: _Operator, operands: list[Template], value: str) -> Truth:
    """Several operands are alternatives; a negated operator holds when it is none of them."""
    found = some(_said(meant.compare(operand, value), meant) for operand in operands)
    return negate(found) if meant.negated else found


def _said(found: Truth | NoMatch, meant: _Operator) -> Truth:
    if not isinstance(found, NoMatch):
        return found
    return Doubt.of(f"{found.why}, in a negated operator") if meant.negated else False


def _is_null(test: ConditionTest, *, absent: bool) -> Truth:
    asked = {operand.lower() for operand in test.operands}
    if not asked <= {"true", "false"}:
        return Doubt.of(f"malformed operand for Null: {', '.join(sorted(asked))}")
    return str(absent).lower() in asked
