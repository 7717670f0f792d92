"""What was typed while a Cyrillic keyboard layout was on, as the same keys write it in the Latin one. Pure."""

from __future__ import annotations

import re

_KEYS = str.maketrans("йцукенгшщзхъфывапролджэячсмитьбюёіїє", "qwertyuiop[]asdfghjkl;'zxcvbnm,.`s]'")
"""The Russian layout, and the keys in which the Ukrainian one differs. http://kbdlayout.info/KBDRU"""
_CYRILLIC = re.compile("[\u0400-\u04ff]")
_LATIN = re.compile("[a-z]", re.IGNORECASE)


def in_latin_layout(text: str) -> str | None:
    """``status github`` for ``ыефегы пшергиж``, without punctuation at the ends of words; ``None`` for what holds Latin
    letters or no Cyrillic ones."""
    if _LATIN.search(text) or not _CYRILLIC.search(text):
        return None
    return " ".join(word.strip(";,.[]'`") for word in text.casefold().translate(_KEYS).split())
