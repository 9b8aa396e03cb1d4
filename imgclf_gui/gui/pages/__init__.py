"""One page a tab."""
