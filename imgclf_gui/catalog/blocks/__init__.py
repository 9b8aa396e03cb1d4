"""Blocks: the elements of a network. One file, one entry; its name is the kind."""
