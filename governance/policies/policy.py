"""A policy: rules as data, each with what it looks for, where, how grave it is and what is done. Read from YAML."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

Stage = Literal["message_in", "message_out", "tool_call", "tool_result"]
Check = Literal[
    "injection", "toxic", "tool_scope", "another_patient", "personal_data", "diagnosis", "dosage", "ungrounded",
]  # fmt: skip
Severity = Literal["low", "medium", "high", "critical"]
Action = Literal["flag", "redact", "block", "hand_over"]
GRAVITY: dict[Action, int] = {"flag": 0, "redact": 1, "block": 2, "hand_over": 3}


class PolicyInvalid(ValueError):
    """The YAML is not a policy; the text names the place and what is allowed."""


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Rule(_Closed):
    """`entities`: for personal_data, which kinds (names of `governance.redaction`); empty: all that have a check digit
    or a shape of their own. `by`: whose words the rule is for."""

    id: str = Field(pattern=r"^[a-z][a-z0-9-]{1,60}$")
    check: Check
    at: tuple[Stage, ...] = Field(min_length=1)
    severity: Severity
    action: Action
    by: Literal["agents", "everyone"] = "everyone"
    entities: tuple[str, ...] = ()
    why: str = Field("", max_length=500)


class Policy(_Closed):
    name: str = Field(pattern=r"^[a-z][a-z0-9-]{1,60}$")
    version: str = Field(pattern=r"^[0-9][0-9a-z.-]{0,30}$")
    rules: tuple[Rule, ...]

    @field_validator("rules")
    @classmethod
    def _once(cls, rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
        ids = [rule.id for rule in rules]
        if len(set(ids)) < len(ids):
            raise ValueError("each rule needs an id of its own")
        return rules

    @property
    def label(self) -> str:
        return f"{self.name}@{self.version}"


def read_policy(text: str) -> Policy:
    """Raises PolicyInvalid."""
    try:
        return Policy.model_validate(yaml.safe_load(text))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise PolicyInvalid(f"not YAML{f' at line {mark.line + 1}' if mark else ''}") from error
    except ValidationError as error:
        messages = [f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors(include_url=False)]
        raise PolicyInvalid("; ".join(messages)) from error


DEFAULT = Path(__file__).parent / "default.yaml"


@lru_cache(maxsize=1)
def default_policy() -> Policy:
    """The policy of a tenant that has set none."""
    return read_policy(DEFAULT.read_text())
