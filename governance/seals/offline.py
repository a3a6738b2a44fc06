"""Verifying an export with nothing but the file and the trusted keys, a line at a time."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from db.json import JsonObject
from governance.chain import content_digest, link
from governance.record import canonical
from governance.seals.documents import Leaf, Seal, read_hash
from governance.seals.export import PURPOSE, VERSION
from governance.seals.keys import TrustedKeys
from governance.seals.merkle import Frontier
from governance.seals.proofs import check_proof, read_entry
from governance.seals.report import Break, Report
from governance.seals.session_headers import hash_of

_MALFORMED = (KeyError, TypeError, ValueError, AttributeError, RecursionError)


class _Fault(Exception):
    """The line does not follow from those before it."""


def verify_file(path: Path, trusted: TrustedKeys) -> Report:
    """Verify an export, or an inclusion proof; the first place that does not hold is named. Of an export, `sessions`
    are those that began in its period, and `leaves` the parts of sessions that were sealed in it."""
    with path.open("rb") as file:
        first = file.readline()
        try:
            proof = json.loads(first)
        except _MALFORMED:
            proof = None
        if isinstance(proof, dict) and "proof" in proof:
            return check_proof(proof, trusted)
        file.seek(0)
        return verify_lines(file, trusted)


def verify_lines(lines: Iterable[bytes], trusted: TrustedKeys) -> Report:
    check = _Check(trusted)
    try:
        for raw in lines:
            check.verify(raw)
        if not check.signed:
            raise _Fault("the file ends here, without its signature")
    except _Fault as fault:
        check.report.add([Break(str(fault), check.leaf.session_id if check.leaf else None, line=check.lines + 1)])
    except _MALFORMED:
        check.report.add([Break("this is not a line of an export", line=check.lines + 1)])
    return check.report


@dataclass(slots=True)
class _Check:
    """What the lines so far lead to."""

    trusted: TrustedKeys
    report: Report = field(default_factory=Report)
    running: Any = field(default_factory=hashlib.sha256)
    lines: int = 0
    header: JsonObject | None = None
    tenant_id: UUID | None = None
    tree: Frontier | None = None
    seal: Seal | None = None
    leaf: Leaf | None = None  # whose entries are being read
    seq: int = 0  # the last entry, and its hash
    hash: bytes = b""
    signed: bool = False

    def verify(self, raw: bytes) -> None:
        if self.signed:
            raise _Fault("there is something after the signature")
        text = raw.decode()
        value = json.loads(text)
        if canonical(value) + "\n" != text:
            raise _Fault("the line is not in the form in which it was written")
        if self.header is None:
            self._header(value)
        elif self.tree is None:
            self._before(value)
        elif value.keys() == {"seal"}:
            self._seal(Seal.read(value["seal"]))
        elif "leaf" in value:
            self._leaf(value)
        elif value.keys() == {"entry"}:
            self._entry(value["entry"])
        else:
            self._signature(value)
        self.running.update(raw)
        self.lines += 1

    def _header(self, value: JsonObject) -> None:
        if value.keys() != {"export", "tenant_id", "since", "until", "made_at"} or value["export"] != VERSION:
            raise _Fault(f"an export of version {VERSION} begins otherwise")
        self.header, self.tenant_id = value, UUID(value["tenant_id"])
        for name in ("since", "until"):
            if value[name] is not None:
                datetime.fromisoformat(value[name])

    def _before(self, value: JsonObject) -> None:
        if value.keys() != {"before", "peaks"}:
            raise _Fault("the seal before the period is missing")
        self.tree = Frontier(0, [read_hash(peak) for peak in value["peaks"]])
        if value["before"] is None:
            if self.tree.peaks:
                raise _Fault("there is a tree, and no seal before the period")
            return
        self.seal = Seal.read(value["before"])
        self._check_signature(self.seal)
        self.tree.size = self.seal.size
        if len(self.tree.peaks) != self.seal.size.bit_count() or self.tree.root() != self.seal.root:
            raise _Fault("the tree before the period is not the one that was sealed")

    def _check_signature(self, seal: Seal) -> None:
        fault = seal.fault(self.trusted)
        if fault is not None:
            raise _Fault(f"seal {seal.number}: {fault}")
        if seal.tenant_id != self.tenant_id:
            raise _Fault(f"seal {seal.number} is another tenant's")

    def _seal(self, seal: Seal) -> None:
        last = self.seal
        self._close_seal()
        self._check_signature(seal)
        if seal.number != (1 if last is None else last.number + 1):
            raise _Fault(f"seal {seal.number} is not the next one")
        if seal.previous != (b"" if last is None else last.hash()) or (last is not None and seal.at < last.at):
            raise _Fault(f"seal {seal.number} does not follow the seal before it")
        if not self._in_period(seal.at):
            raise _Fault(f"seal {seal.number} is not of the period")
        self.seal = seal
        self.report.seals += 1

    def _in_period(self, at: datetime) -> bool:
        since, until = (self.header or {}).get("since"), (self.header or {}).get("until")
        after = since is None or at >= datetime.fromisoformat(since)
        return after and (until is None or at < datetime.fromisoformat(until))

    def _leaf(self, value: JsonObject) -> None:
        self._close_leaf()
        if self.tree is None or self.seal is None or self.tree.size >= self.seal.size:
            raise _Fault("a sealed head stands under no seal")
        if value["position"] != self.tree.size:
            raise _Fault(f"leaf {self.tree.size} is missing")
        leaf = Leaf.read(value["leaf"])
        self.tree.append(leaf.hash())
        self.report.leaves += 1
        self.leaf, self.seq = leaf, leaf.after_seq
        expected = {"opening"} if leaf.after_seq == 0 else {"after_hash"}
        if value.get("purged") is False:
            raise _Fault("the session is gone, and no certificate says that it was purged")
        if value.get("purged") is True:
            expected, self.leaf = {"purged"}, None
            self.report.purged += 1
        elif leaf.after_seq == 0:
            self.hash = hash_of(self.seal.tenant_id, leaf.session_id, value["opening"])
            self.report.sessions += 1
        else:
            self.hash = read_hash(value["after_hash"])
        if value.keys() != {"position", "leaf", *expected}:
            raise _Fault("the session's beginning is missing")

    def _entry(self, value: JsonObject) -> None:
        seq, kind, body, sealed, stated = read_entry(value)
        if self.leaf is None or seq > self.leaf.head_seq:
            raise _Fault(f"entry {seq} stands under no sealed head")
        if seq != self.seq + 1:
            raise _Fault(f"entry {self.seq + 1} is missing")
        self.seq, self.hash = seq, link(self.hash, content_digest(seq, kind, body, sealed))
        if self.hash != stated:
            raise _Fault(f"entry {seq} does not match its hash")
        if seq == self.leaf.head_seq and self.hash != self.leaf.head_hash:
            raise _Fault(f"the entries {self.leaf.after_seq + 1} to {seq} are not those that were sealed")
        self.report.entries += 1

    def _close_leaf(self) -> None:
        if self.leaf is not None and self.seq != self.leaf.head_seq:
            raise _Fault(f"entry {self.seq + 1} is missing")
        self.leaf = None

    def _close_seal(self) -> None:
        """Before the next seal, and at the end: all its leaves have come, and give its root."""
        self._close_leaf()
        if self.seal is None or self.tree is None:
            return
        if self.tree.size != self.seal.size:
            raise _Fault(f"leaf {self.tree.size} is missing")
        if self.tree.root() != self.seal.root:
            raise _Fault(f"the sealed heads do not give the root that seal {self.seal.number} signs")

    def _signature(self, value: JsonObject) -> None:
        if value.keys() != {"lines", "sha256", "key", "signature"}:
            raise _Fault("this is not a line of an export")
        self._close_seal()
        signature = base64.b64decode(value.pop("signature"), validate=True)
        fault = self.trusted.fault(value["key"], signature, PURPOSE + canonical(value).encode())
        if fault is not None:
            raise _Fault(f"the export: {fault}")
        if value["lines"] != self.lines or value["sha256"] != self.running.hexdigest():
            raise _Fault("the lines before are not those that were signed (what the seals cover is whole)")
        self.signed = True
