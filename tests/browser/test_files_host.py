"""A browser where files have a host of their own: it reads here, takes away from there (UPL-05)."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from ecabinet import web
from tests.browser.person import TABLET, browser
from tests.builders import Cabinet, cookie_of
from tests.conftest import House, Scenes, a_cabinet
from tests.documents import builders
from tests.server import free_port
from tests.wire.builders import serving

pytestmark = pytest.mark.browser

READER = "botruong.yte"


def test_a_paper_is_read_here_and_downloaded_from_the_files_host(
    tmp_path: Path, scenes: Scenes, monkeypatch: pytest.MonkeyPatch
) -> None:
    port, begun = free_port(), scenes.of(a_cabinet)
    house, files = House(tmp_path, f"http://localhost:{port}"), f"http://tep.localhost:{port}"
    with house.lent(begun.database, begun.files), serving(house.app, port) as served:
        settings = web.settings().model_copy(update={"files_url": files})
        monkeypatch.setattr(web, "_settings", settings)
        monkeypatch.setitem(house.app.config, "TRUSTED_HOSTS", list(settings.hosts))
        cabinet = Cabinet(house.app)
        dossier = builders.dossier(cabinet, builders.pdf(3))
        builders.hand_out(cabinet, dossier, [READER])
        (paper,) = builders.papers(dossier)
        with browser() as chromium:
            context = chromium.new_context(viewport={"width": TABLET[0], "height": TABLET[1]})
            secret = cookie_of(cabinet.browser(READER))
            context.add_cookies([{"name": "ecabinet", "value": secret, "url": served.url}])
            page, asked, wrong = context.new_page(), list[str](), list[str]()
            page.on("request", lambda request: asked.append(request.url))
            page.on("pageerror", lambda fault: wrong.append(str(fault)))
            page.on("console", lambda said: said.type == "error" and wrong.append(said.text))
            page.goto(f"{served.url}/papers/{paper.id}")
            expect(page.locator(".textLayer").first).to_contain_text("Dieu 1")
            assert [each for each in asked if each.startswith(files)] == []
            page.keyboard.press("Control+p")
            with page.expect_download() as taken:
                page.get_by_role("link", name="Tải tệp PDF").click()
            assert taken.value.url.startswith(f"{files}/editions/{paper.edition_id}/copy.pdf?")
            assert Path(taken.value.path()).read_bytes().startswith(b"%PDF-")
            assert context.cookies(files) == []
            expect(page.locator(".textLayer").first).to_be_visible()
            assert wrong == []
