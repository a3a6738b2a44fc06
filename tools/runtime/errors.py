"""An error is one class: a code, a status, what to do about it. It is shown as a problem document (REST), as one
sentence to a model, and as one sentence that can be said aloud."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar, Literal

from db.json import JsonObject
from governance.policies.screening import Decision, Subject
from governance.vault import Owner

Remedy = Literal["fix_input", "try_later", "give_up"]


class ToolError(Exception):
    """A refusal that its caller may see. `detail` names the field or state and what is allowed."""

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 400
    title: ClassVar[str] = "The call was refused"
    remedy: ClassVar[Remedy] = "give_up"
    say: ClassVar[str] = "Sorry, that is not possible."

    def __init__(self, detail: str = "", *, errors: list[JsonObject] | None = None, **extra: object) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.errors = errors or []
        self.extra = extra

    def problem(self) -> JsonObject:
        """The RFC 9457 document."""
        body: JsonObject = {
            "type": f"urn:wardline:problem:{self.code}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
            "remedy": self.remedy,
            **self.extra,
        }
        if self.errors:
            body["errors"] = self.errors
        return body

    def for_model(self) -> str:
        """One sentence to a model: what is wrong and what to do."""
        todo = {"fix_input": "Change the input.", "try_later": "Try again later.", "give_up": "Do not try again."}
        fields = "; ".join(f"{error['field']}: {error['rule']}" for error in self.errors)
        return f"{self.code}: {self.detail}{' (' + fields + ')' if fields else ''} {todo[self.remedy]}"


class InvalidArguments(ToolError):
    code, status, remedy = "invalid_arguments", 422, "fix_input"
    title = "An argument is missing, unknown or wrong"
    say = "Something in that was not clear to me."


class Unauthenticated(ToolError):
    code, status = "unauthenticated", 401
    title = "The caller is not known"


class Forbidden(ToolError):
    code, status = "forbidden", 403
    title = "The caller may not do this"
    say = "I am not allowed to do that."


class NotFound(ToolError):
    code, status, remedy = "not_found", 404, "fix_input"
    title = "There is no such record for this caller"
    say = "I cannot find that."


class Conflict(ToolError):
    code, status, remedy = "conflict", 409, "fix_input"
    title = "The record's state does not allow this"


class AlreadyRunning(ToolError):
    code, status, remedy = "already_running", 409, "try_later"
    title = "The first call under this Idempotency-Key is still running"


class KeyReused(ToolError):
    code, status, remedy = "idempotency_key_reused", 422, "fix_input"
    title = "This Idempotency-Key was used with another request"


class Gone(ToolError):
    code, status = "gone", 410
    title = "The answer was erased with the patient's data"


class VersionMismatch(ToolError):
    code, status, remedy = "version_mismatch", 412, "fix_input"
    title = "The record has changed since it was read"


class VersionRequired(ToolError):
    code, status, remedy = "version_required", 428, "fix_input"
    title = "If-Match with the record's ETag is required"


class ApprovalNeeded(ToolError):
    code, status, remedy = "approval_needed", 409, "try_later"
    title = "A person must approve exactly these arguments first"


class ConsentMissing(ToolError):
    code, status = "consent_missing", 403
    title = "The patient has not consented to this purpose"
    say = "I do not have consent for that. A colleague can help you."


class PolicyRefused(ToolError):
    """`subject` and `decisions` are for the record; they are not shown."""

    code, status = "policy_refused", 403
    title = "The hospital's policy does not allow this"
    say = "I am not allowed to say that. A colleague will help you."

    def __init__(
        self,
        detail: str = "",
        *,
        subject: Subject | None = None,
        decisions: Sequence[Decision] = (),
        owner: Owner | None = None,
    ) -> None:
        super().__init__(detail)
        self.subject, self.decisions, self.owner = subject, decisions, owner


class OutOfScope(PolicyRefused):
    code, status = "forbidden", 403
    title = "The caller may not do this"
    say = "I am not allowed to do that."


class ConfirmationMissing(ToolError):
    code, status = "assent_missing", 403
    title = "The patient has not said yes to exactly this"
    say = "I need your clear yes to that first."


class Unavailable(ToolError):
    code, status, remedy = "unavailable", 503, "try_later"
    title = "The service cannot answer now"
    say = "Something is not working right now. Please try again in a minute."


class Failed(ToolError):
    code, status, remedy = "internal_error", 500, "try_later"
    title = "Something went wrong on our side"
    say = "Something went wrong on our side. Please try again in a minute."


def all_errors(root: type[ToolError] = ToolError) -> Iterator[type[ToolError]]:
    """Every error class, for the catalogue."""
    for error in root.__subclasses__():
        yield error
        yield from all_errors(error)


def name_of(error: BaseException) -> str:
    """What is kept of why something failed: a code or a kind, never an exception's own text."""
    return error.code if isinstance(error, ToolError) else type(error).__name__
