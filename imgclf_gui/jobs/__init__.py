"""Starts, watches and stops workers, and keeps what they report in run folders. No Qt."""
