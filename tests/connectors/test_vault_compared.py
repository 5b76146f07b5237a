"""What is remembered of comparisons says what comparing says, whatever was asked before."""

from __future__ import annotations

from itertools import product

from connectors.vault_compared import compared_once
from guardrails.vault import containment, read
from guardrails.vault.containment import Declared, outcomes
from guardrails.vault.profiles import profile

ENGINES = [profile(name) for name in ("openbao-2.7.2", "openbao-2.6.2", "vault-1.20.0")]
TEXTS = (
    'path "kv/data/app" { capabilities = ["read"] }',
    'path "kv/data/+" { capabilities = ["read"] }',
    'path "kv/data/*" { capabilities = ["read", "update"] }\npath "kv/data/app" { capabilities = ["deny"] }',
    'path "kv/data/{{identity.entity.name}}" { capabilities = ["read"] }',
    'path "sys/raw/x" { capabilities = ["read", "sudo"] }',
)


def answers():
    """For each engine, person and pair of policies, by list, clause and name, the whole answer."""
    for engine, person, one, other in product(ENGINES, ("app", "dev"), TEXTS, TEXTS):
        mine, theirs = read(one, profile=engine, name="one"), read(other, profile=engine, name="other")
        clauses = tuple((rule.path, rule.capabilities) for rule in theirs.rules)
        for declared in (Declared(lists=((theirs,),)), Declared(clauses=clauses), Declared(spared=frozenset({"one"}))):
            yield tuple(outcomes((mine,), declared, engine, values=lambda _expression, person=person: person))


def test_what_is_remembered_is_what_comparing_says():
    alone = list(answers())
    assert len(set(map(repr, alone))) > 5, "answers that are all alike would show nothing"
    compare = containment._compared
    with compared_once():
        assert list(answers()) == alone
        assert list(answers()) == alone
    assert containment._compared is compare
