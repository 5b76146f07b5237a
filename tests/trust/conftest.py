"""Keys of a security group, made once for each run."""

from __future__ import annotations

import pytest

from trust.group import make_keys


@pytest.fixture(scope="session")
def keys(tmp_path_factory):
    return make_keys(tmp_path_factory.mktemp("keys"))
