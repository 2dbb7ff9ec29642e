"""Activation maximization: what a unit would like to see. Pure `keras.ops`, no model inside."""
