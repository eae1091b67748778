"""The REST interface: an ASGI application, its requests and replies, its connections."""
