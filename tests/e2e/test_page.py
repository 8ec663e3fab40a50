"""The chat page in a real browser, on a phone's width: a booking with the finger."""

import json
import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.support.processes import Stack

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
PHONE = {"width": 390, "height": 844}
SECONDS = 20_000

pytestmark = pytest.mark.skipif(
    not CHROMIUM and not os.environ.get("MENZHEN_REQUIRE_SERVICES"),
    reason="chromium is not installed (Debian: apt-get install chromium)",
)


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture
def page(browser, town: Stack) -> Iterator[Page]:  # type: ignore[no-untyped-def]
    context = browser.new_context(viewport=PHONE)
    opened = context.new_page()
    opened.set_default_timeout(SECONDS)
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    opened.goto(town.settings.gateway_url)
    yield opened
    context.close()
    assert errors == []


def log_in(page: Page, name: str) -> None:
    page.locator(".person", has_text=name).click()
    expect(page.locator(".bubble").first).to_contain_text("机器", timeout=SECONDS)


def say(page: Page, text: str) -> None:
    page.locator("#text").fill(text)
    page.get_by_role("button", name="发送").click()
    expect(page.locator(".typing")).to_have_count(0, timeout=SECONDS)


def test_a_booking_from_log_in_to_voucher(page: Page) -> None:
    log_in(page, "赵磊")
    say(page, "我想挂后天上午耳鼻喉科的号")
    page.locator(".tile").first.click()
    page.get_by_role("button", name="确认", exact=True).click()
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="去支付").click()
    cashier = opened.value
    cashier.get_by_role("button", name="确认支付").click()
    expect(cashier.locator("body")).to_contain_text("支付成功")
    cashier.close()
    expect(page.locator(".card", has_text="就诊凭证")).to_contain_text("耳鼻咽喉科", timeout=SECONDS)
    expect(page.locator(".card img[alt=取号二维码]")).to_be_visible()


def test_nothing_is_wider_than_the_phone(page: Page) -> None:
    log_in(page, "张建国")
    say(page, "我的报告出来了吗")
    page.locator(".item").first.click()
    expect(page.locator("tr.high, tr.low").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.get_by_role("button", name="长辈版").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)") >= 22


def test_a_reload_keeps_the_conversation(page: Page) -> None:
    log_in(page, "张建国")
    say(page, "停车场在哪")
    expect(page.locator(".bubble").last).to_be_visible()
    page.reload()
    expect(page.locator(".me .bubble")).to_contain_text("停车场在哪")
    say(page, "你能做什么")
    expect(page.locator(".row").last).to_contain_text("挂号")


def test_markup_in_a_message_stays_text(page: Page) -> None:
    log_in(page, "张建国")
    say(page, "<img src=x onerror=\"document.title='owned'\">你好")
    assert page.title() == "门诊通"
    expect(page.locator(".me .bubble").last).to_contain_text("<img")


def test_a_wrong_password_is_said(page: Page) -> None:
    page.get_by_label("用户名").fill("yuanzhang")
    page.get_by_label("密码").fill("wrong")
    page.locator("#staff button").click()
    expect(page.get_by_role("alert")).to_contain_text("密码不对")


def test_a_managers_chart(page: Page, town: Stack) -> None:
    password = json.loads((town.data_dir / "demo-accounts.json").read_text())["yuanzhang"]
    page.get_by_label("用户名").fill("yuanzhang")
    page.get_by_label("密码").fill(password)
    page.locator("#staff button").click()
    say(page, "上周候诊最长的五个科室")
    expect(page.locator("svg.chart")).to_be_visible()
    expect(page.locator(".card table tbody tr")).to_have_count(5)
