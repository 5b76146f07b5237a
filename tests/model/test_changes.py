"""An edit is for one image of one object, and for no other."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrails.model.changes import Edit, Image, difference, edited

names = st.sampled_from(["member", "policies", "disabled"])
values = st.lists(st.sampled_from("abcdef"), unique=True, max_size=5)
images = st.dictionaries(names, values, max_size=3).map(Image.of)


@given(images, images)
def test_the_difference_leads_from_one_image_to_the_other(before, after):
    led = edited(before, difference(before, after))

    assert {name: sorted(held) for name, held in led.fields} == {name: sorted(held) for name, held in after.fields}


@given(images)
def test_an_image_does_not_differ_from_itself(image):
    assert difference(image, image) == ()
    assert edited(image, ()) == image


def test_what_stays_keeps_its_order_and_a_field_without_values_is_not_there():
    group = Image.of({"member": ("c", "a", "b"), "policies": ("ops",)})

    left = edited(group, [Edit(field="member", removes=("a",)), Edit(field="policies", removes=("ops",))])

    assert left.fields == (("member", ("c", "b")),)


@pytest.mark.parametrize("edit", [Edit(field="member", removes=("carol",)), Edit(field="member", adds=("bob",))])
def test_an_edit_does_not_fit_an_object_that_has_changed(edit):
    with pytest.raises(ValueError, match="does not fit member: bob"):
        edited(Image.of({"member": ("bob",)}), [edit])


def test_a_fingerprint_is_of_the_content_alone():
    assert Image.of({"a": ("1",)}, "token-1").fingerprint == Image.of({"a": ("1",)}, "token-2").fingerprint
    assert Image.of({"a": ("1",)}, "t") == Image.of({"a": ("1",)}, "u")
    assert Image.of({"a": ("1", "2")}).fingerprint != Image.of({"a": ("12",)}).fingerprint
    assert Image.of({"a": ("1",), "b": ()}) == Image.of({"a": ("1",)})


def test_an_edit_reads_as_what_goes_and_what_comes():
    assert Edit(field="disabled", removes=("false",), adds=("true",)).reads == "- disabled false, + disabled true"
