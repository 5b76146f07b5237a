"""From whatever policies of keys and buckets: no plan locks a key, gives anybody more, or takes what is declared.

What is so before and afterwards is asked of the evaluator, request by request, which knows nothing of how plans are made.
"""

from __future__ import annotations

import json

from hypothesis import event, given, settings
from hypothesis import strategies as st

from guardrails.connectors.aws.meaning.administering import ADMINISTERED, RESTORED
from guardrails.controls import judged
from guardrails.drift import differences
from guardrails.iam import Policies, Request, evaluate
from guardrails.model.facts import Policy
from guardrails.model.findings import Witness
from plan.guarded import (
    ADMIN,
    APP,
    BUCKET,
    FAR,
    KEY,
    KEY_ARN,
    LEFT_TO_US,
    READER,
    ROOT,
    WRITER,
    after,
    bucket,
    declared,
    everybody,
    key,
    own,
    planned,
    role,
    statement,
    to,
    world,
)
from plan.test_unadmitted import OTHER, STRANGER

STRANGE = f"arn:aws:iam::{STRANGER}:root"
THING = "arn:aws:s3:::b"
NAMES = st.sampled_from([STRANGE, STRANGE, ROOT["AWS"], ADMIN.resource, APP.resource, FAR.resource, OTHER, WRITER[0].resource, "*"])
PRINCIPALS = st.one_of(
    st.just("*"),
    st.fixed_dictionaries({"AWS": st.one_of(NAMES, st.lists(NAMES, min_size=1, max_size=3, unique=True))}),
    st.sampled_from([{"Service": "logs.amazonaws.com"}, {"Service": "logs.amazonaws.com", "AWS": STRANGE}]),
)
OPEN = st.sampled_from(["*", {"AWS": "*"}, {"AWS": STRANGE}, {"AWS": [STRANGE, APP.resource]}, {"AWS": ["*", ADMIN.resource]}])
MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
WHEN = st.sampled_from([None, None, None, MFA, {"StringEquals": {"aws:PrincipalAccount": [STRANGER]}}, {"Odd": {"aws:unheard": "x"}}])
OF_KEYS = st.sampled_from(["kms:*", "kms:*", ["kms:Decrypt"], ["kms:Decrypt", "kms:DescribeKey"], ["kms:PutKeyPolicy"], "kms:Get*"])
OF_BUCKETS = st.sampled_from(["s3:GetObject", "s3:GetObject", ["s3:GetObject", "s3:PutObject"], "s3:PutObject"])
EFFECTS = st.sampled_from(["Allow", "Allow", "Allow", "Deny"])


def entries(actions, resource):
    def entry(effect, names, action, when):
        return everybody(action, resource, names, **({"Condition": when} if when else {})) | {"Effect": effect}

    drawn = st.lists(st.builds(entry, EFFECTS, PRINCIPALS, actions, WHEN), max_size=3)
    strange = st.builds(entry, st.just("Allow"), OPEN, actions, st.sampled_from([None, None, MFA]))
    return st.builds(lambda some, open_too, at: [*some[:at], open_too, *some[at:]], drawn, strange, st.integers(0, 3))


def mine(actions, resources):
    def said(effect, action, resource, when):
        return statement(action, resource, effect, **({"Condition": when} if when else {}))

    return st.lists(st.builds(said, EFFECTS, actions, st.sampled_from(resources), st.sampled_from([None, None, MFA])), max_size=2)


CONTEXTS = ((), (("aws:multifactorauthpresent", "true"),))
PEOPLE = (ADMIN, APP, FAR, WRITER[0])


def policy_of(found, thing):
    return next((fact.text for fact in found.facts(Policy) if fact.ref.id == f"{thing.ref.id}/policy"), None)


def is_allowed(found, thing, holder, asked, context):
    """By the evaluator, with the policy of the thing across accounts too."""
    action, resource = asked
    texts = [text for _, text in found.meanings["aws"]._holdings.policies(holder.ref)]
    said = {**dict(context), "aws:ResourceAccount": thing.ref.realm} | ({"kms:CallerAccount": holder.ref.realm} if thing is KEY else {})
    request = Request(principal=holder.resource, action=action, resource=resource, context=said)
    return evaluate(request, Policies(identity=texts or None, resource=policy_of(found, thing))).allowed


def strangers(found, thing, action, resource):
    """Whoever is not of ours: what they may do at most."""
    for who in (f"arn:aws:iam::{STRANGER}:role/x", "arn:aws:iam::777766665555:role/y", "Anonymous", "Service:logs.amazonaws.com"):
        everything = {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}, "Version": "2012-10-17"}
        identity = everything if who.startswith("arn") else None
        said = {"aws:ResourceAccount": thing.ref.realm}
        request = Request(principal=who, action=action, resource=resource, context=said)
        yield evaluate(request, Policies(identity=identity, resource=policy_of(found, thing))).allowed


def no_more(found, now, thing, actions, resource):
    for action in actions:
        for holder in PEOPLE:
            for context in CONTEXTS:
                was, will = (is_allowed(one, thing, holder, (action, resource), context) for one in (found, now))
                assert not (will is True and was is False), (holder.ref, action, context)
        for was, will in zip(*(strangers(one, thing, action, resource) for one in (found, now)), strict=True):
            assert not (will is True and was is False)


def kept(worlds, thing, holder, actions, resource):
    for action in actions:
        for context in CONTEXTS:
            was, will = (is_allowed(one, thing, holder, (action, resource), context) for one in worlds)
            assert not (was is True and will is not True), (holder.ref, action, context)


@settings(max_examples=settings.default.max_examples // 2, deadline=None)
@given(
    said=entries(OF_KEYS, "*"),
    ours=st.sampled_from([[], [LEFT_TO_US], [LEFT_TO_US], [to({"AWS": [ADMIN.resource, WRITER[0].resource]})]]),
    admins=st.one_of(st.just([statement("kms:*")]), mine(OF_KEYS, ["*", KEY_ARN])),
    apps=mine(OF_KEYS, ["*", KEY_ARN]),
    writes=st.sampled_from([[], [statement("kms:*")], [statement("kms:*")], [statement(list(RESTORED))]]),
    may=st.sampled_from(["read", "decrypt", "read, decrypt"]),
)
def test_no_plan_locks_a_key_gives_anybody_more_or_takes_what_is_declared(*, said, ours, admins, apps, writes, may):
    said = [*ours, *said]
    more = (*own(APP, *apps, statement("s3:GetObject", f"{THING}/*")), *own(ADMIN, *admins), *own(WRITER[0], *writes))
    others = (ADMIN, *role("app"), FAR, *READER, *WRITER, *more, *bucket(by=KEY_ARN))
    found = world(declared(app=may), *others, *key(*said))
    if not any(one.control == "GR106" for one in judged(differences(found))):
        return
    planning = planned(found)
    event("changed" if planning.changes else "held")
    if not planning.changes:
        return
    now = world(declared(app=may), *others, *key(*after(planning, found)))

    def may_all(holder, actions, contexts=CONTEXTS):
        return all(any(is_allowed(now, KEY, holder, (action, KEY_ARN), context) is True for context in contexts) for action in actions)

    assert any(may_all(holder, ADMINISTERED) for holder in (ADMIN, APP, FAR)), "somebody can open it again"
    assert may_all(WRITER[0], RESTORED, CONTEXTS[:1]), "and guardrails can take the change back"
    no_more(found, now, KEY, ("kms:Decrypt", "kms:PutKeyPolicy", "kms:DescribeKey", "kms:GetKeyPolicy", "kms:Encrypt"), KEY_ARN)
    # with the bucket goes its key
    kept((found, now), KEY, APP, ("kms:Decrypt",), KEY_ARN)
    assert denies(found, KEY) == denies(now, KEY)
    assert found_left(now) < found_left(found)


@settings(max_examples=settings.default.max_examples, deadline=None)
@given(
    said=entries(OF_BUCKETS, f"{THING}/*"),
    apps=mine(OF_BUCKETS, ["*", f"{THING}/*", f"{THING}/logs/*"]),
    fars=mine(OF_BUCKETS, ["*", f"{THING}/*"]),
    may=st.sampled_from(["read", "write", "read, write", "elsewhere"]),
)
def test_no_plan_for_a_bucket_gives_anybody_more_or_takes_what_is_declared(said, apps, fars, may):
    declaration = declared(app=may, far=may)
    others = (ADMIN, APP, FAR, *READER, *WRITER, *own(APP, *apps), *own(FAR, *fars))
    found = world(declaration, *others, *bucket(*said))
    if not any(one.control == "GR106" for one in judged(differences(found))):
        return
    planning = planned(found)
    event("changed" if planning.changes else "held")
    if not planning.changes:
        return
    left = [] if not any(edit.adds for edit in planning.changes[-1].edits) else after(planning, found)
    now = world(declaration, *others, *bucket(*left))

    no_more(found, now, BUCKET, ("s3:GetObject", "s3:PutObject", "s3:DeleteObject"), f"{THING}/logs/x")
    wanted = {"read": ("s3:GetObject",), "write": ("s3:PutObject",), "read, write": ("s3:GetObject", "s3:PutObject")}.get(may, ())
    for holder in (APP, FAR):
        for resource in (f"{THING}/x", f"{THING}/logs/x"):
            kept((found, now), BUCKET, holder, wanted, resource)
    assert denies(found, BUCKET) == denies(now, BUCKET)
    assert found_left(now) < found_left(found)


def denies(found, thing):
    text = policy_of(found, thing)
    return (
        sorted(json.dumps(_plain(one), sort_keys=True) for one in json.loads(text)["Statement"] if one["Effect"] == "Deny") if text else []
    )


def _plain(entry):
    """In no spelling of its own."""
    whom = entry["Principal"]
    named = (
        {kind: sorted(names) if isinstance(names, list) else [names] for kind, names in whom.items()} if isinstance(whom, dict) else whom
    )
    if isinstance(named, dict) and "AWS" in named:
        named["AWS"] = sorted(f"arn:aws:iam::{name}:root" if name.isdecimal() else name for name in named["AWS"])
    actions = entry["Action"] if isinstance(entry["Action"], list) else [entry["Action"]]
    return {
        **entry,
        "Principal": named,
        "Action": sorted(actions),
        "Condition": json.dumps(entry.get("Condition", {})).replace('["', '"').replace('"]', '"'),
    }


def found_left(found):
    """What is still told of things that are shared."""
    return {one.id for one in judged(differences(found)) if one.control == "GR106" and one.difference.verdict.name == "VIOLATION"}


def test_the_evaluator_is_asked_as_the_meaning_asks_it():
    found = world(declared(), APP, *bucket(everybody()))
    asked = Witness(principal=APP.resource, action="s3:GetObject", resource=f"{THING}/x")
    assert is_allowed(found, BUCKET, APP, ("s3:GetObject", f"{THING}/x"), ()) is found.meanings["aws"].replay(APP.ref, asked) is True
