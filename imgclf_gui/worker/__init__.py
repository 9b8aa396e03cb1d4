"""The process that knows TensorFlow: it carries out plans and reports events."""
