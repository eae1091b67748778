# Each target makes .venv first, where it is not there or not good. PYTHON=python3.12 names another Python than 3.11;
# VENV=DIR another folder.
PYTHON ?=
VENV ?= .venv
MODEL ?= sentiment_sst2
BIN := $(VENV)/bin

.PHONY: help environment ask demo zoo test test-random check docs-check

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## */:/' | awk -F: '{printf "make %-13s %s\n", $$1, $$2}'

environment:  ## .venv with what is needed, by python3.11 or the newest of python3.12 and 3.13 (PYTHON=... names one)
	@.ci/environment.sh $(VENV) $(PYTHON)

export TEXT ?= a film that stays with you

ask: environment  ## the answer of a trained model to TEXT="...", of MODEL=sentiment_sst2 or another of the zoo
	@$(BIN)/python -m keras_seq.predict $(MODEL) -- "$$TEXT"

QUESTIONS := "a gripping story , and the cast is superb" "the plot is dull and the music annoyed us"

demo: environment  ## train, score, export, serve and ask the sentiment model of the built-in reviews
	@$(BIN)/python -m serving.listening
	$(BIN)/python -m keras_seq.train zoo/sentiment.yaml
	$(BIN)/python -m export runs/sentiment
	$(BIN)/python -m keras_seq.predict runs/sentiment $(QUESTIONS)
	@set -e; $(BIN)/python -m serving servables & server=$$!; trap 'kill $$server; wait $$server' EXIT; set -x; \
	$(BIN)/python serving/client.py --wait 120 sentiment $(QUESTIONS); \
	$(BIN)/python serving/client.py --grpc sentiment $(QUESTIONS)

test: environment  ## the tests, the same every time
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

test-random: environment  ## the property tests on other, and more, examples each time; what fails becomes an example
	EXAMPLES_TIMES=10 $(BIN)/python -m pytest -n 2 --dist loadfile -m hypothesis --hypothesis-profile=random

DATA ?= .

zoo: environment  ## every trained model of the zoo: its scores, where DATA=DIR has the data, its answers, its gates
	$(BIN)/python -m benchmarks.zoo --data $(DATA)

check: environment  ## format, lint, types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

docs-check: environment  ## every command of README.md and docs/, in a scratch copy: some twenty minutes
	VENV=$(abspath $(VENV)) $(BIN)/python tests/docs_check.py
