"""What of a text is looked up, and what a query asks for."""

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import PIPE
from typing import Any
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecabinet import search, search_terms
from ecabinet.search_terms import All, Either, Wanted

ROOT = Path(__file__).parent.parent.parent
DECREE = "Căn cứ Nghị định số 39/2022/NĐ-CP ngày 18 tháng 6 năm 2022 của Chính phủ"

SOME = "nd 39 2022 so nam nghi dinh cp ubnd qh14 uy ban nhan dan x"


Holds = Callable[[str, str], bool]
Ask = Callable[..., Any]
# What a device asks by itself of the papers that it keeps, or of the one that is read, a line for
# each question.
DEVICE = """
const { finder, everywhere } = await import(process.argv[1]);
const lines = (await import('node:readline')).createInterface({ input: process.stdin });
for await (const line of lines) {
  const [text, query, isRead] = JSON.parse(line);
  const words = (place) => text.slice(place.at, place.end);
  const place = isRead ? null : finder(query)?.(text);
  const found = isRead ? everywhere(query)?.(text).map(words) : place && words(place);
  console.log(JSON.stringify(found ?? null));
}
"""


def holds_here(text: str, query: str) -> bool:
    asked = search_terms.asked(query)
    assert asked
    return _holds(search_terms.terms_of(text), asked.wanted)


@pytest.fixture(scope="module")
def lit_by_device(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ask]:
    made = tmp_path_factory.mktemp("query") / "query.mjs"
    esbuild = [str(ROOT / "node_modules/.bin/esbuild"), str(ROOT / "frontend/vault/query.ts")]
    options = ["--bundle", "--format=esm", f"--outfile={made}", "--log-level=error"]
    subprocess.run([*esbuild, *options], check=True)
    script = ["node", "--input-type=module", "-e", DEVICE, made.as_uri()]
    with subprocess.Popen(script, stdin=PIPE, stdout=PIPE, text=True) as device:
        asks, answers = device.stdin, device.stdout
        assert asks
        assert answers

        def ask(text: str, query: str, is_read: bool = False) -> Any:
            print(json.dumps([text, query, is_read]), file=asks, flush=True)
            return json.loads(answers.readline())

        yield ask
        asks.close()


@pytest.fixture(params=["server", "device"])
def holds(request: pytest.FixtureRequest) -> Holds:
    """One rule, in two places: the server's search, and a device's without a line."""
    if request.param == "server":
        return holds_here
    ask = request.getfixturevalue("lit_by_device")
    return lambda text, query: ask(text, query) is not None


def _holds(terms: set[str], wanted: Wanted) -> bool:
    if isinstance(wanted, All):
        return all(_holds(terms, each) for each in wanted.parts)
    if isinstance(wanted, Either):
        return any(_holds(terms, each) for each in wanted.parts)
    return wanted in terms


@pytest.mark.parametrize(
    "query",
    [
        "39/2022/NĐ-CP", "39/2022/nd-cp", "nđ 39 2022", "nd 39/2022", "ND 39 2022",
        "nghị định 39", "Nghị định số 39", "nghi dinh so 39 nam 2022", "39/2022", "39 2022 nd cp",
        "số 39/2022/NĐ-CP của Chính phủ", "nđ39/2022", "NĐ39", "nd39", "39/2022/nđcp",
        "ndcp 39 2022", "39/2022/NÐ-CP",
    ],
)  # fmt: skip
def test_a_document_is_found_by_its_number_in_any_spelling(holds: Holds, query: str) -> None:
    assert holds(DECREE, query)
    assert not holds(DECREE.replace("39/", "139/"), query)


@pytest.mark.parametrize(
    ("written", "query"),
    [
        ("Tờ trình số 45 /TTr- BXD ngày 2/3", "45/TTr-BXD"),
        ("Tờ trình số 45/TTr-BXD", "tờ trình 45 BXD"),
        ("Luật số 59/2020/QH14", "59/2020/QH14"),
        ("Luật số 59/2020/QH14", "QH14 59"),
        ("Quyết định 33/QĐ-TTg", "qd 33 ttg"),
        ("Quyết định 33/QĐ-TTg", "quyết định số 33"),
        ("Quyết định 33/QĐ-TTg", "33 qđttg"),
        ("Nghị quyết số 18-NQ/TW", "18-NQ/TW"),
        ("Nghị quyết số 18-NQ/TW", "nghị quyết 18"),
        ("Nghị quyết số 18-NQ/TW", "NQ18"),
        ("Nghị quyết số 18-NQ/TW", "nq 18 tw"),
        ("Kết luận số 49-KL/TW", "kl 49"),
        ("Nghị định số 39/2022/NÐ-CP", "nđ 39 2022"),
    ],
)
def test_numbers_of_every_kind_of_document_are_known(
    holds: Holds, written: str, query: str
) -> None:
    assert holds(written, query)


@pytest.mark.parametrize("query", ["nd 39 2023", "qd 39 2022", "nghị quyết 39", "nd 2022 93"])
def test_another_documents_number_is_not_found(holds: Holds, query: str) -> None:
    assert not holds(DECREE, query)


@pytest.mark.parametrize(
    ("written", "query"),
    [
        ("Ủy ban nhân dân tỉnh Kon Tum", "UBND tỉnh Kon Tum"),
        ("UBND tỉnh Kon Tum", "uỷ ban nhân dân tỉnh Kon Tum"),
        ("UBND tỉnh Kon Tum", "UBND tỉnh"),
        ("ngân sách nhà nước năm 2026", "NSNN năm 2026"),
        ("NSTW", "ngân sách trung ương"),
        ("Quy hoạch các khu công nghiệp", "KCN"),
    ],
)
def test_what_is_written_short_finds_what_is_written_out_and_the_other_way(
    holds: Holds, written: str, query: str
) -> None:
    assert holds(written, query)
    assert not holds("hội đồng thành viên", query)


@pytest.fixture
def lit_in_reader(lit_by_device: Ask) -> Callable[[str, str], list[str] | None]:
    """What is lit on a page that is read, whose marks PDF.js gives apart from their letters."""

    def ask(text: str, query: str) -> list[str] | None:
        found = lit_by_device(normalize("NFD", text), query, True)
        return None if found is None else [normalize("NFC", each) for each in found]

    return ask


@pytest.mark.parametrize("query", ["dau tu", "DAU TU", "đau tu", "đầu tư", "Đầu  Tư", "dâu tư"])
def test_words_on_an_open_page_are_found_with_marks_or_none_and_d_for_d_with_stroke(
    lit_in_reader: Callable[[str, str], list[str] | None], query: str
) -> None:
    page = "Vốn ĐẦU TƯ công; chủ đầu\ntư, nhà đầu tư. Đau tủi, đấu tường, mẫu đầu."
    assert lit_in_reader(page, query) == ["ĐẦU TƯ", "đầu\ntư", "đầu tư"]


def test_what_the_search_found_is_lit_on_the_page_to_which_it_leads(
    lit_in_reader: Callable[[str, str], list[str] | None],
) -> None:
    assert lit_in_reader(f"{DECREE}. {DECREE}", "nd 39 2022") == ["39/2022/NĐ-CP"] * 2
    assert lit_in_reader("Giao UBND tỉnh, Ủy ban nhân dân xã", "ủy ban nhân dân") == [
        "UBND", "Ủy ban nhân dân",
    ]  # fmt: skip
    # Together where they stand together, and else each by itself.
    assert lit_in_reader("UBND tỉnh; tỉnh ủy", "ubnd tinh") == ["UBND tỉnh"]
    assert lit_in_reader("tỉnh ủy; UBND xã", "ubnd tinh") == ["tỉnh", "UBND"]
    assert lit_in_reader("tỉnh ủy", "ubnd tinh") == []
    # Signs alone are no words: PDF.js looks for them.
    assert lit_in_reader("a - / - b", "- / -") is None


def test_a_device_lights_what_it_found_and_takes_marks_at_their_word(lit_by_device: Ask) -> None:
    assert lit_by_device(DECREE, "nd 39 2022") == "39/2022/NĐ-CP"
    assert lit_by_device("Giao UBND các tỉnh", "ủy ban nhân dân") == "UBND"
    assert lit_by_device("Cơ chế phối hợp Liên  vùng", "lien vung") == "Liên  vùng"
    assert lit_by_device("Cơ chế phối hợp liên vùng", "liện vùng") is None
    assert lit_by_device(DECREE, "nd 39 2022 của Quốc hội") is None
    assert lit_by_device(DECREE, "- / -") is None
    assert lit_by_device("bàn lan man", "an") is None


def test_a_number_alone_and_a_year_alone_are_words() -> None:
    assert search_terms.asked("2022") == search_terms.Asked("2022", (("2022",),))
    assert search_terms.asked("39") == search_terms.Asked("39", (("39",),))


@pytest.mark.parametrize("query", ["", "  ", "%", "_ _", "- / -"])
def test_no_word_asks_for_nothing(query: str) -> None:
    assert search_terms.asked(query) is None


@given(st.text())
def test_folding_keeps_every_place(text: str) -> None:
    tidy = search_terms.tidy(text)
    assert len(search_terms.fold(tidy)) == len(tidy)


def test_a_letter_is_folded_alike_whatever_stands_beside_it() -> None:
    for letter in search_terms.COMMON:
        assert search_terms.fold(letter) == search_terms.fold(f"{letter}漢")[0]
    assert search_terms.fold("ĐƯỜNG Ỷ ẵm") == "duong y am"


def test_only_whole_words_are_lit() -> None:
    pieces = search.snippet("Quản lý an ninh, không bàn an", [("an",), ("ninh",)])
    assert [each.text for each in pieces if each.lit] == ["an", "an"]
    assert "".join(each.text for each in pieces) == "Quản lý an ninh, không bàn an"


@given(st.text())
def test_no_term_can_be_taken_for_an_operator(text: str) -> None:
    asked = search_terms.asked(text)
    terms = search_terms.terms_of(text)
    assert all(not set(each) & set("\"'()&|!:*<>\\ -^+") for each in terms)
    if asked:
        assert _holds(terms, asked.wanted), "a text is found by itself"


@given(
    st.lists(
        st.sampled_from(
            [
                "nd",
                "39",
                "2022",
                "so",
                "nam",
                "nghi",
                "dinh",
                "cp",
                "ubnd",
                "qh14",
                "uy",
                "ban",
                "nhan",
                "dan",
                "x",
            ]
        )
    )
)
def test_a_text_is_found_by_its_own_words(words: list[str]) -> None:
    text = " ".join(words)
    asked = search_terms.asked(text)
    assert (asked is None) == (not words)
    assert asked is None or _holds(search_terms.terms_of(text), asked.wanted)
