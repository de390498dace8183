"""Languages as providers write them: with a country."""

from __future__ import annotations

_USUAL = {
    "ar": "ar-XA",
    "az": "az-AZ",
    "bg": "bg-BG",
    "cs": "cs-CZ",
    "da": "da-DK",
    "de": "de-DE",
    "el": "el-GR",
    "en": "en-US",
    "es": "es-ES",
    "et": "et-EE",
    "fa": "fa-IR",
    "fi": "fi-FI",
    "fr": "fr-FR",
    "he": "he-IL",
    "hi": "hi-IN",
    "hu": "hu-HU",
    "hy": "hy-AM",
    "it": "it-IT",
    "ja": "ja-JP",
    "ka": "ka-GE",
    "kk": "kk-KZ",
    "ko": "ko-KR",
    "lt": "lt-LT",
    "lv": "lv-LV",
    "nb": "nb-NO",
    "nl": "nl-NL",
    "pl": "pl-PL",
    "pt": "pt-PT",
    "ro": "ro-RO",
    "ru": "ru-RU",
    "sk": "sk-SK",
    "sr": "sr-RS",
    "sv": "sv-SE",
    "tr": "tr-TR",
    "uk": "uk-UA",
    "uz": "uz-UZ",
    "vi": "vi-VN",
    "zh": "zh-CN",
}


def tag(language: str) -> str:
    """`ru` as ru-RU; what has a country already stays, and so does a language we know nothing of."""
    plain = language.replace("_", "-").strip()
    return _USUAL.get(plain.lower(), plain) or "en-US"
