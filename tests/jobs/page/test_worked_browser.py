"""The worked steps in a browser: on a page of their own, which has nothing but them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.jobs.page.worked import networks
from harness.jobs.page.worked.examples import examples
from harness.jobs.page.worked.quantities import EntryKey, Worked, number_text

pytest.importorskip("playwright", reason="Playwright is not installed: nothing is tried in a browser")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
from playwright.sync_api import expect, sync_playwright  # noqa: E402

CHROMIUM = Path("/usr/bin/chromium")
PAGE = Path(networks.__file__).parent
SECTION = '<section id="side-by-side"><h2>Side by side</h2>{}</section>'
pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no Chromium at {CHROMIUM}")
MAZUR, XOR, IRIS, DEEP = examples()


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    """A page with the part alone, one title of which is hostile."""
    part = {name: (PAGE / name).read_text(encoding="utf-8") for name in
            ("templates/worked.html", "static/css/worked.css",
             *(f"static/js/{name}.js" for name in ("worked_text", "worked_drawing", "worked")))}  # fmt: skip
    found = networks.data()
    found["formulations"][2]["title"] = "<script>window.hit = 1</script>"
    found["networks"][1]["note"] = "<img src=x onerror='window.hit = 1'>"
    data = json.dumps({"worked": found}, ensure_ascii=False).replace("<", "\\u003c")
    path = tmp_path_factory.mktemp("page") / "worked.html"
    head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
    style = "body { margin: 0; padding: 1rem; background: var(--worked-bg0); color: var(--worked-fg0) }"
    style += part["static/css/worked.css"]
    page = f"""<!doctype html><html lang="en"><head>{head}<title>W</title><style>{style}</style>
        </head><body><main><h1>A page</h1>{SECTION.format(part["templates/worked.html"])}</main>
        <script type="application/json" id="data">{data}</script>
        <script>{"".join(text for name, text in part.items() if name.endswith(".js"))}</script></body></html>"""
    path.write_text(page, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])


@pytest.fixture
def visit(browser, file):
    """Opens the page; in the end nothing may have been said on the console."""
    said = []

    def open_page(width=1280, scheme="light"):
        page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(file.as_uri())
        return page

    yield open_page
    assert said == []


def to_step(page, name):
    page.locator("#worked-steps button", has_text=name).first.click()


def wires(page, light):
    return sorted(page.eval_on_selector_all(f".worked-wire.{light}", "all => all.map(one => one.dataset.wire)"))


def test_steps_by_buttons_and_keys(visit):
    page = visit()
    current = page.locator("#worked-steps [aria-current=step]")
    expect(current).to_have_text("Start")
    page.click("#worked-next")
    expect(current).to_have_text("Forward 1")
    page.keyboard.press("ArrowRight")
    expect(current).to_have_text("Forward 2")
    page.keyboard.press("End")
    expect(current).to_have_text("Update")
    expect(page.locator("#worked-next")).to_have_attribute("aria-disabled", "true")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    expect(current).to_have_text("BP4")
    page.click("#worked-previous")
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#worked-sentence")).to_contain_text("BP2, layer 1: δ of each hidden neuron = (w of the wires")
    page.keyboard.press("Home")
    expect(current).to_have_text("Start")


@pytest.mark.parametrize("how", ["row", "neuron", "keyboard"])
def test_a_hidden_delta_lights_the_wires_that_leave_it(visit, how):
    page = visit()
    to_step(page, "BP2")
    if how == "row":
        page.hover("tr[data-id=delta-1-1] th")
    elif how == "neuron":
        page.hover("[data-neuron='1-1'] .worked-disc")
    else:
        page.locator("tr[data-id=delta-1-0] button").focus()
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
    assert wires(page, "worked-lit") == ["2-0-1", "2-1-1"]
    assert page.locator(".worked-neuron.worked-made-now").get_attribute("data-neuron") == "1-1"
    lit = page.eval_on_selector_all(".worked-neuron.worked-lit", "all => all.map(one => one.dataset.neuron)")
    assert lit == ["2-0", "2-1"]
    for side, names in {
        "one": ["W[1][1, 0]", "deltas[1][0, 0]", "W[1][1, 1]", "deltas[1][0, 1]"],
        "other": ["network[1][0]['weights'][1]", "network[1][0]['delta']", "network[1][1]['weights'][1]",
                  "network[1][1]['delta']"],
    }.items():  # fmt: skip
        chips = page.locator(f"#worked-panel-{side} .worked-chip.worked-lit > span:first-child")
        assert chips.all_inner_texts()[:4] == names


def test_the_shown_numbers_are_the_harnesss(visit):
    page, numbers = visit(), Worked(MAZUR)
    to_step(page, "BP2")
    page.locator("tr[data-id=delta-1-0] button").focus()
    weight, delta = (number_text(numbers.values[key], 4) for key in (EntryKey("w", 2, 1, 0), EntryKey("delta", 1, 0)))
    expect(page.locator("[data-number=w-2-1-0]")).to_have_text(weight)
    expect(page.locator("[data-neuron='1-0'] .worked-values .worked-made-now")).to_have_text(f"◆ δ {delta}")
    for side in ("one", "other"):
        chip = page.locator(f"#worked-panel-{side} .worked-chip[data-id=w-2-1-0] .worked-value")
        expect(chip).to_have_text(weight)
    expect(page.locator("tr[data-id=delta-1-0] td")).to_contain_text("= 0.00877135".replace(" ", "\u00a0"))


def test_the_tagged_lines_are_lit_in_both(visit):
    page = visit()
    to_step(page, "BP2")
    one, other = (page.locator(f"#worked-panel-{side} .worked-line-tagged") for side in ("one", "other"))
    expect(one).to_contain_text("▶ 30")
    expect(one).to_contain_text("deltas.append(back * activations[l - 1].slope_from_output(a[l]))  # BP2")
    expect(other).to_contain_text('neuron["delta"] = error * ')
    expect(page.locator("#worked-panel-one .worked-line-leads", has_text="weights[l].T")).to_have_count(1)
    expect(page.locator("#worked-panel-one .worked-weights")).to_contain_text("the weights of the current layer")
    expect(page.locator("#worked-panel-other .worked-weights")).to_contain_text("the weights of the next layer")


def test_a_delta_is_made_of_the_weights_before_the_update(visit):
    page = visit()
    to_step(page, "Update")
    expect(page.locator("[data-number=new_w-2-1-0]")).to_have_text("w′ 0.5113")
    page.hover("[data-neuron='1-0'] .worked-disc")
    expect(page.locator("[data-number=w-2-1-0]")).to_have_text("w 0.5")


def test_a_weight_is_marked_under_each_of_its_names(visit):
    page = visit()
    to_step(page, "BP2")
    page.hover("#worked-panel-one .worked-chip[data-id=w-2-1-0]")
    expect(page.locator(".worked-chip.worked-same")).to_have_count(2)
    expect(page.locator(".worked-wire.worked-same")).to_have_attribute("data-wire", "2-1-0")


def test_a_formulation_without_hidden_layers_is_offered_where_it_fits(visit):
    page = visit()
    option = page.locator("#worked-one option[value=fifteen_steps]")
    expect(option).to_be_disabled()
    page.select_option("#worked-network", IRIS.id)
    page.select_option("#worked-one", "fifteen_steps")
    page.select_option("#worked-network", DEEP.id)
    expect(page.locator("#worked-one")).to_have_value("row_matrices")
    expect(page.locator(".worked-neuron")).to_have_count(8)


def test_titles_are_text(visit):
    page = visit()
    page.select_option("#worked-one", "column_vectors")
    page.select_option("#worked-network", XOR.id)
    expect(page.locator("#worked-panel-one h3")).to_have_text("<script>window.hit = 1</script>")
    expect(page.locator("#worked-note")).to_contain_text("<img")
    assert page.evaluate("window.hit") is None


@pytest.mark.parametrize("example", [MAZUR, XOR, IRIS, DEEP], ids=lambda e: e.id)
def test_a_phone_does_not_scroll_sideways(visit, example):
    page = visit(width=390)
    page.select_option("#worked-network", example.id)
    for name in ("Start", "BP1", "Update"):
        to_step(page, name)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_print_shows_the_last_step(visit):
    page = visit()
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    expect(page.locator("#worked-steps [aria-current=step]")).to_have_text("Update")
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    expect(page.locator("#worked-steps [aria-current=step]")).to_have_text("Start")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing_serious(visit, scheme, width):
    page = visit(width, scheme)
    for name in ("Start", "BP2", "Update"):
        to_step(page, name)
        violations = axe.Axe().run(page).response["violations"]
        serious = [one for one in violations if one["impact"] in ("serious", "critical")]
        assert not serious, [(one["id"], [node["html"] for node in one["nodes"]]) for one in serious]


def test_a_formulation_is_never_beside_itself(visit):
    page = visit()
    one, other = page.locator("#worked-one"), page.locator("#worked-other")
    before = one.input_value(), other.input_value()
    one.select_option(before[1])
    assert (one.input_value(), other.input_value()) == (before[1], before[0])
