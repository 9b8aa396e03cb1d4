"""QObjects on threads of their own: they run what blocks, and answer with signals."""
