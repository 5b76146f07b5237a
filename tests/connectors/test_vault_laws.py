"""Laws of the meaning of policies, on every path of a small world: the regions agree with deciding one request at a time."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import cache
from itertools import product

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from guardrails.connectors.vault.language import read_clauses
from guardrails.connectors.vault.meaning import VaultMeaning
from guardrails.model.declaration import Clause
from guardrails.model.facts import Edge, Policy, Principal
from guardrails.model.observation import fold
from guardrails.model.reference import Ref, Scope
from guardrails.model.words import EdgeKind, PrincipalForm, Verdict
from guardrails.notation.document import read
from guardrails.ports import BoundClause
from guardrails.vault import PolicyError, evaluate, profile
from guardrails.vault import read as policy
from guardrails.vault.stored import ANY_ENGINE, stored

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


ONE = "openbao-2.7.2"
ENGINES = st.sampled_from([ONE, ""])


def meaning(*texts, engine=ONE):
    said = [Principal(ref=ROLE, form=PrincipalForm.MACHINE)]
    for number, text in enumerate(texts):
        ref = Ref(system="vault", realm="", kind="policy", id=f"p{number}", name=f"p{number}")
        said += [
            Policy(ref=ref, text=stored(text, engine, name=ref.name)),
            Edge(kind=EdgeKind.IDENTITY_POLICY, source=ROLE, target=ref),
        ]
    return VaultMeaning(fold(said, system="vault", connector="vault", taken_at=AT))


def bound(entries):
    return tuple(
        BoundClause(clause=Clause(scope=Scope("vault"), actions=tuple(actions), resources=(path,)), entitlement="e")
        for path, actions in entries.items()
    )


@cache
def parsed(text, engine):
    try:
        return policy(text, profile=engine)
    except PolicyError:
        return None


def allows(texts, engine, action, path):
    """Whether every engine that it may be lets the request pass."""
    engines = [one for one in ([profile(engine)] if engine else ANY_ENGINE) if all(parsed(text, one) for text in texts)]
    known = [one for one in engines if action in one.capabilities]
    return bool(known) and all(evaluate([parsed(text, one) for text in texts], action, path, profile=one).allowed for one in known)


def is_declared(entries, action, path):
    clauses = (f'path "{where}" {{ capabilities = ["{action}"] }}' for where, actions in entries.items() if action in actions)
    return any(evaluate(parsed(clause, profile(ONE)), action, path, profile=ONE).allowed for clause in clauses)


@given(policies(), policies(), clauses, ENGINES)
@example('path "+" { capabilities = ["deny"] }', 'path "b/*" { capabilities = ["list"] }', {}, "")
def test_containment_agrees_with_every_request_of_a_small_world(first, second, entries, engine):
    found = meaning(first, second, engine=engine)
    excess, shortfall = found.excess(ROLE, bound(entries)), found.shortfall(ROLE, bound(entries))
    told = [(allows((first, second), engine, *request), is_declared(entries, *request), request) for request in REQUESTS]
    assert excess.verdict is not Verdict.OK or not [request for allowed, declared, request in told if allowed and not declared]
    assert shortfall.verdict is not Verdict.OK or not [request for allowed, declared, request in told if declared and not allowed]
    if engine:
        assert Verdict.UNDECIDED not in {excess.verdict, shortfall.verdict}
    if excess.witness:
        assert found.replay(ROLE, excess.witness)
        assert not is_declared(entries, excess.witness.action, excess.witness.resource)
    if shortfall.witness:
        assert not found.replay(ROLE, shortfall.witness)
        assert is_declared(entries, shortfall.witness.action, shortfall.witness.resource)


@given(st.lists(policies(templates=True, limits=True), min_size=1, max_size=3), ENGINES)
def test_policies_together_give_nothing_that_none_of_them_gives(texts, engine):
    named = tuple(
        BoundClause(clause=Clause(scope=Scope("vault"), actions=("policy",), resources=(f"p{number}",)), entitlement="e")
        for number in range(len(texts))
    )
    assert meaning(*texts, engine=engine).excess(ROLE, named).verdict in {Verdict.OK, Verdict.UNDECIDED}


@given(st.lists(policies(templates=True, limits=True), min_size=1, max_size=3), ENGINES)
def test_what_is_granted_leaves_nothing_out_in_the_words_of_an_entitlement(texts, engine):
    found = meaning(*texts, engine=engine)
    clauses = tuple(
        BoundClause(clause=clause, entitlement=grant.name)
        for grant in found.grants(ROLE)
        for clause in read_clauses(read(grant.says.encode(), grant.name)[0], Scope("vault"))
    )
    assert found.excess(ROLE, clauses).verdict in {Verdict.OK, Verdict.UNDECIDED}
    if engine and not any("{{" in text for text in texts):
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
