"""The page in a real browser: the system's Chromium, driven by Playwright. Screenshots are looked at, not kept."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from support.results import HOSTILE, write_results

from harness.cases.standard import standard_cases
from harness.jobs.page.build import build
from harness.jobs.page.mistakes import read_kills
from harness.sandbox.sources.find import available_implementations

playwright = pytest.importorskip("playwright.sync_api", reason="no playwright; `nox -s browser` installs it")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this system")

REPORTS = Path(__file__).resolve().parents[3] / "reports"
NAMES = [one.name for one in available_implementations()]
CASES = standard_cases()
CELL = "iris-4-5-3-sigmoid-batch8/finite_differences"
EVERYTHING = f"{len(NAMES)} formulations of {len(NAMES)}, {len(CASES)} networks of {len(CASES)}."
FIRST_PAINT = 1000  # milliseconds


@pytest.fixture(scope="module")
def browser():
    # Chromium has no sandbox for root, which is who runs in most containers.
    options = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    with playwright.sync_playwright() as started:
        launched = started.chromium.launch(executable_path=CHROMIUM, args=options)
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def ours(tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "index.html"
    path.write_text(build(REPORTS), encoding="utf-8")
    return path


@pytest.fixture
def visit(browser):
    """Open a file, at an address inside it; nothing may be asked of the network, and nothing may go wrong."""
    problems: list[str] = []
    contexts = []

    def opened(path, inside="", **options):
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(5000)
        page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("dialog", lambda dialog: (problems.append(f"alert: {dialog.message}"), dialog.dismiss()))
        page.on(
            "request", lambda asked: None if asked.url.startswith(("file:", "data:")) else problems.append(asked.url)
        )
        page.goto(f"{path.as_uri()}{inside}")
        page.wait_for_selector("#matrix > *")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert problems == []


def cell(page, implementation, of):
    return page.locator(f'#matrix button[data-implementation="{implementation}"][data-of="{of}"]')


def test_it_opens_with_the_whole_matrix(visit, ours):
    page = visit(ours)
    assert page.locator("#matrix thead th").count() == 1 + len(NAMES)
    assert page.locator("#matrix tr.family:not(.total)").count() == 10
    assert page.locator("#shown").text_content() == EVERYTHING
    assert cell(page, "neuron_loop", "iris*").text_content() == "✓ 13"
    assert cell(page, "finite_differences", "iris*").text_content() == "~inaccurate"


def test_filters_leave_what_they_say_and_a_reload_keeps_it(visit, ours):
    page = visit(ours)
    shown = f"1 formulation of {len(NAMES)}, {{}} of {len(CASES)}."
    tanh = [case for case in CASES if case.dataset == "wine" and "tanh" in (case.hidden, case.output)]
    page.select_option('[name="dataset"]', "wine")
    page.select_option('[name="implementation"]', "neuron_loop")
    page.select_option('[name="activation"]', "tanh")
    assert page.locator("#shown").text_content() == shown.format(f"{len(tanh)} networks")
    page.locator('[name="search"]').fill("wine-13-3-")
    assert page.locator("#shown").text_content() == shown.format("1 network")
    page.reload()
    assert page.locator("#shown").text_content() == shown.format("1 network")
    assert page.input_value('[name="dataset"]') == "wine"
    page.click("text=Claims")
    page.click("text=At a glance")
    page.wait_for_url("**#glance?*dataset=wine*")
    page.click("text=Show all")
    assert page.locator("#shown").text_content() == EVERYTHING
    page.locator('[name="search"]').fill("none such")
    assert "No network is left" in page.locator("#matrix").text_content()


def test_a_header_sorts_and_says_so(visit, ours):
    page = visit(ours)
    head = page.locator('#matrix thead button[data-sort="batched_matrices"]')
    head.click()
    assert page.locator('#matrix th[aria-sort="ascending"]').text_content() == "▲batched_matrices"
    assert page.locator("#matrix tbody th").nth(1).text_content().startswith("▸ float32")
    head.click()
    assert page.locator("#matrix tbody tr").last.text_content().startswith("▸ float32")
    page.reload()
    assert page.locator('#matrix th[aria-sort="descending"]').count() == 1


def test_a_family_opens_into_its_networks(visit, ours):
    page = visit(ours)
    page.locator('#matrix button[data-open="iris"]').click()
    assert page.locator('#matrix button[data-open="iris"]').get_attribute("aria-expanded") == "true"
    networks = [one.id for one in CASES if one.dataset == "iris" and one.dtype == "float64" and not one.online]
    assert page.locator("#matrix tr.case th").all_text_contents() == networks
    page.reload()
    assert page.locator("#matrix tr.case th").all_text_contents() == networks


def test_a_cell_opens_its_numbers_and_closes_where_it_was(visit, ours):
    page = visit(ours, "#glance?open=iris")
    button = cell(page, "finite_differences", "iris-4-5-3-sigmoid-batch8")
    button.click()
    dialog = page.locator("dialog[open]")
    text = dialog.text_content()
    assert "finite_differences on iris-4-5-3-sigmoid-batch8" in text
    assert "nox -s check -- finite_differences --case iris-4-5-3-sigmoid-batch8" in text
    assert "its error shrinks in higher precision" in text
    assert dialog.locator("tbody tr").count() == 5
    page.wait_for_url(f"**#{CELL}?open=iris")
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog", state="hidden")
    page.wait_for_url("**#glance?open=iris")
    assert button.evaluate("one => one === document.activeElement")


def test_a_family_s_cell_leads_to_its_networks(visit, ours):
    page = visit(ours)
    cell(page, "column_vectors", "wine*").click()
    page.locator("dialog a", has_text="wine-13-3-tanh-batch8").click()
    page.wait_for_selector("dialog h2:has-text('column_vectors on wine-13-3-tanh-batch8')")
    page.go_back()
    page.wait_for_selector("dialog h2:has-text('column_vectors: wine')")
    page.go_back()
    page.wait_for_selector("dialog", state="hidden")


def test_a_deep_link_opens_its_cell_again_and_again(visit, ours):
    page = visit(ours, f"#{CELL}")
    for _ in range(2):
        assert "finite_differences on iris" in page.locator("dialog[open] h2").text_content()
        page.reload()
    page.goto(f"{ours.as_uri()}#transpose-not-inverse")
    playwright.expect(page.locator("#transpose-not-inverse")).to_be_in_viewport()
    assert page.locator("dialog[open]").count() == 0


def test_closing_a_deep_link_leads_to_its_cell(visit, ours):
    page = visit(ours, f"#{CELL}")
    page.keyboard.press("Escape")
    of, implementation = CELL.split("/")
    playwright.expect(cell(page, implementation, of).last).to_be_focused()
    assert page.evaluate("scrollY") > 0


@pytest.mark.parametrize(
    "place", ["none-such/neuron_loop", "iris-4-3-sigmoid-batch8/nobody", "nowhere", "%/%E0%A4%A", "a*/"]
)
def test_an_address_that_leads_nowhere_says_so(visit, ours, place):
    page = visit(ours, f"#{place}")
    assert page.locator("#notice").text_content().startswith("This ")
    assert page.locator("dialog[open]").count() == 0
    assert page.locator("#shown").text_content() == EVERYTHING


def test_arrow_keys_move_through_the_table(visit, ours):
    page = visit(ours)
    page.locator("#matrix td button").first.focus()
    where = "document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent"
    page.keyboard.press("ArrowDown")
    assert page.evaluate(where).startswith(f"{NAMES[0]}, xor: ")
    page.keyboard.press("ArrowRight")
    assert page.evaluate(where).startswith(f"{NAMES[1]}, xor: ")
    page.keyboard.press("End")
    assert page.evaluate(where).startswith(f"{NAMES[-1]}, xor: ")
    page.keyboard.press("Home")
    assert page.evaluate(where) == "▸ xor 3 networks"
    page.keyboard.press("Enter")
    assert page.evaluate(where) == "▾ xor 3 networks"
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog[open]")
    assert page.locator('#matrix button[tabindex="0"]').count() == 1


def test_the_command_is_copied(visit, ours):
    page = visit(ours, f"#{CELL}", permissions=["clipboard-read", "clipboard-write"])
    page.locator("dialog .command button").first.click()
    page.wait_for_selector("dialog .command button:has-text('Copied')")
    assert page.evaluate("navigator.clipboard.readText()").startswith("nox -s check -- finite_differences")


def test_the_kill_matrix_has_every_mark_of_the_report(visit, ours):
    page = visit(ours)
    page.wait_for_selector(".kills tbody tr")
    marks = page.locator(".kills tbody td")
    found = read_kills(REPORTS).as_data()
    assert marks.count() == len(found["mistakes"]) * len(found["cases"])
    for kind, mark in {"seen": "●", "hidden": "·", "idle": " "}.items():
        assert page.locator(f".kills td.{kind}").count() == "".join(found["marks"]).count(mark) > 0
    page.locator(".kills thead a").nth(2).click()
    assert page.evaluate("location.hash") == "#bias_not_an_input"


def test_a_wrong_formula_is_built_and_shows_what_it_changes(visit, ours):
    page = visit(ours, "#wrong-formula")
    selects = page.locator("#alternatives-slots select")
    matrix = page.locator("#alternatives-slots label", has_text="BP2: matrix").locator("select")
    matrix.select_option(label="W^l")
    chosen = selects.evaluate_all("all => all.filter((one) => one.value !== '').length")
    assert chosen == 1
    assert page.locator("#alternatives-formulas .wrong mark").inner_text() == "W2"
    assert page.locator("#alternatives-drawing .worked-wire.worked-lit").count() == 8
    assert page.locator("#alternatives-rows tr").count() == 16
    playwright.expect(page.locator("#alternatives-cases")).to_contain_text("5 of 80 networks notice")
    matrix.select_option("")
    assert page.locator("#alternatives-rows tr").count() == 0
    playwright.expect(page.locator("#alternatives-formulas")).to_have_text("Every equation is right.")


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_names_stay_text(visit, tmp_path, text):
    write_results(tmp_path, 2, 2, names=[text, "other"], cases=[f"{text}-4-3-sigmoid-batch8", "x"], detail=text)
    (tmp_path / "index.html").write_text(build(tmp_path), encoding="utf-8")
    page = visit(tmp_path / "index.html")
    page.locator("#matrix tbody td button").first.click()
    page.locator("dialog a").first.click()
    page.wait_for_selector("dialog .command")
    assert text in page.locator("dialog h2").text_content()
    page.reload()
    assert text in page.locator("dialog h2").text_content()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("inside", [f"#{CELL}", "#glance?open=iris"])
def test_axe_finds_nothing_serious(visit, ours, scheme, inside):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page = visit(ours, inside, color_scheme=scheme)
    page.wait_for_selector(".kills tbody tr")
    page.evaluate("for (const fold of document.querySelectorAll('details')) fold.open = true")
    found = axe.run(page, options={"resultTypes": ["violations"]}).response["violations"]
    print([(one["id"], one["impact"], len(one["nodes"])) for one in found])
    assert [one["id"] for one in found if one["impact"] in ("serious", "critical")] == []


@pytest.mark.parametrize("inside", ["", f"#{CELL}", "#glance?open=iris"])
def test_no_width_makes_the_page_scroll_sideways(visit, ours, inside):
    page = visit(ours, inside)
    page.wait_for_selector(".kills tbody tr")
    page.evaluate("for (const fold of document.querySelectorAll('details')) fold.open = true")
    for width in (320, 390, 768, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def time_of(page, mark):
    """Milliseconds from the start of the navigation to a mark, which may be yet to come."""
    for _ in range(50):
        if found := page.evaluate(f"performance.getEntriesByName('{mark}').map((one) => one.startTime)"):
            return found[0]
        page.wait_for_timeout(100)
    raise AssertionError(f"{mark} never came")


@pytest.mark.parametrize(("implementations", "cases"), [(len(NAMES), len(CASES)), (40, 500)])
def test_the_first_paint_comes_within_a_second(visit, ours, tmp_path, implementations, cases):
    path = ours
    if implementations > len(NAMES):
        reports = shutil.copytree(REPORTS, tmp_path / "reports", ignore=shutil.ignore_patterns("training", "*.csv"))
        write_results(reports, implementations, cases)
        path = tmp_path / "index.html"
        path.write_text(build(reports), encoding="utf-8")
    times = []
    for _ in range(3):
        page = visit(path)
        times.append(max(time_of(page, "first-contentful-paint"), time_of(page, "drawn")))
    print(f"{implementations} × {cases}: painted and drawn after {sorted(map(round, times))} ms")
    assert min(times) < FIRST_PAINT
    page.locator("#matrix button[data-open]").first.click()
    assert page.locator("#matrix tr.case").count() >= 3


def test_it_prints_with_every_fold_open_and_no_controls(visit, ours):
    page = visit(ours)
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("nav").is_hidden()
    assert page.locator("#filters").is_hidden()
    assert page.locator("details:not([open])").count() == 0


def test_after_printing_the_page_is_folded_as_it_was(visit, ours):
    page = visit(ours)
    count = "document.querySelectorAll('details:not([open])').length"
    before = page.evaluate(count)
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.evaluate(count) == 0 < before
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.evaluate(count) == before


def test_every_picture_is_told_in_words(visit, ours):
    page = visit(ours)
    told = page.eval_on_selector_all("img", "all => all.map(one => one.alt)")
    assert len(told) == len(list((REPORTS / "pictures").glob("*.svg")))
    assert all(len(text) > 20 for text in told)
