"""Schedules: how the learning rate changes over a run. One file is one entry."""
