"""Numbers, files and columns as people write them."""

from __future__ import annotations

import pytest

from polydesk_voice.lists import phones, sheets
from polydesk_voice.lists.judging import Judge
from polydesk_voice.lists.mapping import Mapping, guess
from polydesk_voice.lists.sheets import NoSheet


@pytest.mark.parametrize(
    ("written", "region", "number"),
    [
        ("+33 6 12 34 56 78", "", "+33612345678"),
        ("06.12.34.56.78", "FR", "+33612345678"),
        ("0033 612345678", "FR", "+33612345678"),
        ("33612345678", "FR", "+33612345678"),
        ("'0612345678", "FR", "+33612345678"),
        ('="+33612345678"', "", "+33612345678"),
        ("+33\u00a06\u00a012\u00a034\u00a056\u00a078", "", "+33612345678"),
        ("٠٦١٢٣٤٥٦٧٨", "FR", "+33612345678"),
        ("0612345678 / 0773456789", "FR", "+33612345678"),
        ("nothing; 0773456789", "FR", "+33773456789"),
        ("(212) 555-0100", "US", "+12125550100"),
        ("tel. 030 901820", "DE", "+4930901820"),
        ("+995 555 000 111", "FR", "+995555000111"),
    ],
)
def test_numbers_are_understood(written: str, region: str, number: str) -> None:
    assert phones.normal(written, region) == number


@pytest.mark.parametrize(
    ("written", "region", "why"),
    [
        ("", "FR", phones.EMPTY),
        ("  ", "FR", phones.EMPTY),
        ("call me", "FR", phones.NO_NUMBER),
        ("3,36123E+11", "FR", phones.CUT),
        ("9.95555E+11", "", phones.CUT),
        ("0612345678", "", phones.NO_COUNTRY),
        ("123", "FR", phones.WRONG),
        ("0899 12 34 56", "FR", phones.DEAR),
    ],
)
def test_what_is_no_number_says_why(written: str, region: str, why: object) -> None:
    with pytest.raises(phones.NoNumber) as raised:
        phones.normal(written, region)
    assert raised.value.words == why


def test_a_number_is_in_its_places_zone_or_in_the_outermost_ones() -> None:
    assert phones.zones("+995555000111", "Asia/Tbilisi") == ("Asia/Tbilisi",)
    assert phones.zones("+12125550100", "Europe/Paris") == ("America/New_York",)
    assert phones.zones("+79161234567", "Europe/Moscow") == ("Europe/Moscow",)
    west, east = phones.zones("+79161234567", "Europe/Paris")
    assert west in ("Europe/Kaliningrad", "Europe/Bucharest", "Europe/Moscow", "Europe/Samara")
    assert east in ("Asia/Anadyr", "Asia/Kamchatka", "Asia/Magadan")


@pytest.mark.parametrize(
    ("market", "own", "region"), [("DE", "+33142000000", "DE"), ("south", "+33142000000", "FR"), ("", "hotline", "")]
)
def test_numbers_are_of_the_market_or_of_the_lines_country(market: str, own: str, region: str) -> None:
    assert phones.region_of(market, own) == region


TEXT = "Nom;Téléphone;Ville\nZoé Müller;0612345678;Aÿ\n"


@pytest.mark.parametrize(
    ("data", "language", "encoding", "delimiter"),
    [
        (TEXT.encode(), "fr", "utf-8", ";"),
        (TEXT.encode("utf-8-sig"), "fr", "utf-8", ";"),
        (TEXT.encode("utf-16"), "fr", "utf-16", ";"),
        (TEXT.encode("utf-16-le"), "fr", "utf-16", ";"),
        (TEXT.encode("cp1252"), "fr", "cp1252", ";"),
        (TEXT.replace(";", "\t").encode(), "fr", "utf-8", "\t"),
        (("sep=|\r\n" + TEXT.replace(";", "|")).encode(), "fr", "utf-8", "|"),
        (TEXT.replace(";", ",").replace("\n", "\r\n").encode(), "fr", "utf-8", ","),
        ("имя;телефон\nАнна;+79161234567\n".encode("cp1251"), "ru", "cp1251", ";"),
        ("الاسم,هاتف\nعلي,0612345678\n".encode("cp1256"), "ar", "cp1256", ","),
    ],
)
def test_files_are_read_as_spreadsheets_write_them(data: bytes, language: str, encoding: str, delimiter: str) -> None:
    sheet = sheets.read(data, language=language)
    assert (sheet.encoding, sheet.delimiter) == (encoding, delimiter)
    names = [cells[0] for _line, cells in sheet.rows]
    assert names[1] in ("Zoé Müller", "Анна", "علي")
    assert len(sheet.rows[0][1]) > 1


def test_lines_keep_their_numbers_across_quotes_and_gaps() -> None:
    sheet = sheets.read(b'name,phone\n"Two\nlines",0612345678\n\n,,\nLast,0773456789\n')
    assert [line for line, _cells in sheet.rows] == [1, 2, 6]
    assert sheet.rows[1][1][0] == "Two\nlines"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"\n \n,,\n", "empty"),
        (b"PK\x03\x04rest", "no CSV"),
        (b"%PDF-1.7", "no CSV"),
        (b"x" * (sheets.LARGEST + 1), "larger"),
        (b"1\n" * (sheets.MOST_LINES + 2), "more than"),
    ],
)
def test_what_is_no_sheet_is_refused_with_a_sentence(data: bytes, words: str) -> None:
    with pytest.raises(NoSheet, match=words):
        sheets.read(data)


def roles(text: str, region: str = "FR") -> tuple[bool, tuple[str, ...]]:
    mapping = guess(sheets.read(text.encode()), region)
    return mapping.headings, mapping.roles


@pytest.mark.parametrize(
    ("text", "headings", "expected"),
    [
        ("Nom;Téléphone;Ville\nZoé;0612345678;Aÿ\n", True, ("last_name", "phone", "fact")),
        ("First name,Surname,Mobile,Plan\nIda,Wolf,0612345678,Gold\n", True,
         ("first_name", "last_name", "phone", "fact")),
        ("id,Phone number (mobile),lang\n1,0612345678,fr\n", True, ("fact", "phone", "language")),
        ("Customer Name,Contact,Renewal\nIda,0612345678,1 May\n", True, ("name", "phone", "fact")),
        ("Ida Wolf,0612345678,Gold\nBob Stone,0773456789,Silver\n", False, ("name", "phone", "fact")),
        ("0612345678\n0773456789\n", False, ("phone",)),
        ("الاسم;هاتف\nعلي;0612345678\n", True, ("name", "phone")),
        ("Telefon;Kundennummer\nunbekannt;0612345678\nunbekannt;0773456789\n", True, ("fact", "phone")),
        ("a,b\nc,d\n", False, ("name", "fact")),
    ],
)  # fmt: skip
def test_columns_are_guessed(text: str, headings: bool, expected: tuple[str, ...]) -> None:
    assert roles(text) == (headings, expected)


def test_a_mapping_needs_exactly_one_number() -> None:
    def mapping(*roles: str) -> Mapping:
        return Mapping(encoding="utf-8", delimiter=",", headings=True, region="FR", roles=roles)  # type: ignore[arg-type]

    assert mapping("name", "phone").problem is None
    assert "which column" in str(mapping("name", "fact").problem)
    assert "Only one" in str(mapping("phone", "phone").problem)


def test_each_line_is_judged_for_itself() -> None:
    mapping = Mapping(
        encoding="utf-8",
        delimiter=",",
        headings=True,
        region="FR",
        roles=("first_name", "last_name", "phone", "fact", "time_zone", "language", "ignore"),
    )
    judge = Judge(mapping, ("First", "Last", "Phone", "Plan", "Zone", "Lang", "Secret"), "Europe/Paris")
    rows = [
        ["Ida", "Wolf", "0612345678", "Gold", "", "fr", "x"],
        ["Bob", "", "0773456789", "", "America/New_York", "the French one", "x"],
        ["Ida", "again", "+33 612345678", "", "", "", ""],
        ["Known", "", "0613345678"],
        ["No", "thanks", "0614345678"],
        ["Broken", "", "12"],
        ["Short"],
    ]
    read = [judge.read(number, cells) for number, cells in enumerate(rows, 2)]
    lines = judge.judge(read, {"+33613345678"}, {"+33614345678"})
    assert [each.verdict for each in lines] == ["good", "good", "duplicate", "duplicate", "never", "bad", "bad"]
    assert (lines[0].name, lines[0].zones, lines[0].language, lines[0].facts) == (
        "Ida Wolf",
        ("Europe/Paris",),
        "fr",
        {"Plan": "Gold"},
    )
    assert (lines[1].name, lines[1].zones, lines[1].language) == ("Bob", ("America/New_York",), "")
    assert "line 2" in str(lines[2].reason)
    assert "already" in str(lines[3].reason)
    assert lines[5].reason == phones.WRONG
