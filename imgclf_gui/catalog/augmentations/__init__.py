"""Augmentations: random changes of training images. One file, one entry; its name is the kind."""
