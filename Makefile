# Each target makes .venv from requirements.txt when it is not there. PYTHON names another Python 3.11.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test check

$(VENV)/installed: requirements.txt
	@command -v $(PYTHON) >/dev/null || { echo "error: $(PYTHON) is not there; set PYTHON, as in: make PYTHON=python3 demo"; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --requirement requirements.txt
	touch $@

QUESTIONS := "a gripping story , and the cast is superb" "the plot is dull and the music annoyed us"

demo: $(VENV)/installed  ## train, score, export, serve and ask the sentiment model of the built-in reviews
	$(BIN)/python -m keras_seq.train zoo/sentiment.yaml
	$(BIN)/python -m export runs/sentiment
	$(BIN)/python -m keras_seq.predict runs/sentiment $(QUESTIONS)
	@set -e; $(BIN)/python -m serving servables & server=$$!; trap 'kill $$server; wait $$server' EXIT; set -x; \
	$(BIN)/python serving/client.py --wait 120 sentiment $(QUESTIONS); \
	$(BIN)/python serving/client.py --grpc sentiment $(QUESTIONS)

test: $(VENV)/installed  ## the tests
	$(BIN)/python -m pytest -n 2 --dist loadfile

check: $(VENV)/installed  ## format, lint, types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
