"""Values of requests and answers: JSON <-> Python <-> tensors."""
