"""Which language a text is in, found offline; "" when that is not clear. Needs the optional extra `language`."""

from __future__ import annotations

from functools import cache
from typing import Any

# The languages of the desk's interface and of its markets; a closed set is both faster and far more exact.
LANGUAGES = ("ar", "de", "en", "es", "fr", "it", "ka", "kk", "nl", "pl", "pt", "ro", "ru", "uk", "tr")
_SURE = 0.55
_ENOUGH_LETTERS = 12
_READ = 300


@cache
def _detector() -> Any:
    try:
        from lingua import IsoCode639_1, LanguageDetectorBuilder
    except ImportError:
        return None
    codes = [getattr(IsoCode639_1, code.upper()) for code in LANGUAGES]
    builder = LanguageDetectorBuilder.from_iso_codes_639_1(*codes)
    # The full models take 380 MB on Python 3.11; the small ones lose 3 % on short texts and take 37 MB.
    return builder.with_low_accuracy_mode().build()


def detect(text: str) -> tuple[str, float]:
    """A language code and the confidence from 0 to 1; ("", 0.0) when the text is too short or too mixed to say."""
    sample = text[:_READ]
    if sum(character.isalpha() for character in sample) < _ENOUGH_LETTERS:
        return "", 0.0
    detector = _detector()
    if detector is None:
        return "", 0.0
    best = detector.compute_language_confidence_values(sample)[0]
    return (best.language.iso_code_639_1.name.lower(), best.value) if best.value >= _SURE else ("", best.value)
