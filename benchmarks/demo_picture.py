"""Makes docs/demo.png: what `dermtools demo` shows of one photograph, as the README shows it.

    python -m benchmarks.demo_picture path/to/pad-ufes-20/records.csv

PAD-UFES-20 (Pacheco et al. 2020, Data in Brief 32, 106221) is licensed CC BY 4.0; whoever shows the picture names it.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from PIL import Image

from dermtools.retrieval import CaseBase, KNNVote
from dermtools.retrieval.gallery import Page, page_html, result_for

OUT = Path(__file__).parents[1] / "docs" / "demo.png"
CASE = "PAT_345_719_815"
WIDTH, NEIGHBORS, VOTERS = 1180, 10, 15
CHROMIUM = "/usr/bin/chromium"


def page(case_base: CaseBase) -> str:
    """The page of one test case, as the demonstration writes it."""
    query = case_base.query(case_id=CASE)
    found = case_base.search(query=query, k=NEIGHBORS, max_per_group=1)
    tasks = [task.name for task in case_base.tasks]
    votes = [KNNVote(case_base, task, k=VOTERS).predict(query) for task in tasks]
    vectors = f"Euclidean distance of {case_base.identity.name} vectors"
    intro = f"{NEIGHBORS} nearest of {len(case_base)} cases, one a patient, by {vectors}."
    result = result_for(case_base, query, found, predictions=votes)
    return page_html(Page("Similar cases, and what they vote", [result], intro, found.notes))


def main(table: str) -> None:
    """Make the picture from the table of the photographs."""
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        case_base = CaseBase.create(Path(scratch) / "pad-ufes-20", embedder="efficientnet-lite0")
        case_base.add(table)
        file, shot = Path(scratch) / "page.html", Path(scratch) / "shot.png"
        file.write_text(page(case_base), encoding="utf-8")
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        tab = browser.new_page(viewport={"width": WIDTH, "height": 800}, color_scheme="light")
        tab.goto(file.as_uri())
        tab.screenshot(path=shot, full_page=True)
        browser.close()
        with Image.open(shot) as picture:
            # 256 colours: an eighth of the bytes, and skin still looks like skin.
            picture.convert("RGB").quantize(256, dither=Image.Dither.FLOYDSTEINBERG).save(OUT, optimize=True)
    print(f"{OUT}: {OUT.stat().st_size:,} bytes")


if __name__ == "__main__":
    main(sys.argv[1])
