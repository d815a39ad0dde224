"""Templates: what comes from outside stays text, our own styles stay as they are, a missing value is an error."""

from __future__ import annotations

import pytest
from jinja2 import UndefinedError
from markupsafe import Markup

from dermtools.pages import templates, verbatim


def test_values_are_escaped_and_missing_ones_are_errors() -> None:
    page = templates("dermtools.prompting").from_string("<p>{{ label }}</p>")
    assert page.render(label="<script>") == "<p>&lt;script&gt;</p>"
    with pytest.raises(UndefinedError):
        page.render()


def test_a_file_of_our_own_is_not_escaped() -> None:
    style = verbatim("dermtools.prompting", "preview.html.j2")
    page = templates("dermtools.prompting").from_string("{{ style }}")
    assert isinstance(style, Markup)
    assert page.render(style=style).startswith("<!doctype html>")
