"""Webhooks signed by Twilio, and the traps around them."""

from __future__ import annotations

import base64
import hmac
from hashlib import sha256

import pytest
from starlette.datastructures import FormData
from twilio.request_validator import RequestValidator

from api.twilio.signature import verify

TOKEN, URL = "12345", "https://hospital.example/webhooks/twilio/whatsapp"
FORM = "application/x-www-form-urlencoded"
PAIRS = [("Body", "hello é कल"), ("From", "whatsapp:+919811112222"), ("ButtonText", ""), ("MessageSid", "SM1")]


def sign(url, form=None, token=TOKEN):
    return RequestValidator(token).compute_signature(url, form or {})


def check(url=URL, signature="", form=None, **more):
    return verify(url=url, signature=signature, token=TOKEN, form=form, **more)


def test_twilios_own_example():
    """https://www.twilio.com/docs/usage/security : the documented example request."""
    url = "https://example.com/myapp.php?foo=1&bar=2"
    form = FormData(
        [("CallSid", "CA1234567890ABCDE"), ("Caller", "+14158675310"), ("Digits", "1234"), ("From", "+14158675310"),
         ("To", "+18005551212")]
    )  # fmt: skip
    assert verify(url=url, signature="L/OH5YylLD5NRKLltdqwSvS0BnU=", token=TOKEN, form=form)


def test_a_form_with_blanks():
    form = FormData(PAIRS)
    assert check(signature=sign(URL, form), form=form, content_type=FORM)


def test_the_raw_body_keeps_blanks():
    body = b"Body=hello&ButtonText=&MessageSid=SM1"
    form = FormData([("Body", "hello"), ("ButtonText", ""), ("MessageSid", "SM1")])
    assert check(signature=sign(URL, form), body=body, content_type=f"{FORM}; charset=UTF-8")


def test_blanks_that_were_dropped_fail():
    signature = sign(URL, FormData(PAIRS))
    assert check(signature=signature, form=FormData(PAIRS))
    assert not check(signature=signature, form=FormData([("Body", "hello é कल"), ("MessageSid", "SM1")]))


def test_repeated_keys():
    form = FormData([("MediaUrl", "b"), ("MediaUrl", "a"), ("MediaUrl", "b"), ("Body", "")])
    assert check(signature=sign(URL, form), form=form)
    assert not check(signature=sign(URL, form), form=FormData(dict(form)))


def test_the_url_as_it_was_called_with_or_without_port():
    form = FormData(PAIRS)
    assert check(signature=sign(f"{URL[:24]}:443{URL[24:]}", form), form=form)
    assert not check(url="http://10.0.0.5:8000/webhooks/twilio/whatsapp", signature=sign(URL, form), form=form)


def test_the_query_keeps_its_order():
    signature = sign(f"{URL}?b=2&a=1")
    assert check(url=f"{URL}?b=2&a=1", signature=signature)
    assert not check(url=f"{URL}?a=1&b=2", signature=signature)


@pytest.mark.parametrize("change", [("Body", "hello!"), ("From", "whatsapp:+10000000000"), ("Extra", "1")])
def test_a_changed_form_fails(change):
    form = FormData(PAIRS)
    changed = FormData([pair for pair in PAIRS if pair[0] != change[0]] + [change])
    assert not check(signature=sign(URL, form), form=changed)


JSON_BODY = '{"event":"कल"}'.encode()
JSON_URL = f"{URL}?bodySHA256={sha256(JSON_BODY).hexdigest()}"


def test_json_is_covered_by_its_hash_in_the_query():
    signature = sign(JSON_URL)
    assert check(url=JSON_URL, signature=signature, body=JSON_BODY, content_type="application/json; charset=utf-8")
    assert not check(url=JSON_URL, signature=signature, body=JSON_BODY + b" ", content_type="application/json")
    assert not check(url=JSON_URL, signature=signature, body=None, content_type="application/json")


def test_json_without_its_hash_is_refused_and_does_not_raise():
    assert not check(signature=sign(URL), body=JSON_BODY, content_type="application/json")


def test_json_with_two_hashes_is_refused():
    url = f"{JSON_URL}&bodySHA256={sha256(b'{}').hexdigest()}"
    assert not check(url=url, signature=sign(url), body=JSON_BODY, content_type="application/json")


@pytest.mark.parametrize("content_type", [None, "", "text/plain", "application/xml", "multipart/form-data"])
def test_a_body_that_the_signature_does_not_cover_is_refused(content_type):
    assert not check(signature=sign(URL), body=b"Body=hello", content_type=content_type)


def test_no_header_chooses_the_algorithm():
    form = FormData(PAIRS)
    text = URL + "".join(name + value for name, value in sorted(form.multi_items()))
    strong = base64.b64encode(hmac.new(TOKEN.encode(), text.encode(), sha256).digest()).decode()
    assert not check(signature=strong, form=form)


@pytest.mark.parametrize("signature", [None, "", "x", "é" * 28, "A" * 28, "\x00"])
def test_signatures_that_are_none(signature):
    assert not check(signature=signature, form=FormData(PAIRS))


def test_an_unset_token_believes_nobody():
    assert not verify(url=URL, signature=sign(URL, token=""), token="")


@pytest.mark.parametrize(
    ("url", "body", "content_type"),
    [
        ("https://hospital.example:port/x", None, None),
        ("http://[", None, None),
        ("", None, None),
        (URL, b"\xff\xfe", FORM),
        (JSON_URL, b"\xff\xfe", "application/json"),
        (f"{URL}?x=\ud800", None, None),
    ],
)
def test_nothing_raises(url, body, content_type):
    assert not check(url=url, signature="A" * 28, body=body, content_type=content_type)


def test_an_upload_in_the_form_does_not_raise():
    assert not check(signature="A" * 28, form=FormData([("file", object())]))
