"""Check digits. All take digits (or letters and digits) without separators."""

from __future__ import annotations

_DIHEDRAL = (
    "0123456789", "1234067895", "2340178956", "3401289567", "4012395678",
    "5987604321", "6598710432", "7659821043", "8765932104", "9876543210",
)  # fmt: skip
_PERMUTED = (
    "0123456789", "1576283094", "5803796142", "8916043527", "9453126870", "4286573901", "2793806415", "7046913258",
)  # fmt: skip
_BASE36 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def luhn(digits: str) -> bool:
    """ISO/IEC 7812-1 annex B: payment cards."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def verhoeff(digits: str) -> bool:
    """Verhoeff (1969): Aadhaar, UIDAI's numbering scheme."""
    check = 0
    for place, digit in enumerate(reversed(digits)):
        check = int(_DIHEDRAL[check][int(_PERMUTED[place % 8][int(digit)])])
    return check == 0


def iban(code: str) -> bool:
    """ISO 13616: the letters as numbers, modulo 97."""
    moved = code[4:] + code[:4]
    return int("".join(str(int(char, 36)) for char in moved)) % 97 == 1


def gstin(code: str) -> bool:
    """GSTIN, 15 characters: Luhn modulo 36."""
    total = 0
    for place, char in enumerate(code[:14]):
        value = _BASE36.index(char) * (1 + place % 2)
        total += value // 36 + value % 36
    return _BASE36[-total % 36] == code[14]


def npi(digits: str) -> bool:
    """US National Provider Identifier, 10 digits: Luhn over 80840 and the number (45 CFR 162.406)."""
    return luhn("80840" + digits)


def dea(code: str) -> bool:
    """US DEA registration number: two letters, seven digits."""
    numbers = [int(char) for char in code[2:]]
    return (numbers[0] + numbers[2] + numbers[4] + 2 * (numbers[1] + numbers[3] + numbers[5])) % 10 == numbers[6]
