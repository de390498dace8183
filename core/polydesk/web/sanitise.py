"""Make a stranger's HTML fit to stand in our page: nothing runs, nothing phones home, nothing escapes its box.

Why in the page and not in a frame: one document is what screen readers, in-page search, keyboard and print handle
well, and a frame would need scripts in both to get its height right. Our content policy forbids `style` attributes, so
the few harmless declarations that survive travel as `data-style`, and a script of ours applies them through the
CSSOM, which the policy allows. Without scripts the words still read well, only plainer.
"""

from __future__ import annotations

import html as html_text
import re
from collections.abc import Mapping

import msgspec
import nh3

_TAGS = (
    "a abbr address article aside b bdi bdo big blockquote br caption center cite code col colgroup dd del details "
    "dfn div dl dt em figcaption figure font footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd li main mark nav ol p "
    "pre q rp rt ruby s samp section small span strike strong sub summary sup table tbody td tfoot th thead time tr "
    "tt u ul var wbr"
)
TAGS = frozenset(_TAGS.split())
GONE_WITH_CONTENT = frozenset(
    {"script", "style", "title", "head", "noscript", "template", "svg", "math", "iframe", "object", "embed", "form"}
    | {"textarea", "select", "noembed", "noframes", "plaintext", "xmp", "audio", "video", "canvas", "applet"}
)
ATTRIBUTES: dict[str, set[str]] = {
    "*": {"dir", "lang", "title", "align", "valign", "data-style"},
    "a": {"href", "name"},
    "img": {"src", "alt", "width", "height"},
    "table": {"border", "cellpadding", "cellspacing", "width", "bgcolor", "role"},
    "td": {"colspan", "rowspan", "width", "height", "bgcolor"},
    "th": {"colspan", "rowspan", "width", "height", "bgcolor", "scope"},
    "tr": {"bgcolor", "height"},
    "col": {"span", "width"},
    "colgroup": {"span"},
    "font": {"color", "size", "face"},
    "ol": {"start", "type"},
    "li": {"value"},
    "blockquote": {"cite"},
    "hr": {"width", "size"},
    "bdo": {"dir"},
    "time": {"datetime"},
}
_STYLES = (
    "background-color border border-bottom border-bottom-color border-bottom-style border-bottom-width border- "
    "collapse border-color border-left border-radius border-right border-spacing border-style border-top border-width "
    "color display font font-family font-size font-style font-weight height letter-spacing line-height list-style- "
    "type margin margin-bottom margin-left margin-right margin-top max-width min-width padding padding-bottom "
    "padding-left padding-right padding-top text-align text-decoration text-indent text-transform vertical-align "
    "white-space width word-break direction background"
)
STYLES = frozenset(_STYLES.split())
COLOURS = frozenset({"color", "background-color", "background", "bgcolor"})
_RISKY = re.compile(r"url\s*\(|expression|image|@|\\|javascript:|var\s*\(|attr\s*\(|/\*", re.IGNORECASE)
_NEGATIVE = re.compile(r"(?:^|[\s(,])-\s*\d")
_VIEWPORT = re.compile(r"\d(?:vw|vh|vmin|vmax|dv\w|sv\w|lv\w)", re.IGNORECASE)
_DISPLAY = frozenset({"block", "inline", "inline-block", "none", "table", "table-cell", "table-row", "list-item"})
_DATA_IMAGE = re.compile(r"data:image/(?:png|gif|jpe?g|webp);base64,[A-Za-z0-9+/=\s]+", re.IGNORECASE)
_HTTP = re.compile(r"(?:https?:)?//", re.IGNORECASE)
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
_SELF_CLOSING_WORDS = "br hr img input meta link col area base wbr p li td th tr dt dd option tbody thead"
_SELF_CLOSING = frozenset(_SELF_CLOSING_WORDS.split())
LONGEST = 2_000_000
DEEPEST = 700
"""Markup nested deeper takes a parser (and a browser) quadratic time; nobody writes it but to do harm."""


class Clean(msgspec.Struct, frozen=True):
    """HTML fit to show. `coloured`: it sets colours, so it wants white paper under it even in the dark.

    `blocked` is how many remote pictures were left out; `failed` that the markup was beyond reading and only its
    words are shown.
    """

    html: str
    coloured: bool = False
    blocked: int = 0
    failed: bool = False


def clean(html: str, *, cids: Mapping[str, str] | None = None, images: bool = False) -> Clean:
    """Sanitise. `cids` maps content ids to addresses of ours; `images` shows remote pictures, which tell the sender.

    Never raises: what cannot be read is shown as words.
    """
    html = html.encode("utf-8", "replace").decode()[:LONGEST].replace("\x00", "")
    if _too_deep(html):
        return Clean(words(html), failed=True)
    run = _Run({_cid(key): value for key, value in (cids or {}).items()}, images)
    try:
        cleaned = nh3.clean(
            html,
            tags=set(TAGS),
            clean_content_tags=set(GONE_WITH_CONTENT),
            attributes={**ATTRIBUTES, "*": {*ATTRIBUTES["*"], "style"}},
            attribute_filter=run.attribute,
            url_schemes={"http", "https", "mailto", "tel", "cid", "data"},
            link_rel="noopener noreferrer nofollow",
            set_tag_attribute_values={"a": {"target": "_blank"}, "img": {"loading": "lazy", "decoding": "async"}},
            strip_comments=True,
        )
    except (ValueError, RuntimeError, RecursionError):
        return Clean(words(html), failed=True)
    return Clean(_placeholders(cleaned), run.coloured, run.blocked)


def words(html: str) -> str:
    """Only the words of some markup, escaped."""
    bare = re.sub(r"<(script|style|head)\b.*?(</\1\s*>|\Z)", " ", html, flags=re.IGNORECASE | re.DOTALL)
    bare = re.sub(r"<(?:br|/p|/div|/tr|/li)\b[^>]*>", "\n", bare, flags=re.IGNORECASE)
    bare = html_text.unescape(re.sub(r"<[^>]*>?", "", bare)).strip()
    return html_text.escape(re.sub(r"\n\s*\n+", "\n\n", bare)).replace("\n", "<br>")


def _too_deep(html: str) -> bool:
    depth = 0
    for found in _TAG.finditer(html):
        if found[2].lower() not in _SELF_CLOSING:
            depth = max(0, depth - 1) if found[1] else depth + 1
            if depth > DEEPEST:
                return True
    return False


class _Run:
    def __init__(self, cids: Mapping[str, str], images: bool) -> None:
        self.cids, self.images = cids, images
        self.coloured = False
        self.blocked = 0

    def attribute(self, tag: str, name: str, value: str) -> str | None:
        """Called by nh3 for each attribute that is allowed by name."""
        if name == "style":
            return self.style(value)
        if name == "data-style":
            return None
        if name in ("src", "href"):
            return self.picture(value) if tag == "img" else self.link(value)
        if name in ("width", "height") and not re.fullmatch(r"\d{1,4}(?:px|%)?", value.strip()):
            return None
        if name in ("bgcolor", "color"):
            self.coloured = True
        return value

    def style(self, value: str) -> str | None:
        kept = []
        for declaration in value.split(";")[:60]:
            name, _colon, given = declaration.partition(":")
            name, given = name.strip().lower(), re.sub(r"!\s*important", "", given, flags=re.IGNORECASE).strip()
            if name not in STYLES or not given or len(given) > 200:
                continue
            if _RISKY.search(given) or _NEGATIVE.search(given) or _VIEWPORT.search(given):
                continue
            if name == "display" and given.lower() not in _DISPLAY:
                continue
            if name in COLOURS and given.lower() not in ("inherit", "transparent", "none", "initial"):
                self.coloured = True
            kept.append(f"{name}: {given}")
        return "; ".join(kept) or None

    def picture(self, value: str) -> str | None:
        value = value.strip()
        if value.lower().startswith("cid:"):
            return self.cids.get(_cid(value[4:]))
        if _DATA_IMAGE.fullmatch(value):
            return value
        if _HTTP.match(value):
            if self.images:
                return value
            self.blocked += 1
        return None

    def link(self, value: str) -> str | None:
        scheme = re.sub(r"[\x00-\x20]", "", value).lower()
        return value if scheme.startswith(("http:", "https:", "mailto:", "tel:")) else None


def _cid(value: str) -> str:
    return value.strip().strip("<>").lower()


def _placeholders(cleaned: str) -> str:
    """`style` becomes `data-style`; a picture without an address becomes its alternative words."""

    def image(found: re.Match[str]) -> str:
        tag = found[0]
        if re.search(r'\ssrc="', tag):
            return tag
        alt = re.search(r'\salt="([^"]*)"', tag)
        return f'<span class="no-image">{alt[1]}</span>' if alt and alt[1].strip() else ""

    def element(found: re.Match[str]) -> str:
        return re.sub(r'(?<=\s)style="', 'data-style="', found[0])

    cleaned = re.sub(r'<img(?:\s[^\s=>]+="[^"]*")*\s*/?>', image, cleaned)
    return re.sub(r'<[a-z][a-z0-9]*(?:\s[^\s=>]+="[^"]*")+\s*/?>', element, cleaned)
