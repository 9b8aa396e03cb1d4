"""Sources: forms in which people have labelled images. One file is one entry."""
