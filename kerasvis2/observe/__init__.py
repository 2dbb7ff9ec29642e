"""The only room that knows GradientTape, tf.function and a model's insides."""
