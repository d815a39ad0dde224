"""What the report shows of methods and cases on demand."""

from __future__ import annotations

import re


def test_the_contents_mark_the_section_that_is_read(browser, page):
    browser.open(page)
    listed = browser.value('[...document.querySelectorAll(".contents a")].map(one => one.hash.slice(1))')
    assert listed == browser.value('[...document.querySelectorAll("main section[id]")].map(one => one.id)')
    browser.value("""document.querySelector(".contents a[href='#costs']").click()""")
    # A busy machine may draw the frame in which it scrolls much later.
    browser.value("""new Promise(done => {
        const marked = () => document.querySelector(".contents [aria-current]")?.hash;
        const look = () => marked() === "#costs" ? done() : setTimeout(look);
        look();
    })""")
    assert browser.value('document.querySelector(".contents").getBoundingClientRect().top') == 0


def test_two_methods_are_held_against_each_other_case_by_case(browser, page, evaluation):
    browser.open(page)
    pair = evaluation.results.comparisons[0]
    browser.choose("first", pair.first)
    browser.choose("second", pair.second)
    sides = '[...document.querySelectorAll("#sides button")].map(one => one.textContent)'
    assert browser.value(sides)[:2] == [
        f"first right, second wrong ({pair.only_first})",
        f"second right, first wrong ({pair.only_second})",
    ]
    browser.value('document.querySelectorAll("#sides button")[1].click()')
    marks = """[...document.querySelectorAll("#apart .sides")].map(
        sides => [...sides.children].map(side => side.querySelector("b").className).join())"""
    shown = browser.value(marks)
    assert len(shown) == min(8, pair.only_second)
    assert set(shown) <= {"wrong,right"}
    browser.value('document.querySelector(".verdicts td[data-first] button").click()')
    first, second = browser.value('["first", "second"].map(id => document.getElementById(id).value)')
    assert browser.value('document.querySelector(".verdicts td[data-first]").dataset.first') == first != second


def test_every_method_has_a_small_matrix_that_chooses_it(browser, page, evaluation):
    browser.open(page)
    said = browser.value('[...document.querySelectorAll("#small button")].map(one => one.getAttribute("aria-label"))')
    assert said == [f"{one.arm}: {one.right} of {one.n} right" for one in evaluation.results.summaries]
    browser.value('document.querySelectorAll("#small button")[0].click()')
    assert browser.value('document.getElementById("arm").value') == "majority"
    assert browser.value('document.querySelectorAll("#small [aria-pressed=true]").length') == 1


def test_the_prompt_stands_as_it_was_and_a_transcript_shows_examples_in_their_order(browser, page, evaluation):
    (kept,) = {path.read_text() for path in (evaluation.run.path / "prompts").rglob("*.yaml")}
    browser.open(page)
    assert browser.value('document.querySelector("#prompts pre").textContent.trim()') == kept.strip()
    browser.choose("arm", "rag-5 · openai:gpt-4.1")
    browser.value('document.querySelector("[data-kind=all]").click()')
    browser.value('document.querySelector("#answers details").open = true')
    browser.value("new Promise(done => setTimeout(done))")
    shown = browser.value('[...document.querySelectorAll("#answers .strip img")].map(one => one.alt)')
    first = browser.value('document.querySelector("#answers .answer > img").alt').removeprefix("case ")
    (record,) = [one for one in evaluation.run.records() if one.case_id == first and one.arm.startswith("rag-5")]
    assert shown == [f"case {one.case_id}" for one in record.prediction.exemplars] + [f"case {first}"]


def test_what_it_takes_to_repeat_it_is_said_without_hashes(page):
    said = page.read_text().split('class="provenance"')[1].split("</dl>")[0]
    assert "model openai:gpt-4.1; " in said
    assert not re.search(r"\b[0-9a-f]{16,}\b", said)


def test_a_hostile_reply_stays_text(browser, page):
    browser.open(page)
    browser.choose("arm", "zero-shot · openai:gpt-4.1")
    browser.value('document.querySelector("[data-kind=none]").click()')
    browser.value('document.querySelector("#answers details").open = true')
    browser.value("new Promise(done => setTimeout(done))")
    assert browser.value('document.querySelector("#answers .raw").textContent').count("onerror") == 1
    assert browser.value("document.title") == "diagnosis: evaluation"
