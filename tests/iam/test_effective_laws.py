"""Laws of chains and ways over random accounts, and the same requests put to a second evaluator and to trying them all out."""

from __future__ import annotations

import json
from itertools import product

import naive
from hypothesis import given, settings
from hypothesis import strategies as st
from iam_accounts import HOME, account, allow, arn, deny, role, service, trusting, user

from guardrails.iam import Request, effective, evaluate

ROLES = ("a", "b", "c")
CONDITIONS: tuple[dict, ...] = (
    {},
    {"Bool": {"aws:MultiFactorAuthPresent": ["true"]}},
    {"BoolIfExists": {"aws:MultiFactorAuthPresent": ["false"]}},
    {"StringEquals": {"sts:ExternalId": ["x"]}},
    {"StringNotEquals": {"sts:ExternalId": ["x"]}},
    {"Null": {"sts:ExternalId": ["true"]}},
    {"IpAddress": {"aws:SourceIp": ["10.0.0.0/8"]}},
    {"NotIpAddress": {"aws:SourceIp": ["10.0.0.0/8"]}},
)
CONTEXTS = tuple(
    {key: value for key, value in zip(("aws:MultiFactorAuthPresent", "sts:ExternalId", "aws:SourceIp"), values, strict=True) if value}
    for values in product((None, "true", "false"), (None, "x", "y"), (None, "10.1.2.3", "11.1.2.3"))
)
ACTIONS = (
    "sts:AssumeRole",
    "sts:*",
    "*",
    "iam:PassRole",
    "lambda:*",
    "iam:CreateAccessKey",
    "iam:PutUserPolicy",
    "lambda:CreateFunction",
    "s3:Get*",
)
PLACES = ("*", *(arn(f"role/{name}") for name in ROLES), arn("role/?"), arn("user/*"), "arn:aws:lambda:*:*:*")
NAMED = (
    {"AWS": [HOME]},
    {"AWS": [arn("user/ann")]},
    {"AWS": [arn("user/bob"), arn("role/a")]},
    {"AWS": [arn("role/b"), arn("role/c")]},
    {"AWS": ["*"]},
)

conditions = st.sampled_from(CONDITIONS)
effects = st.sampled_from((allow, allow, allow, deny))


@st.composite
def statements(draw, effect=effects):
    return draw(effect)(draw(st.sampled_from(ACTIONS)), on=[draw(st.sampled_from(PLACES))], **draw(conditions))


@st.composite
def trusts(draw):
    effect = draw(st.sampled_from(("Allow", "Allow", "Deny")))
    named = draw(st.sampled_from((*NAMED, {"Service": "lambda.amazonaws.com"})))
    return trusting(named, ["sts:AssumeRole"], effect, **draw(conditions))


@st.composite
def entries(draw):
    held = {name: draw(st.lists(statements(), max_size=3)) for name in ("ann", "bob", *ROLES)}
    trust = {name: draw(st.lists(trusts(), min_size=1, max_size=2)) for name in ROLES}
    return held, trust


def made(found):
    held, trust = found
    return account(*(user(name, *held[name]) for name in ("ann", "bob")), *(role(name, trust[name], *held[name]) for name in ROLES))


def told(found, who="user/ann"):
    seen = effective(made(found), who)
    return (
        {reached.principal for reached in seen.becomes},
        {reached.principal for reached in seen.reaches},
        {(each.way.name, each.target, each.leads_to) for each in seen.escalations},
    )


def within(fewer, more):
    return all(small <= large for small, large in zip(fewer, more, strict=True))


several = settings(max_examples=min(500, settings.default.max_examples // 5))  # each example is some accounts


@several
@given(entries(), statements(st.just(deny)), st.sampled_from(("ann", "bob", *ROLES)))
def test_a_deny_more_never_adds(found, denial, name):
    held, trust = found

    assert within(told(({**held, name: [*held[name], denial]}, trust)), told(found))


@several
@given(entries(), st.sampled_from(ROLES), trusts())
def test_a_deny_more_in_a_trust_policy_never_adds(found, name, statement):
    held, trust = found

    assert within(told((held, {**trust, name: [*trust[name], {**statement, "Effect": "Deny"}]})), told(found))


@several
@given(entries(), st.data())
def test_an_allow_less_never_adds(found, data):
    held, trust = found
    allows = [(name, one) for name, listed in held.items() for one in listed if one["Effect"] == "Allow"]
    if not allows:
        return
    name, gone = data.draw(st.sampled_from(allows))

    assert within(told(({**held, name: [one for one in held[name] if one is not gone]}, trust)), told(found))


@several
@given(entries())
def test_what_is_reached_reaches_nothing_more(found):
    becomes, reaches, _ = told(found)
    for principal in becomes:
        assert told(found, principal)[0] <= becomes
    for principal in reaches - {"*"}:
        assert told(found, principal)[1] <= reaches | {arn("user/ann")}


@several
@given(entries())
def test_whoever_tries_all_out_becomes_the_same(found):
    """Each step tried with each context that the conditions can tell apart."""
    world = made(found)
    seen, queue = set(), [world.holder("user/ann")]
    for holder in queue:  # it grows
        for target in world.roles:
            if target.arn not in seen | {holder.arn} and any(assumes(world, holder, target, context) for context in CONTEXTS):
                seen.add(target.arn)
                queue.append(target)

    assert told(found)[0] == seen


def assumes(world, holder, target, context):
    request = Request(principal=holder.arn, action="sts:AssumeRole", resource=target.arn, context=context)
    return evaluate(request, world.policies(holder, target.trust)).allowed


@several
@given(entries())
def test_a_second_evaluator_allows_every_request_of_every_step(found):
    world = made(found)
    seen = effective(world, "user/ann")
    steps = {id(step): step for reached in (*seen.becomes, *seen.reaches) for step in reached.chain}.values()
    for step in steps:
        for request in (each.request for each in step.allowed):
            # services are no callers there, and a trust policy that was written anew is not the world's
            if request.principal not in world.holders or (request.action, step.how) == ("sts:AssumeRole", "iam:UpdateAssumeRolePolicy"):
                continue
            assert naively(world, request) is True, request


def naively(world, request):
    """The request as naive.py has it. It knows the trust of keys and not of roles, so a role that is assumed is asked for as both sides."""
    holder = world.holders[request.principal]
    own = {"Statement": [one for body in holder.identity for one in json.loads(body)["Statement"]]}
    context = dict(request.context)
    if request.action != "sts:AssumeRole":
        return naive.verdict(request.principal, request.action, request.resource, context, {"identity": own})
    trust = json.loads(world.holders[request.resource].trust)
    # a trust policy speaks of its role without saying so, and services are no callers here
    trust["Statement"] = [one for one in trust["Statement"] if "AWS" in one["Principal"]]
    seen = (request.principal, request.action, request.resource, {key.lower(): value for key, value in context.items()}, False)
    mine, delegated, named = naive.says_yes(seen, own), naive.says_yes(seen, trust), naive.says_yes(seen, trust, 2)
    refused = naive.denied(seen, {"identity": own, "resource": trust})
    answers = naive.all_of(naive.opposite(refused), naive.any_of(named, naive.all_of(mine, delegated)))
    return answers == naive.YES


def test_the_naive_evaluator_refuses_what_is_no_step():
    world = account(user("ann", allow("s3:*")), role("a", trusting({"AWS": [HOME]})), role("b", service("lambda")))

    assert not naively(world, Request(principal=arn("user/ann"), action="sts:AssumeRole", resource=arn("role/a")))
    assert not naively(world, Request(principal=arn("user/ann"), action="iam:PassRole", resource=arn("role/a")))
