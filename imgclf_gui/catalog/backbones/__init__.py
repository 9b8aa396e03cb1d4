"""Feature extractors with weights learned elsewhere: one file, one backbone."""
