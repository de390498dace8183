"""What strangers' HTML may and may not do in our page."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polydesk.web.sanitise import clean

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)><script>alert(1)</script></svg>",
    '<a href="java\nscript:alert(1)">x</a>',
    "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
    "<a href='vbscript:x'>x</a>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<form action='/sign-out'><input name=a><button>x</button></form>",
    "<base href='https://evil.example/'><link rel=stylesheet href=//evil.example>",
    "<meta http-equiv=refresh content='0;url=https://evil.example'>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<style>@import 'https://evil.example';</style>",
    "<p style='background:url(https://evil.example/x)'>x</p>",
    "<p style='position:fixed;inset:0;z-index:9'>x</p>",
    "<p style='margin-left:-9999px;width:100vw'>x</p>",
    "<p style='behavior:expression(alert(1))'>x</p>",
    "<div class='composer' id='csrf' data-action='keys' data-style='position:fixed' hx-get='/sign-out'>x</div>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<template><img src=x onerror=alert(1)></template>",
    "<!--<img src='--><img src=x onerror=alert(1)//'>",
    "<details ontoggle=alert(1) open>x</details>",
    "<video><source onerror=alert(1)></video>",
]
LIVE = re.compile(
    r"<(script|iframe|form|input|button|object|embed|link|meta|base|style|svg|math|video|template)\b|\son\w+=|javascript:"
    r"|data:text|\s(?:style|class|id|hx-\w+|data-(?!style=)\w+)=|position|url\(|expression|evil\.example",
    re.IGNORECASE,
)


@pytest.mark.parametrize("html", HOSTILE)
def test_nothing_in_it_lives(html: str) -> None:
    """The only class left is our own placeholder's."""
    shown = clean(html, images=True).html.replace('<span class="no-image">', "<span>")
    assert not LIVE.search(shown), shown


def test_what_gives_it_its_look_stays_as_data_for_the_script() -> None:
    shown = clean('<p style="color: red; FONT-SIZE:14px; position:fixed">Hi <b>you</b></p>')
    assert shown.html == '<p data-style="color: red; font-size: 14px">Hi <b>you</b></p>'
    assert shown.coloured


def test_plain_mail_does_not_ask_for_white_paper() -> None:
    assert not clean("<p style='font-size:14px'>Hi</p>").coloured
    assert clean("<table bgcolor='#fff'><tr><td>x</td></tr></table>").coloured


def test_links_open_apart_and_tell_nothing() -> None:
    shown = clean('<a href="https://shop.example/?a=1&b=2" onclick="x()">shop</a>').html
    assert 'href="https://shop.example/?a=1&amp;b=2"' in shown
    assert 'target="_blank"' in shown
    assert 'rel="noopener noreferrer nofollow"' in shown


def test_relative_links_lead_nowhere() -> None:
    assert "href" not in clean('<a href="/sign-out">x</a><a href="//evil.example">y</a>').html


def test_pictures_in_the_mail_come_from_us_and_those_of_the_internet_wait() -> None:
    html = '<img src="cid:Logo@x" alt="Logo"><img src="https://t.example/p.gif" alt="Big &quot;sale&quot;">'
    shown = clean(html, cids={"<logo@X>": "/attachments/7"})
    assert 'src="/attachments/7"' in shown.html
    assert '<span class="no-image">Big &quot;sale&quot;</span>' in shown.html
    assert "t.example" not in shown.html
    assert shown.blocked == 1
    asked = clean(html, cids={"<logo@X>": "/attachments/7"}, images=True)
    assert 'src="https://t.example/p.gif"' in asked.html
    assert asked.blocked == 0


def test_an_unknown_picture_in_the_mail_is_its_words() -> None:
    assert clean('<img src="cid:gone" alt="Map">').html == '<span class="no-image">Map</span>'


@pytest.mark.parametrize(
    "html",
    [
        "<div>" * 60_000,
        "<b " * 200_000,
        "<table><tr><td>" * 20_000,
        '<p style="' + "a:b;" * 90_000 + '">',
        "\ud800<p>x",
        "\x00",
    ],
    ids=["deep", "unclosed", "tables", "style", "surrogate", "nul"],
)
def test_monsters_take_no_time_and_no_one_down(html: str) -> None:
    assert isinstance(clean(html).html, str)


def test_what_is_too_deep_is_shown_as_words() -> None:
    shown = clean("<div>" * 2_000 + "Hello &amp; <b>bye</b><script>x</script>")
    assert shown.failed
    assert shown.html == "Hello &amp; bye"


@given(st.text(alphabet=st.sampled_from("<>/=\"' abgimsrcdtyle:;()&#x-!\n\x00"), max_size=200))
@settings(max_examples=300, deadline=None)
def test_no_soup_ever_raises_or_lives(soup: str) -> None:
    shown = clean(soup).html
    assert not re.search(r"<(script|style|iframe)\b|\son\w+=", shown)
