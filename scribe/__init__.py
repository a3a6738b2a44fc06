"""From what was said in a visit to a note that a doctor signs: pure text work, no database, no network, no model."""
