"""Laws of the meaning of policies, on every path of a small world: the regions agree with deciding one request at a time."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from itertools import product

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from guardrails.connectors.vault.language import read_clauses
from guardrails.connectors.vault.meaning import VaultMeaning
from guardrails.connectors.vault.meaning.access import bounds, declared
from guardrails.connectors.vault.meaning.hcl import canonical
from guardrails.connectors.vault.meaning.requests import allows, deciding
from guardrails.connectors.vault.meaning.rules import rules, table
from guardrails.model.declaration import Clause
from guardrails.model.facts import Edge, Policy, Principal
from guardrails.model.observation import fold
from guardrails.model.reference import Ref, Scope
from guardrails.model.words import EdgeKind, PrincipalForm, Verdict
from guardrails.notation.document import read
from guardrails.ports import BoundClause

pytestmark = pytest.mark.timeout(3600)  # the deep quotas take their time
AT = datetime(2026, 11, 25, tzinfo=UTC)
ROLE = Ref(system="vault", realm="", kind="role", id="auth/approle/role/ci", name="approle/ci")
WORLD = ["/".join(parts) + end for length in (1, 2, 3) for parts in product(("a", "b", "ab"), repeat=length) for end in ("", "/")]
PLAIN, LISTING = ("read", "update"), ("list", "scan")
REQUESTS = [(action, path) for path in WORLD for action in (*PLAIN, *(LISTING if path.endswith("/") else ()))]
LIMITS = ('allowed_parameters = { "x" = [] }', 'max_wrapping_ttl = "1h"', "pagination_limit = 1")

segments = st.sampled_from(["a", "b", "ab", "+"])
ends = st.sampled_from(["", "", "/", "/*", "a*"])


@st.composite
def paths(draw, *, templates=False):
    parts = draw(st.lists(segments | st.just("{{identity.entity.id}}") if templates else segments, min_size=1, max_size=3))
    return ("/".join(parts) + draw(ends)).replace("+a*", "+/a*")


@st.composite
def policies(draw, *, templates=False, limits=False):
    blocks = []
    for path in draw(st.lists(paths(templates=templates), min_size=1, max_size=4)):
        words = draw(st.just(["deny"]) | st.lists(st.sampled_from([*PLAIN, *LISTING]), min_size=1, max_size=3, unique=True))
        more = draw(st.sampled_from(["", "", *LIMITS])) if limits else ""
        blocks.append(f'path "{path}" {{ capabilities = [{", ".join(f"{chr(34)}{word}{chr(34)}" for word in words)}]\n{more} }}')
    return "\n".join(blocks)


clauses = st.dictionaries(paths(), st.lists(st.sampled_from([*PLAIN, *LISTING]), min_size=1, max_size=4, unique=True), max_size=4)


def table_of(text, *, slash_first):
    return table(rules(canonical(text), "p"), slash_first=slash_first, at=AT)


@given(policies(templates=True, limits=True))
def test_what_is_surely_allowed_is_what_is_surely_decided(text):
    ours = table_of(text, slash_first=True)
    region = bounds(ours)
    for action, path in REQUESTS:
        point = {"action": action, "resource": path}
        assert region.lower.contains(point) == allows(ours, action, path), point
        assert region.upper.contains(point) or not region.lower.contains(point), point


@given(policies(templates=True), st.sampled_from(["a", "ab", None]))
def test_whatever_a_template_turns_out_to_be_was_possible(text, value):
    found = rules(canonical(text), "p")
    region = bounds(table(found, slash_first=True, at=AT))
    filled = table(found, slash_first=True, at=AT, fill=lambda path: value and path.replace("{{identity.entity.id}}", value))
    for action, path in REQUESTS:
        point = {"action": action, "resource": path}
        allowed = allows(filled, action, path)
        assert region.upper.contains(point) or not allowed, point
        assert allowed or not region.lower.contains(point), point


@given(policies())
@example('path "a/+" { capabilities = ["list"] } path "a/b/*" { capabilities = ["deny"] }')
@example('path "*" { capabilities = ["list"] } path "a/*" { capabilities = ["read"] }')
@example('path "a/+/" { capabilities = ["list"] } path "a/b*" { capabilities = ["read"] } path "+/b" { capabilities = ["list"] }')
def test_whatever_some_order_allows_is_possible_and_what_is_sure_every_order_allows(text):
    ours = table_of(text, slash_first=False)
    region = bounds(ours)
    for action, path in REQUESTS:
        point = {"action": action, "resource": path}
        orders = [group is not None and action in group.capabilities for group in deciding(ours, action, path)]
        assert region.upper.contains(point) or not any(orders), point
        assert all(orders) or not region.lower.contains(point), point


@given(paths(), st.sampled_from([*PLAIN, *LISTING]))
def test_an_entitlement_is_what_a_policy_of_one_rule_gives(path, action):
    alone = table_of(f'path "{path}" {{ capabilities = ["{action}"] }}', slash_first=True)
    region = declared(path, [action])
    for asked, where in REQUESTS:
        assert region.contains({"action": asked, "resource": where}) == allows(alone, asked, where), (asked, where)


def meaning(*texts, slash_first=True):
    said = [Principal(ref=ROLE, form=PrincipalForm.MACHINE)]
    for number, text in enumerate(texts):
        ref = Ref(system="vault", realm="", kind="policy", id=f"p{number}", name=f"p{number}")
        said += [
            Policy(ref=ref, text=canonical(text, slash_first=slash_first)),
            Edge(kind=EdgeKind.IDENTITY_POLICY, source=ROLE, target=ref),
        ]
    return VaultMeaning(fold(said, system="vault", connector="vault", taken_at=AT))


def bound(entries):
    return tuple(
        BoundClause(clause=Clause(scope=Scope("vault"), actions=tuple(actions), resources=(path,)), entitlement="e")
        for path, actions in entries.items()
    )


def is_declared(entries, action, path):
    return any(declared(where, actions).contains({"action": action, "resource": path}) for where, actions in entries.items())


@given(policies(), policies(), clauses, st.booleans())
def test_containment_agrees_with_every_request_of_a_small_world(first, second, entries, slash_first):
    found = meaning(first, second, slash_first=slash_first)
    ours = table([*rules(canonical(first), "p0"), *rules(canonical(second), "p1")], slash_first=slash_first, at=AT)
    excess, shortfall = found.excess(ROLE, bound(entries)), found.shortfall(ROLE, bound(entries))
    beyond = [request for request in REQUESTS if allows(ours, *request) and not is_declared(entries, *request)]
    lacking = [request for request in REQUESTS if not allows(ours, *request) and is_declared(entries, *request)]
    assert excess.verdict is not Verdict.OK or not beyond
    assert shortfall.verdict is not Verdict.OK or not lacking
    if slash_first:
        assert Verdict.UNDECIDED not in {excess.verdict, shortfall.verdict}
    if excess.witness:
        assert found.replay(ROLE, excess.witness)
        assert not is_declared(entries, excess.witness.action, excess.witness.resource)
    if shortfall.witness:
        assert not found.replay(ROLE, shortfall.witness)
        assert is_declared(entries, shortfall.witness.action, shortfall.witness.resource)


@given(st.lists(policies(templates=True, limits=True), min_size=1, max_size=3), st.booleans())
def test_policies_together_give_nothing_that_none_of_them_gives(texts, slash_first):
    named = tuple(
        BoundClause(clause=Clause(scope=Scope("vault"), actions=("policy",), resources=(f"p{number}",)), entitlement="e")
        for number in range(len(texts))
    )
    assert meaning(*texts, slash_first=slash_first).excess(ROLE, named).verdict in {Verdict.OK, Verdict.UNDECIDED}


@given(st.lists(policies(templates=True, limits=True), min_size=1, max_size=3), st.booleans())
def test_what_is_granted_leaves_nothing_out_in_the_words_of_an_entitlement(texts, slash_first):
    found = meaning(*texts, slash_first=slash_first)
    clauses = tuple(
        BoundClause(clause=clause, entitlement=grant.name)
        for grant in found.grants(ROLE)
        for clause in read_clauses(read(grant.says.encode(), grant.name)[0], Scope("vault"))
    )
    assert found.excess(ROLE, clauses).verdict in {Verdict.OK, Verdict.UNDECIDED}
    if slash_first and not any("{{" in text for text in texts):
        assert found.excess(ROLE, clauses).verdict is Verdict.OK


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            'path "kv/data/a/*" { capabilities = ["read", "list"] } path "kv/x" { capabilities = ["deny"] }',
            {"kv/data/a/*": ["list", "read"]},
        ),
        ('path "a" { capabilities = ["read"] } path "a" { capabilities = ["list"] }', {"a": ["list", "read"]}),
        # the declaration has no words for these paths, so the policy stands for itself
        ('path "kv/{{identity.entity.id}}/*" { capabilities = ["read"] }', {"policy": "p0"}),
        ('path "a+b" { capabilities = ["read"] }', {"policy": "p0"}),
        ('path "policy" { capabilities = ["read"] }', {"policy": "p0"}),
    ],
)
def test_a_policy_is_granted_by_its_paths_where_there_are_words_for_them(text, says):
    assert [json.loads(grant.says) for grant in meaning(text).grants(ROLE)] == [says]


def test_a_policy_that_gives_nothing_grants_nothing():
    assert meaning('path "a" { capabilities = ["deny"] }').grants(ROLE) == ()
