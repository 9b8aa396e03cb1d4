"""The commands of `imgclf`: everything that the window does, without it. No Qt, no TensorFlow."""
