"""SMS by a gateway over HTTP: filled templates, parts of seventy letters, verified TLS."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecabinet.deliveries import Undelivered
from exchange import rules
from exchange.senders import Sms
from tests.exchange.builders import PHONE, Gateway, certificate, gateway, letter


@pytest.fixture
def server() -> Iterator[Gateway]:
    with gateway() as server:
        yield server


def test_an_sms_is_posted_in_parts_that_one_sms_holds(server: Gateway) -> None:
    Sms(server.settings(base_url="https://cabinet.example")).send(letter(address=PHONE))
    texts = [each["text"] for each in server.bodies]
    assert len(texts) > 1
    assert all(len(each) <= 70 for each in texts)
    assert texts[0].startswith(f"(1/{len(texts)}) e-Cabinet: Có phiếu lấy ý kiến")
    assert texts[-1].endswith("https://cabinet.example/inbox/7")
    assert {each["to"] for each in server.bodies} == {PHONE}
    # Each part has its own key, the same on every attempt.
    assert [each["id"] for each in server.bodies] == [f"{'k' * 32}-{n}" for n in (1, 2)]


def test_without_accents_it_is_one_sms(server: Gateway) -> None:
    Sms(server.settings(sms_accents=False)).send(letter(address=PHONE))
    (body,) = server.bodies
    assert body["text"].startswith("e-Cabinet: Co phieu lay y kien cho Ong/Ba tra loi.")
    assert set(body["text"]) <= rules.PLAIN


def test_templates_are_filled_without_changing_their_shape(server: Gateway) -> None:
    settings = server.settings(
        sms_body={"m": [{"phone": "{to}", "content": "{text}"}], "brand": "VPCP", "n": 1},
        sms_headers={"Authorization": "Bearer {secret}"},
        sms_secret="bi-mat",
        sms_accents=False,
    )
    strange = 'a"},{"phone":"{secret}'
    Sms(settings).send(letter(address=strange))
    (body,) = server.bodies
    assert body["m"][0]["phone"] == strange
    assert body["brand"] == "VPCP"
    assert body["n"] == 1
    assert server.headers[0]["Authorization"] == "Bearer bi-mat"
    assert "bi-mat" not in repr(settings)


def test_a_gateway_that_wants_a_form_gets_one(server: Gateway) -> None:
    settings = server.settings(
        sms_form=True, sms_body={"phone": "{to}", "sms": "{text}"}, sms_accents=False
    )
    Sms(settings).send(letter(address=PHONE))
    assert parse_qs(server.bodies[0])["phone"] == [PHONE]
    assert server.headers[0]["Content-Type"] == "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ((500, '{"code": "0"}'), "sms-500"),
        ((302, '{"code": "0"}'), "sms-302"),
        ((200, '{"code": "99"}'), "sms-200"),
    ],
)
def test_only_what_the_gateway_says_it_took_is_taken(
    server: Gateway, answer: tuple[int, str], code: str
) -> None:
    sender = Sms(server.settings(sms_accepted='"code": "0"', sms_accents=False))
    assert sender.send(letter(address=PHONE)) == '{"code": "0"}'
    server.answers = [answer]
    with pytest.raises(Undelivered) as refused:
        sender.send(letter(address=PHONE))
    assert (refused.value.code, refused.value.for_good) == (code, False)


def test_a_gateway_is_verified(tmp_path: Path) -> None:
    known, stranger = certificate(tmp_path), certificate(tmp_path, "elsewhere.example")
    for server_has, client_trusts, is_taken in (
        (known, known.pem, True), (known, "", False), (stranger, stranger.pem, False),
    ):  # fmt: skip
        with gateway(server_has.context) as server:
            settings = server.settings(
                sms_url=f"https://localhost:{server.port}/", sms_ca=client_trusts,
                sms_accents=False,
            )  # fmt: skip
            if is_taken:
                Sms(settings).send(letter(address=PHONE))
                assert len(server.bodies) == 1
            else:
                with pytest.raises(Undelivered, match="tls"):
                    Sms(settings).send(letter(address=PHONE))
                assert server.bodies == []


# ---- parts ----

WORDS = st.lists(st.text("aăâđêôơưABC019.:/", min_size=1, max_size=60), min_size=1, max_size=40)


@given(WORDS)
def test_parts_hold_every_word_once_and_in_order(words: list[str]) -> None:
    text = " ".join(words)
    made = rules.parts(text)
    bare = [each.split(") ", 1)[1] for each in made] if len(made) > 1 else made
    assert " ".join(bare).split() == text.split()
    most = 160 if set(text) <= rules.PLAIN else 70
    assert all(len(each) <= most for each in made if len(made) < 10)


@pytest.mark.parametrize(("letter", "most"), [("ă", 70), ("a", 160)])
def test_one_holds_seventy_letters_and_without_accents_a_hundred_and_sixty(
    letter: str, most: int
) -> None:
    whole = (f"{letter * 9} " * (most // 10))[:-1] + letter
    assert rules.parts(whole) == [whole]
    made = rules.parts(whole + letter)
    assert [len(each) <= most for each in made] == [True, True]


def test_an_address_is_never_cut() -> None:
    link = "https://cabinet.example/" + "x" * 80
    made = rules.parts(f"Có thông báo mới. {link}")
    assert made == ["(1/2) Có thông báo mới.", f"(2/2) {link}"]


def test_accents_are_taken_off_and_nothing_else() -> None:
    assert rules.unaccented("Đã nhận phiếu, đường số 9") == "Da nhan phieu, duong so 9"
