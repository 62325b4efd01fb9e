"""The report page in a browser."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import report_batches
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect
from report_batches import body, failed_body, failed_items, item, usual_items

from runflow_client import EvaluationRequest
from runflow_client.batch.journals.journal import Verdict
from runflow_client.batch.report.page import write_report
from runflow_client.sandbox import Sandbox, blurred_picture, sharp_picture

Open = Callable[..., Page]
Report = Callable[..., Path]
COUNT = 60
CARD_IN_WINDOW = """() => [...document.querySelectorAll("#cards li")].some((card) => {
  const { top, bottom } = card.getBoundingClientRect();
  return top < innerHeight / 2 && bottom > 0;
})"""


@pytest.fixture(scope="session")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """A function that writes the report of a batch with these items."""

    def write(items: Any, images: dict[str, bytes] | None = None, **options: Any) -> Path:
        folder = tmp_path_factory.mktemp("report")
        (folder / "images").mkdir()
        for name, content in (images or {}).items():
            path = folder / "images" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        journal = report_batches.fill(folder / "batch.journal", items, **options)
        return write_report(journal, folder / "report.html", images=folder / "images").path

    return write


@pytest.fixture(scope="session")
def usual(report: Report) -> Path:
    """The report of a batch that ended as batches do, with thumbnails of half of its images."""
    items = list(usual_items(COUNT))
    pictures = (sharp_picture(), blurred_picture())
    images = {name: pictures[number % 2] for number, (name, *_) in enumerate(items) if number % 4 < 2}
    return report(items, images, unfinished=2)


def cards(page: Page) -> list[str]:
    """Return the names on the cards that are in the document, in their order."""
    names: list[str] = page.locator("#cards .name").evaluate_all("(names) => names.map((name) => name.title)")
    return names


def verdict(page: Page, name: str) -> Locator:
    """Return the button that filters by a verdict."""
    return page.locator(f"#verdicts button[value={name}]")


def shown(page: Page) -> str:
    return page.locator("#found").text_content() or ""


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1400, 390])
def test_page_has_no_barriers(
    usual: Path, open_page: Open, barriers: Callable[[Page], list[str]], theme: str, width: int
) -> None:
    page = open_page(usual, width=width, theme=theme)
    expect(page.locator("#found")).to_have_text(f"{COUNT} items.")
    assert barriers(page) == []
    page.locator(".card").first.click()
    expect(page.locator("#details")).to_be_visible()
    assert barriers(page) == []


@pytest.mark.parametrize("width", [320, 390, 768, 1024, 1400, 2200])
def test_page_fits_window(usual: Path, open_page: Open, width: int) -> None:
    page = open_page(usual, width=width)
    expect(page.locator(".card").first).to_be_visible()
    too_wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(too_wide) == 0
    page.locator(".card").first.click()
    assert page.evaluate("(d => d.scrollWidth - d.clientWidth)(document.getElementById('details'))") == 0


def test_values_of_server_are_text(report: Report, open_page: Open) -> None:
    hostile = "<script>window.hit=1</script><img src=x onerror=window.hit=1>\"'--></script><!-- rows -->{{7*7}}"
    found = body(1, random.Random(1), verdict=Verdict.REJECTED)
    found |= dict.fromkeys(("id", "task_type", "generation_prompt", "client_ref", "override_reason"), hostile)
    found["judges"][0] |= {"name": hostile, "passed": False, "reasoning": hostile, "evidence": [hostile]}
    found["judges"][0]["issues"] = [{"category": hostile, "subcategory": hostile, "detail": hostile}]
    found["gate_failures"] = [{"output_key": hostile, "reason": hostile}]
    found["action"] = {"primary_action": hostile, "failure_summary": hostile, "improved_prompt": hostile}
    items = [item(hostile, Verdict.REJECTED, found), item("failed", Verdict.FAILED, failed_body(1, hostile, hostile))]
    page = open_page(report(items, batch_id="default"))
    expect(page.locator("#found")).to_have_text("2 items.")
    page.locator(".card").first.click()
    expect(page.locator("#details-title")).to_have_text(hostile)
    assert page.locator("#details").inner_text().count("<script>window.hit=1</script>") > 8
    assert page.evaluate("window.hit") is None
    assert page.locator("#details img, #details script").count() == 0


def test_policy_forbids_other_scripts_and_requests(usual: Path, browser: Browser) -> None:
    page = browser.new_page()
    page.goto(usual.as_uri())
    blocked = page.evaluate(
        """async () => {
          const found = [];
          addEventListener("securitypolicyviolation", (event) => found.push(event.effectiveDirective));
          const script = document.createElement("script");
          script.textContent = "window.hit = 1";
          document.body.append(script);
          const image = new Image();
          image.src = "https://images.example.com/a.png";
          document.body.insertAdjacentHTML("beforeend", "<p id=styled style='color:red' onclick='window.hit=1'>text</p>");
          await fetch("https://api.example.com/").catch(() => 0);
          await new Promise((resolve) => setTimeout(resolve, 100));
          document.getElementById("styled").click();
          return [...new Set(found)].sort();
        }"""
    )
    assert blocked == ["connect-src", "img-src", "script-src-attr", "script-src-elem", "style-src-attr"]
    assert page.evaluate("window.hit") is None
    page.close()


def test_filters_narrow_gallery_and_address(usual: Path, open_page: Open) -> None:
    page = open_page(usual)
    verdict(page, "rejected").click()
    rejected = int(shown(page).split()[0])
    assert 0 < rejected < COUNT
    assert page.url.endswith("#verdict=rejected")
    assert set(page.locator("#cards .chip").all_text_contents()) == {"rejected"}
    page.get_by_label("Failed judge").select_option("Sharpness")
    fewer = int(shown(page).split()[0])
    assert 0 < fewer < rejected
    page.get_by_label("Search").fill("FOCUS eyes")
    expect(page.locator("#found")).to_have_text(f"{fewer} of {COUNT} items.")
    page.get_by_label("Search").fill("no such words")
    expect(page.get_by_text("No item matches.")).to_be_visible()
    page.get_by_role("button", name="Show all").click()
    expect(page.locator("#found")).to_have_text(f"{COUNT} items.")


def test_space_between_two_searched_words_stays(usual: Path, open_page: Open) -> None:
    page = open_page(usual)
    page.get_by_label("Search").press_sequentially("eyes ")
    expect(page).to_have_url(re.compile("#q=eyes$"))
    page.get_by_label("Search").press_sequentially("focus")
    expect(page).to_have_url(re.compile("#q=eyes[+]focus$"))


def test_gallery_is_drawn_where_folded_table_was(usual: Path, open_page: Open) -> None:
    page = open_page(usual, width=390, height=500)
    filler = "const p = document.createElement('p'); p.id = 'filler'; p.style.height = '9000px';"
    page.evaluate(f"{filler} document.querySelector('main').prepend(p); scrollTo(0, document.body.scrollHeight)")
    page.wait_for_function(CARD_IN_WINDOW)
    page.evaluate("scrollTo(0, 10500); document.getElementById('cards').style.overflowAnchor = 'none'")
    page.evaluate("document.documentElement.style.overflowAnchor = 'none'; document.getElementById('filler').remove()")
    page.wait_for_function(CARD_IN_WINDOW)


def test_address_restores_filter_order_and_item(usual: Path, open_page: Open) -> None:
    page = open_page(usual, "#verdict=rejected%2Cfailed&judge=Sharpness&order=name")
    names = cards(page)
    assert names == sorted(names) and names
    assert page.get_by_label("Failed judge").input_value() == "Sharpness"
    assert verdict(page, "rejected").get_attribute("aria-pressed") == "true"
    page.locator(".card").nth(1).click()
    address = page.url
    other = open_page(usual, "#" + address.partition("#")[2])
    expect(other.locator("#details-title")).to_have_text(names[1])
    assert cards(other) == names


def test_unknown_values_in_address_show_empty_gallery_or_all(usual: Path, open_page: Open) -> None:
    page = open_page(usual, "#verdict=odd&order=odd&item=odd")
    expect(page.locator("#found")).to_have_text(f"{COUNT} items.")
    assert not page.locator("#details").is_visible()
    other = open_page(usual, "#judge=%3Cscript%3E")
    expect(other.get_by_text("No item matches.")).to_be_visible()
    assert other.get_by_label("Failed judge").input_value() == "<script>"


def test_link_in_totals_filters_gallery(usual: Path, open_page: Open) -> None:
    page = open_page(usual)
    page.locator("table").get_by_role("link", name="Sharpness", exact=True).click()
    expect(page.get_by_label("Failed judge")).to_have_value("Sharpness")
    expect(page.locator("#gallery-title")).to_be_in_viewport()
    page.go_back()
    expect(page.locator("#found")).to_have_text(f"{COUNT} items.")


@pytest.mark.parametrize(
    ("link", "filter_"),
    [
        ("table a[href^='#judge=']", "judge"),
        ("table a[href^='#category=']", "category"),
        (".tiles a[href^='#category=']", "category"),
        ("table a[href^='#gate=']", "gate"),
        ("table a[href^='#kind=']", "kind"),
        ("table a[href^='#task=']", "task"),
    ],
)
def test_names_in_totals_filter_by_what_they_count(usual: Path, open_page: Open, link: str, filter_: str) -> None:
    page = open_page(usual)
    name = page.locator(link).first
    row = name.locator("xpath=ancestor::tr")
    name.click()
    expect(page.locator("#found")).to_contain_text(f"of {COUNT} items.")
    assert page.locator(f"#{filter_}").input_value() and page.locator(f"#{filter_}").is_visible()
    if row.count() and filter_ in ("category", "gate", "kind"):
        assert shown(page).split()[0] == row.locator("td").last.inner_text()


@pytest.mark.parametrize("name", ["score", "seconds"])
def test_column_of_a_chart_shows_the_items_it_counts(usual: Path, open_page: Open, name: str) -> None:
    page = open_page(usual)
    columns = page.locator(f".chart a[href^='#{name}=']")
    titles = columns.evaluate_all(
        "(columns) => columns.map((column) => [column.getAttribute('href'), column.ariaLabel])"
    )
    counts = [int(title.rpartition(": ")[2].split()[0]) for _, title in titles]
    assert sum(counts) == page.evaluate(f"rows.filter((row) => row.{name} !== undefined).length") > 40
    for (address, _), count in zip(titles, counts, strict=True):
        page.evaluate("(address) => { location.hash = address }", address)
        expect(page.locator("#found")).to_have_text(f"{count} of {COUNT} items.")
    columns.first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#found")).to_have_text(f"{counts[0]} of {COUNT} items.")
    page.get_by_role("button", name="Remove the filter").click()
    expect(page.locator("#found")).to_have_text(f"{COUNT} items.")
    page.evaluate(f"location.hash = '{name}=odd'")
    expect(page.locator("#found")).to_have_text(f"{COUNT} items.")


def test_labels_of_time_axis_stand_at_their_times(usual: Path, open_page: Open) -> None:
    page = open_page(usual)
    chart = page.locator(".panel", has=page.get_by_role("heading", name="Time to verdict"))
    box = chart.locator(".axis").bounding_box()
    assert box is not None
    texts = chart.locator(".axis text").evaluate_all(
        "(texts) => texts.map((text) => [parseFloat(text.textContent), text.getBoundingClientRect()])"
    )
    middle = [(seconds, (place["x"] + place["width"] / 2 - box["x"]) / box["width"]) for seconds, place in texts[1:4]]
    assert [round(place, 2) for _, place in middle] == [0.25, 0.5, 0.75]
    assert middle[1][0] == 2 * middle[0][0] and middle[2][0] == 3 * middle[0][0]


def test_gallery_begins_in_the_first_window_of_a_telephone(usual: Path, open_page: Open) -> None:
    page = open_page(usual, width=390, height=844)
    expect(page.locator("#gallery-title")).to_be_in_viewport()
    expect(page.get_by_label("Search")).to_be_in_viewport()
    assert not page.get_by_label("Issue").is_visible() and not page.get_by_text("Time to verdict").is_visible()
    page.get_by_role("button", name="More filters").click()
    page.get_by_label("Issue").select_option(index=1)
    expect(page.locator("#found")).to_contain_text(f"of {COUNT} items.")
    page.get_by_role("button", name="Fewer filters").click()
    assert not page.get_by_label("Issue").is_visible()
    page.get_by_text("Charts and tables").click()
    expect(page.get_by_text("Time to verdict")).to_be_visible()
    page.set_viewport_size({"width": 1400, "height": 900})
    page.set_viewport_size({"width": 390, "height": 844})
    assert not page.get_by_text("Time to verdict").is_visible()
    page.set_viewport_size({"width": 1400, "height": 900})
    expect(page.get_by_text("Time to verdict")).to_be_visible()


def test_link_to_filtered_view_opens_at_the_gallery(usual: Path, open_page: Open) -> None:
    page = open_page(usual, "#verdict=rejected")
    expect(page.locator("#gallery-title")).to_be_in_viewport()
    assert page.evaluate("scrollY") > 0


def test_equal_items_come_in_order_of_their_names(report: Report, open_page: Open) -> None:
    names = ["photo-10.jpg", "photo-9.jpg", "b.jpg", "photo-2.jpg", "a.jpg"]
    same = body(1, random.Random(1), verdict=Verdict.REJECTED)
    written = report([item(name, Verdict.REJECTED, same) for name in names])
    for address in ("", "#order=score", "#order=-score", "#order=-seconds", "#order=name"):
        page = open_page(written, address)
        page.locator("#cards li").first.wait_for()
        assert cards(page) == ["a.jpg", "b.jpg", "photo-2.jpg", "photo-9.jpg", "photo-10.jpg"]


def test_small_picture_is_enlarged_with_its_pixels(report: Report, open_page: Open) -> None:
    with BytesIO() as file:
        Image.new("RGB", (32, 24), "red").save(file, "PNG")
        small = file.getvalue()
    items = list(usual_items(2))
    page = open_page(report(items, {items[0][0]: small, items[1][0]: sharp_picture()}), "#order=number")
    rendering = "(images) => images.map((image) => getComputedStyle(image).imageRendering)"
    page.wait_for_function(
        "[...document.querySelectorAll('#cards img')].filter((image) => image.complete).length === 2"
    )
    page.locator("#cards img.small").wait_for()
    assert page.locator("#cards img").evaluate_all(rendering) == ["pixelated", "auto"]
    page.locator(".card").first.click()
    page.locator("#details img.small").wait_for()


def test_changed_picture_is_not_shown(tmp_path: Path, open_page: Open) -> None:
    for number, name in enumerate(("a.png", "b.png", "c.png")):
        (tmp_path / name).write_bytes(sharp_picture(number))
    requests = [EvaluationRequest(tmp_path / name, "headshot", item_id=name) for name in ("a.png", "b.png", "c.png")]
    with Sandbox(evaluation_seconds=0).client() as client:
        list(client.evaluations.evaluate_many(requests, journal=tmp_path / "journal"))
    (tmp_path / "a.png").write_bytes(blurred_picture())
    (tmp_path / "b.png").unlink()
    page = open_page(write_report(tmp_path / "journal", tmp_path / "report.html").path)
    expect(page.get_by_text("1 image was changed after it was judged, so it is not shown.")).to_be_visible()
    pictures = page.locator("#cards .picture")
    expect(pictures).to_have_text(["changed since it was judged", "no local file found", ""])
    assert page.locator("#cards img").count() == 1
    page.locator(".card").first.click()
    expect(page.locator("#details")).to_contain_text("The file was changed after it was judged, so it is not shown.")
    assert page.get_by_role("link", name="Open the file").count() == 0
    page.keyboard.press("ArrowRight")
    expect(page.locator("#details")).to_contain_text("No local file was found that is what was judged.")


@pytest.mark.parametrize(
    ("order", "key"),
    [("score", 1), ("-score", -1)],
)
def test_order_by_score_puts_items_without_score_last(usual: Path, open_page: Open, order: str, key: int) -> None:
    page = open_page(usual, height=5000)
    page.get_by_label("Order").select_option(order)
    scores = [float(text) for text in page.locator("#cards .score").all_text_contents()]
    assert scores == sorted(scores, reverse=key < 0) and len(scores) > 40
    assert page.locator("#cards li").last.locator(".score").count() == 0


def test_first_order_begins_with_rejected_items(usual: Path, open_page: Open) -> None:
    page = open_page(usual, height=5000)
    chips = page.locator("#cards .chip").all_text_contents()
    kinds = list(dict.fromkeys(chips))
    assert kinds == ["rejected", "undecided", "not judged", "passed"]


def test_gallery_and_details_work_by_keyboard(usual: Path, open_page: Open) -> None:
    page = open_page(usual)
    names = cards(page)
    page.locator("#cards li").first.wait_for()
    page.keyboard.press("/")
    expect(page.get_by_label("Search")).to_be_focused()
    page.locator("#cards button[tabindex='0']").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page.locator("#details-title")).to_have_text(names[1])
    page.keyboard.press("ArrowRight")
    expect(page.locator("#details-title")).to_have_text(names[2])
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Escape")
    assert not page.locator("#details").is_visible()
    expect(page.locator("#cards button[tabindex='0']")).to_be_focused()
    assert page.evaluate("document.activeElement.querySelector('.name').title") == names[1]
    page.keyboard.press("End")
    assert page.evaluate("document.activeElement.parentElement.ariaPosInSet") == str(COUNT)
    expect(page.locator("#cards button[tabindex='0']")).to_be_in_viewport()


def test_gallery_of_thousands_holds_few_elements(report: Report, open_page: Open) -> None:
    page = open_page(report(usual_items(5_000)))
    expect(page.locator("#found")).to_have_text("5,000 items.")
    for part in (0.3, 0.7, 1.0):
        page.evaluate(f"scrollTo(0, document.documentElement.scrollHeight * {part})")
        page.wait_for_function(CARD_IN_WINDOW)
        assert 4 < page.locator("#cards li").count() < 120
    expect(page.locator("#cards li[aria-posinset='5000']")).to_be_in_viewport()
    page.get_by_label("Search").fill("photo-04711")
    expect(page.locator("#found")).to_have_text("1 of 5,000 items.")
    expect(page.locator(".card")).to_be_visible()


def test_thumbnails_are_shown_and_web_images_only_linked(usual: Path, open_page: Open) -> None:
    page = open_page(usual, "#order=number")
    page.locator("#cards li").first.wait_for()
    loaded = (
        "[...document.querySelectorAll('#cards img')].map((image) => image.decode().then(() => image.naturalWidth))"
    )
    assert all(width > 100 for width in page.evaluate(f"Promise.all({loaded})"))
    assert page.get_by_text("on the web, not loaded").count() > 0
    page.locator(".card").first.click()
    link = page.get_by_role("link", name="https://images.example.com")
    assert link.get_attribute("href") == "https://images.example.com/generated/0.png"
    assert link.get_attribute("rel") == "noopener noreferrer"
    assert "s3cr3t" not in page.content()


def test_link_opens_local_file(usual: Path, open_page: Open) -> None:
    page = open_page(usual, "#order=number", own=usual.parent.as_uri())
    page.locator(".card").first.click()
    with page.expect_popup() as opened:
        page.get_by_role("link", name="Open the file").click()
    opened.value.wait_for_load_state()
    assert opened.value.url.endswith("images/shoot-00/photo-00000.jpg")


def test_improved_prompt_is_copied_and_marks_what_is_new(usual: Path, open_page: Open) -> None:
    page = open_page(usual, "#verdict=rejected")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator(".card").first.click()
    new = page.locator("#details ins").inner_text()
    assert new.strip().endswith("natural hands with five fingers, eyes in sharp focus")
    page.get_by_role("button", name="Copy prompt").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == page.locator("#details .prompt").first.inner_text()


def test_print_shows_filtered_items_without_controls(usual: Path, open_page: Open) -> None:
    page = open_page(usual, "#verdict=rejected")
    expect(page.locator("#found")).to_contain_text(f"of {COUNT} items")
    page.evaluate("addEventListener('afterprint', () => { window.printed = true })")
    assert page.pdf().startswith(b"%PDF")
    page.wait_for_function("window.printed && !document.querySelector('.printed')")
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    rejected = int(shown(page).split()[0])
    assert page.locator(".printed").count() == rejected
    expect(page.locator(".printed").first).to_be_visible()
    assert not page.locator("#filters").is_visible() and not page.locator("#cards").is_visible()


def test_theme_button_overrides_theme_of_system(usual: Path, open_page: Open) -> None:
    page = open_page(usual, theme="light")
    colour = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(colour)
    page.locator("#theme").click()
    assert page.evaluate(colour) == light
    page.locator("#theme").click()
    assert page.evaluate(colour) != light
    page.locator("#theme").click()
    assert page.evaluate(colour) == light


def test_empty_batch_says_what_to_check(report: Report, open_page: Open, barriers: Callable[[Page], list[str]]) -> None:
    page = open_page(report([]))
    expect(page.get_by_text("No item has ended yet")).to_be_visible()
    assert page.locator("#gallery").count() == 0
    assert barriers(page) == []


def test_batch_of_failures_shows_reasons(
    report: Report, open_page: Open, barriers: Callable[[Page], list[str]]
) -> None:
    page = open_page(report(failed_items(3)), theme="dark")
    expect(page.locator(".card").first).to_contain_text("the image cannot be decoded")
    assert verdict(page, "passed").count() == 0
    assert barriers(page) == []


def test_browser_without_base64_of_arrays_shows_gallery(usual: Path, open_page: Open) -> None:
    page = open_page(usual, first="delete Uint8Array.fromBase64")
    expect(page.locator("#found")).to_have_text(f"{COUNT} items.")


def test_browser_too_old_for_gallery_shows_totals(usual: Path, open_page: Open) -> None:
    page = open_page(usual, first="delete window.DecompressionStream")
    expect(page.get_by_text("too old for the gallery")).to_be_visible()
    expect(page.get_by_role("heading", name="Pass rate")).to_be_visible()


def test_page_without_scripts_shows_totals(usual: Path, browser: Browser) -> None:
    page = browser.new_page(java_script_enabled=False)
    page.goto(usual.as_uri())
    expect(page.get_by_text("The gallery needs JavaScript.")).to_be_visible()
    expect(page.get_by_text("2 more items are in progress")).to_be_visible()
    assert not page.locator("#filters").is_visible() and not page.locator("#theme").is_visible()
    page.close()


def test_damaged_file_says_so(usual: Path, tmp_path: Path, open_page: Open) -> None:
    text = usual.read_text(encoding="utf-8")
    place = text.index('id="rows-0">') + 2_000
    damaged = tmp_path / "report.html"
    damaged.write_text(f"{text[:place]}AAAA{text[place + 4 :]}", encoding="utf-8")
    page = open_page(damaged)
    expect(page.locator("#found")).to_contain_text("This file is damaged")
