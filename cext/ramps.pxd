cpdef double told_pct(double light_pct, int curve, double minimum_pct, double clo) noexcept nogil

cdef class Ramps:
    """The C side of ramps.py: what `lighting` calls without a Python object."""

    cdef double[::1] level_pct
    cdef double[::1] output_pct
    cdef object changed
    cdef Py_ssize_t changed_count

    cdef int[::1] _changed
    cdef double[::1] _up_s
    cdef double[::1] _down_s
    cdef double[::1] _clo
    cdef double[::1] _minimum_pct
    cdef double[::1] _position_pct
    cdef int[::1] _curve
    cdef int[::1] _alone
    cdef int[::1] _way

    cdef bint fade(self, Py_ssize_t i, double target_pct, double elapsed_s) noexcept nogil
