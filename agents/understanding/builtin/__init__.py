"""The built-in understanding: rules that need no model and no network."""

from agents.understanding.builtin.understand import BuiltIn

__all__ = ["BuiltIn"]
