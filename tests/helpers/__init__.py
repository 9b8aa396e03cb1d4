"""What tests share: images to learn from, and a worker that only plays its part."""
