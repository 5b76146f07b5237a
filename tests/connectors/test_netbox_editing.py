"""What an action means for NetBox, and what a write makes of answers that are not what was hoped for."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_socket import enable_socket

from connectors.netbox_objects import CANARY, system, token, user
from guardrails.connectors.netbox import CONNECTOR
from guardrails.connectors.netbox.editing import body, image
from guardrails.errors import Conflict, ConnectorError, DeclarationError
from guardrails.model.changes import GONE, Cas, Delete, DetachPolicy, Disable, Edit, Image, RemoveMember, edited
from guardrails.model.reference import Ref
from guardrails.ports import Writer
from guardrails.testing.faults import Answer
from guardrails.testing.proxy import http_proxy

HEADERS = (("Content-Type", "application/json"), ("API-Version", "4.7"))
WHO = {"id": 9, "username": "guardrails", "groups": [], "permissions": []}


def ref(kind: str, number: int) -> Ref:
    return Ref(system="inventory", realm="netbox", kind=kind, id=f"{kind}/{number}", name=f"{kind}-{number}")


def disable(kind: str, number: int = 7) -> Disable:
    return Disable(ref=ref(kind, number))


class Small:
    """A NetBox with one user and one token; `before_patch` happens between the last read and the write."""

    def __init__(self) -> None:
        self.objects = {"users/users/7": user(7, "gone"), "users/tokens/7": token(7, 7, enabled=True)}
        self.patched, self.status, self.keeps, self.version = [], 200, True, "4.7.3"

    def __call__(self, request, _ask):
        path = request.path.partition("?")[0].removeprefix("/api/").strip("/")
        if request.method == "PATCH":
            self.patched.append((path, json.loads(request.body)))
            if self.keeps:
                self.objects[path] = {**self.objects[path], **self.patched[-1][1]}
            return Answer(self.status, json.dumps(self.objects[path]).encode(), HEADERS)
        if request.method == "DELETE":
            self.patched.append((path, None))
            if self.keeps and self.status == 204:
                del self.objects[path]
            return Answer(self.status, b"", HEADERS)
        fixed = {"status": {"netbox-version": self.version}, "authentication-check": WHO}
        fixed["users/tokens"] = {"count": 0, "next": None, "previous": None, "results": []}
        found = {**fixed, **self.objects}.get(path)
        return Answer(200, json.dumps(found).encode(), HEADERS) if found else Answer(404, b'{"detail": "Not found."}', HEADERS)


@pytest.fixture
def served(monkeypatch):
    enable_socket()
    small = Small()
    monkeypatch.setenv("R", "nbt_reader.secret")
    monkeypatch.setenv("W", "nbt_writer.secret")
    with http_proxy("http://127.0.0.1:1", small) as proxy:
        yield small, system(f"{{connector: netbox, url: '{proxy.url}', read: {{token: 'env:R'}}, write: {{token: 'env:W'}}}}")


def planned(declared, action):
    before = CONNECTOR.objects(declared).current(action.ref)
    return before, edited(before, CONNECTOR.edits(action, before, {}))


@pytest.mark.server
@pytest.mark.parametrize(("kind", "field"), [("user", "is_active"), ("token", "enabled")])
def test_only_what_differs_is_written_and_written_once(served, kind, field):
    small, declared = served
    action = disable(kind)
    before, after = planned(declared, action)
    writer = CONNECTOR.remediator(declared)

    writer.write(action.ref, before, after)
    writer.write(action.ref, before, after)
    assert small.patched == [(f"users/{kind}s/7", {field: False})]
    assert writer.current(action.ref) == after

    writer.write(action.ref, after, before)
    assert small.patched[1:] == [(f"users/{kind}s/7", {field: True})]


@pytest.mark.server
def test_what_somebody_else_has_changed_is_left_alone(served):
    small, declared = served
    action = disable("user")
    before, after = planned(declared, action)
    small.objects["users/users/7"]["email"] = "other@example.test"

    with pytest.raises(Conflict):
        CONNECTOR.remediator(declared).write(action.ref, before, after)
    assert small.patched == []


@pytest.mark.server
@pytest.mark.parametrize("status", [301, 403, 404, 429, 500])
def test_an_answer_that_does_not_say_it_is_done_is_no_success(served, status):
    small, declared = served
    action = disable("token")
    before, after = planned(declared, action)
    small.status = status

    with pytest.raises(ConnectorError, match=f"status {status}") as caught:
        CONNECTOR.remediator(declared).write(action.ref, before, after)
    assert len(small.patched) == 1  # nothing that writes is sent twice
    assert CANARY not in repr(caught.value)


@pytest.mark.server
def test_before_4_5_nobody_knows_whose_the_token_is(served):
    small, declared = served
    small.version = "4.4.0"

    with pytest.raises(ConnectorError, match="does not tell whose"):
        CONNECTOR.objects(declared).itself()


@pytest.mark.server
def test_none_and_cannot_tell_are_two_things(served):
    small, declared = served
    reader = CONNECTOR.objects(declared)

    assert reader.current(ref("user", 8)) is None
    small.objects["users/users/8"] = user(7, "another")
    with pytest.raises(ConnectorError, match="another object"):
        reader.current(ref("user", 8))


@pytest.mark.parametrize("action", [disable("prefix"), RemoveMember(group=ref("group", 1), member=ref("user", 7))])
def test_nothing_else_is_done_to_netbox(action):
    assert isinstance(CONNECTOR, Writer)
    with pytest.raises(ValueError, match="only users and tokens"):
        CONNECTOR.touched(action)
    with pytest.raises(ValueError, match="only users and tokens"):
        CONNECTOR.touched(DetachPolicy(holder=ref("user", 7), policy=ref("policy", 1)))


def test_what_is_disabled_is_not_disabled_again_and_an_old_token_is_told():
    off, old = image(ref("user", 7), user(7, "gone", is_active=False)), image(ref("token", 7), token(7, 7))

    with pytest.raises(ValueError, match="already"):
        CONNECTOR.edits(disable("user"), off, {})
    with pytest.raises(ValueError, match="delete it by hand"):
        CONNECTOR.edits(disable("token"), old, {})


def test_being_used_makes_no_other_object_and_anything_else_does():
    person, key = user(7, "gone"), token(7, 7, enabled=True)

    assert image(ref("user", 7), {**person, "last_login": "2026-02-03T04:05:06Z"}) == image(ref("user", 7), person)
    assert image(ref("token", 7), {**key, "last_used": "2026-02-03T04:05:06Z"}) == image(ref("token", 7), key)
    for more in ({"username": "other"}, {"groups": [1]}, {"is_superuser": True}):
        assert image(ref("user", 7), {**person, **more}) != image(ref("user", 7), person)
    assert image(ref("token", 7), {**key, "write_enabled": True}) != image(ref("token", 7), key)


def test_a_flag_of_another_form_is_refused():
    with pytest.raises(ValueError, match="neither true nor false"):
        image(ref("user", 7), user(7, "gone", is_active="yes"))


@given(st.sampled_from(["user", "token"]), st.booleans())
def test_what_is_written_is_what_differs(kind, now):
    field = {"user": "is_active", "token": "enabled"}[kind]
    before = Image.of({field: (str(now).lower(),), "others": ("x",)})
    after = edited(before, [Edit(field=field, removes=(str(now).lower(),), adds=(str(not now).lower(),))])

    assert body(before, after) == {field: not now}
    assert body(before, before) == {}


def test_the_connector_says_how_surely_it_writes():
    assert CONNECTOR.cas(ref("token", 7), Image.of({})) is Cas.EMULATED


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("write: {token: 'env:R'}", "is the token that reads"),
        ("write: {}", "token"),
        ("write: {token: 'env:W', user: x}", "user"),
    ],
)
def test_the_one_who_writes_has_a_token_of_its_own(more, said):
    with pytest.raises(DeclarationError, match=said):
        CONNECTOR.settings(system(f"{{connector: netbox, url: 'https://netbox.example', read: {{token: 'env:R'}}, {more}}}"))


def test_an_export_and_a_netbox_without_a_second_token_are_not_written():
    for settings, said in (
        ("export: x.json", "is an export"),
        ("url: 'https://netbox.example', read: {token: 'env:R'}", "no token to write"),
    ):
        with pytest.raises(ConnectorError, match=said):
            CONNECTOR.remediator(system(f"{{connector: netbox, {settings}}}"))


def final(declared, since=datetime(2026, 11, 1, tzinfo=UTC)):
    """The token that a plan disabled, as it is deleted."""
    off = CONNECTOR.objects(declared).current(ref("token", 7))
    action = Delete(ref=ref("token", 7), left=off.fingerprint, since=since, plan="a" * 64)
    now = CONNECTOR.objects(declared).current(CONNECTOR.touched(action))
    return action, now, edited(now, CONNECTOR.edits(action, now, {}))


@pytest.mark.server
def test_a_token_that_was_disabled_is_deleted_once_and_stays_gone(served):
    small, declared = served
    small.objects["users/tokens/7"] = token(7, 7, enabled=False)
    small.status = 204
    action, before, after = final(declared)
    writer, quarantined = CONNECTOR.remediator(declared), CONNECTOR.touched(action)

    writer.write(quarantined, before, after)
    writer.write(quarantined, before, after)
    assert (small.patched, after, writer.current(quarantined)) == ([("users/tokens/7", None)], GONE, None)
    with pytest.raises(Conflict):
        writer.write(quarantined, after, before)


@pytest.mark.server
@pytest.mark.parametrize("more", [{"enabled": True}, {"last_used": "2026-11-02T00:00:00Z"}, {"write_enabled": True}])
def test_a_token_that_somebody_touched_meanwhile_is_not_deleted(served, more):
    small, declared = served
    small.objects["users/tokens/7"] = token(7, 7, enabled=False)
    action, before, after = final(declared)
    small.objects["users/tokens/7"] |= more

    with pytest.raises(Conflict):
        CONNECTOR.remediator(declared).write(CONNECTOR.touched(action), before, after)
    with pytest.raises(ValueError, match=r"it was used since|it is not as it was left"):
        CONNECTOR.edits(action, CONNECTOR.objects(declared).current(CONNECTOR.touched(action)), {})
    assert small.patched == []


@pytest.mark.server
@pytest.mark.parametrize("status", [200, 301, 403, 404, 409, 500])
def test_an_answer_that_does_not_say_it_is_deleted_is_no_success(served, status):
    small, declared = served
    small.objects["users/tokens/7"] = token(7, 7, enabled=False)
    action, before, after = final(declared)
    small.status = status

    with pytest.raises(ConnectorError, match=rf"status {status}|redirected"):
        CONNECTOR.remediator(declared).write(CONNECTOR.touched(action), before, after)
    assert len(small.patched) == 1


def test_users_are_never_deleted_and_a_use_has_a_time():
    assert CONNECTOR.deletes(disable("user"), Image.of({})) is None
    assert CONNECTOR.deletes(disable("token"), Image.of({})) == ()
    with pytest.raises(ValueError, match="only users and tokens"):
        CONNECTOR.touched(Delete(ref=ref("user", 7), left="", since=datetime(2026, 11, 1, tzinfo=UTC), plan=""))
    for used in ("yesterday", 7, "2026-11-02T00:00:00"):
        with pytest.raises(ValueError, match=r"time|isoformat"):
            image(ref("quarantined-token", 7), {**token(7, 7, enabled=False), "last_used": used})
