"""Find out in which encoding a text file is written, over all of it; what stays open is refused."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import BinaryIO, Final

from simulator.errors import InputError, Problem

Source = Callable[[], BinaryIO]
"""Opens what is read, from its beginning."""
_PIECE: Final = 2**20
_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig", "UTF-8"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
)
_KNOWN = re.compile(r"(cp|windows-?|iso-?8859|latin|koi8|mac|utf|gb|big5|shift|euc|ascii).*", re.IGNORECASE)
"""What may be set; Python knows others that are no encodings of texts."""
_LEAST_NULS: Final = 0.1
_EUROPEAN = re.compile("[\t\r\n -\u05ff\u2000-\u20cf\u2100-\u214f]*")
_WORD = re.compile(rb"[A-Za-z\x80-\x91\x93-\xff]*[\x80-\x91\x93-\xff][A-Za-z\x80-\x91\x93-\xff]*")
"""Letters of any encoding, among them some that are not ASCII; an apostrophe parts words."""
_MOST_WORDS: Final = 100_000
_MEAN_ALIKE: Final = frozenset(
    bytes([b]) for b in range(0x80, 256)
    if bytes([b]).decode("cp1251", "ignore") == bytes([b]).decode("cp1252", "ignore")
)  # fmt: skip
_MONEY: Final = (b"\x80", b"\xa3", b"\xa5")
"""€, £ and ¥ stand alone in cp1252, and are letters in cp1251."""
_AROUND: Final = "€£¥‘’“”‚„«»°§©®™…–—№\u00a0"
_MOST: Final = 0.95
_ELSEWHERE: Final = frozenset("ŠšŽžŸÐðÝýÞþ")
"""Letters that other encodings of Latin letters have at other places: ž of cp1250, ş of cp1254."""
_COMMON: Final = frozenset("оеаитнОЕАИТН")
_LEAST_COMMON: Final = 0.3
"""Share of Russian letters that are one of those; it is about a half."""
_ENOUGH: Final = 40
"""So many letters have a share."""


def find_encoding(source: Source, name: str, said: str | None = None) -> tuple[str, str]:
    """Return the codec of a text file, and its name for people.

    What begins with a byte order mark, or is UTF-8 or UTF-16 throughout, is that, whatever is said.

    Args:
        source: the file.
        name: of the file.
        said: the encoding where it cannot be told.

    Raises:
        InputError: it cannot be told, or is not what it seems.
    """
    with source() as file:
        head = file.read(_PIECE // 16)
    for mark, codec, title in _BOMS:
        if head.startswith(mark):
            if (line := _fault(source, codec)) is not None:
                _refuse(name, f"the file begins as {title} and is not", line)
            return codec, title
    if (wide := _wide(head)) is not None:
        if (line := _fault(source, wide)) is not None:
            _refuse(name, "the file is UTF-16, it seems, and is broken", line)
        return wide, "UTF-16"
    if (line := _nul(source)) is not None:
        raise InputError([Problem("D003", "the file holds NUL bytes", name, line)])
    if (line := _fault(source, "utf-8")) is None:
        return "utf-8", "UTF-8"
    if said is not None:
        return _as_said(source, name, said)
    return (codec := _single_byte(source, name, line)), codec


def pieces(source: Source) -> Iterator[bytes]:
    """Yield the bytes of a file, piece by piece."""
    with source() as file:
        while piece := file.read(_PIECE):
            yield piece


def _refuse(name: str, what: str, line: int | None, value: str = "", remedy: str = "") -> None:
    raise InputError([Problem("D002", what, name, line, value=value or None, remedy=remedy or None)])


def _fault(source: Source, codec: str) -> int | None:
    """Return the line on which a file is not what a codec reads, None where it is throughout."""
    decoder, sound = codecs.getincrementaldecoder(codec)(), 0
    try:
        for piece in pieces(source):
            decoder.decode(piece)
            sound += 1
        decoder.decode(b"", True)
    except UnicodeDecodeError as error:
        return _line(source, sound, error.object[: error.start])
    return None


def _nul(source: Source) -> int | None:
    for number, piece in enumerate(pieces(source)):
        if (at := piece.find(b"\0")) >= 0:
            return _line(source, number, piece[:at])
    return None


def _line(source: Source, number: int, rest: bytes) -> int:
    """Return the line of a place behind so many pieces and a rest; few files are read again for it."""
    before = sum(piece.count(b"\n") for piece in islice(pieces(source), number))
    return before + rest.count(b"\n") + 1


def _wide(head: bytes) -> str | None:
    """Return which UTF-16 a file without its mark is: every other byte of plain letters is zero."""
    half = len(head) // 2
    for zeros, others, codec in ((1, 0, "utf-16-le"), (0, 1, "utf-16-be")):
        if head[others::2].count(0) or head[zeros::2].count(0) < max(_LEAST_NULS * half, 1):
            continue
        text = head[: half // 2 * 4].decode(codec, "replace")
        if _EUROPEAN.fullmatch(text) and ("\n" in text or "\r" in text):
            return codec
    return None


def _as_said(source: Source, name: str, said: str) -> tuple[str, str]:
    try:
        codec = codecs.lookup(said).name if _KNOWN.fullmatch(said) else ""
    except LookupError:
        codec = ""
    if not codec:
        _refuse(name, f"there is no encoding {said[:40]}", None, remedy="write for example cp1252")
    if (line := _fault(source, codec)) is not None:
        _refuse(name, f"the file is not {said}", line, remedy="correct data.encoding")
    return codec, said


def _single_byte(source: Source, name: str, line: int) -> str:
    """Return cp1251 or cp1252, whichever makes words of all that is not ASCII."""
    words: set[bytes] = set()
    rest = b""
    for piece in pieces(source):
        if len(words) < _MOST_WORDS:
            words.update(_WORD.findall(rest + piece))
            tail = re.search(rb"[A-Za-z\x80-\xff]{0,100}\Z", piece)
            rest = tail[0] if tail else b""
    words = {word for word in words if not all(bytes([byte]) in _MEAN_ALIKE for byte in word if byte > 127)}
    if any(_is_utf8(word) for word in words):
        broken = (word for word in sorted(words) if not _is_utf8(word))
        example = next(broken, min(words))  # what is broken may be no word
        _refuse(name, "the file is UTF-8 in part only", line, example.decode("cp1252", "replace"),
                "export it again as CSV UTF-8")  # fmt: skip
    telling = [word for word in words if _tells(word)]
    latin = _share(telling, _is_latin) if _fault(source, "cp1252") is None else 0.0
    russian = _share(telling, _is_russian) if _fault(source, "cp1251") is None else 0.0
    if not words or (latin >= _MOST and russian <= 1 - _MOST):
        return "cp1252"
    if russian >= _MOST and latin <= 1 - _MOST and _has_usual_letters(telling):
        return "cp1251"
    example = min(telling or words, key=lambda word: (-len(word), word))
    shown = example[:40].decode("cp1252", "replace")
    value = f"{shown} (cp1252), {example[:40].decode('cp1251', 'replace')} (cp1251)"
    remedy = "set data.encoding, such as cp1252 or cp1251, or save it as CSV UTF-8"
    _refuse(name, "the file is not UTF-8, and its encoding cannot be told", line, value, remedy)
    raise AssertionError


def _is_utf8(word: bytes) -> bool:
    try:
        word.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _tells(word: bytes) -> bool:
    """Tell whether a word is long enough to be of one language, or a sign of money that stands alone."""
    return len(word) > 2 or word in _MONEY or any(byte < 128 for byte in word)


def _share(words: Sequence[bytes], holds: Callable[[bytes], bool]) -> float:
    return sum(map(holds, words)) / len(words) if words else 0.0


def _is_latin(word: bytes) -> bool:
    """Tell whether a word of cp1252 is one: letters, capitals in front or throughout, not all accented."""
    text = word.decode("cp1252", "replace").strip(_AROUND)
    if word in _MONEY or not text:
        return True
    regular = text[1:].islower() or text.isupper() or len(text) == 1
    usual = text.isalpha() and not any(letter in _ELSEWHERE for letter in text)
    return regular and usual and any(letter.isascii() for letter in text)


def _is_russian(word: bytes) -> bool:
    """Tell whether a word of cp1251 is one: Cyrillic, capitals in front or throughout."""
    text = word.decode("cp1251", "replace").strip(_AROUND)
    regular = text[1:].islower() or text.isupper() or len(text) == 1
    return regular and all("А" <= letter <= "я" or letter in "Ёё" for letter in text)


def _has_usual_letters(words: Sequence[bytes]) -> bool:
    """Tell whether words of cp1251 are spelled as Russian is, and not as Greek or another language."""
    text = b"".join(words).decode("cp1251", "replace")
    return len(text) < _ENOUGH or sum(letter in _COMMON for letter in text) >= _LEAST_COMMON * len(text)
