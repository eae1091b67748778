"""Codes are gRPC's numbers, and an error keeps its code and text."""

import grpc

from serving.errors import Code, ServingError


def test_every_code_is_that_of_grpc():
    assert {code.name: code.value for code in Code} == {code.name: code.value[0] for code in grpc.StatusCode}


def test_an_error_says_its_text():
    error = ServingError(Code.NOT_FOUND, "no such model")
    assert (error.code, error.message, str(error)) == (Code.NOT_FOUND, "no such model", "no such model")
