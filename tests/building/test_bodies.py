"""More than may come in is refused while it comes, before it is kept anywhere (UPL-02)."""

import io
import tracemalloc

import pytest

from tests.builders import Browser, Cabinet
from tests.documents import builders

MEBIBYTE = 1024 * 1024
MOST = 2 * MEBIBYTE
BORDER = "ranh-gioi"
MULTIPART = f"multipart/form-data; boundary={BORDER}"
HEAD = (
    f'--{BORDER}\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n'.encode()
)

PART = f'--{BORDER}\r\nContent-Disposition: form-data; name="a"\r\n\r\n%d\r\n'.encode()


class Endless:
    """A body of which more comes as long as somebody reads; how much was read is told."""

    def __init__(self, again: bytes, head: bytes = HEAD, most: int = 1 << 40) -> None:
        self._left, self._again, self._most = head, again, most
        self.taken = 0

    def read(self, size: int) -> bytes:
        if self.taken >= self._most:
            return b""
        while len(self._left) < size:
            self._left += self._again
        read, self._left = self._left[:size], self._left[size:]
        self.taken += len(read)
        return read


@pytest.fixture
def sender(cabinet: Cabinet, monkeypatch: pytest.MonkeyPatch) -> "Sender":
    monkeypatch.setitem(cabinet.app.config, "MAX_CONTENT_LENGTH", MOST)
    return Sender(cabinet.browser("thuky"), builders.dossier(cabinet))


class Sender:
    def __init__(self, browser: Browser, dossier: int) -> None:
        self.browser, self.path = browser, f"/dossiers/{dossier}/papers"
        self.headers = {"X-CSRF-Token": browser.token(), "Accept": "application/json"}

    def sends(self, body: Endless, length: int | None) -> tuple[int, str]:
        told = {"CONTENT_LENGTH": str(length)}
        if length is None:
            told = {"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}
        said = {"CONTENT_TYPE": MULTIPART, "wsgi.input": body} | told
        answer = self.browser.client.post(self.path, headers=self.headers, environ_overrides=said)
        return answer.status_code, (answer.json or {}).get("code", "")


def test_what_says_that_it_is_too_large_is_not_read(sender: Sender) -> None:
    body = Endless(b"a" * 65_536)
    assert sender.sends(body, 2 << 30) == (413, "too_large")
    assert body.taken == 0


def test_what_never_ends_is_read_no_further_than_may_come_in(sender: Sender) -> None:
    body = Endless(b"a" * 65_536)
    tracemalloc.start()
    try:
        assert sender.sends(body, None) == (413, "too_large")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert MOST <= body.taken <= MOST + 2 * MEBIBYTE
    assert peak < 50 * MEBIBYTE


def test_a_hundred_thousand_parts_are_not_taken_apart(sender: Sender) -> None:
    part = PART % 1
    body = Endless(part * 1_000, head=b"", most=100_000 * len(part))
    assert sender.sends(body, None) == (413, "too_large")
    assert body.taken <= MEBIBYTE


def test_a_file_of_line_ends_costs_what_any_costs(sender: Sender) -> None:
    """Werkzeug's CVE-2023-46136 took the square of its length: here it would run into the limit of
    every test."""
    body = io.BytesIO(HEAD + b"\r" * (MOST - 1_000) + f"\r\n--{BORDER}--\r\n".encode())
    answer = sender.browser.client.post(
        sender.path, headers=sender.headers, input_stream=body, content_type=MULTIPART,
        content_length=body.getbuffer().nbytes,
    )  # fmt: skip
    assert (answer.status_code, answer.json["code"]) == (400, "bad_input")


@pytest.mark.parametrize(("parts", "status"), [(99, 400), (101, 413)])
def test_a_form_has_at_most_a_hundred_parts(sender: Sender, parts: int, status: int) -> None:
    answer = sender.browser.client.post(
        sender.path, headers=sender.headers, content_type=MULTIPART,
        data=b"".join(PART % number for number in range(parts)) + f"--{BORDER}--\r\n".encode(),
    )  # fmt: skip
    assert answer.status_code == status
