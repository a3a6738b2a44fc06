"""Each rule on what it must find and on what comes near."""

import pytest

from governance.redaction import checks
from governance.redaction.redactor import DATES, NOT_IDENTIFIERS, Redactor

FOUND = [
    ("AADHAAR", "aadhaar 2345 6789 0124", "2345 6789 0124"),
    ("AADHAAR", "my number: 2345-6789-0124", "2345-6789-0124"),
    # a slip in the check digit, but it is said what it is
    ("AADHAAR", "aadhar number is 234567890123", "234567890123"),
    ("PAN", "PAN ABCPE1234F", "ABCPE1234F"),
    ("PAN", "abcpe1234f hai", "abcpe1234f"),
    ("ABHA_NUMBER", "abha 91-1234-5678-9012", "91-1234-5678-9012"),
    ("ABHA_NUMBER", "91123456789012", "91123456789012"),
    ("ABHA_ADDRESS", "link asha.rao@abdm please", "asha.rao@abdm"),
    ("ABHA_ADDRESS", "ravi1980@sbx", "ravi1980@sbx"),
    ("ZIP_CODE", "pin code 560025", "560025"),
    ("ZIP_CODE", "Whitefield, Bengaluru - 560 066", "560 066"),
    ("ZIP_CODE", "my zip is 94107-1234", "94107-1234"),
    ("PHONE", "call 9845010000", "9845010000"),
    ("PHONE", "+91 98450 10000 pe call karo", "+91 98450 10000"),
    ("PHONE", "(415) 555-0123", "(415) 555-0123"),
    ("PHONE", "+44 20 7946 0958", "+44 20 7946 0958"),
    ("PHONE", "number is 098450-10000", "098450-10000"),
    ("UPI_ID", "paid from asharao@okhdfcbank", "asharao@okhdfcbank"),
    ("UPI_ID", "9845010000@ybl", "9845010000@ybl"),
    ("PASSPORT", "passport M1234567", "M1234567"),
    ("VOTER_ID", "voter id ABC1234567", "ABC1234567"),
    ("VEHICLE", "my car KA 01 AB 1234 is parked", "KA 01 AB 1234"),
    ("GSTIN", "GSTIN 27AAPFU0939F1ZV", "27AAPFU0939F1ZV"),
    ("IFSC", "HDFC0001234", "HDFC0001234"),
    ("BANK_ACCOUNT", "account number 001234567890", "001234567890"),
    ("MRN", "MRN: LH-100012", "LH-100012"),
    ("MRN", "uhid 2023/45678", "2023/45678"),
    ("MRN", "LH100012", "LH100012"),
    ("POLICY", "policy no P/1234/5678/90", "P/1234/5678/90"),
    ("US_SSN", "ssn 078-05-1120", "078-05-1120"),
    ("US_ITIN", "912-70-1234", "912-70-1234"),
    ("NPI", "NPI 1234567893", "1234567893"),
    ("DEA", "AB1234563", "AB1234563"),
    ("DRIVER_LICENSE", "driver's license F1234567", "F1234567"),
    ("EMAIL", "write to a.b+c@example.co.uk.", "a.b+c@example.co.uk"),
    ("URL", "see https://example.org/x?id=1.", "https://example.org/x?id=1"),
    ("IP_ADDRESS", "from 192.168.1.20", "192.168.1.20"),
    ("IP_ADDRESS", "from 2001:db8::ff00:42:8329", "2001:db8::ff00:42:8329"),
    ("CREDIT_CARD", "4111 1111 1111 1111", "4111 1111 1111 1111"),
    ("IBAN", "GB82 WEST 1234 5698 7654 32", "GB82 WEST 1234 5698 7654 32"),
    ("DATE_TIME", "born 12 March 1980", "12 March 1980"),
    ("DATE_TIME", "born 12/03/1980", "12/03/1980"),
    ("DATE_TIME", "on March 12th", "March 12th"),
    ("DATE_TIME", "since 1980-03-12", "1980-03-12"),
    ("DATE_TIME", "the 12th of mar 84", "12th of mar 84"),
    ("DATE_TIME", "12.3.80", "12.3.80"),
    ("AGE_OVER_89", "she is 93 years old", "93"),
    ("AGE_OVER_89", "aged 91", "91"),
    ("AGE_OVER_89", "a 93-yr-old man", "93"),
    ("AGE_OVER_89", "age 95", "95"),
    ("AGE_OVER_89", "my ninety-two year old mother", "ninety-two"),
    ("AGE", "a 36 year old woman", "36"),
    ("YEAR", "operated in 2004", "2004"),
    ("STREET_ADDRESS", "I live at 221B Baker Street, London", "221B Baker Street"),
    ("STREET_ADDRESS", "1600 Pennsylvania Avenue NW Apt 4", "1600 Pennsylvania Avenue NW Apt 4"),
    ("STREET_ADDRESS", "flat 12, lake view apartments, hebbal road", "flat 12, lake view apartments, hebbal road"),
    ("STREET_ADDRESS", "PSC 1234, Box 5678\nAPO AE 09204", "PSC 1234, Box 5678\nAPO AE 09204"),
    ("LOCATION", "I moved to Chennai", "Chennai"),
    ("NRP", "a Russian interpreter", "Russian"),
    ("ORGANIZATION", "he works for Rapid Motion Pvt Ltd", "Rapid Motion Pvt Ltd"),
    ("PERSON", "my name is asha rao", "asha rao"),
    ("PERSON", "mera naam sunita devi hai", "sunita devi"),
    ("PERSON", "dr nair se milna hai", "nair"),
    ("PERSON", "Mrs. Karatayev called", "Karatayev"),
    ("PERSON", "this is priya speaking", "priya"),
    ("PERSON", "for my father ramesh", "ramesh"),
    ("PERSON", "Thanks.\nRegards, Eva Szabó", "Eva Szabó"),
    ("PERSON", "ask rahul bhai", "rahul"),
    ("PERSON", "Tamara T Stanković came", "Tamara T Stanković"),
]  # fmt: skip


@pytest.mark.parametrize(("entity", "text", "value"), FOUND)
def test_is_found(redactor: Redactor, entity: str, text: str, value: str) -> None:
    found = [(f.entity, text[f.start : f.end]) for f in redactor.find(text)]
    assert any(kind == entity and value in said for kind, said in found), found


@pytest.mark.parametrize(
    "text",
    [
        "Rs 560025 paid", "otp 482913", "bp 120/80", "take 1-0-1 for 5 days", "Metformin 500 mg", "room 204",
        "token 23",
        "at 10:30 or 11.30", "10-11.30 works", "HbA1c 6.8", "more time please", "the doctor said so", "my x-ray report",
        "Will you see me? May I come?", "version 2.1.3", "2 tablets", "Good Morning", "haan ji", "thanks sir",
        "theek hai ji",
        "name is wrong on the card", "see you on may be next week", "my account is locked",
        "I have been waiting 90 minutes",
        "COVID-19", "24x7 open?", "1,500.00", "50% off", "3... 2... 1... liftoff!", "12345", "id proof chahiye kya",
    ],
)  # fmt: skip
def test_near_misses_are_left(redactor: Redactor, text: str) -> None:
    assert redactor.redact(text, keep=NOT_IDENTIFIERS | DATES) == text


def test_dates_are_kept_where_asked(redactor: Redactor) -> None:
    text = "come on 12 March 2026 with your 93 year old mother"
    assert redactor.redact(text, keep=DATES) == "come on 12 March 2026 with your <AGE_OVER_89> year old mother"


def test_check_digits() -> None:
    assert checks.verhoeff("2363") and not checks.verhoeff("2364")
    assert checks.luhn("4111111111111111") and not checks.luhn("4111111111111112")
    assert checks.iban("GB82WEST12345698765432") and not checks.iban("GB82WEST12345698765433")
    assert checks.gstin("27AAPFU0939F1ZV") and not checks.gstin("27AAPFU0939F1ZW")
    assert checks.npi("1234567893") and not checks.npi("1234567894")
    assert checks.dea("AB1234563") and not checks.dea("AB1234564")


def test_an_aadhaar_needs_its_check_digit_or_its_name(redactor: Redactor) -> None:
    assert redactor.find("order 234567890124")[0].entity == "AADHAAR"
    assert all(f.entity != "AADHAAR" for f in redactor.find("order 234567890123"))
