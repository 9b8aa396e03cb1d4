"""The code view: a plan as Python that a person can read, change and run. No TensorFlow."""

from imgclf_gui.plan.code.script import notebook, script

__all__ = ["notebook", "script"]
