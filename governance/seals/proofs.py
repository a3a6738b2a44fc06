"""Inclusion proofs: that one entry is under a seal, without showing more of any other entry than its digest."""

from __future__ import annotations

import base64
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from db.engine import direct
from db.json import JsonObject
from governance.chain import content_digest, link
from governance.seals import log
from governance.seals.documents import Leaf, Seal, read_count, read_hash
from governance.seals.export import entry_json
from governance.seals.keys import TrustedKeys
from governance.seals.merkle import root_by_path
from governance.seals.report import Break, Report
from governance.seals.session_headers import hash_of, read_session_headers

VERSION = 1
_LEAF_OF = """
    SELECT position, session_id, after_seq, head_seq, head_hash FROM seal_leaf
     WHERE tenant_id = %s AND session_id = %s AND head_seq >= %s ORDER BY head_seq LIMIT 1
"""
_ENTRIES = """
    SELECT seq, kind, body, sealed, hash FROM audit_entry
     WHERE tenant_id = %s AND session_id = %s AND month = (SELECT month FROM llm_session WHERE id = %s)
       AND seq >= %s AND seq <= %s ORDER BY seq
"""


class NotSealed(Exception):
    """There is no such entry under a seal."""


async def prove_entry(session: AsyncSession, *, tenant_id: UUID, session_id: UUID, seq: int) -> JsonObject:
    """The entry, the hash before it, the digests of those after it up to the next sealed head, that head's path to the
    root, and the seal. Raises NotSealed."""
    row = await (await direct(session, _LEAF_OF, (tenant_id, session_id, seq))).fetchone()
    header = (await read_session_headers(session, tenant_id, [session_id])).get(session_id)
    seal = None if row is None else await log.seal_of_leaf(session, tenant_id, row[0])
    if row is None or seal is None or header is None or seq < 1:
        raise NotSealed(f"session {session_id} has no sealed entry {seq}")
    position, leaf = row[0], Leaf(*row[1:])
    parameters = (tenant_id, session_id, session_id, max(seq - 1, 1), leaf.head_seq)
    rows = await (await direct(session, _ENTRIES, parameters)).fetchall()
    before = hash_of(tenant_id, session_id, header) if seq == 1 else rows.pop(0)[4]
    if not rows or rows[0][0] != seq:
        raise NotSealed(f"entry {seq} of session {session_id} is missing")
    return {
        "proof": VERSION,
        "entry": entry_json(*rows[0]),
        "before": before.hex(),
        "after": [content_digest(*row[:4]).hex() for row in rows[1:]],
        "leaf": leaf.json(),
        "position": position,
        "path": [sibling.hex() for sibling in await log.path(session, tenant_id, position, seal.size)],
        "seal": seal.json(),
    }


def check_proof(proof: Any, trusted: TrustedKeys) -> Report:
    """Does the proof hold? Nothing is needed but the trusted keys."""
    report = Report(sessions=1, entries=1, seals=1, leaves=1)
    try:
        reason = _fault(proof, trusted)
    except (KeyError, TypeError, ValueError, AttributeError):
        reason = "this is not an inclusion proof"
    if reason is not None:
        report.add([Break(reason)])
    return report


def _fault(proof: JsonObject, trusted: TrustedKeys) -> str | None:
    if proof["proof"] != VERSION:
        return f"proofs of version {proof['proof']} are not known"
    seal, leaf = Seal.read(proof["seal"]), Leaf.read(proof["leaf"])
    fault = seal.fault(trusted)
    if fault is not None:
        return f"seal {seal.number}: {fault}"
    path = [read_hash(sibling) for sibling in proof["path"]]
    if root_by_path(leaf.hash(), read_count(proof["position"]), size=seal.size, path=path) != seal.root:
        return f"the session's head is not in the tree of seal {seal.number}"
    seq, kind, body, sealed, stated = read_entry(proof["entry"])
    after = [read_hash(digest) for digest in proof["after"]]
    if not 1 <= seq <= leaf.head_seq or len(after) != leaf.head_seq - seq:
        return f"entry {seq} is not {len(after)} before entry {leaf.head_seq}"
    reached = link(read_hash(proof["before"]), content_digest(seq, kind, body, sealed))
    if reached != stated:
        return f"entry {seq} does not match its hash"
    for digest in after:
        reached = link(reached, digest)
    return None if reached == leaf.head_hash else f"entry {seq} does not lead to the session's sealed head"


def read_entry(value: JsonObject) -> tuple[int, str, str, bytes | None, bytes]:
    """Number, kind, body, sealed part, hash. Raises KeyError, TypeError or ValueError where it is not an entry."""
    seq, kind, body, sealed = value["seq"], value["kind"], value["body"], value["sealed"]
    if value.keys() != {"seq", "kind", "body", "sealed", "hash"} or type(seq) is not int:
        raise ValueError("not an entry")
    if not isinstance(kind, str) or not isinstance(body, str) or "|" in kind:
        raise ValueError("not an entry")
    return (
        seq,
        kind,
        body,
        None if sealed is None else base64.b64decode(sealed, validate=True),
        read_hash(value["hash"]),
    )
