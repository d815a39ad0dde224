"""The gallery of a notebook: what the kernel holds, and what a browser shows and sends back."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
import traitlets

from dermtools.errors import MissingExtraError, QueryError
from dermtools.pages import notebook_look
from dermtools.retrieval import CaseBase
from dermtools.retrieval.search.widget import NeighborGallery
from tests.support.app_server import NARROW, WIDE, browser, tab

HOST = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>host</title><link rel="icon" href="data:,">
<meta name="viewport" content="width=device-width, initial-scale=1"><style>%(style)s</style></head>
<body><main><h1>A notebook</h1><div id="cell"></div></main><script type="module">
// The model of anywidget's front end, as its documentation describes it: get, set, save_changes, on, off.
const state = %(state)s, changed = {}, listening = {};
window.sent = [];
window.receive = (name, value) => {
  state[name] = value;
  for (const call of listening["change:" + name] ?? []) call();
};
const model = {
  get: name => state[name],
  set: (name, value) => { changed[name] = value; receive(name, value); },
  save_changes: () => window.sent.push(JSON.stringify(changed)),
  on: (event, call) => (listening[event] ??= []).push(call),
  off: (event, call) => { listening[event] = (listening[event] ?? []).filter(one => one !== call); },
};
const source = new Blob([%(module)s], { type: "text/javascript" });
const module = await import(URL.createObjectURL(source));
window.cleanup = module.default.render({ model, el: document.getElementById("cell") });
</script></body></html>"""


@pytest.fixture
def gallery(case_base: CaseBase) -> NeighborGallery:
    return case_base.search(case_id="drawn_p03_1", k=5).widget()


def host(gallery: NeighborGallery, folder: Path) -> str:
    """A page that shows the widget as a notebook does; its address."""
    state = {"result": gallery.result, "selected": gallery.selected}
    parts = {"style": gallery._css, "state": json.dumps(state), "module": json.dumps(gallery._esm)}
    written = {name: part if name == "style" else part.replace("<", "\\u003c") for name, part in parts.items()}
    (folder / "host.html").write_text(HOST % written, encoding="utf-8")
    return (folder / "host.html").as_uri()


def test_what_is_chosen_in_the_browser_is_read_in_python(gallery: NeighborGallery) -> None:
    first, second = (one["case_id"] for one in gallery.result["neighbors"][:2])
    seen: list[list[str]] = []
    gallery.observe(lambda change: seen.append(change["new"]), "selected")
    gallery.set_state({"selected": [second, first]})  # as a notebook's message does
    assert gallery.selected == [second, first]
    assert seen == [[second, first]]


def test_only_a_neighbour_can_be_chosen(gallery: NeighborGallery) -> None:
    with pytest.raises(traitlets.TraitError, match="'nobody' is not one of these neighbours"):
        gallery.selected = ["nobody"]


def test_no_private_attribute_reaches_the_notebook(small_base: CaseBase) -> None:
    names = small_base.attributes.names
    assert names
    found = small_base.search(case_id="c00", k=3)
    assert any(one.case.attributes for one in found)
    held = json.dumps(found.widget().get_state())
    shown = small_base.attributes.shown
    assert [one["attributes"].keys() - shown for one in json.loads(held)["result"]["neighbors"]] == [set()] * 3


def test_an_unknown_task_is_refused(case_base: CaseBase) -> None:
    with pytest.raises(QueryError, match="no neighbour has a label of 'colour'; there are: "):
        case_base.search(case_id="drawn_p03_1", k=2).widget(task="colour")


def test_without_anywidget_the_error_names_the_extra(case_base: CaseBase, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "anywidget", None)
    with pytest.raises(MissingExtraError, match="notebook"):
        case_base.search(case_id="drawn_p03_1", k=2).widget()


def test_it_leaves_the_notebooks_own_look_alone() -> None:
    outside = [rule for rule in notebook_look().split("}") if rule.strip() and "{" in rule and ".dt" not in rule]
    assert outside == []


@pytest.mark.parametrize(("width", "dark"), [(WIDE, False), (NARROW, True)])
def test_cases_are_chosen_by_picture_box_and_keyboard(
    gallery: NeighborGallery, tmp_path: Path, width: int, dark: bool
) -> None:
    ids = [one["case_id"] for one in gallery.result["neighbors"]]
    with browser() as started, tab(started, width=width, dark=dark) as one:
        page = one.page
        page.goto(host(gallery, tmp_path))
        page.locator(".card img").nth(1).click()
        page.get_by_role("checkbox", name=f"Choose case {ids[3]}").press("Space")
        assert json.loads(page.evaluate("sent.at(-1)")) == {"selected": [ids[1], ids[3]]}
        assert page.get_by_role("status").inner_text() == "2 chosen"
        one.check()
        page.evaluate("id => receive('selected', [id])", ids[0])  # as when Python sets it
        assert page.get_by_role("checkbox", checked=True).count() == 1
        bars = page.evaluate("[...document.querySelectorAll('.near i')].map(bar => parseFloat(bar.style.width))")
        assert bars == sorted(bars, reverse=True)
        assert bars[0] == 100
        page.get_by_role("button", name="Choose none").click()
        assert json.loads(page.evaluate("sent.at(-1)")) == {"selected": []}
        page.evaluate("cleanup()")
        assert page.locator(".card").count() == 0
