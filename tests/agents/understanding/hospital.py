"""A small hospital."""

from __future__ import annotations

from agents.understanding.utterance import Directory, Known

DIRECTORY = Directory(
    practitioners=(
        Known("nair", "Dr Meera Nair"), Known("rao", "Dr Anil Rao"), Known("rana", "Dr Kavita Rana"),
        Known("shrivastava", "Dr Priya Shrivastava"), Known("khan", "Dr Mohammed Khan"),
        Known("smith", "Dr John Smith"),
    ),
    specialties=tuple(
        Known(slug, slug.replace("-", " "))
        for slug in (
            "general-medicine", "paediatrics", "obstetrics-gynaecology", "orthopaedics", "cardiology", "dermatology",
            "ophthalmology", "ent", "neurology", "gastroenterology", "psychiatry", "dentistry",
        )
    ),
    locations=(Known("main", "Lotus Hospital, Andheri West"), Known("bandra", "Lotus Clinic, Bandra")),
)  # fmt: skip
