"""Optimizers: rules that turn gradients into weight updates. One file is one entry."""
