"""What a person can do from anywhere in the window: one function a verb."""
