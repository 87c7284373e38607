cdef class Fields:
    """The C side of fields.py: what `lighting` reads without a Python object."""

    cdef double[::1] need_pct
    cdef int[::1] touched
    cdef double next_s

    cdef Py_ssize_t _count
    cdef Py_ssize_t _users
    cdef Py_ssize_t _on_way
    cdef Py_ssize_t _live_count
    cdef Py_ssize_t _touched_count
    cdef double[::1] _place_m
    cdef double[::1] _way_m
    cdef int[::1] _way_lamp
    cdef int[::1] _ring_count
    cdef double[::1] _behind_m
    cdef double[::1] _ahead_m
    cdef double[::1] _ring_pct
    cdef double[::1] _lead_s
    cdef double[::1] _spare_s
    cdef int[::1] _inside
    cdef int[::1] _is_touched
    cdef int[::1] _live
    cdef int[::1] _live_at
    cdef int[::1] _kind
    cdef double[::1] _position_m
    cdef double[::1] _velocity
    cdef double[::1] _spread_m
    cdef double[::1] _at_s
    cdef double[::1] _until_s
    cdef double[::1] _wake_s
    cdef int[::1] _from
    cdef int[::1] _to

    cdef Py_ssize_t advance(self, double now_s) noexcept nogil
    cdef void _follow(self, Py_ssize_t user, double now_s) noexcept nogil
    cdef void _lay(self, Py_ssize_t user, Py_ssize_t ring, double low_m, double high_m) noexcept nogil
    cdef double _room_m(self, Py_ssize_t at, double low_m, double high_m, double velocity) noexcept nogil
    cdef void _shift(self, Py_ssize_t user, Py_ssize_t ring, Py_ssize_t first, Py_ssize_t last) noexcept nogil
    cdef void _enter(self, Py_ssize_t lamp, Py_ssize_t ring) noexcept nogil
    cdef void _leave(self, Py_ssize_t lamp, Py_ssize_t ring) noexcept nogil
    cdef void _withdraw(self, Py_ssize_t user) noexcept nogil
    cdef void _forget(self, Py_ssize_t user) noexcept nogil
    cdef void _touch(self, Py_ssize_t lamp) noexcept nogil
    cdef void _renew(self, Py_ssize_t kind) noexcept nogil
    cdef Py_ssize_t _first_at(self, double edge_m) noexcept nogil
    cdef Py_ssize_t _kind_at(self, Py_ssize_t kind) except? -1
    cdef Py_ssize_t _lamp_at(self, Py_ssize_t i) except? -1
    cdef Py_ssize_t _user_at(self, Py_ssize_t slot) except? -1
