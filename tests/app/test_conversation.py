"""The page in a conversation: in a browser, inside a host made of the official package, before a real server."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Frame, expect

from dermtools.retrieval import CaseBase
from tests.support import apps_host, openai_service
from tests.support.app_server import NARROW, WIDE, Tab
from tests.support.apps_host.tab import Talk
from tests.support.mcp_processes import HttpServer, http_server

if TYPE_CHECKING:
    from playwright.sync_api import Browser

CASE = "case:PAT_100_393_595"
SEARCH = ("search_similar_cases", {"image": CASE, "k": 6})
HOSTILE = '<img src=x onerror="document.title=1">'


@pytest.fixture(scope="module")
def host(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("host")
    with apps_host.served(apps_host.build(folder, apps_host.packages(folder))) as origin:
        yield origin


@pytest.fixture(scope="module")
def server(host: str, photograph_base: Path) -> Iterator[HttpServer]:
    with http_server(photograph_base, "--allow-origin", host) as started:
        yield started


@pytest.fixture
def talk(open_tab: Callable[..., Tab], host: str, server: HttpServer) -> Callable[..., Talk]:
    return lambda **options: Talk(open_tab(**options), host, server.url)


@pytest.fixture(scope="module")
def photograph(photographs: Path) -> Path:
    return photographs.parent / "images" / "PAT_100_393_595.jpg"


@pytest.mark.parametrize("width", [WIDE, NARROW])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_result_is_shown_at_every_width_and_in_both_colours(
    talk: Callable[..., Talk], width: int, theme: str
) -> None:
    talking = talk(width=width)
    case = {"image": CASE, "task": "diagnosis"}
    for tool, given, heading in (
        (*SEARCH, "6 similar cases"),
        ("classify_with_adapter", case, "diagnosis of the picture"),
        ("format_exemplars", {**case, "shots": 3}, "3 examples of diagnosis"),
        ("get_case", {"case_id": CASE}, "Case PAT_100_393_595"),
    ):
        frame = talking.open(tool, given, theme=theme)
        expect(frame.get_by_role("heading", level=1)).to_have_text(heading)
        assert frame.evaluate("document.documentElement.dataset.theme") == theme
        talking.tab.page.set_viewport_size({"width": width, "height": 3000})  # all of it is in sight
        talking.look()
        talking.check()
        assert "age" not in frame.locator("dt").all_inner_texts()


def test_a_neighbour_says_what_it_is_and_whether_it_is_like_most(talk: Callable[..., Talk]) -> None:
    frame = talk().open(*SEARCH)
    frame.get_by_label("Marked by").select_option("diagnosis")
    cases = frame.get_by_role("list", name="Similar cases")
    expect(cases.get_by_text("PAT_")).to_have_count(6)
    # As "NEV 4": the label that most of them carry, and how many do.
    most = frame.get_by_role("definition").filter(has_text="NEV").locator(".label").first.inner_text()
    expect(cases.get_by_role("img", name="agrees")).to_have_count(int(most.removeprefix("NEV ")))
    expect(cases.get_by_role("img", name="differs")).to_have_count(6 - int(most.removeprefix("NEV ")))
    expect(frame.get_by_text("leak guard")).to_be_visible()


def test_neighbours_are_gone_through_side_by_side_by_keys(talk: Callable[..., Talk]) -> None:
    talking = talk()
    frame = talking.open(*SEARCH)
    cards = frame.locator(".card > button")
    cards.first.press("ArrowRight")
    expect(cards.nth(1)).to_be_focused()
    cards.nth(1).press("Enter")
    heading = frame.get_by_role("heading", level=1)
    expect(heading).to_contain_text("2 of 6: case PAT_")
    heading.press("ArrowRight")
    expect(heading).to_contain_text("3 of 6")
    heading.press("ArrowLeft")
    talking.look()
    assert len(frame.locator(".talk-pair img").all()) == 2
    talking.check()
    heading.press("Escape")
    expect(cards.nth(1)).to_be_focused()


def test_one_goes_from_a_neighbour_to_its_neighbours_and_back(talk: Callable[..., Talk]) -> None:
    talking = talk()
    frame = talking.open(*SEARCH)
    frame.locator(".card > button").first.click()
    name = frame.get_by_role("heading", level=1).inner_text().partition("case ")[2]
    frame.get_by_role("button", name="Search from here").click()
    expect(frame.get_by_role("heading", level=1)).to_have_text("6 similar cases")
    talking.wait_for(f"host.seen.context.at(-1)?.content[0].text.includes('similar to \"case:{name}\"')")
    frame.get_by_role("button", name="Back").click()
    expect(frame.get_by_text(name)).to_be_visible()


def chosen(frame: Frame, picture: Path) -> None:
    frame.set_input_files("input[type=file]", picture)


def thrown(event: str, field: str) -> Callable[[Frame, Path], None]:
    def throw(frame: Frame, picture: Path) -> None:
        frame.evaluate(
            """([event, field, encoded]) => {
                const carried = new DataTransfer(), bytes = Uint8Array.from(atob(encoded), (one) => one.charCodeAt(0));
                carried.items.add(new File([bytes], "arm.jpg", { type: "image/jpeg" }));
                const kind = event === "paste" ? ClipboardEvent : DragEvent;
                document.body.dispatchEvent(new kind(event, { [field]: carried, bubbles: true, cancelable: true }));
            }""",
            [event, field, base64.b64encode(picture.read_bytes()).decode()],
        )

    return throw


@pytest.mark.parametrize(
    "give",
    [chosen, thrown("drop", "dataTransfer"), thrown("paste", "clipboardData")],
    ids=["chosen", "dropped", "pasted"],
)
def test_a_picture_of_ones_own_is_searched_from_and_the_model_learns_its_handle(
    talk: Callable[..., Talk], photograph: Path, give: Callable[[Frame, Path], None]
) -> None:
    talking = talk()
    frame = talking.open("get_case", {"case_id": CASE})
    frame.get_by_role("heading", name="Case").wait_for()
    give(frame, photograph)
    expect(frame.get_by_role("heading", level=1)).to_have_text("10 similar cases")
    talking.look()
    talking.wait_for("host.seen.context.at(-1)?.content[0].text.includes('similar to \"img_')")
    handle = talking.context().partition('the newest last; give such a handle as image to the tools: ["')[2][:36]
    assert handle.startswith("img_")
    again = talking.open("classify_with_adapter", {"image": handle, "task": "diagnosis"})
    expect(again.get_by_role("heading", level=1)).to_have_text("diagnosis of the picture")
    talking.look()
    talking.check()


def test_a_large_picture_goes_in_a_message_that_hosts_do_not_cut(talk: Callable[..., Talk], tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (2600, 2000, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "large.jpg", quality=95)
    assert (tmp_path / "large.jpg").stat().st_size > 3_000_000
    talking = talk()
    chosen(talking.open(*SEARCH), tmp_path / "large.jpg")
    talking.wait_for("host.seen.context.at(-1)?.content[0].text.includes('similar to \"img_')")
    assert max(call["size"] for call in talking.seen("calls") if call["name"] == "upload_picture") < 1_500_000


def test_what_is_no_picture_is_refused_in_one_line(talk: Callable[..., Talk], tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no picture")
    frame = talk().open(*SEARCH)
    chosen(frame, tmp_path / "notes.txt")
    alert = frame.get_by_role("alert")
    expect(alert).to_contain_text("notes.txt")
    assert "tool" not in alert.inner_text()


def test_ticked_cases_are_told_to_the_model_and_asked_about(talk: Callable[..., Talk]) -> None:
    talking = talk()
    frame = talking.open(*SEARCH)
    boxes = frame.get_by_role("checkbox")
    handles = []
    for at in (0, 2):
        boxes.nth(at).check()
        handles.append("case:" + (boxes.nth(at).get_attribute("aria-label") or "").removeprefix("Choose case "))
    talking.wait_for(f"host.seen.context.at(-1)?.content[0].text.includes('{handles[1]}\"]')")
    assert f'the user chose these cases: ["{handles[0]}","{handles[1]}"]' in talking.context()
    talking.look()
    talking.check()
    frame.get_by_role("textbox", name="Question").fill("Which is nearest to mine?")
    frame.get_by_role("button", name="Ask about these").click()
    talking.wait_for("host.seen.messages.length")
    [message] = talking.seen("messages")
    assert message["content"][0]["text"] == f"Which is nearest to mine?\n\nI mean: {', '.join(handles)}"


def test_a_host_that_takes_no_message_is_offered_none(talk: Callable[..., Talk]) -> None:
    frame = talk().open(*SEARCH, without=["message"])
    frame.get_by_role("checkbox").first.check()
    expect(frame.get_by_text("The assistant knows which: ask it.")).to_be_visible()
    expect(frame.get_by_role("button", name="Ask about these")).to_have_count(0)


def test_the_look_follows_the_hosts(talk: Callable[..., Talk]) -> None:
    talking = talk()
    frame = talking.open(*SEARCH, variables={"--color-background-primary": "rgb(250, 240, 230)"})
    assert frame.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(250, 240, 230)"
    talking.tab.page.evaluate("host.change({ theme: 'dark' })")
    expect(frame.locator("html")).to_have_attribute("data-theme", "dark")


def test_only_the_host_is_listened_to(talk: Callable[..., Talk]) -> None:
    talking = talk()
    frame = talking.open(*SEARCH)
    heading = frame.get_by_role("heading", level=1)
    expect(heading).to_have_text("6 similar cases")
    frame.evaluate(
        """() => {
            const params = { structuredContent: { case: { case_id: "forged" } } };
            window.postMessage({ jsonrpc: "2.0", method: "ui/notifications/tool-result", params }, "*");
        }"""
    )
    talking.tab.page.evaluate("host.settled()")
    expect(heading).to_have_text("6 similar cases")


def test_a_call_that_failed_says_why(talk: Callable[..., Talk]) -> None:
    frame = talk().open("get_case", {"case_id": "case:nobody"})
    expect(frame.get_by_role("alert")).to_contain_text("nobody")
    assert "<data>" not in frame.get_by_role("alert").inner_text()


def test_a_vision_models_answer_is_shown_with_the_reply_as_it_came(
    open_tab: Callable[..., Tab], host: str, photograph_base: Path
) -> None:
    with openai_service.serving(lambda path, picture: "NEV") as service:
        options = ("--allow-origin", host, "--model", "openai:gpt-4.1", "--base-url", service.url())
        with http_server(photograph_base, *options, OPENAI_API_KEY="k") as server:
            talking = Talk(open_tab(width=NARROW), host, server.url)
            frame = talking.open("run_prompt", {"image": CASE, "task": "diagnosis", "method": "rag-3"})
            expect(frame.get_by_role("group", name="rag-3")).to_contain_text("NEV")
            frame.get_by_text("The reply as it came").click()
            expect(frame.locator("pre")).to_have_text('{"label": "NEV"}')
            expect(frame.get_by_role("button", name="Case PAT_")).to_have_count(3)
            talking.look()
            talking.check()


def test_words_of_the_case_base_stay_words(open_tab: Callable[..., Tab], host: str, tmp_path: Path) -> None:
    table = tmp_path / "records.csv"
    rows = ["image,case_id,patient,diagnosis,note"]
    for number in range(4):
        name = f"{number}.png"
        noise = np.random.default_rng(number).integers(0, 255, (64, 64, 3), dtype=np.uint8)
        written = io.BytesIO()
        Image.fromarray(noise).save(written, "PNG")
        (tmp_path / name).write_bytes(written.getvalue())
        quoted = HOSTILE.replace('"', '""')
        rows.append(f'{name},"{quoted}{number}",p{number},"{quoted}","{quoted}"')
    table.write_text("\n".join(rows))
    case_base = CaseBase.create(tmp_path / "base", embedder="descriptor")
    case_base.add(table, attributes=["note"])
    case_base.attributes.show("note")
    with http_server(case_base.path, "--allow-origin", host) as server:
        talking = Talk(open_tab(), host, server.url)
        frame = talking.open("search_similar_cases", {"image": f"case:{HOSTILE}0", "k": 3})
        talking.look()
        frame.locator(".card > button").first.click()
        expect(frame.get_by_role("heading", level=1)).to_contain_text(HOSTILE)
        talking.check()
        assert frame.title() == "dermtools"
