"""What a configuration says of layers and of what feeds them, in the forms of Keras 3 and 2."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from imgclf_gui.plan.keras_file.gate import Refused

MODELS = ("Sequential", "Functional", "Model")
MOST_LAYERS = 3_000
"""Several make one block; the largest model of keras.applications has 1,041."""

_INPUT = "InputLayer"


@dataclass(frozen=True)
class Entry:
    """A layer with the names of those whose outputs reach it."""

    name: str
    kind: str
    config: Mapping[str, Any]
    inputs: tuple[str, ...]


@dataclass(frozen=True)
class Model:
    """The layers of one model, each behind those that feed it, without its input layer."""

    entries: tuple[Entry, ...]
    begin: str
    """The name that stands for what the model is fed with."""
    end: str
    shape: Any
    """The shape of its input as the configuration gives it, with the batch; None if it does not."""


def is_keras(raw: Any) -> bool:
    """Whether parsed JSON is what Keras writes of something."""
    return isinstance(raw, dict) and {"class_name", "config"} <= raw.keys()


def read_model(kind: str, config: Mapping[str, Any]) -> Model:
    """The model of class `kind` (one of MODELS) that `config` describes.

    Raises:
        Refused: it has several inputs or outputs, a layer that is used several times, a circle, or
            a configuration that is not as Keras writes it.
    """
    listed = config.get("layers")
    if not isinstance(listed, list) or not listed:
        raise Refused("is a Keras model without a list of layers")
    if len(listed) > MOST_LAYERS:
        raise Refused(f"has {len(listed):,} layers, and at most {MOST_LAYERS:,} are read")
    if kind == "Sequential":
        return _sequential(config, listed)
    entries = [_entry(raw, _sources(raw)) for raw in listed]
    begin = _single(config, "input")
    shape = next((_shape(entry.config) for entry in entries if entry.name == begin), None)
    ordered = _ordered([entry for entry in entries if entry.kind != _INPUT], begin)
    return Model(ordered, begin, _single(config, "output"), shape)


def _sequential(config: Mapping[str, Any], listed: list[Any]) -> Model:
    entries: list[Entry] = []
    shape = config.get("build_input_shape")
    last = begin = " input"
    for raw in listed:
        entry = _entry(raw, (last,))
        shape = shape or _shape(entry.config)
        if entry.kind != _INPUT:
            entries.append(entry)
            last = entry.name
    return Model(_ordered(entries, begin), begin, last, shape)


def _entry(raw: Any, inputs: tuple[str, ...]) -> Entry:
    if not isinstance(raw, dict):
        raise Refused(f"has {raw!r:.60} where a layer should stand")
    kind, config = raw.get("class_name"), raw.get("config")
    if not isinstance(kind, str) or not isinstance(config, dict):
        raise Refused(f"has a layer without class or configuration: {raw!r:.60}")
    name = raw.get("name") or config.get("name")
    if not isinstance(name, str):
        raise Refused(f"has a {kind:.60} whose name is {name!r:.60}")
    return Entry(name, kind, config, inputs)


def _shape(config: Mapping[str, Any]) -> Any:
    return config.get("batch_shape") or config.get("batch_input_shape")


def _single(config: Mapping[str, Any], what: str) -> str:
    """The name of the only input or output."""
    value = config.get(f"{what}_layers")
    while isinstance(value, list) and len(value) == 1:
        (value,) = value
    if isinstance(value, dict) and len(value) == 1:
        (value,) = value.values()
    if isinstance(value, list) and value and isinstance(value[0], list | dict):
        raise Refused(
            f"has {len(value)} {what}s",
            "An image classifier has one image as input, and one value a class as output.",
        )
    if not isinstance(value, list) or len(value) != 3 or not isinstance(value[0], str):
        raise Refused(f"has {value!r:.60} where the name of its {what} should stand")
    return value[0]


def _sources(raw: Any) -> tuple[str, ...]:
    """The names of the layers that feed the layer `raw`."""
    calls = raw.get("inbound_nodes") if isinstance(raw, dict) else None
    if calls in (None, []):
        return ()
    if not isinstance(calls, list):
        raise Refused(f"has {calls!r:.60} where the inputs of a layer should stand")
    if len(calls) > 1:
        raise Refused(
            f"uses the layer {raw.get('name')!r:.60} {len(calls)} times with the same weights",
            "Only layers that are used once can be opened.",
        )
    return tuple(_history(found) for found in _tensors(calls[0]))


def _tensors(call: Any) -> Iterator[Any]:
    """Where each tensor of a call comes from, in order: [layer, call, output, …]."""
    waiting = [call]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            if value.get("class_name") == "__keras_tensor__":
                config = value.get("config")
                yield config.get("keras_history") if isinstance(config, dict) else None
            else:
                waiting += reversed(list(value.values()))
        elif isinstance(value, list) and _is_history(value):
            yield value
        elif isinstance(value, list):
            waiting += reversed(value)


def _is_history(value: list[Any]) -> bool:
    return len(value) in (3, 4) and isinstance(value[0], str) and type(value[1]) is int


def _history(found: Any) -> str:
    if not isinstance(found, list) or not _is_history(found):
        raise Refused(f"has {found!r:.60} where an input of a layer should stand")
    name, _, output = found[:3]
    if output != 0:
        raise Refused(f"uses output {output!r:.20} of {name!r:.60}, and blocks have one output")
    return str(name)


def _ordered(entries: Iterable[Entry], begin: str) -> tuple[Entry, ...]:
    """Each layer behind those that feed it; as listed, if that is so already."""
    waiting: dict[str, Entry] = {}
    for entry in entries:
        if entry.name in waiting or entry.name == begin:
            raise Refused(f"has two layers called {entry.name!r:.60}")
        waiting[entry.name] = entry
    _check_sources(waiting, begin)
    missing = {name: len(set(entry.inputs) - {begin}) for name, entry in waiting.items()}
    feeds: dict[str, list[str]] = {}
    for entry in waiting.values():
        for source in set(entry.inputs):
            feeds.setdefault(source, []).append(entry.name)
    ready = [name for name, count in reversed(missing.items()) if not count]
    ordered = []
    while ready:
        entry = waiting.pop(ready.pop())
        ordered.append(entry)
        for name in reversed(feeds.get(entry.name, [])):
            missing[name] -= 1
            if not missing[name]:
                ready.append(name)
    if waiting:
        raise Refused(f"has a circle: {next(iter(waiting))!r:.60} feeds itself in the end")
    return tuple(ordered)


def _check_sources(entries: Mapping[str, Entry], begin: str) -> None:
    for entry in entries.values():
        for source in entry.inputs or (None,):
            if source != begin and source not in entries:
                raise Refused(
                    f"feeds {entry.name!r:.60} with {source!r:.60}, a layer that it does not have"
                    if source is not None
                    else f"does not say what feeds {entry.name!r:.60}"
                )
