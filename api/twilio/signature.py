"""Whether a webhook was signed with our Twilio Auth Token.

The URL is the one that Twilio called: the caller composes it from the public URL of the settings and the raw path and
query of the request, never from the Host header. A signature has no time in it: what keeps a recorded request from
counting twice is the unique MessageSid in the inbox.
"""

from __future__ import annotations

from urllib.parse import parse_qs, parse_qsl, urlsplit

from starlette.datastructures import FormData
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

_FORM = "application/x-www-form-urlencoded"
_JSON = "application/json"


def verify(
    *, url: str, signature: str | None, token: str, form: FormData | None = None, body: bytes | None = None,
    content_type: str | None = None,
) -> bool:  # fmt: skip
    """Whether `signature` (the header X-Twilio-Signature) is right for this request. Never raises.

    Give the parsed `form` (blanks kept, repeated keys kept) or the raw `body`. Only what the signature covers is
    believed: a form, a JSON body whose `bodySHA256` stands in the signed query, or no body at all. Always HMAC-SHA1
    under the Auth Token: no header of the request chooses the algorithm.
    """
    if not signature or not token:
        return False
    try:
        return _matches(
            RequestValidator(token), url, signature=signature, form=form, body=body, content_type=content_type
        )
    except (ValueError, TypeError, AttributeError, LookupError):
        return False


def _matches(
    validator: RequestValidator, url: str, *, signature: str, form: FormData | None, body: bytes | None,
    content_type: str | None,
) -> bool:  # fmt: skip
    kind = (content_type or "").split(";")[0].strip().lower()
    if kind == _JSON:
        hashed = len(parse_qs(urlsplit(url).query).get("bodySHA256", [])) == 1
        return hashed and body is not None and bool(validator.validate(url, body.decode(), signature))
    if form is None and body and kind == _FORM:
        form = FormData([*parse_qsl(body.decode(), keep_blank_values=True)])
    elif form is None and body:
        return False
    return bool(validator.validate(url, form if form is not None else {}, signature))
