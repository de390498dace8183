"""New words are told from repeated ones in many languages, and nothing a person wrote is ever hidden whole."""

# ruff: noqa: E501 - mail as programs write it

from __future__ import annotations

import time

import pytest

from polydesk.types import Account, Arrival, Message
from polydesk_email.parse import parse
from polydesk_email.quoting import is_attribution, quote_start

ATTRIBUTIONS = [
    "On Mon, Jan 5, 2026 at 10:00 AM Nino B. <nino@x.test> wrote:",
    "On 5 January 2026, Nino wrote :",
    "Am 05.01.2026 um 10:00 schrieb Nino B. <nino@x.test>:",
    "Am Mo., 5. Jan. 2026 um 10:00 Uhr schrieb Nino B. <nino@x.test>:",
    "Nino B. schrieb am 05.01.2026 um 10:00:",
    "Le lun. 5 janv. 2026 à 10:00, Nino B. <nino@x.test> a écrit :",
    "El lun, 5 ene 2026 a las 10:00, Nino B. (<nino@x.test>) escribió:",
    "Il giorno lun 5 gen 2026 alle ore 10:00 Nino B. <nino@x.test> ha scritto:",
    "Em seg., 5 de jan. de 2026 às 10:00, Nino B. <nino@x.test> escreveu:",
    "Op ma 5 jan 2026 om 10:00 schreef Nino B. <nino@x.test>:",
    "Nino B. <nino@x.test> heeft op 5 jan. 2026 om 10:00 het volgende geschreven:",
    "Den mån 5 jan. 2026 kl 10:00 skrev Nino B. <nino@x.test>:",
    "ma 5. tammik. 2026 klo 10.00 Nino B. (nino@x.test) kirjoitti:",
    "W dniu 5.01.2026 o 10:00, Nino B. pisze:",
    "pon., 5 sty 2026 o 10:00 Nino B. <nino@x.test> napisał(a):",
    "Dne 5. 1. 2026 v 10:00 Nino B. napsal(a):",
    "пн, 5 янв. 2026 г. в 10:00, Нино Б. <nino@x.test>:",
    "05.01.2026, 10:00, Нино Б. <nino@x.test> пишет:",
    "5 января 2026 г. пользователь Нино <nino@x.test> написал:",
    "пн, 5 січ. 2026 р. о 10:00 Ніно Б. <nino@x.test> пише:",
    "2026年1月5日(月) 10:00 Nino B. <nino@x.test>:",
    "在 2026年1月5日，上午10:00，Nino B. <nino@x.test> 写道：",
    "2026년 1월 5일 (월) 오전 10:00, Nino B. <nino@x.test>님이 작성:",
    "Nino B. <nino@x.test>, 5 Oca 2026 Pzt, 10:00 tarihinde şunu yazdı:",
    "2026. jan. 5. 10:00 keltezéssel, Nino B. írta:",
    "În lun., 5 ian. 2026 la 10:00, Nino B. <nino@x.test> a scris:",
    "Στις Δευ 5 Ιαν 2026 στις 10:00, ο χρήστης Nino B. <nino@x.test> έγραψε:",
    "ორშ, 5 იან. 2026, 10:00, Nino B. <nino@x.test> წერდა:",
    "في الاثنين، 5 يناير 2026 في 10:00 ص كتب Nino B. <nino@x.test>:",
    "2026-03-03 17:21 GMT+01:00 Nino B. <nino@x.test>:",
]
HEADER_BLOCKS = [
    "From: Nino <n@x.test>\nSent: Monday, 5 January 2026 10:00\nTo: Support\nSubject: Parcel",
    "Von: Nino <n@x.test>\nGesendet: Montag, 5. Januar 2026 10:00\nAn: Support\nBetreff: Paket",
    "De : Nino <n@x.test>\nEnvoyé : lundi 5 janvier 2026 10:00\nÀ : Support\nObjet : Colis",
    "De: Nino <n@x.test>\nEnviado: lunes, 5 de enero de 2026 10:00\nPara: Soporte\nAsunto: Paquete",
    "Da: Nino <n@x.test>\nInviato: lunedì 5 gennaio 2026 10:00\nA: Assistenza\nOggetto: Pacco",
    "De: Nino <n@x.test>\nEnviada em: segunda-feira, 5 de janeiro de 2026\nPara: Suporte\nAssunto: Pacote",
    "Van: Nino <n@x.test>\nVerzonden: maandag 5 januari 2026 10:00\nAan: Support\nOnderwerp: Pakket",
    "Från: Nino <n@x.test>\nSkickat: den 5 januari 2026 10:00\nTill: Support\nÄmne: Paket",
    "Fra: Nino <n@x.test>\nSendt: 5. januar 2026 10:00\nTil: Support\nEmne: Pakke",
    "От: Нино <n@x.test>\nОтправлено: 5 января 2026 г. 10:00\nКому: Поддержка\nТема: Посылка",
    "发件人: Nino <n@x.test>\n发送时间: 2026年1月5日 10:00\n收件人: Support\n主题: 包裹",
    "*From:* Nino <n@x.test>\n*Sent:* Monday\n*To:* Support\n*Subject:* Parcel",
]
SEPARATORS = [
    "-----Original Message-----",
    "-----Ursprüngliche Nachricht-----",
    "-----Message d'origine-----",
    "-----Mensaje original-----",
    "----- Oprindelig besked -----",
    "-------- Исходное сообщение --------",
    "________________________________\nFrom: A\nSent: B\nTo: C\nSubject: D",
]
SIGNATURES = [
    "Sent from my iPhone",
    "Get Outlook for Android",
    "Gesendet von meinem Telefon",
    "Envoyé de mon iPhone",
    "Enviado desde mi iPhone",
    "Inviato da iPhone",
    "Отправлено с iPhone",
    "Verstuurd vanaf mijn iPhone",
    "-- \nNino B.\nTbilisi",
]


@pytest.mark.parametrize("attribution", ATTRIBUTIONS)
def test_attributions(attribution: str) -> None:
    words = "Thank you, it came.\n\n"
    assert is_attribution(attribution)
    assert quote_start(f"{words}{attribution}\n> old words\n> more\n") == len(words)
    assert quote_start(f"{words}{attribution}\n\nold words without marks\n") == len(words)


@pytest.mark.parametrize("block", HEADER_BLOCKS + SEPARATORS)
def test_outlook(block: str) -> None:
    words = "Thank you, it came.\n\n"
    assert quote_start(f"{words}{block}\n\nold words\n") == len(words)


@pytest.mark.parametrize("signature", SIGNATURES)
def test_signatures(signature: str) -> None:
    words = "Thank you, it came.\n\n"
    assert quote_start(f"{words}{signature}\n").__index__() in (len(words), len(words) - 1, len(words) - 2)
    both = f"{words}{signature}\n\nOn 5 Jan 2026 Nino wrote:\n> old\n"
    assert both[: quote_start(both)].strip() == "Thank you, it came."


@pytest.mark.parametrize(
    "text",
    [
        "no history at all",
        "On Monday we wrote: nothing came",
        "> all of it\n> is quoted",
        "On 5 Jan 2026 Nino wrote:\n> a question?\nan answer\n> another?\nanother answer",
        "> a question?\n\nan answer below it",
        "hi\n\nOn 5 Jan 2026 Nino wrote:\n> question\n\nanswer after the quote, to be kept",
        "---------- Forwarded message ---------\nFrom: A\nDate: B\nSubject: C\n\nplease see to it",
        "From: A\nSent: B\nTo: C\nSubject: D\n\nforwarded whole",
        "See this.\n\n---------- Forwarded message ---------\nFrom: A\nDate: B\nSubject: C\n\ncontent",
        "Sent from my iPhone",
        "Dear all:\nname: x\nto do: y",
        "",
    ],
)
def test_everything_is_kept(text: str) -> None:
    assert quote_start(text) == -1


def test_partly_quoted_above_and_whole_history_below() -> None:
    text = "> first?\nyes\n> second?\nno\n\nOn 5 Jan 2026 Nino wrote:\n> first?\n> second?\n"
    assert text[: quote_start(text)].strip().endswith("no")


HTML = [
    '<div dir="ltr">New.</div><br><div class="gmail_quote"><div class="gmail_attr">On Mon, 5 Jan 2026 Nino wrote:<br></div><blockquote>old</blockquote></div>',
    '<p>New.</p><div class="moz-cite-prefix">Am 05.01.2026 um 10:00 schrieb Nino:<br></div><blockquote type="cite">old</blockquote>',
    '<div>New.</div><div><br><blockquote type="cite"><div>On 5 Jan 2026, Nino wrote:</div><div>old</div></blockquote></div>',
    "<p>New.</p><div id='appendonsend'></div><hr><div id='divRplyFwdMsg'><b>From:</b> N<br><b>Sent:</b> M<br><b>To:</b> S<br><b>Subject:</b> P</div><p>old</p>",
    '<p>New.</p><div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3pt 0 0"><p><b>Von:</b> N<br><b>Gesendet:</b> M<br><b>An:</b> S<br><b>Betreff:</b> P</p></div><p>old</p>',
    '<div>New.</div><div class="yahoo_quoted"><div>On Monday, 5 January 2026, Nino wrote:</div><div>old</div></div>',
    "<p>New.</p><p>-----Original Message-----</p><p>From: N</p><p>old</p>",
    "<div>New.</div><div>05.01.2026, 10:00, Нино &lt;n@x.test&gt; пишет:</div><blockquote>old</blockquote>",
    "<p>New.<br><br>Sent from my iPhone</p><blockquote type=cite>old</blockquote>",
]


def message(html: str, account: Account) -> Message:
    raw = b"From: a@x.test\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" + html.encode()
    made = parse(Arrival(external_id="x", raw=raw), account)
    assert isinstance(made, Message)
    return made


@pytest.mark.parametrize("html", HTML)
def test_html_history(html: str, account: Account) -> None:
    made = message(html, account)
    assert "old" not in made.html_visible
    assert "New." in made.html_visible
    assert made.text[: made.quote_starts_at].strip().split("\n")[0] == "New."
    assert "wrote" not in made.text[: made.quote_starts_at]
    assert "old" in made.text
    assert "old" in made.html, "nothing is removed from what is kept"


@pytest.mark.parametrize(
    "html",
    [
        "<p>All new.</p>",
        "<blockquote type=cite>question?</blockquote><p>answer</p>",
        "<p>Hi</p><blockquote type=cite>one?</blockquote><p>yes</p><blockquote type=cite>two?</blockquote><p>no</p>",
        "<p>A list:</p><blockquote>indented, not quoted</blockquote>",
        '<div class="gmail_quote">---------- Forwarded message ---------<br>From: A<br>please help</div>',
        '<div class="gmail_quote">only a quote</div>',
    ],
)
def test_html_everything_is_kept(html: str, account: Account) -> None:
    made = message(html, account)
    assert (made.html_visible, made.quote_starts_at) == ("", -1)


def test_linear_time() -> None:
    started = time.monotonic()
    for text in (
        "On 1 " * 80 + "wrote:\n",
        "> a\nb\n",
        "From: x\nTo: y\n",
        "1:11 <a@b> " * 30 + ":\n",
        ">" * 50 + "\n",
    ):
        quote_start(text * (200_000 // len(text)))
    assert time.monotonic() - started < 5.0
