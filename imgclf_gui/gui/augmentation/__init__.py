"""The parts of the Augmentation page."""
