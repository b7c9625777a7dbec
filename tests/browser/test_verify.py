"""A receipt is checked on the public page, without an account, and nothing of it is sent."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from playwright.sync_api import expect

from ecabinet import ledger, web
from ecabinet.db import reading
from tests.browser.person import PHONE, browser
from tests.builders import Cabinet
from tests.server import serving_demo
from tests.signing import vectors

pytestmark = pytest.mark.browser


def test_anybody_checks_a_receipt_without_sending_it(cabinet: Cabinet, tmp_path: Path) -> None:
    vectors.receipts()
    with reading() as db:
        proof = ledger.proof(db, 5)
        later = ledger.verifier_key(ledger.origin(db), Ed25519PrivateKey.generate())
    sound = f"{proof.receipt}\n{proof.envelope}\n{proof.log_key}"
    (tmp_path / "receipt.txt").write_text(sound)
    with serving_demo(tmp_path / "var") as server, browser() as chromium:
        width, height = PHONE
        context = chromium.new_context(viewport={"width": width, "height": height})
        page = context.new_page()
        page.goto(f"{server.url}/verify", wait_until="networkidle")
        sent: list[str] = []
        page.on("request", lambda request: sent.append(request.url))
        press = page.get_by_role("button", name="Kiểm trên máy này")
        said = page.locator("[data-check-receipt] [role=status]")
        press.click()
        expect(said).to_contain_text("Chưa có biên nhận")
        page.get_by_label("Biên nhận", exact=True).fill(sound)
        press.click()
        expect(said).to_contain_text("Biên nhận của sổ khác")
        page.get_by_label("Khóa của sổ").fill(proof.log_key)
        expect(said).to_have_text("", use_inner_text=True)
        press.click()
        expect(said).to_contain_text("Biên nhận đúng")
        expect(page.locator("[data-said=position]")).to_have_text("5")
        # One that gave way to the next stands behind it, with the last line that it signs.
        for until, told in ((5, "Biên nhận đúng"), (4, "khóa này không ký biên nhận")):
            page.get_by_label("Khóa của sổ").fill(f"{later}\n{proof.log_key} {until}\n")
            press.click()
            expect(said).to_contain_text(told)
        page.get_by_label("Khóa của sổ").fill(proof.log_key)
        page.get_by_label("Biên nhận", exact=True).fill(
            sound.replace('"position":5', '"position":6')
        )
        press.click()
        expect(said).to_contain_text("Chứng minh không dẫn đến gốc của sổ")
        page.get_by_label("Hoặc tệp biên nhận").set_input_files(tmp_path / "receipt.txt")
        expect(said).to_contain_text("Biên nhận đúng")
        assert [each for each in sent if "/static/fonts/" not in each] == []
        # As its QR code opens it: the receipt stands behind the #, and in no history.
        page.goto("about:blank")
        page.goto(f"{server.url}/verify#r={web.carried(sound)}", wait_until="networkidle")
        expect(page.get_by_label("Biên nhận", exact=True)).to_have_value(sound)
        expect(said).to_contain_text("Biên nhận của sổ khác")
        assert page.url == f"{server.url}/verify"
        assert not [each for each in sent if web.carried(sound)[:20] in each]
        page.goto(f"{server.url}/verify#r={web.carried(sound)[:99]}")
        expect(said).to_contain_text("Không đọc được")
        # The link past the head of the page is no receipt.
        page.get_by_label("Biên nhận", exact=True).fill(sound)
        page.evaluate("location.hash = '#main'")
        expect(page.get_by_label("Biên nhận", exact=True)).to_have_value(sound)
        bare = chromium.new_context(java_script_enabled=False).new_page()
        bare.goto(f"{server.url}/verify")
        expect(bare.get_by_text("python verifier.py --receipt").first).to_be_visible()
        expect(bare.locator("[data-check-receipt]")).to_be_hidden()
