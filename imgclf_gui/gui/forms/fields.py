"""What a form has to know of a model's field, read from its JSON schema."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite, log10
from typing import Any, Literal

from pydantic import BaseModel

FieldKind = Literal["integer", "number", "boolean", "choice", "text", "entry"]


@dataclass(frozen=True)
class FieldInfo:
    """One field: how it is called, and which values it takes."""

    name: str
    kind: FieldKind
    title: str
    description: str = ""
    unit: str = ""
    default: object = None
    optional: bool = False
    """Whether it may stay empty (None)."""
    minimum: float | None = None
    maximum: float | None = None
    above: float | None = None
    """The value must be larger than this."""
    below: float | None = None
    choices: tuple[str, ...] = ()

    @property
    def logarithmic(self) -> bool:
        """Whether sizes matter more than differences: 0.001 and 0.01 rather than 1 and 2."""
        return self.kind == "number" and self.above == 0

    @property
    def step(self) -> float:
        """What one press of an arrow adds."""
        low = self.minimum if self.minimum is not None else self.above
        high = self.maximum if self.maximum is not None else self.below
        if self.kind == "integer" or low is None or high is None:
            return 1.0
        return float(min(1.0, 10.0 ** round(log10((high - low) / 100))))

    def parse(self, text: str) -> int | float | None:
        """The number that a person means by `text`; None for an empty optional field.

        Raises:
            ValueError: the sentence that says what was received and what to do.
        """
        text = text.strip()
        if not text and self.optional:
            return None
        number = _number(text, whole=self.kind == "integer")
        if number is None:
            wanted = "a whole number" if self.kind == "integer" else "a number"
            said = f"“{text[:40]}” is not {wanted}" if text else "Nothing stands here"
            raise ValueError(f"{said}: write {wanted} {self.range_words()}.")
        if not self.allows(number):
            raise ValueError(
                f"{text[:40]} does not work here: write a number {self.range_words()}."
            )
        return number

    def allows(self, number: float) -> bool:
        """Whether `number` lies within the bounds."""
        return (
            (self.minimum is None or number >= self.minimum)
            and (self.maximum is None or number <= self.maximum)
            and (self.above is None or number > self.above)
            and (self.below is None or number < self.below)
        )

    def range_words(self) -> str:
        """The bounds in words: 'from 1 to 10,000'."""
        low = f"from {self.minimum:,g}" if self.minimum is not None else ""
        if self.above is not None:
            low = f"above {self.above:,g}"
        high = ""
        if self.below is not None:
            high = f"and below {self.below:,g}"
        elif self.maximum is not None:
            most = f"{self.maximum:,.0f}" if self.maximum >= 1e6 else f"{self.maximum:,g}"
            high = f"to {most}" if self.above is None else f"and up to {most}"
        return f"{low} {high}".strip() or "of any size"


def fields_of(model: type[BaseModel]) -> tuple[FieldInfo, ...]:
    """The fields of `model` in their order."""
    schema = model.model_json_schema()
    return tuple(_field(name, raw) for name, raw in schema.get("properties", {}).items())


def number_text(value: float) -> str:
    """`value` as a person writes it: 0.001, 1e-7, 128."""
    mantissa, _, exponent = f"{value:.10g}".partition("e")
    return f"{mantissa}e{int(exponent)}" if exponent else mantissa


def _field(name: str, raw: dict[str, Any]) -> FieldInfo:
    variants = raw.get("anyOf", [raw])
    optional = any(variant.get("type") == "null" for variant in variants)
    schema = next(variant for variant in variants if variant.get("type") != "null")
    const = schema.get("const")
    return FieldInfo(
        name=name,
        kind=_kind(raw, schema),
        title=raw.get("title", name),
        description=raw.get("description", ""),
        unit=raw.get("unit", ""),
        default=raw.get("default"),
        optional=optional,
        minimum=schema.get("minimum"),
        maximum=schema.get("maximum"),
        above=schema.get("exclusiveMinimum"),
        below=schema.get("exclusiveMaximum"),
        choices=tuple(schema.get("enum", [const] if const is not None else [])),
    )


def _kind(raw: dict[str, Any], schema: dict[str, Any]) -> FieldKind:
    if "$ref" in schema or "allOf" in raw:
        return "entry"
    if "enum" in schema or "const" in schema:
        return "choice"
    kinds: dict[str, FieldKind] = {
        "integer": "integer",
        "number": "number",
        "boolean": "boolean",
    }
    return kinds.get(schema.get("type", ""), "text")


def _number(text: str, *, whole: bool) -> int | float | None:
    """`text` as a number; a comma groups digits in whole numbers, and is a decimal point else."""
    compact = text.replace(" ", "").replace("_", "")
    try:
        if whole:
            number = float(compact.replace(",", ""))
            return int(number) if number == int(number) else None
        number = float(compact if "." in compact else compact.replace(",", "."))
    except (ValueError, OverflowError):
        return None
    return number if isfinite(number) else None
