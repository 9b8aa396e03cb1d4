"""Lists of augmentations to begin with. One file, one entry; its name is the kind."""
