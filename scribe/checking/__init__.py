"""The faithfulness check: what a note claims against what was said, what it leaves out, what contradicts itself."""
