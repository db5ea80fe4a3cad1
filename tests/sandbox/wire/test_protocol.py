"""The schema of the protocol: every message of a conversation is as it says, and so are the examples of the page."""

from __future__ import annotations

import json
import re
import subprocess

import jsonschema
import numpy as np
import pytest
from support.asking import GENEROUS, Asked
from support.commands import PATIENCE, ROOT

from harness.cases.case import make_case
from harness.model.activations import ACTIVATIONS
from harness.model.costs import COSTS
from harness.sandbox.host.building.build import command_for
from harness.sandbox.sources.find import available_implementations, implementation_of
from harness.sandbox.sources.functions import DECLARATIONS, SCOPE
from harness.sandbox.sources.toolchains import language_named
from harness.sandbox.wire.arrays import ARRAY_FORMS
from harness.sandbox.wire.lines import pack

SCHEMA = json.loads((ROOT / "harness" / "sandbox" / "wire" / "schema.json").read_text(encoding="utf-8"))
PAGE = (ROOT / "docs" / "protocol.md").read_text(encoding="utf-8")
PROGRAMS = [one for one in available_implementations() if one.command]
CASES = [
    make_case("random", (3, 4, 2), "leaky_relu softmax", 5),
    make_case("random", (3, 2), "tanh", 1, online=True),
]
# Both directions of a program's conversation into files; the arguments are these files, then the command.
RECORDING = 'sent=$1 came=$2; shift 2; tee "$sent" | "$@" | tee "$came"'


def schema_of(kind):
    """The schema of a kind of message, or of an array."""
    return jsonschema.Draft202012Validator({**SCHEMA, "anyOf": [{"$ref": f"#/$defs/{kind}"}]})


REQUEST, ANSWER = schema_of("request"), schema_of("answer")


def lines_of(data):
    """The lines of one side of a conversation, without the bytes that follow them."""
    while data:
        line, _, data = data.partition(b"\n")
        message = json.loads(line)
        data = data[sum(map(int, re.findall(rb'"bytes": ?(\d+)', line))) :]
        yield line.decode(), message


def kinds(messages):
    """Which kinds of messages of the schema there are."""
    named = ("hello", "echo", "backprop", "step", "w", "unsupported", "error")
    return {next(name for name in named if name in message) for message in messages}


def here(program):
    """The command of a program whose toolchain is here; the test is skipped without it."""
    language = language_named(program.language)
    if language.missing:
        pytest.skip(language.missing)
    return command_for(language, program.path)


def test_the_schema_is_one_and_has_the_names_of_the_harness():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    defined = SCHEMA["$defs"]
    network = defined["network"]["properties"]
    assert network["cost"]["enum"] == [*COSTS]
    assert {*network["layers"]["items"]["properties"]["activation"]["enum"]} == {*ACTIVATIONS}
    assert defined["declares"]["propertyNames"]["enum"] == [*DECLARATIONS, *SCOPE]
    assert defined["hello_answer"]["properties"]["arrays"]["enum"] == [*ARRAY_FORMS]
    assert [one["required"] for one in defined["array"]["oneOf"]] == [[form] for form in ARRAY_FORMS]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda one: one.name)
def test_a_recorded_conversation_is_as_the_schema_says(server, tmp_path, program):
    files = [tmp_path / "sent", tmp_path / "came"]
    recorded = implementation_of(["sh", "-c", RECORDING, "record", *map(str, files), *here(program)])
    with Asked(server, recorded, GENEROUS) as one:
        for case in CASES:
            inputs = case.build(1)
            for dtype in (np.float64, np.float32):
                answers = one.answers(("backprop", "step"), inputs.astype(dtype), case.learning_rate)
                assert not any(answer.refusal for answer in answers.values()), answers
    sent, came = (list(lines_of(file.read_bytes())) for file in files)
    assert len(sent) == len(came) == 3 + 2 * 2 * 2 * len(CASES)  # each request twice
    for line, message in sent:
        REQUEST.validate(message)
        assert line == json.dumps(message)  # one space after : and ,
    for _, message in came:
        ANSWER.validate(message)
    assert [*sent[3][1]] == ["backprop", "network", "x", "t"]
    assert kinds(message for _, message in sent) == {"hello", "echo", "backprop", "step"}
    assert kinds(message for _, message in came) == {"hello", "echo", "w"}


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda one: one.name)
def test_what_a_program_refuses_is_as_the_schema_says(program):
    command = here(program)
    vector = np.ones(1)
    layer = {"activation": "no_such", "w": vector.reshape(1, 1), "b": vector}
    refused = {"backprop": "1-1", "network": {"cost": "half_squared_error", "layers": [layer]}, "x": layer["w"]}
    said = b'{"hello": 1}\n'
    hello = talk(command, said)[0]
    said += (
        pack({**refused, "t": layer["w"]}, hello.get("arrays", "data")) + b'{"bye": 1}\n{"no": "request"}\nno JSON\n'
    )
    answers = talk(command, said)
    for answer in answers:
        ANSWER.validate(answer)
    assert [*map(kinds, ([one] for one in answers))] == [{"hello"}, {"unsupported"}, {"error"}, {"error"}, {"error"}]
    assert answers[1]["id"] == "1-1"


def talk(command, said):
    """What a program answers."""
    done = subprocess.run(command, input=said, capture_output=True, timeout=PATIENCE, check=True)
    return [message for _, message in lines_of(done.stdout)]


def block(heading):
    """The indented lines behind a heading of the page."""
    return re.search(rf"^## {heading}\n.*?\n((?: {{4}}[^\n]*\n)+)", PAGE, re.MULTILINE | re.DOTALL)[1]


def test_the_conversation_on_the_page_is_as_the_schema_says():
    array = '{"shape": [1], "dtype": "float64", "data": [0.5]}'
    text = re.sub(r"\n {6,}", " ", block("A whole conversation"))
    network = re.search(r'"network": (\{.*?\]\})', text)[1]
    text = re.sub(r'(?<=\w)…"', '"', text).replace('"network": …', f'"network": {network}')
    text = text.replace(", …}", f', "network": {network}, "x": {array}, "t": {array}}}').replace("ARRAY", array)
    messages = [(line.strip()[0], json.loads(line.strip()[2:])) for line in text.splitlines()]
    assert [mark for mark, _ in messages] == ["→", "←"] * 5
    for mark, message in messages:
        (REQUEST if mark == "→" else ANSWER).validate(message)
    for request, answer in zip(messages[4::2], messages[5::2], strict=True):
        assert (request[1].get("backprop") or request[1].get("step")) == answer[1]["id"]
    assert kinds(message for _, message in messages) == {"hello", "echo", "backprop", "step", "w", "unsupported"}


def test_the_arrays_on_the_page_are_as_the_schema_says():
    arrays = [json.loads(line) for line in block("ARRAY").splitlines()]
    assert [form for array in arrays for form in ARRAY_FORMS if form in array] == [*ARRAY_FORMS]
    for array in arrays:
        schema_of("sent_array").validate(array)


ONE = {"shape": [1], "dtype": "float64", "data": [1]}
NETWORK = {"cost": "cross_entropy", "layers": [{"activation": "softmax", "w": ONE, "b": ONE}]}
STEP = {"step": "a-1", "network": NETWORK, "x": ONE, "t": ONE, "learning_rate": 0.5}
GIVEN = {"id": "a-1", "w": [ONE], "b": [ONE]}
HELLO = {"hello": 1, "offers": ["step"]}


def test_the_messages_that_are_made_malformed_are_well_formed():
    REQUEST.validate(STEP)
    ANSWER.validate(GIVEN)
    ANSWER.validate(HELLO)


@pytest.mark.parametrize(
    "message",
    [
        {"hello": 2},
        {"echo": [1.0]},
        {"echo": {"shape": [1], "data": [1]}},  # a request has a dtype
        {"backprop": "a b", "network": NETWORK, "x": ONE, "t": ONE},
        {name: value for name, value in STEP.items() if name != "learning_rate"},
        {**STEP, "x": None},
        {**STEP, "network": {**NETWORK, "cost": "mse"}},
        {**STEP, "network": {**NETWORK, "layers": []}},
        {**STEP, "network": {**NETWORK, "layers": [{"activation": "swish", "w": ONE, "b": ONE}]}},
        GIVEN,
    ],
)
def test_a_malformed_request_is_none(message):
    assert not REQUEST.is_valid(message)


@pytest.mark.parametrize(
    "message",
    [
        {"hello": 1},
        {**HELLO, "hello": 2},
        {**HELLO, "offers": []},
        {**HELLO, "offers": ["train"]},
        {**HELLO, "arrays": "base64"},
        {**HELLO, "declares": {"REDUCE": "mean"}},
        {**HELLO, "notes": "one"},
        {"id": "a-1", "w": [ONE]},
        {"w": [ONE], "b": [ONE]},
        {**GIVEN, "id": 7},
        {**GIVEN, "w": ONE},
        {**GIVEN, "error": "what"},
        {"unsupported": "why"},
        {"id": "a-1", "unsupported": None},
        {"error": 7},
        {},
        [],
        STEP,
    ],
)
def test_a_malformed_answer_is_none(message):
    assert not ANSWER.is_valid(message)


@pytest.mark.parametrize(
    "change",
    [
        {"shape": 1},
        {"shape": []},
        {"shape": [0]},
        {"shape": [1, 1, 1]},
        {"shape": [1.5]},
        {"dtype": "int64"},
        {"data": [None]},
        {"data": ["nan"]},
        {"data": ["0.5"]},
        {"data": [[1]]},
        {"data": [True]},
        {"hex": "000000000000f03f"},  # beside data
    ],
)
def test_a_malformed_array_is_none(change):
    assert schema_of("array").is_valid(ONE)
    assert not schema_of("array").is_valid({**ONE, **change})


@pytest.mark.parametrize("numbers", [{"hex": "0x00"}, {"hex": "00"}, {"hex": ""}, {"bytes": -8}, {"bytes": "8"}, {}])
def test_a_malformed_binary_array_is_none(numbers):
    assert not schema_of("array").is_valid({"shape": [1], **numbers})
