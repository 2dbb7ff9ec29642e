"""The maths of attribution: (activations, gradients) in, map out. Pure `keras.ops`."""
