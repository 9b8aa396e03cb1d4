"""The language between the window or command line and a worker, local or far."""
