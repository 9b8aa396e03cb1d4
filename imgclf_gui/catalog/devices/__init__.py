"""Devices: places where a run executes. One file, one entry; its name is the kind."""
