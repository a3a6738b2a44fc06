"""The built-in note maker: rules and two small linear models, no language model, the same note for the same visit."""

from scribe.builtin.maker import write_note
from scribe.builtin.rendering import HEADINGS, render
from scribe.builtin.summary import patient_summary

__all__ = ["HEADINGS", "patient_summary", "render", "write_note"]
