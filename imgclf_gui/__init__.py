"""ImgClf Studio: build image classifiers by pointing and clicking, offline."""

__version__ = "0.1.0"
