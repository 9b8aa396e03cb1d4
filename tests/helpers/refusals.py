"""What a call that must be refused says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from imgclf_gui.core.errors import UserError


def refusal(call: Callable[..., Any], *arguments: Any) -> UserError:
    """The error by which `call` refuses `arguments`; a test fails where it takes them."""
    with pytest.raises(UserError) as refused:
        call(*arguments)
    return refused.value
