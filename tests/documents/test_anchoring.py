"""Notes are carried over to a new edition, by what its pages say; pure."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents.anchoring import SURE, TRAY, Anchor, Found, Place, anchored, carry

ONE = "Điều 1. Mục tiêu. Bảo đảm đủ nước sinh hoạt cho người dân các tỉnh ven biển."
TWO = (
    "Điều 2. Cơ quan điều phối. Thành lập Ban điều phối liên vùng do một Phó Thủ tướng Chính phủ"
    " làm Trưởng ban; các bộ cử thành viên trong thời hạn 15 ngày."
)
THREE = "Điều 3. Nguồn lực. Ngân sách trung ương bố trí kinh phí đầu tư các công trình."
OLD = [ONE, TWO, THREE]
WORDS = Anchor(
    2, "Thành lập Ban điều phối liên vùng", "Cơ quan điều phối. ", " do một Phó Thủ tướng"
)


def now(anchor: Anchor, *new: str, old: list[str] = OLD) -> Place:
    (place,) = carry([anchor], old, new)
    return place


def test_words_that_stand_where_they_stood_are_found_there():
    assert now(WORDS, *OLD) == Place(Found.SAME_PAGE, 2, 100, WORDS.quote)


def test_words_whose_page_has_moved_go_with_it():
    place = now(WORDS, ONE, "Một trang mới chen vào giữa.", TWO, THREE)
    assert (place.found, place.page, place.is_sure) == (Found.SAME_PAGE, 3, True)


def test_words_that_were_moved_to_another_page_are_found_there():
    moved = TWO.replace("Thành lập Ban điều phối liên vùng", "Giao Bộ chủ trì")
    place = now(WORDS, ONE, moved, f"{THREE} Thành lập Ban điều phối liên vùng.")
    assert (place.found, place.page, place.is_sure) == (Found.ELSEWHERE, 3, True)


def test_how_letters_are_composed_and_lines_are_broken_changes_nothing():
    apart = unicodedata.normalize("NFD", TWO.replace("Ban điều phối", "Ban\r\nđiều phối"))
    assert apart != TWO
    assert now(WORDS, ONE, apart, THREE).score == 100
    divided = TWO.replace("phối liên", "phối\u00ad liên")
    assert now(WORDS, ONE, divided, THREE).score == 100


def test_of_the_same_words_twice_those_in_their_old_company_are_meant():
    again = f"Thành lập Ban điều phối liên vùng khác hẳn. {TWO}"
    place = now(WORDS, ONE, again, THREE)
    assert (place.page, place.nth, place.is_sure) == (2, 1, True)
    other = TWO.replace("do một Phó Thủ tướng Chính phủ", "khác hẳn").replace("Cơ quan điều", "Các")
    company = "Cơ quan điều phối. Thành lập Ban điều phối liên vùng do một Phó Thủ tướng Chính phủ."
    elsewhere = now(WORDS, ONE, other, f"{THREE} {company}")
    assert (elsewhere.found, elsewhere.page, elsewhere.is_sure) == (Found.ELSEWHERE, 3, True)


def test_the_same_words_in_new_company_only_are_asked_about():
    place = now(
        Anchor(2, "15 ngày", "hạn ", "."), ONE, "Sau 15 ngày làm việc, trong 15 ngày", THREE
    )
    assert (place.found, place.page, place.is_sure) == (Found.SAME_PAGE, 2, False)


def test_words_that_were_changed_are_found_as_they_read_now_and_asked_about():
    changed = TWO.replace("một Phó Thủ tướng Chính phủ", "Thủ tướng Chính phủ")
    anchor = Anchor(2, "do một Phó Thủ tướng Chính phủ làm Trưởng ban", "liên vùng ", "; các bộ")
    place = now(anchor, ONE, changed, THREE)
    assert (place.found, place.page, place.is_sure) == (Found.SAME_PAGE, 2, False)
    assert place.quote == "do Thủ tướng Chính phủ làm Trưởng ban"
    assert 0 < place.score < SURE


REPORT = "Điều 4. Các bộ theo dõi, giám sát số lượng người hưởng chính sách, báo cáo hằng quý."


@pytest.mark.parametrize(
    ("lit", "suffix", "now_reads", "shown"),
    [
        # What stood after them says where they end.
        (
            "giám sát số lượng người",
            " hưởng chính sách, báo cáo hằng",
            REPORT.replace("số lượng người", "số liệu"),
            "giám sát số liệu",
        ),
        (
            "giám sát số lượng người",
            " hưởng chính sách",
            REPORT.replace("lượng người", "liệu và danh sách người"),
            "giám sát số liệu và danh sách người",
        ),
        # Else their clause does.
        (
            "giám sát số lượng người",
            " hưởng chính sách",
            REPORT.replace("lượng người hưởng chính sách", "liệu đầu tư công"),
            "giám sát số liệu đầu tư công",
        ),
        (
            "chính sách, báo cáo hằng quý",
            ".",
            REPORT.replace("hằng quý", "sáu tháng một lần"),
            "chính sách, báo cáo sáu tháng một lần",
        ),
    ],
)
def test_words_as_they_read_now_end_where_words_do(lit, suffix, now_reads, shown):
    anchor = Anchor(1, lit, REPORT[: REPORT.index(lit)], suffix)
    assert now(anchor, now_reads, old=[REPORT]).quote == shown


@pytest.mark.parametrize(
    ("prefix", "now_reads", "shown"),
    [
        (
            "Điều 4. Các bộ ",
            "Điều 4. Các bộ rà soát và giám sát số lượng",
            "rà soát và giám sát số lượng",
        ),
        (
            "Điều 4. Các bộ ",
            "Điều 4; (rà soát và giám sát số lượng)",
            "rà soát và giám sát số lượng",
        ),
        ("", "Số lượng do giám sát. Giao bộ giám sát số lượng", "Giao bộ giám sát số lượng"),
    ],
)
def test_and_begin_where_words_do(prefix, now_reads, shown):
    old = [f"{prefix}theo dõi, giám sát số lượng"]
    place = now(Anchor(1, "theo dõi, giám sát số lượng", prefix), now_reads, old=old)
    assert (place.quote, place.nth) == (shown, 0)


def test_words_that_never_end_are_shown_no_longer_than_a_page_has_room_for():
    endless = "một " * 40
    place = now(Anchor(1, "giám sát số lượng"), f"{endless} giám sát số liệu {endless}", old=[""])
    assert place.quote == "giám sát số"


def test_signs_alone_are_no_words_to_be_found_again():
    assert now(Anchor(1, "– – –"), "một – hai – ba", old=["– – – một"]).found is not Found.SAME_PAGE


def test_words_that_are_gone_leave_a_note_on_their_page_which_is_asked_about():
    anchor = Anchor(2, "trong thời hạn 15 ngày", "cử thành viên ", ".")
    place = now(anchor, ONE, TWO.replace(" trong thời hạn 15 ngày", ""), THREE)
    assert (place.found, place.page, place.is_sure) == (Found.PAGE, 2, False)


def test_what_stands_nowhere_any_more_goes_to_the_tray():
    assert now(WORDS, ONE, THREE) == TRAY
    assert now(Anchor(2), ONE, THREE) == TRAY


def test_a_note_about_a_page_goes_with_the_page():
    place = now(Anchor(3), ONE, "Một trang mới.", TWO, THREE)
    assert (place.found, place.page, place.is_sure) == (Found.PAGE, 4, True)
    hardly = now(Anchor(3), ONE, TWO, THREE.replace("trung ương", "nhà nước"))
    assert (hardly.page, hardly.is_sure) == (3, True)
    other = now(
        Anchor(3),
        ONE,
        TWO,
        THREE.replace("bố trí kinh phí đầu tư", "và địa phương cùng bảo đảm cho"),
    )
    assert (other.page, other.is_sure) == (3, False)


def test_where_a_note_stands_it_is_carried_on_from_with_the_words_around_it():
    again = f"Thành lập Ban điều phối liên vùng khác hẳn. {TWO}"
    place = Place(Found.SAME_PAGE, 2, 60, WORDS.quote, nth=1)
    prefix, suffix = "n. Điều 2. Cơ quan điều phối. ", " do một Phó Thủ tướng Chính phủ "
    whole = anchored(place, [ONE, again, THREE])
    assert (whole.page, whole.quote) == (2, WORDS.quote)
    assert whole.prefix.endswith(prefix)
    assert whole.suffix == suffix
    assert {len(whole.prefix), len(whole.suffix)} == {32}
    assert now(whole, ONE, again, THREE, old=[ONE, again, THREE]) == Place(
        Found.SAME_PAGE, 2, 100, WORDS.quote, nth=1
    )
    # Put onto a page by hand, or where its words cannot be read, it is about the page.
    assert anchored(Place(Found.PAGE, 3, 0), OLD) == Anchor(3)
    assert anchored(Place(Found.SAME_PAGE, 3, 0, "chữ"), []) == Anchor(3, "chữ")


def test_a_page_that_the_older_edition_never_had_is_in_the_tray():
    assert now(Anchor(9), *OLD) == TRAY
    assert carry([Anchor(1)], [], OLD) == [TRAY]


def test_pages_without_a_letter_hold_no_words_and_stay_pages():
    assert now(Anchor(2, "chữ"), "", "", old=["", ""]).found is Found.PAGE
    assert now(Anchor(2), "", "", old=["", ""]) == Place(Found.PAGE, 2, 100)


QUOTES = st.lists(st.sampled_from(["một", "hai", "ba", "sáu"]), max_size=4)
PAGES = st.lists(
    st.lists(st.sampled_from(["một", "hai", "ba", "bốn", "năm"]), max_size=6), max_size=4
)


@given(PAGES, PAGES, st.integers(1, 5), QUOTES)
def test_whatever_the_editions_say_every_note_has_a_place(old, new, page, quote):
    texts = [[" ".join(each) for each in edition] for edition in (old, new)]
    (place,) = carry([Anchor(page, " ".join(quote))], *texts)
    if place.found is Found.TRAY:
        assert place.page is None
    else:
        assert place.page is not None
        assert 1 <= place.page <= len(new)
    if place.quote:
        there = "".join(texts[1][(place.page or 0) - 1].split())
        assert place.quote.replace(" ", "") in there
