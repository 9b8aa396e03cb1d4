"""Presets: starting networks, and what they teach. One file, one entry; its name is the kind."""
