"""The Kerasvis tab of TensorBoard."""
