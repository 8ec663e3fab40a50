"""The kiosk's page in a real browser: by touch, by speech into the browser's microphone, left alone."""

import wave
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
import segno
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright

from tests.e2e.test_page import CHROMIUM, FLAGS, SECONDS
from tests.e2e.test_page import pytestmark as pytestmark
from tests.support import speech
from tests.support.processes import Stack

STANDING, LYING, PHONE = (1080, 1920), (1920, 1080), (390, 844)
MICROPHONE = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
Opener = Callable[..., Page]


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


@pytest.fixture
def kiosk(playwright: Playwright) -> Iterator[Opener]:
    """Opens the page: at a gateway, in a size, with what the microphone hears."""
    browsers: list[Browser] = []
    errors: list[str] = []

    def opener(at: Stack, size: tuple[int, int] = STANDING, sound: Path | None = None) -> Page:
        heard = [*MICROPHONE, f"--use-file-for-fake-audio-capture={sound}%noloop"] if sound else []
        browsers.append(playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, *heard]))
        context = browsers[-1].new_context(viewport={"width": size[0], "height": size[1]})
        page = context.new_page()
        page.set_default_timeout(SECONDS)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(at.settings.gateway_url + "/kiosk/")
        return page

    yield opener
    for browser in browsers:
        browser.close()
    assert errors == []


def enter(page: Page, name: str = "赵磊") -> None:
    page.locator(".person", has_text=name).click()
    expect(page.locator(".bubble").first).to_contain_text("机器", timeout=SECONDS)


def tap(page: Page, title: str) -> None:
    page.get_by_role("button", name=title, exact=True).last.click()


def sound_file(folder: Path, *sentences: str) -> Path:
    """What the microphone will hear from the moment it is opened."""
    pcm = speech.silence(0.6) + b"".join(speech.say(each) for each in sentences) + speech.silence(6)
    path = folder / "said.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(speech.RATE)
        file.writeframes(pcm)
    return path


class TestByTouch:
    def test_a_booking_while_nobody_listens(self, deaf: Stack, kiosk: Opener) -> None:
        page = kiosk(deaf)
        enter(page)
        tap(page, "我要挂号")
        page.locator(".tile", has_text="眼科").click()
        page.locator(".tile", has_text="后天").first.click()
        expect(page.locator(".card", has_text="选择号源")).to_be_visible()
        page.locator(".card", has_text="选择号源").locator(".tile").first.click()
        tap(page, "确认")
        expect(page.locator(".pay-code img")).to_be_visible()
        # Somebody tries to speak all the same: it is said, and the rest stays.
        page.locator("#talk").click()
        expect(page.locator("#caption")).to_contain_text("用手点")
        tap(page, "取消")
        expect(page.locator(".bubble").last).not_to_contain_text("用手点")

    @pytest.mark.parametrize(("size", "day"), [(STANDING, "明天上午"), (LYING, "明天下午")])
    def test_a_payment_is_scanned_and_the_page_knows_when_it_is_made(
        self, deaf: Stack, kiosk: Opener, size: tuple[int, int], day: str
    ) -> None:
        page = kiosk(deaf, size)
        shown: list[dict[str, Any]] = []

        def take(payload: str | bytes) -> None:
            if isinstance(payload, str):
                messages = orjson.loads(payload).get("messages") or []
                shown.extend(m["card"] for m in messages if m.get("card"))

        page.on("websocket", lambda socket: socket.on("framereceived", take))
        enter(page)
        tap(page, "打字")
        page.locator("#text").fill(f"我想挂{day}骨科的号")
        page.locator("#text").press("Enter")
        page.locator(".card", has_text="选择号源").locator(".tile").first.click()
        tap(page, "确认")
        code = page.locator(".pay-code img")
        expect(code).to_be_in_viewport(ratio=1)
        box = code.bounding_box()
        assert box and box["width"] >= 250 and abs(box["width"] - box["height"]) < 1
        payment = next(card for card in shown if card["type"] == "payment")
        # The patient's phone reads the address of this payment, and the public screen opens no page.
        assert payment["qr"] == segno.make(payment["url"], error="m", micro=False).svg_data_uri(
            scale=4, border=2
        )
        assert page.get_by_role("link", name="去支付").count() == 0
        httpx.post(payment["url"], json={}, timeout=10).raise_for_status()
        expect(page.locator(".settled")).to_have_text("已付款", timeout=SECONDS)
        expect(page.locator(".card", has_text="就诊凭证")).to_be_visible()
        assert code.count() == 0

    def test_a_payment_given_up_is_not_asked_for_any_more(self, deaf: Stack, kiosk: Opener) -> None:
        page = kiosk(deaf)
        enter(page)
        tap(page, "打字")
        page.locator("#text").fill("我想挂后天上午口腔科的号")
        page.locator("#text").press("Enter")
        page.locator(".card", has_text="选择号源").locator(".tile").first.click()
        tap(page, "确认")
        expect(page.locator(".pay-code img")).to_be_visible()
        tap(page, "算了不挂了")
        expect(page.locator(".settled")).to_contain_text("没有付款")
        assert page.locator(".pay-code").count() == 0

    @pytest.mark.parametrize("size", [STANDING, LYING, PHONE])
    def test_everything_fits(self, deaf: Stack, kiosk: Opener, size: tuple[int, int]) -> None:
        page = kiosk(deaf, size)
        enter(page, "张建国")
        tap(page, "查报告")
        page.locator("button.item").first.click()
        expect(page.locator("tr.high, tr.low").first).to_be_attached()
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
        talk = page.locator("#talk").bounding_box()
        assert talk and talk["y"] + talk["height"] <= size[1] and talk["height"] >= 60
        if size != PHONE:
            assert (
                page.evaluate("parseFloat(getComputedStyle(document.querySelector('.bubble')).fontSize)")
                >= 28
            )

    def test_places_are_numbered_as_they_are_said(self, deaf: Stack, kiosk: Opener) -> None:
        page = kiosk(deaf)
        enter(page)
        tap(page, "我要挂号")
        second = page.locator(".tile").nth(1)
        expect(second).to_be_visible()
        assert "counter(place)" in second.locator("b").evaluate(
            "b => getComputedStyle(b, '::before').content"
        )


class TestBySpeech:
    def test_it_hears_shows_and_answers(self, listening: Stack, kiosk: Opener, tmp_path: Path) -> None:
        page = kiosk(listening, sound=sound_file(tmp_path, "转人工"))
        enter(page)
        page.locator("#talk").click()
        expect(page.locator(".me .bubble").last).to_have_text("转人工", timeout=SECONDS)
        expect(page.locator("#caption")).to_contain_text("转人工")
        expect(page.locator(".bubble").last).to_contain_text("工作人员")
        expect(page.locator("#talk")).to_have_attribute("data-state", "idle")

    def test_held_and_let_go(self, listening: Stack, kiosk: Opener, tmp_path: Path) -> None:
        page = kiosk(listening, sound=sound_file(tmp_path, "转人工"))
        enter(page)
        page.locator("#talk").hover()
        page.mouse.down()
        expect(page.locator("#talk")).to_have_attribute("data-state", "listening")
        page.wait_for_timeout(2500)
        page.mouse.up()
        expect(page.locator(".me .bubble").last).to_have_text("转人工", timeout=SECONDS)

    def test_it_speaks_with_the_servers_voice_where_the_browser_has_none(
        self, listening: Stack, kiosk: Opener
    ) -> None:
        page = kiosk(listening)
        sounds: list[bytes] = []

        def hear(payload: str | bytes) -> None:
            if isinstance(payload, bytes):
                sounds.append(payload)

        page.on("websocket", lambda socket: socket.on("framereceived", hear))
        enter(page)
        assert page.evaluate("speechSynthesis.getVoices().filter(v => v.lang.startsWith('zh')).length") == 0
        tap(page, "转人工")
        expect(page.locator(".bubble").last).to_contain_text("工作人员")
        page.wait_for_timeout(1500)
        assert sum(map(len, sounds)) > 22_050
        tap(page, "朗读：开")
        page.wait_for_timeout(500)
        before = len(sounds)
        tap(page, "再说一遍")
        page.wait_for_timeout(1500)
        assert len(sounds) == before

    def test_without_a_microphone_it_says_so(self, listening: Stack, kiosk: Opener) -> None:
        page = kiosk(listening)
        enter(page)
        page.locator("#talk").click()
        expect(page.locator("#caption")).to_contain_text("麦克风")
        tap(page, "转人工")
        expect(page.locator(".bubble").last).to_contain_text("工作人员")


class TestPrivacy:
    def test_it_asks_and_then_shows_nothing_any_more(self, impatient: Stack, kiosk: Opener) -> None:
        page = kiosk(impatient)
        enter(page, "张建国")
        expect(page.get_by_role("alertdialog")).to_contain_text("您还在吗")
        expect(page.locator("#welcome")).to_be_visible()
        expect(page.locator("#problem")).to_contain_text("已清空")
        assert page.locator("#log").inner_html() == ""
        assert page.evaluate("sessionStorage.length + localStorage.length") == 0

    def test_still_here(self, impatient: Stack, kiosk: Opener) -> None:
        page = kiosk(impatient)
        enter(page)
        tap(page, "我还在")
        expect(page.get_by_role("alertdialog")).to_be_hidden()
        expect(page.locator(".bubble").first).to_be_visible()

    def test_the_end_is_the_end(self, deaf: Stack, kiosk: Opener) -> None:
        page = kiosk(deaf)
        enter(page, "张建国")
        tap(page, "结束")
        expect(page.locator("#welcome")).to_be_visible()
        assert page.locator("#log").inner_html() == ""

    def test_only_the_kiosk_may_open_the_microphone(self, deaf: Stack) -> None:
        def allowed(path: str) -> str:
            return httpx.get(deaf.settings.gateway_url + path, timeout=10).headers["permissions-policy"]

        assert "microphone=(self)" in allowed("/kiosk/")
        assert "microphone=()" in allowed("/") and "microphone=()" in allowed("/kiosk/kiosk.css")
