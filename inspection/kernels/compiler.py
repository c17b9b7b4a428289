"""The one door to Numba: how every kernel is compiled.

Compiled code is kept on disk beside the sources, so only the first run of an installation waits
for the compiler; a station warms all kernels before it says that it is ready. Kernels release
the interpreter's lock, which is what lets frames be inspected in parallel by plain threads.
"""

from numba import njit

compiled = njit(cache=True, nogil=True, boundscheck=False, error_model="numpy")
"""For kernels: no bounds checks, and division by zero gives what NumPy gives."""

inlined = njit(inline="always")
"""For one-line formulas inside a kernel's innermost loop."""
