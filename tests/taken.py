"""Takes a rule out of the program for a test, to see that something comes of it."""

import __future__

import inspect
import textwrap


def take_away(kept, monkeypatch):
    """Let functions do without what keeps a rule, wherever they are known.

    Args:
        kept: function, what stands there, and what would without the rule.
        monkeypatch: puts it back.
    """
    for wrapped in {function for function, _, _ in kept}:
        function = inspect.unwrap(getattr(wrapped, "fget", wrapped))
        source = textwrap.dedent(inspect.getsource(function))
        for one, there, without in kept:
            if one is wrapped:
                assert there in source, f"{function.__qualname__} keeps the rule no more: {there}"
                source = source.replace(there, without)
        known = dict(function.__globals__)
        exec(compile(source, "without the rule", "exec", __future__.annotations.compiler_flag), known)
        made = known[function.__name__]
        monkeypatch.setattr(function, "__code__", inspect.unwrap(getattr(made, "fget", made)).__code__)
