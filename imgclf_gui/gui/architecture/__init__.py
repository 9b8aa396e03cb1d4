"""The views of the Architecture page: build, compare, code, lab."""
