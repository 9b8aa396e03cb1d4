"""Network files and the clipboard: what is written comes back, and nothing read can do harm."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imgclf_gui import catalog
from imgclf_gui.core.errors import UserError
from imgclf_gui.core.spec import BlockSpec, NetworkSpec
from imgclf_gui.core.strict_json import MOST_VALUES
from imgclf_gui.plan import draft_network, preset_network
from imgclf_gui.plan.network_file import (
    LARGEST_BYTES,
    blocks_from_text,
    blocks_text,
    network_text,
    read_network,
    write_network,
)
from tests.helpers.refusals import refusal
from tests.helpers.timing import within

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.text() | st.floats(-1e300, 1e300),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
OWN = {"kind", "name", "blocks"}
SETTINGS = st.dictionaries(st.text().filter(lambda key: key not in OWN), PLAIN, max_size=3)


def _block(kind: str, name: str, others: dict[str, Any], blocks: list[BlockSpec]) -> BlockSpec:
    fields = {**others, "kind": kind, "name": name, "blocks": blocks}
    return BlockSpec.model_validate(fields)


BLOCKS = st.recursive(
    st.builds(_block, st.text(), st.text(max_size=100), SETTINGS, st.just([])),
    lambda inner: st.builds(
        _block, st.text(), st.text(max_size=100), SETTINGS, st.lists(inner, max_size=3)
    ),
    max_leaves=8,
)


def _nested(depth: int) -> str:
    return '{"kind":"group","blocks":[' * depth + "]}" * depth


def _of(*blocks: Any) -> str:
    return json.dumps({"format": "imgclf-network", "version": 1, "blocks": list(blocks)})


@pytest.mark.parametrize("kind", catalog.preset_entries())
def test_a_preset_comes_back_from_its_file(kind: str, tmp_path: Path) -> None:
    network = preset_network(kind)
    write_network(tmp_path / "network.json", network)
    read = read_network(tmp_path / "network.json")
    assert read.network == network
    assert read.notes == ()


@settings(max_examples=50)
@given(st.lists(BLOCKS, max_size=4), st.none() | st.text())
def test_any_network_comes_back_from_its_text(blocks: list[BlockSpec], preset: str | None) -> None:
    network = NetworkSpec(preset=preset, blocks=tuple(blocks))
    assert blocks_from_text(network_text(network)) == network.blocks
    assert blocks_from_text(blocks_text(network.blocks)) == network.blocks


def test_a_file_has_one_line_for_each_block() -> None:
    inside = BlockSpec(kind="convolution", filters=8)
    network = NetworkSpec(
        preset="cnn", blocks=(BlockSpec(kind="residual", name="Stem", blocks=(inside,)),)
    )
    assert network_text(network).splitlines() == [
        "{",
        '  "format": "imgclf-network",',
        '  "version": 1,',
        '  "preset": "cnn",',
        '  "blocks": [',
        '    {"kind": "residual", "name": "Stem", "blocks": [',
        '      {"kind": "convolution", "filters": 8}',
        "    ]}",
        "  ]",
        "}",
    ]


def test_one_block_can_be_pasted() -> None:
    (block,) = blocks_from_text('{"kind": "dense", "units": 3}')
    assert block == BlockSpec(kind="dense", units=3)


def test_half_a_character_in_a_name_is_written_as_a_question_mark(tmp_path: Path) -> None:
    network = NetworkSpec(blocks=(BlockSpec(kind="flatten", note="a\ud800b"),))
    write_network(tmp_path / "network.json", network)
    (block,) = read_network(tmp_path / "network.json").network.blocks
    assert block.settings == {"note": "a?b"}


@pytest.mark.parametrize(
    ("block", "path"),
    [
        ({"kind": "hologram"}, "network.blocks.0"),
        ({"kind": "convolution", "filters": 2**31}, "network.blocks.0.filters"),
        ({"kind": "convolution", "filters": "64"}, "network.blocks.0.filters"),
        ({"kind": "convolution", "filters": {"a": [1]}}, "network.blocks.0.filters"),
        ({"kind": "convolution", "filtres": 64}, "network.blocks.0.filtres"),
        ({"kind": "convolution", "blocks": [{"kind": "flatten"}]}, "network.blocks.0"),
        ({"kind": "group"}, "network.blocks.0"),
        (json.loads(_nested(20)), "network.blocks" + ".0.blocks" * 9),
    ],
    ids=lambda value: str(value)[:60],
)
def test_what_cannot_work_is_kept_and_becomes_a_problem(
    block: dict[str, Any], path: str, tmp_path: Path
) -> None:
    file = tmp_path / "network.json"
    file.write_text(_of(block))
    network = read_network(file).network
    assert network.blocks == (BlockSpec.model_validate(block),)
    problems = draft_network(network.blocks, (28, 28, 1), 10).problems
    assert problems[0].path.startswith(path)


HOSTILE: dict[str, tuple[str | bytes, str]] = {
    "nothing": ("", "expecting value (line 1, column 1)"),
    "prose": ("a network\n", "expecting value (line 1, column 1)"),
    "half": ('{"blocks": [\n  {"kind" 3}]}', "expecting ':' delimiter (line 2, column 11)"),
    "binary": (bytes(range(256)), "byte 128 is not UTF-8"),
    "NaN": (_of({"kind": "dense", "units": float("nan")}), "nan is not a number"),
    "1e999": ('[{"kind": "dense", "units": 1e999}]', "inf is not a number"),
    "digits": (f'[{{"kind": "dense", "units": {"9" * 400}}}]', "hundreds of digits"),
    "more digits": ("9" * 5000, "thousands of digits"),
    "a key twice": ('[{"kind": "dense", "kind": "flatten"}]', "the key 'kind' stands twice"),
    "half a character": (r'[{"kind": "dense", "name": "\ud800"}]', "lone surrogate"),
    "a number": ("7", "describes no network"),
    "a text": ('"blocks"', "describes no network"),
    "another object": ('{"data": {}}', "describes no network"),
    "another format": ('{"format": "onnx", "blocks": []}', "the format 'onnx'"),
    "a format that is a list": ('{"format": [[]], "version": 1}', "the format [[]]"),
    "no version": ('{"format": "imgclf-network"}', "the version None"),
    "a version that is a word": ('{"format": "imgclf-network", "version": "1"}', "version '1'"),
    "a version that is true": ('{"format": "imgclf-network", "version": true}', "version True"),
    "blocks a text": (
        '{"blocks": "convolution"}',
        "blocks is 'convolution': input should be a valid tuple",
    ),
    "blocks an object": ('{"blocks": {"kind": "dense"}}', "blocks is {'kind': 'dense'}"),
    "blocks inside a text": (_of({"kind": "group", "blocks": "x"}), "blocks.0.blocks is 'x'"),
    "a block that is a number": ("[7]", "blocks.0 is 7"),
    "a block that is a list": ("[[]]", "blocks.0 is []"),
    "no kind": (_of({"kind": "flatten"}, {"units": 3}), "blocks.1.kind is missing"),
    "a kind that is a number": (_of({"kind": 7}), "blocks.0.kind is 7"),
    "a name that is a list": (_of({"kind": "dense", "name": ["a"]}), "blocks.0.name is ['a']"),
    "a long name": (_of({"kind": "dense", "name": "a" * 101}), "at most 100 characters"),
    "a preset that is a number": ('{"preset": 3, "blocks": []}', "preset is 3"),
    "an unknown field": ('{"blocks": [], "author": "me"}', "author is 'me'"),
    "deep": ("[" * 10_000 + "]" * 10_000, "more than 64 deep"),
    "deeper than Python": ("[" * 100_000, "more than 64 deep"),
    "deep blocks": (f"[{_nested(10_000)}]", "more than 64 deep"),
    "many values": ("[" + "0," * MOST_VALUES + "0]", "values"),
    "many objects": ("[" + '{"a":1},' * (MOST_VALUES // 3) + "7]", "more than 1,000 blocks"),
}
TOO_LARGE: dict[str, str | bytes] = {
    "10,000 blocks": _of(*[{"kind": "flatten"}] * 10_000),
    "10,000 blocks inside": _of({"kind": "group", "blocks": [{"kind": "flatten"}] * 10_000}),
    "20 MB": b'"' + b"a" * (20 << 20) + b'"',
    "20 MB of brackets": b"[" * (20 << 20),
}


def _refusal(content: str | bytes, tmp_path: Path) -> UserError:
    """Why `content` cannot be read as a file; told within 100 ms of computing."""
    file = tmp_path / "strange.json"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    refused = within(0.1, lambda: refusal(read_network, file))
    assert "strange.json" in refused.report.message
    assert refused.report.hint
    return refused


@pytest.mark.parametrize("case", HOSTILE)
def test_what_is_no_network_is_refused_with_a_reason(case: str, tmp_path: Path) -> None:
    content, reason = HOSTILE[case]
    refused = _refusal(content, tmp_path)
    assert reason in refused.report.message
    if isinstance(content, str):
        with pytest.raises(UserError, match=r"^The text"):
            blocks_from_text(content)


@pytest.mark.parametrize("case", TOO_LARGE)
def test_what_is_too_large_is_refused(case: str, tmp_path: Path) -> None:
    assert _refusal(TOO_LARGE[case], tmp_path).code == "network.too_large"


def test_the_largest_texts_are_read_or_refused_in_a_moment(tmp_path: Path) -> None:
    for inside in (b"a", b"\\n", b"\\u0041", b'"', b" ", b"1", b"[],", b'{"a":1},', b"1e9,"):
        filling = inside * (LARGEST_BYTES // len(inside))
        _refusal(b"[7" + filling[: LARGEST_BYTES - 3] + b"]", tmp_path)


def test_a_newer_form_asks_for_an_update(tmp_path: Path) -> None:
    refused = _refusal('{"format": "imgclf-network", "version": 2, "layers": []}', tmp_path)
    assert refused.code == "network.newer"


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.json")
    for name, reason in (("", "is not a file"), ("pipe.json", "is not a file"), ("x", "not there")):
        with pytest.raises(UserError, match=reason):
            read_network(tmp_path / name)


@given(st.text() | PLAIN.map(json.dumps) | st.lists(PLAIN).map(json.dumps))
def test_no_text_does_any_harm(text: str) -> None:
    try:
        blocks = blocks_from_text(text)
    except UserError as refused:
        assert refused.report.hint
    else:
        draft_network(blocks, (28, 28, 1), 10)
