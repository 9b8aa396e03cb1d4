"""The views of the Cloud models page."""
