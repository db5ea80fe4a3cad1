"""Arrays in messages, as JSON objects: `{"shape": [2, 3], "dtype": "float64", FORM: numbers}`.

FORM is `data`, a flat list of decimal numbers, `hex`, the little-endian bytes in hexadecimal, or `bytes`, their number;
then the bytes follow the line. Exact numbers, which only proofs need, are hexadecimal fractions in a list `exact`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.model.contract import Array

if TYPE_CHECKING:
    from fractions import Fraction

_DTYPES = {"float64": "<f8", "float32": "<f4"}
ARRAY_FORMS = ("data", "hex", "bytes")
_EXACT = "exact"
_FORMS = (*ARRAY_FORMS, _EXACT)
# JSON has no such numbers, and many printers lose the sign of −0.
_SPECIAL = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf, "-0": -0.0}
_LONGEST_NUMBER = 2**15  # hexadecimal digits of an exact number


class BadArray(Exception):
    """An object in a message is no valid array; the text says what was expected and what was found."""


def describe_array(array: Array, form: str, body: list[bytes]) -> dict[str, Any]:
    """The JSON object of an array of float64, float32, or exact numbers; the form `bytes` adds to the `body`."""
    shape = list(array.shape)
    if array.dtype == object:
        return {"shape": shape, _EXACT: [_exact_text(number) for number in array.flat]}
    described = {"shape": shape, "dtype": "float32" if array.dtype.itemsize == 4 else "float64"}
    if form == "data":
        return {**described, "data": _decimal_numbers(array)}
    data = np.ascontiguousarray(array, array.dtype.newbyteorder("<")).tobytes()
    if form == "hex":
        return {**described, "hex": data.hex()}
    body.append(data)
    return {**described, "bytes": len(data)}


def _decimal_numbers(array: Array) -> list[Any]:
    numbers: list[Any] = array.ravel().tolist()  # Python prints the shortest that reads back
    special = ~np.isfinite(array) | ((array == 0) & np.signbit(array))
    if special.any():
        for index in np.flatnonzero(special).tolist():
            numbers[index] = _special_name(numbers[index])
    return numbers


def _special_name(number: float) -> str:
    if math.isnan(number):
        return "NaN"
    return "-0" if number == 0 else "Infinity" if number > 0 else "-Infinity"


def _exact_text(number: Any) -> str:
    return f"{int(number.numerator):x}/{int(number.denominator):x}"


def is_array(value: Any) -> bool:
    """Whether a JSON value stands for an array."""
    return type(value) is dict and "shape" in value and not value.keys().isdisjoint(_FORMS)


def bytes_of(value: Mapping[str, Any]) -> int:
    """How many bytes of an array follow the line. Raises BadArray."""
    size = value.get("bytes", 0)
    if type(size) is not int or size < 0:
        raise BadArray(f"bytes is {_json_beginning(size)}, expected their number")
    return size


def read_array(value: Mapping[str, Any], body: bytes) -> Array:
    """The array of a JSON object, read-only; `body` are its bytes after the line, if it has any. Raises BadArray."""
    shape = _read_shape(value["shape"])
    if _EXACT in value:
        numbers = _read_exact(value[_EXACT])
    else:
        numbers = _read_numbers(value, _read_dtype(value.get("dtype", "float64")), body)
    if numbers.size != math.prod(shape):
        raise BadArray(f"{numbers.size} numbers for the shape {list(shape)}, expected {math.prod(shape)}")
    try:
        numbers = numbers.reshape(shape)
    except ValueError as error:  # NumPy limits the indices and, beside a 0, the sizes
        raise BadArray(f"shape is {_json_beginning(value['shape'])}: {error}") from None
    numbers.flags.writeable = False
    return numbers


def _read_shape(value: Any) -> tuple[int, ...]:
    if not isinstance(value, list) or not all(type(n) is int and n >= 0 for n in value):
        raise BadArray(f"shape is {_json_beginning(value)}, expected a list of whole numbers")
    return tuple(value)


def _read_dtype(value: Any) -> np.dtype[Any]:
    if not isinstance(value, str) or value not in _DTYPES:
        raise BadArray(f"dtype is {_json_beginning(value)}, expected {' or '.join(_DTYPES)}")
    return np.dtype(_DTYPES[value])


def _read_numbers(value: Mapping[str, Any], dtype: np.dtype[Any], body: bytes) -> Array:
    if "data" in value:
        with np.errstate(over="ignore"):  # a float64 beyond float32 is infinite there
            return _read_decimal(value["data"]).astype(dtype)
    if "hex" in value:
        try:
            body = bytes.fromhex(value["hex"])
        except (TypeError, ValueError):
            raise BadArray(f"hex is {_json_beginning(value['hex'])}, expected two hexadecimal digits a byte") from None
    if len(body) % dtype.itemsize:
        raise BadArray(f"{len(body)} bytes, expected {dtype.itemsize} a number")
    return np.frombuffer(body, dtype)


def _read_decimal(values: Any) -> Array:
    if not isinstance(values, list):
        raise BadArray(f"data is {_json_beginning(values)}, expected a list of numbers")
    if not set(map(type, values)) <= {int, float}:
        values = [_read_number(one) for one in values]
    try:
        return np.array(values, dtype=np.float64)
    except OverflowError:
        raise BadArray("data holds a whole number that is too large for a float64") from None


def _read_number(value: Any) -> float:
    """A number, or a special one by its name. Raises BadArray with a hint for what printers write instead."""
    if type(value) in (int, float):
        return value  # type: ignore[no-any-return]
    if isinstance(value, str) and value in _SPECIAL:
        return _SPECIAL[value]
    if value is None:
        raise BadArray('data holds null, expected a number; write NaN and infinities as "NaN", "Infinity", "-Infinity"')
    hint = "; write one flat list" if isinstance(value, list) else ""
    raise BadArray(f"data holds {_json_beginning(value)}, expected a number{hint}")


def _read_exact(texts: Any) -> Array:
    try:
        return np.array([*map(_parse_exact, texts), None], dtype=object)[:-1]
    except (ArithmeticError, AttributeError, TypeError, ValueError) as error:
        raise BadArray(f"{type(error).__name__}: {error}") from None


def _parse_exact(text: str) -> int | Fraction:
    if len(text) > _LONGEST_NUMBER:  # reducing a fraction takes time quadratic in its digits
        raise ValueError("a number with too many digits")
    from fractions import Fraction  # only proofs need it

    above, _, below = text.partition("/")
    found = Fraction(int(above, 16), int(below, 16))
    return found.numerator if found.denominator == 1 else found


def _json_beginning(value: Any) -> str:
    """The beginning of a value, as JSON."""
    import json

    text = json.dumps(value)
    return text if len(text) <= 40 else f"{text[:40]} …"
