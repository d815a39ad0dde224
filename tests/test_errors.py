from __future__ import annotations

import sys
from pathlib import Path

import pytest

from dermtools import errors
from dermtools.errors import DermtoolsError, MissingExtraError, require_extra


def test_every_error_descends_from_one_root():
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, Exception)]
    assert len(kinds) > 5
    assert all(issubclass(kind, DermtoolsError) for kind in kinds)


def test_only_errors_about_arguments_are_fixable():
    fixable = {kind.__name__ for kind in DermtoolsError.__subclasses__() if kind.fixable}
    assert {"ImageError", "QueryError"} <= fixable
    assert not errors.CaseBaseError.fixable
    assert not MissingExtraError.fixable


def test_require_extra_returns_the_module():
    assert require_extra("json", "formats").loads("1") == 1
    assert require_extra("os.path", "formats").basename("a/b") == "b"


def test_a_missing_extra_is_one_line_with_the_pip_command():
    with pytest.raises(MissingExtraError) as caught:
        require_extra("no_such_package_anywhere", "formats")
    assert str(caught.value) == "no_such_package_anywhere is not installed; run: pip install 'dermtools[formats]'"


def test_a_missing_submodule_names_its_package():
    with pytest.raises(MissingExtraError, match=r"^no_such_package_anywhere is not installed; .*\[hf\]"):
        require_extra("no_such_package_anywhere.models.vision", "hf")


def test_a_module_that_an_installed_package_misses_is_not_taken_for_the_extra(tmp_path: Path, monkeypatch):
    (tmp_path / "half_installed.py").write_text("import its_missing_dependency\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="its_missing_dependency"):
        require_extra("half_installed", "formats")
    assert "half_installed" not in sys.modules
