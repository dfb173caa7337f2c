"""Books: one record that tells compiled code where its arrays lie.

A numba function that takes forty arrays spends its compile time on their shapes and strides: the event loop took half a
minute to compile with arrays in named tuples, and seconds with books. A book is a record of addresses and sizes, passed
as one pointer, as a C program would pass a struct. Whoever makes a book keeps its arrays alive: see `Book.arrays`.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

import numba
import numpy as np
import numpy.typing as npt
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic
from numba.np import arrayobj

# numba's inside has no complete type hints.
_numba: Any = numba
_cgutils: Any = cgutils
_populate: Any = arrayobj.populate_array


def _intrinsic(function: Callable[..., Any]) -> Any:
    """A function that writes its own machine code."""
    return intrinsic(function)


def _address(name: str, array: npt.NDArray[Any], dtype: np.dtype[Any]) -> int:
    """Where an array of a book lies. TypeError if it is none."""
    if (array.dtype is not dtype and array.dtype != dtype) or not array.flags.c_contiguous:
        raise TypeError(f"{name}: {array.dtype} is not {dtype}, or not contiguous")
    return int(array.ctypes.data)


@dataclass(frozen=True)
class Book:
    """A record for compiled code, and the arrays it points to by name."""

    record: Any  # np.record
    address: int  # of the record: cheaper to pass than the record itself
    arrays: dict[str, npt.NDArray[Any]]

    def __getitem__(self, name: str) -> npt.NDArray[Any]:
        return self.arrays[name]

    def put(self, name: str, array: npt.NDArray[Any]) -> None:
        """Another array in the place of one, contiguous and of the same dtype."""
        self.record[name] = _address(name, array, self.arrays[name].dtype)
        self.record[f"{name}_size"] = array.size
        self.arrays[name] = array


class Shelf:
    """The names and dtypes of the arrays of one kind of book, each with a compiled reader."""

    def __init__(self, **dtypes: Any) -> None:
        self.dtypes = {name: np.dtype(dtype) for name, dtype in dtypes.items()}
        fields = [(name, "u8") for name in dtypes] + [(f"{name}_size", "i8") for name in dtypes]
        self._record = np.dtype((np.record, np.dtype(fields, align=True)))

    def rows(self, name: str) -> Callable[[Any, Any], Any]:
        """A compiled function (record of a book, i) to row i >= 0 of its array `name`, a structured one."""
        return _row_reader(name, f"{name}_size", self.dtypes[name])

    def array(self, name: str) -> Callable[[Any], Any]:
        """A compiled function from a book's record to its array `name`, one-dimensional."""
        return _array_reader(name, f"{name}_size", self.dtypes[name])

    def at(self) -> Callable[[Any], Any]:
        """A compiled function from the address of a book's record to the record."""
        return _record_reader(self._record)

    def book(self, **arrays: npt.NDArray[Any]) -> Book:
        """A book over these arrays, which must be all of the shelf's, contiguous and of its dtypes."""
        addresses, sizes = [], []
        for name, dtype in self.dtypes.items():
            array = arrays[name]
            addresses.append(_address(name, array, dtype))
            sizes.append(array.size)
        if len(arrays) != len(self.dtypes):
            raise TypeError(f"not an array of this layout: {sorted(set(arrays) - set(self.dtypes))}")
        made = np.array([(*addresses, *sizes)], self._record)
        return Book(made[0], made.ctypes.data, dict(arrays))


def _field(context: Any, builder: Any, record_type: Any, record: Any, key: str) -> Any:
    """The value of an integer field of a record."""
    kind = record_type.typeof(key)
    at = _cgutils.get_record_member(builder, record, record_type.offset(key), context.get_data_type(kind))
    made = builder.load(at)
    made.set_metadata("invariant.load", builder.module.add_metadata([]))  # no store changes it: load it once
    return made


def _slow_view(record: Any, name: str, size: str, dtype: np.dtype[Any]) -> Any:
    """An array of a book in plain Python, for runs with NUMBA_DISABLE_JIT=1."""
    kind = ctypes.c_char * (int(record[size]) * dtype.itemsize)
    return np.frombuffer(memoryview(kind.from_address(int(record[name]))), dtype)


def _inside(i: Any, size: int, name: str) -> int:
    """A place in an array, which compiled code does not check. IndexError for one outside, below 0 too."""
    if not 0 <= i < size:
        raise IndexError(f"{name}[{i}], of {size}")
    return int(i)


class _SlowArray(np.ndarray[Any, Any]):
    """An array in plain Python that tells places outside, from either end."""

    def __getitem__(self, i: Any) -> Any:
        return super().__getitem__(_inside(i, len(self), "array") if isinstance(i, int | np.integer) else i)

    def __setitem__(self, i: Any, value: Any) -> None:
        super().__setitem__(_inside(i, len(self), "array") if isinstance(i, int | np.integer) else i, value)


class _SlowRow:
    """A row whose fields are attributes, whatever their names: numpy's own records have a `base` already."""

    __slots__ = ("_row",)

    def __init__(self, row: Any) -> None:
        object.__setattr__(self, "_row", row)

    def __getattr__(self, name: str) -> Any:
        return self._row[name]

    def __getitem__(self, name: str) -> Any:
        return self._row[name]

    def __setattr__(self, name: str, value: Any) -> None:
        self._row[name] = value


def _record_reader(dtype: np.dtype[Any]) -> Callable[[Any], Any]:
    if _numba.config.DISABLE_JIT:
        kind = ctypes.c_char * dtype.itemsize
        return lambda address: np.frombuffer(memoryview(kind.from_address(int(address))), dtype).view(np.recarray)[0]

    record_type = numba.from_dtype(dtype)

    @_intrinsic
    def record(_context: Any, address: Any) -> Any:
        def code(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
            return builder.inttoptr(arguments[0], context.get_value_type(record_type))

        return record_type(address), code

    return cast("Callable[[Any], Any]", record)


def _row_reader(name: str, size: str, dtype: np.dtype[Any]) -> Callable[[Any, Any], Any]:
    if _numba.config.DISABLE_JIT:
        return lambda record, i: _SlowRow(_slow_view(record, name, size, dtype)[_inside(i, int(record[size]), name)])

    row_type = numba.from_dtype(dtype)

    @_intrinsic
    def row(_context: Any, record: Any, i: Any) -> Any:
        """Row i as a reference: address + i × size of a row; nothing is checked."""

        def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            base = _field(context, builder, record, arguments[0], name)
            index = context.cast(builder, arguments[1], signature.args[1], types.intp)
            offset = builder.mul(index, context.get_constant(types.intp, dtype.itemsize))
            return builder.inttoptr(builder.add(base, offset), context.get_value_type(row_type))

        return row_type(record, i), code

    return cast("Callable[[Any, Any], Any]", row)


def _array_reader(name: str, size: str, dtype: np.dtype[Any]) -> Callable[[Any], Any]:
    if _numba.config.DISABLE_JIT:
        return lambda record: _slow_view(record, name, size, dtype).view(_SlowArray)

    array_type = types.Array(numba.from_dtype(dtype), 1, "C")

    @_intrinsic
    def read(_context: Any, record: Any) -> Any:
        """The array of that name, made of its address and size: no copy, no reference count."""

        def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            made = context.make_array(array_type)(context, builder)
            width = context.get_constant(types.intp, dtype.itemsize)
            count = _field(context, builder, record, arguments[0], size)
            _populate(
                made,
                data=builder.inttoptr(_field(context, builder, record, arguments[0], name), made.data.type),
                shape=_cgutils.pack_array(builder, [count]),
                strides=_cgutils.pack_array(builder, [width]),
                itemsize=width,
                meminfo=None,
            )
            return made._getvalue()

        return array_type(record), code

    return cast("Callable[[Any], Any]", read)


def _prefetch_slowly(row: Any, line: int) -> None:
    """Nothing to do in plain Python."""


@_intrinsic
def _prefetch(_context: Any, row: Any, line: Any) -> Any:
    """Begin to load cache line number `line` of a row that will soon be needed."""

    def code(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        number = ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [_cgutils.voidptr_t, number, number, number])
        function = _cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        start = builder.ptrtoint(arguments[0], ir.IntType(64))
        offset = builder.mul(context.cast(builder, arguments[1], line, types.int64), ir.IntType(64)(64))
        pointer = builder.inttoptr(builder.add(start, offset), _cgutils.voidptr_t)
        builder.call(function, [pointer, number(0), number(3), number(1)])
        return context.get_dummy_value()

    return types.void(row, line), code


FUNCTIONS: dict[int, Callable[[Any], int]] = {}  # by address, for runs in plain Python


def _call_slowly(address: Any, record: Any) -> int:
    """What the function at an address says of a record."""
    return FUNCTIONS[int(address)](record)


@_intrinsic
def _call(_context: Any, address: Any, record: Any) -> Any:
    """What the function at an address, int64(address of a record), says: one that is compiled on its own."""

    def code(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        whole = ir.IntType(64)
        kind = ir.FunctionType(whole, [whole]).as_pointer()
        return builder.call(builder.inttoptr(arguments[0], kind), [builder.ptrtoint(arguments[1], whole)])

    return types.int64(address, record), code


def _lowest_bit_slowly(bits: Any) -> int:
    """The number of the lowest bit that is set; there must be one."""
    return (int(bits) & -int(bits)).bit_length() - 1


@_intrinsic
def _lowest_bit(_context: Any, bits: Any) -> Any:
    """The number of the lowest bit that is set; there must be one."""

    def code(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], ir.IntType(1)(1))

    return types.int64(types.uint64), code


call: Any = _call_slowly if _numba.config.DISABLE_JIT else _call
lowest_bit: Any = _lowest_bit_slowly if _numba.config.DISABLE_JIT else _lowest_bit
prefetch: Any = _prefetch_slowly if _numba.config.DISABLE_JIT else _prefetch


Arrays = Mapping[str, npt.NDArray[Any]]


def side_by_side(arrays: Arrays) -> tuple[dict[str, npt.NDArray[Any]], Callable[[], None]]:
    """Copies of arrays in one piece of memory, each from a cache line on, and what sets all to what they are now."""
    memory = lined_up(sum(array.nbytes + 63 for array in arrays.values()), np.dtype(np.uint8))
    copies, start = {}, 0
    for name, array in arrays.items():
        place = memory[start : start + array.nbytes]
        place[:] = array.view(np.uint8)
        copies[name] = place.view(array.dtype)
        start += -(-array.nbytes // 64) * 64
    memory = memory[:start]
    first = memory.copy()
    return copies, lambda: np.copyto(memory, first)


def lined_up(count: int, dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    """Zeros that begin at a cache line (64 bytes), so that a record whose size divides 64 lies in one line."""
    raw = np.zeros(count * dtype.itemsize + 64, np.uint8)
    start = -raw.ctypes.data % 64
    return raw[start : start + count * dtype.itemsize].view(dtype)
