"""Draw keyed uniforms and invert the normal law in compiled code."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final, TypeVar

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.core.compiler import Compiler
from numba.extending import intrinsic

from simulator.streams import GAMMA as _GAMMA

Function = TypeVar("Function", bound=Callable[..., Any])

GAMMA: Final = np.uint64(_GAMMA)
NEAR: Final = 1e-11
"""Relative distance from an edge within which rounding might decide; far more than all that rounding does."""
_M1, _M2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_S1, _S2, _S3, _S12 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(12)
_MIDDLE: Final = 0.425
_STEPS: Final = 32
"""Powers of two that are tabled, a step of one."""
_LARGEST: Final = 64
_FARTHEST: Final = 44.0
_POWERS: Final = np.exp2(np.arange(-_LARGEST * _STEPS, _LARGEST * _STEPS + 1) / _STEPS)
_PER_STEP: Final = _STEPS / math.log(2)
_STEP_HIGH: Final = float.fromhex("0x1.62e42fefap-6")
"""ln 2 / 32, cut so that its whole multiples are exact,"""
_STEP_LOW: Final = float.fromhex("0x1.cf79abc9e3b39p-45")
"""and the rest of it."""

_PIECE, _EXPONENT, _PIECES = np.uint64(45), np.uint64(52), np.uint64(127)
_FRACTION, _ONE = np.uint64((1 << 52) - 1), np.uint64(0x3FF << 52)
_INVERSES: Final = 1 / (1 + (np.arange(128) + 0.5) / 128)
"""Of the middles of so many pieces between 1 and 2,"""
_LOGS: Final = -np.log(_INVERSES)
"""and their logarithms."""
_LN2: Final = math.log(2)


class _Apart(Compiler):
    """Compiles functions whose arrays do not overlap, so that several places of a table are read at once."""

    def define_pipelines(self) -> Any:
        """Return the passes of numba, told that arrays lie apart."""
        self.state.flags.noalias = True
        numba: Any = super()
        return numba.define_pipelines()


def loop(function: Function) -> Function:
    """Compile a function of arrays that do not overlap; nothing is contracted or reordered."""
    # Without numba's counting of references, which would take more time than the loops do.
    how: dict[str, Any] = {"nogil": True, "error_model": "numpy", "_nrt": False, "pipeline_class": _Apart}
    compiled: Any
    try:
        compiled = njit(cache=True, **how)(function)
    except RuntimeError:  # nowhere to keep it
        compiled = njit(**how)(function)
    return compiled  # type: ignore[no-any-return]


def part(function: Function) -> Function:
    """Compile a function that is called from compiled ones, at the place of the call."""
    compiled: Any = njit(inline="always", error_model="numpy")(function)
    return compiled  # type: ignore[no-any-return]


def scalar(function: Function) -> Function:
    """Compile a function of numbers that is called from compiled ones."""
    compiled: Any = njit(error_model="numpy")(function)
    return compiled  # type: ignore[no-any-return]


LANES: Final = 8
"""Numbers that `below` looks at."""


def _below(_typing: Any, values: Any, place: Any, level: Any) -> Any:
    """Return how many of `LANES` values from a place on are below a level."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        vector, number = ir.VectorType(ir.DoubleType(), LANES), ir.IntType(32)
        nothing, first = ir.Constant(vector, ir.Undefined), ir.VectorType(number, LANES)
        eight = builder.load(
            builder.bitcast(builder.gep(array.data, [arguments[1]]), vector.as_pointer()), align=8
        )
        level = builder.insert_element(nothing, arguments[2], number(0))
        found = builder.fcmp_ordered("<", eight, builder.shuffle_vector(level, nothing, first(None)))
        return builder.zext(builder.ctpop(builder.bitcast(found, ir.IntType(LANES))), ir.IntType(64))

    return types.uint64(values, place, level), code


# LLVM itself compares values of one place one after the other.
below: Any = intrinsic(_below)


@part
def mixed(state: Any) -> Any:
    """Return SplitMix64's output of a state, as `streams.mix64`."""
    state = (state ^ (state >> _S1)) * _M1
    state = (state ^ (state >> _S2)) * _M2
    return state ^ (state >> _S3)


@part
def uniform(state: Any) -> Any:
    """Return the uniform of key + offset of the trial + offset of the draw, as `streams.uniforms`."""
    return (np.float64(np.int64(mixed(state) >> _S12)) + 0.5) * 2.0**-52


@part
def exponential(x: Any) -> Any:
    """Return eˣ to two units of the last digit, 2^(n/32) · e^r with |r| ≤ ln 2 / 64; x is cut at ±44."""
    x = min(max(x, -_FARTHEST), _FARTHEST)
    n = np.rint(x * _PER_STEP)
    r = (x - n * _STEP_HIGH) - n * _STEP_LOW
    s = r * r
    rest = r + s * (0.5 + r * (1 / 6)) + s * s * ((1 / 24 + r * (1 / 120)) + s * (1 / 720))
    scale = _POWERS[np.int64(n) + _LARGEST * _STEPS]
    return scale + scale * rest


@part
def logarithm(x: Any) -> Any:
    """Return ln x to 1e-15 · (1 + |ln x|), x above 0 and normal.

    The logarithm of the middle of the piece that holds x's fraction is tabled; a series gives the rest.
    """
    word = np.float64(x).view(np.uint64)
    piece = np.int64((word >> _PIECE) & _PIECES)
    fraction = np.uint64((word & _FRACTION) | _ONE).view(np.float64)
    r = fraction * _INVERSES[piece] - 1.0
    s = r * r
    rest = r - s * ((0.5 - r * (1 / 3)) + s * (0.25 - r * 0.2))
    exponent = np.float64(np.int64(word >> _EXPONENT) - 1023)
    return exponent * _LN2 + (_LOGS[piece] + rest)


@scalar
def normal(below: float, above: float) -> float:
    """Return z with Φ(z) = below and 1 − Φ(z) = above, by Wichura's rational functions (AS 241, 1988).

    Its error is some units of the last digit, as that of `scipy.special.ndtri`, and not the same.
    """
    middle = below - 0.5
    if abs(middle) <= _MIDDLE:
        r = 0.180625 - middle * middle
        return (
            middle
            * (((((((2.5090809287301226727e3 * r + 3.3430575583588128105e4) * r + 6.7265770927008700853e4) * r
                + 4.5921953931549871457e4) * r + 1.3731693765509461125e4) * r + 1.9715909503065514427e3) * r
                + 1.3314166789178437745e2) * r + 3.3871328727963666080e0)
            / (((((((5.2264952788528545610e3 * r + 2.8729085735721942674e4) * r + 3.9307895800092710610e4) * r
                + 2.1213794301586595867e4) * r + 5.3941960214247511077e3) * r + 6.8718700749205790830e2) * r
                + 4.2313330701600911252e1) * r + 1.0)
        )  # fmt: skip
    r = math.sqrt(-math.log(min(below, above)))
    if r <= 5.0:
        r -= 1.6
        z = (
            (((((((7.74545014278341407640e-4 * r + 2.27238449892691845833e-2) * r + 2.41780725177450611770e-1)
                * r + 1.27045825245236838258e0) * r + 3.64784832476320460504e0) * r
                + 5.76949722146069140550e0) * r + 4.63033784615654529590e0) * r + 1.42343711074968357734e0)
            / (((((((1.05075007164441684324e-9 * r + 5.47593808499534494600e-4) * r
                + 1.51986665636164571966e-2) * r + 1.48103976427480074590e-1) * r
                + 6.89767334985100004550e-1) * r + 1.67638483018380384940e0) * r
                + 2.05319162663775882187e0) * r + 1.0)
        )  # fmt: skip
    else:
        r -= 5.0
        z = (
            (((((((2.01033439929228813265e-7 * r + 2.71155556874348757815e-5) * r
                + 1.24266094738807843860e-3) * r + 2.65321895265761230930e-2) * r
                + 2.96560571828504891230e-1) * r + 1.78482653991729133580e0) * r
                + 5.46378491116411436990e0) * r + 6.65790464350110377720e0)
            / (((((((2.04426310338993978564e-15 * r + 1.42151175831644588870e-7) * r
                + 1.84631831751005468180e-5) * r + 7.86869131145613259100e-4) * r
                + 1.48753612908506148525e-2) * r + 1.36929880922735805310e-1) * r
                + 5.99832206555887937690e-1) * r + 1.0)
        )  # fmt: skip
    return -z if middle < 0 else z
