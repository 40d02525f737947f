"""Secrets in texts: found by their form, by the name that they are given to, or by how random they look. Pure.

What is found is masked character by character, so that lines, columns and the lengths of strings stay: a masked source
has the fault that it had. Forms of tokens: what their issuers publish for secret scanners.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import pairwise

# Tokens that tell what they are; group 1, where there is one, is the secret in them.
_TOKENS = tuple(
    re.compile(rf"(?<![A-Za-z0-9]){form}")
    for form in (
        r"(?:AKIA|ASIA|ABIA|ACCA|AROA|AIDA)[A-Z0-9]{12,}",
        r"gh[pousr]_[A-Za-z0-9]{16,}",
        r"github_pat_\w{16,}",
        r"gl[a-z]{2,5}-[\w-]{16,}",
        r"xox[a-z]-[\w-]{8,}",
        r"xapp-[\w-]{8,}",
        r"AIza[\w-]{24,}",
        r"ya29\.[\w.-]{8,}",
        r"GOCSPX-[\w-]{8,}",
        r"[spr]k_(?:live|test)_\w{8,}",
        r"whsec_\w{8,}",
        r"sk-[\w-]{16,}",
        r"(?:hf|npm|gsk|r8|dckr_pat|shpat|shpss|dop_v1|lin_api|rubygems)_[A-Za-z0-9-]{20,}",
        r"(?:pypi|nvapi|xai|pplx)-[\w-]{20,}",
        r"SG\.[\w-]{12,}\.[\w-]{12,}",
        r"AGE-SECRET-KEY-1[A-Z0-9]{16,}",
        r"eyJ[\w-]{8,}\.[\w-]{4,}(?:\.[\w-]*)?",
        r"(?i:bearer)\s+([A-Za-z0-9._~+/=-]{16,})",
        r"(?i:authorization)[\"']?\s*[:=]\s*[\"']?(?:\w+\s+)?([^\s\"']{4,})",
        r"(?i:accountkey|sharedaccesskey|sig|pwd|password)=([^;&\s\"']{4,})",
        r"-{1,2}(?i:password|passwd|token|api-key|secret)[= ]([^\s\"'-][^\s\"']{3,})",
    )
)
_PEM = re.compile(r"-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----(.*?)(-----END|\Z)", re.DOTALL)
_PEM_RUN = re.compile(r"(?<!\\)[A-Za-z0-9+][A-Za-z0-9+/=]*")
# Of a key whose end is missing, only what looks like one, and no more than a long one has.
_PEM_LONG = re.compile(r"(?<!\\)[A-Za-z0-9+/][A-Za-z0-9+/=]{15,}")
_PEM_MOST = 16_000

# What the name of a secret holds, and the names that it may be a part of: looked at further by is_secret_name().
_HINT = re.compile(r"(?i)secret|passw|passphrase|passcode|psk|pwd|token|credential|key|salt")
_NAME = re.compile(r"[\w.-]{0,100}")
# Characters that a name may have before the word that gives it away.
_NAME_BEFORE = 60
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_SURE = frozenset(("secret", "secrets", "password", "passwords", "passwd", "passphrase", "passcode", "pwd", "psk"))
_SURE |= frozenset(("credential", "credentials", "apikey", "privkey", "privatekey", "secretkey"))
# These are often the key of a table or the token of a language: by themselves they say little.
_WEAK = frozenset(("token", "key", "salt"))
# Characters of such a value with its quotes, where the name has other words.
_COMPOUND_LEAST = 8

# What follows the name, up to its value.
_DOUBLE = r"\"(?:\\.|[^\"\\\r\n])*+\"?+"
_SINGLE = r"'(?:\\.|[^'\\\r\n])*+'?+"
_BETWEEN = r"(?P<between>[\"']?+[^\r\n\"';{}]{0,40}?b?)"
_STRINGS = re.compile(rf"{_BETWEEN}(?P<value>(?:{_DOUBLE}|{_SINGLE})(?:\s*+(?:{_DOUBLE}|{_SINGLE})){{0,60}})")
_NUMBER = r"(?:\d*\s*'\s*[sS]?[bodhBODH]\s*[0-9a-fA-FxXzZ?_]+|0[xX][0-9a-fA-F_']+|\d+)"
_NUMBERS = re.compile(
    rf"(?P<between>\s*(?:\[[^\]\r\n]*\]\s*){{0,4}}(?:=|<=|:=)?\s*'?\(?)(?P<value>\{{[^{{}};]{{0,8000}}\}}|{_NUMBER})"
)
_UNQUOTED = re.compile(r"(?P<between>(?:\\*[\"'])?\s*[:=]\s*(?:\\*[\"'])?)(?P<value>[^\s\"',;]{4,400})")
_ELEMENT = re.compile(r"(?P<between>[^<>\r\n]{0,200}>)(?P<value>[^<>\r\n]{3,400})(?=</)")

_QUOTED = re.compile(r"([\"'])((?:\\.|(?!\1)[^\\\r\n])*)")
_DIGITS = re.compile(r"(?<![\w$])(\d*\s*'\s*[sS]?[bodhBODH]\s*|0[xX])([0-9a-fA-F][0-9a-fA-F_']*)|(?<![\w$'])\d[\d_]*")
# Digits of a numeric secret; an address, a width or a count has fewer.
_DIGITS_LEAST = 16
_DIGITS_ONLY = re.compile(r"[0-9a-fA-F_]+")
_ESCAPES = re.compile(r"\\x[0-9a-fA-F]{1,2}|\\[0-7]{1,3}|\\.|[^\r\n]")
_RANDOM = re.compile(r"(?<![A-Za-z0-9+/_=-])[A-Za-z0-9+/_=-]{20,}")
_HEX = re.compile(r"[0-9a-fA-F]{32,}")
# A word of a name in camelCase; random letters hold few that are as long.
_SPELLED = re.compile(r"[A-Z]?[a-z]{3,}")
_DIGITS_IN = re.compile(r"[0-9a-fA-F]")
_SPLIT = re.compile(r"[_/+=-]+")
# Bits a character: names in English have about 3, random letters and digits of this length over 4.
RANDOM_BITS = 3.6
# What is masked in one text is masked in all, from this length on, where it is no mere word.
FOUND_LEAST = 6


def mask(text: str) -> str:
    """As many characters in as many lines, none of them told; escapes stay escapes of their kind."""
    return _ESCAPES.sub(lambda match: _masked(match[0]), text)


def mask_word(word: str) -> str:
    """The same of a word that may stand anywhere: one of hexadecimal digits becomes a number again."""
    return re.sub(r"[0-9a-fA-F]", "0", word) if _DIGITS_ONLY.fullmatch(word) else mask(word)


def _masked(piece: str) -> str:
    if piece.startswith("\\x"):
        return "\\x" + "1" * (len(piece) - 2)
    if piece.startswith("\\"):
        return "\\" + "1" * (len(piece) - 1) if piece[1:].isdigit() else piece
    return piece if piece in " \t" else "x"


def is_secret_name(name: str, value: str) -> bool:
    """Whether a value of this name is a secret: of aes_key, API_TOKEN, wifiPassword; of a mere `key` only where the
    value looks like one."""
    words = [word.lower() for word in _WORD.findall(name)]
    if _SURE.intersection(words) or any(one + two in _SURE for one, two in pairwise(words)):
        return True
    if not _WEAK.intersection(words):
        return False
    if len(words) == 1:
        return any(looks_random(match[0]) for match in _RANDOM.finditer(value)) or len(_DIGITS_IN.findall(value)) > 15
    return len(value) >= _COMPOUND_LEAST


def looks_random(token: str) -> bool:
    """Whether a word of 20 characters or more was drawn by a machine: a key or a digest, and no name made of words."""
    if _HEX.fullmatch(token):
        return any(map(str.isdigit, token))
    classes = [any(map(kind, token)) for kind in (str.isupper, str.islower, str.isdigit)]
    if not all(classes) or all(len(piece) < 16 for piece in _SPLIT.split(token)):
        return False
    if 2 * sum(map(len, _SPELLED.findall(token))) >= len(token):
        return False
    counts = Counter(token)
    return -sum(count / len(token) * math.log2(count / len(token)) for count in counts.values()) >= RANDOM_BITS


def masked_forms(text: str) -> str:
    """The text without what tells itself to be a secret, wherever it stands: tokens and private keys."""
    text = _PEM.sub(_masked_key, text)
    for form in _TOKENS:
        text = form.sub(_masked_token, text)
    return text


def masked_strings(text: str) -> str:
    """The text of a message or comment without the strings that a secret name is given."""
    return _masked_named(text, _STRINGS, _masked_strings)


def masked_numbers(text: str) -> str:
    """The text without the long numbers that a secret name is given."""
    return _masked_named(text, _NUMBERS, _masked_numbers)


def masked_in_prose(text: str) -> str:
    """The same for what no compiler reads as code: also unquoted values of a secret name, and what looks random."""
    text = _masked_named(text, _UNQUOTED, mask)
    text = _masked_named(text, _ELEMENT, mask)
    return _RANDOM.sub(lambda match: mask(match[0]) if looks_random(match[0]) else match[0], text)


def hidden(before: str, after: str) -> Iterator[str]:
    """The words of `before` that are masked in `after`, an equally long text; mere words are left out, as others may
    mean something else by them."""
    if before == after:
        return
    for match in re.finditer(r"[^\s\"']+", before):
        word, now = match[0], after[match.start() : match.end()]
        if word == now:
            continue
        start = next(at for at in range(len(word)) if word[at] != now[at])
        end = next(at for at in range(len(word), 0, -1) if word[at - 1] != now[at - 1])
        core = word[start:end]
        if len(core) >= FOUND_LEAST and any(map(str.isdigit, core)) and any(map(str.isalpha, core)):
            yield core


def _masked_named(text: str, following: re.Pattern[str], hide: Callable[[str], str]) -> str:
    """The text with the values hidden that follow a secret's name."""
    pieces, done = list[str](), 0
    for hint in _HINT.finditer(text):
        start, first = hint.start(), max(hint.start() - _NAME_BEFORE, 0)
        while start > first and (text[start - 1].isalnum() or text[start - 1] == "_"):
            start -= 1
        name = _NAME.match(text, start)
        if name is None or start < done or (match := following.match(text, name.end())) is None:
            continue
        if is_secret_name(name[0], match["value"]):
            pieces += (text[done : match.start("value")], hide(match["value"]))
            done = match.end("value")
    return "".join((*pieces, text[done:]))


def _masked_token(match: re.Match[str]) -> str:
    if not match.re.groups:
        return mask(match[0])
    start, end = match.start(1) - match.start(), match.end(1) - match.start()
    return match[0][:start] + mask(match[1]) + match[0][end:]


def _masked_strings(value: str) -> str:
    return _QUOTED.sub(lambda match: match[1] + mask(match[2]), value)


def _masked_numbers(value: str) -> str:
    """Digits as zeros, so that a literal keeps its base and width."""
    count = sum(len(match[2] or match[0]) for match in _DIGITS.finditer(value))
    return _DIGITS.sub(_zeros, value) if count >= _DIGITS_LEAST else value


def _zeros(match: re.Match[str]) -> str:
    return (match[1] or "") + re.sub(r"[0-9a-fA-F]", "0", match[2] or match[0])


def _masked_key(match: re.Match[str]) -> str:
    """What lies between the lines of a key in PEM."""
    head, body, end = match[0][: match.start(1) - match.start()], match[1], match[2]
    run = _PEM_RUN if end and len(body) <= _PEM_MOST else _PEM_LONG
    return head + run.sub(lambda one: "x" * len(one[0]), body[:_PEM_MOST]) + body[_PEM_MOST:] + end
