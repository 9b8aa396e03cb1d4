"""The vocabulary: specifications, catalogue bases, dataset and project. No Qt, no TensorFlow."""
