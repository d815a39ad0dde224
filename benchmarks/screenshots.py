"""Makes the pictures of docs/app.md: `dermtools app` over real photographs, as a person sees it.

    python -m benchmarks.screenshots path/to/pad-ufes-20/records.csv

PAD-UFES-20 (Pacheco et al. 2020, Data in Brief 32, 106221) is licensed CC BY 4.0; whoever shows the pictures names it.
"""

from __future__ import annotations

import io
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from dermtools.adapter import save_classifier, train
from dermtools.adapter.kinds import model_class
from dermtools.evaluation import evaluate
from dermtools.methods import method
from dermtools.retrieval import CaseBase
from tests.support.app_server import NARROW, WIDE, browser, serving, tab

if TYPE_CHECKING:
    from playwright.sync_api import Page

DOCS = Path(__file__).parents[1] / "docs"
TASK = "diagnosis"
QUERY = "PAT_345_719_815"
HEIGHT = {WIDE: 860, NARROW: 844}
SCREENS = {
    # name: (address, what must be seen, width, dark)
    "similar": (f"/?of=case:{QUERY}&task={TASK}&max_per_group=1", ".card img", WIDE, False),
    "similar-phone": (f"/?of=case:{QUERY}&task={TASK}", ".card img", NARROW, True),
    "side-by-side": (f"/?of=case:{QUERY}&task={TASK}&max_per_group=1", "dialog[open] img", WIDE, True),
    "cases": ("/cases?where=diagnosis = 'MEL'", ".card img", WIDE, False),
    "ask": (f"/ask?of=case:{QUERY}&task={TASK}", ".bar", WIDE, False),
    "map": (f"/map?color={TASK}&of=case:{QUERY}", "canvas", WIDE, False),
    "check": ("/check", ".finding img", WIDE, False),
    "run": ("/run?name=diagnosis", "table", WIDE, False),
}


def main(table: str) -> None:
    """Make all of them from the table of the photographs."""
    with tempfile.TemporaryDirectory() as scratch:
        case_base = CaseBase.create(Path(scratch) / "pad-ufes-20", embedder="efficientnet-lite0")
        case_base.add(table, attributes=("age", "sex", "fitzpatrick"))
        case_base.attributes.show("sex", "fitzpatrick")
        save_classifier(case_base.path, train(case_base.store, TASK))
        probe = train(case_base.store, TASK, model_class("linear-probe").config_class())
        save_classifier(case_base.path, probe)
        names = ("knn-vote-15", "linear-probe", "adapter", "majority")
        evaluate(case_base, TASK, [method(name, case_base, TASK) for name in names], Path(scratch) / "runs" / TASK)
        with serving(case_base.path, "--runs", Path(scratch) / "runs") as server, browser() as chromium:
            with tab(chromium) as first:
                first.page.goto(server.address)
                first.page.get_by_role("heading", level=1).wait_for()
                let_in = first.page.context.storage_state()
            for name, (address, seen, width, dark) in SCREENS.items():
                with tab(chromium, width=width, dark=dark, storage_state=let_in) as shown:
                    shown.page.set_viewport_size({"width": width, "height": HEIGHT[width]})
                    shown.page.goto(server.origin + address)
                    _begun(shown.page, name)
                    shown.page.locator(seen).first.wait_for()
                    _save(_settled(shown.page), DOCS / f"app-{name}.png")


def _begun(page: Page, name: str) -> None:
    """What a person does first on some views."""
    if name == "side-by-side":
        page.locator(".card a").nth(3).click()
    if name == "check":
        page.get_by_role("button", name="Check", exact=True).click()
        page.locator(".finding-head").first.click()


def _settled(page: Page) -> bytes:
    """The window once nothing is under way, and every picture in it is drawn."""
    page.wait_for_function(
        """() => !document.querySelector("progress") && [...document.images].every((img) => {
          const place = img.getBoundingClientRect();
          return img.complete || !img.checkVisibility() || place.top > innerHeight || place.bottom < 0;
        })"""
    )
    page.wait_for_load_state("networkidle")
    return page.screenshot()


def _save(png: bytes, path: Path) -> None:
    with Image.open(io.BytesIO(png)) as picture:
        # 256 colours: an eighth of the bytes, and skin still looks like skin.
        picture.convert("RGB").quantize(256, dither=Image.Dither.FLOYDSTEINBERG).save(path, optimize=True)
    print(f"{path.name}: {path.stat().st_size:,} bytes", flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
