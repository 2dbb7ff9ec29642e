"""Numbers that say how training goes: pure functions, `keras.ops` on the device, NumPy after it."""
