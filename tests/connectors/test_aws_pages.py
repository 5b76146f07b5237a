"""The pages that moto lacks: together they are the whole answer, each names the next, and everything else passes as it is."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.aws_pages import call, page, paged
from guardrails.testing.faults import Answer
from guardrails.testing.loopback import Request

SPACE = "https://iam.amazonaws.com/doc/2010-05-08/"


def asking(body=b"", path="/", target=""):
    return Request(method="POST", path=path, headers={"x-amz-target": target} if target else {}, body=body)


def users(names):
    items = "".join(f"<member><UserName>{name}</UserName></member>" for name in names)
    lists = f"<UserDetailList>{items}</UserDetailList><Policies/><IsTruncated>false</IsTruncated>"
    inner = f"<GetAccountAuthorizationDetailsResult>{lists}</GetAccountAuthorizationDetailsResult>"
    return f'<R xmlns="{SPACE}">{inner}<ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></R>'.encode()


def read(request, whole, more):
    """All pages, each asked for as the one before says; `more` takes the marker out of a body."""
    asked, bodies = [], []
    through = paged(lambda found, _: asked.append(found) or Answer(200, whole))
    while request is not None:
        bodies.append(through(request, None).body)
        request = more(bodies[-1])
    assert len({(found.path, found.body) for found in asked}) == 1  # whichever page it is, the whole is asked for
    return bodies


@given(st.integers(0, 10))
def test_pages_of_xml_are_the_whole(number):
    form = b"Action=GetAccountAuthorizationDetails&Version=1"
    bodies = read(asking(form), users(range(number)), lambda body: following(body, form))
    assert 1 <= len(bodies) <= 3
    assert sum(body.count(b":UserName>") // 2 for body in bodies) == number
    assert [b"IsTruncated>true<" in body for body in bodies] == [True] * (len(bodies) - 1) + [False]
    assert all(b"RequestId>r<" in body for body in bodies)


def following(body, form):
    marker = body.partition(b":Marker>")[2].partition(b"<")[0]
    return asking(form + b"&Marker=" + marker) if marker else None


@given(st.lists(st.integers(), max_size=10))
def test_pages_of_json_are_the_whole(numbers):
    def more(body):
        marker = json.loads(body).get("NextMarker")
        return asking(json.dumps({"Marker": marker}).encode(), target="TrentService.ListKeys") if marker else None

    bodies = read(asking(b"{}", target="TrentService.ListKeys"), json.dumps({"Keys": numbers}).encode(), more)
    assert [key for body in bodies for key in json.loads(body)["Keys"]] == numbers
    assert [json.loads(body)["Truncated"] for body in bodies] == [True] * (len(bodies) - 1) + [False]


@pytest.mark.parametrize(
    ("request_", "name", "number"),
    [
        (asking(b"Action=ListAccessKeys&Marker=2"), "ListAccessKeys", 2),
        (asking(path="/?continuation-token=1"), "GET /", 1),
        (asking(path="/bucket?policy"), "GET ?policy", 0),
        (asking(b'{"NextToken": "1"}', target="AWSOrganizationsV20161128.ListRoots"), "AWSOrganizationsV20161128.ListRoots", 1),
    ],
)
def test_a_request_tells_its_call_and_its_page(request_, name, number):
    assert (call(request_), page(request_)) == (name, number)


@pytest.mark.parametrize(("request_", "status"), [(asking(path="/bucket?policy"), 200), (asking(b"Action=ListAccessKeys"), 403)])
def test_what_has_no_pages_passes_as_it_is(request_, status):
    answer = Answer(status, b"<x/>")
    assert paged(lambda *_: answer)(request_, None) == answer
