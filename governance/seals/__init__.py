"""Seals: signed Merkle roots over the heads of all sessions, kept in the database and outside it."""
