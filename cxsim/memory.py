"""Books: one record that tells compiled code where its arrays lie.

A numba function that takes forty arrays spends its compile time on their shapes and strides: the event loop took half a
minute to compile with arrays in named tuples, and seconds with books. A book is a record of addresses and sizes, passed
as one pointer, as a C program would pass a struct. Whoever makes a book keeps its arrays alive: see `Book.arrays`.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
import numpy.typing as npt
from numba.core import cgutils, types
from numba.extending import intrinsic
from numba.np.arrayobj import populate_array


@dataclass(frozen=True)
class Book:
    """A record for compiled code, and the arrays it points to by name."""

    record: Any  # np.record
    arrays: dict[str, npt.NDArray[Any]]

    def __getitem__(self, name: str) -> npt.NDArray[Any]:
        return self.arrays[name]


class Shelf:
    """The names and dtypes of the arrays of one kind of book, each with a compiled reader."""

    def __init__(self, **dtypes: Any) -> None:
        self.dtypes = {name: np.dtype(dtype) for name, dtype in dtypes.items()}
        fields = [(name, "u8") for name in dtypes] + [(f"{name}_size", "i8") for name in dtypes]
        self._record = np.dtype((np.record, np.dtype(fields, align=True)))

    def reader(self, name: str) -> Callable[[Any], Any]:
        """A compiled function from a book's record to its array `name`, one-dimensional."""
        return _reader(name, f"{name}_size", self.dtypes[name])

    def book(self, **arrays: npt.NDArray[Any]) -> Book:
        """A book over these arrays, which must be all of the shelf's, contiguous and of its dtypes."""
        made = np.zeros(1, self._record).view(np.recarray)
        for name, dtype in self.dtypes.items():
            array = arrays[name]
            if array.dtype != dtype or not array.flags.c_contiguous:
                raise TypeError(f"{name}: {array.dtype} is not {dtype}, or not contiguous")
            made[0][name] = array.ctypes.data
            made[0][f"{name}_size"] = array.size
        if len(arrays) != len(self.dtypes):
            raise TypeError(f"not on this shelf: {sorted(set(arrays) - set(self.dtypes))}")
        return Book(made[0], dict(arrays))


def _reader(name: str, size: str, dtype: np.dtype[Any]) -> Callable[[Any], Any]:
    if numba.config.DISABLE_JIT:

        def read_slowly(record: Any) -> Any:
            kind = ctypes.c_char * (int(record[size]) * dtype.itemsize)
            return np.frombuffer(kind.from_address(int(record[name])), dtype).view(np.recarray)

        return read_slowly

    array_type = types.Array(numba.from_dtype(dtype), 1, "C")

    @intrinsic  # type: ignore[untyped-decorator]
    def read(_context: Any, record: Any) -> Any:
        """The array of that name, made of its address and size: no copy, no reference count."""

        def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            def field(key: str) -> Any:
                kind = record.typeof(key)
                at = cgutils.get_record_member(builder, arguments[0], record.offset(key), context.get_data_type(kind))
                return context.unpack_value(builder, kind, at)

            made = context.make_array(array_type)(context, builder)
            width = context.get_constant(types.intp, dtype.itemsize)
            count = field(size)
            populate_array(
                made,
                data=builder.inttoptr(field(name), made.data.type),
                shape=cgutils.pack_array(builder, [count]),
                strides=cgutils.pack_array(builder, [width]),
                itemsize=width,
                meminfo=None,
            )
            return made._getvalue()

        return array_type(record), code

    return read  # type: ignore[no-any-return]
