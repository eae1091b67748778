"""The embedded server: TensorFlow Serving's REST and gRPC API on TensorFlow itself."""
