# Needs make and Python 3.11 or newer; nothing else. `make help` says what there is.
.POSIX:

# Another Python: make demo PYTHON=/opt/python3.12/bin/python3
PYTHON =
HOST = 127.0.0.1
PORT = 8000
# What to test: make test T="tests/coding -k spans"
T =

RUN = .venv/bin/python

help:
	@echo 'make demo   the demo study in your browser (PORT=8000 HOST=127.0.0.1; data in var/)'
	@echo 'make test   every test, on SQLite and on PostgreSQL where one answers (T="tests/coding -k x")'
	@echo 'make bench  benchmarks beside the bare database and in a browser (takes minutes)'
	@echo 'make lint   ruff, import contracts, types, missing migrations'
	@echo 'make lock   pin the versions in requirements/*.in anew (needs uv)'
	@echo 'make clean  removes the environment and caches; your data in var/ stay'

demo: .venv/base.stamp
	@COACHSTUDY_DEMO=1 exec $(RUN) manage.py serve --demo --host "$(HOST)" --port "$(PORT)"

test: .venv/dev.stamp
	@$(RUN) -m tests.tools.run_tests $(T)

bench: .venv/dev.stamp
	@$(RUN) -m bench.run --database both; first=$$?; $(RUN) -m bench.reader && exit $$first

lint: .venv/dev.stamp
	@$(RUN) -m tests.tools.run_lints

# A changed lock is installed into the same environment; an unchanged one costs nothing.
.venv/base.stamp: requirements/base.txt
	@sh tests/tools/environment.sh base "$(PYTHON)"

.venv/dev.stamp: requirements/dev.txt
	@sh tests/tools/environment.sh dev "$(PYTHON)"

COMPILE = uv pip compile --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header --no-annotate

lock:
	@command -v uv >/dev/null 2>&1 || { echo 'make lock needs uv (pip install uv).' >&2; exit 1; }
	$(COMPILE) requirements/base.in -o requirements/base.txt
	$(COMPILE) requirements/dev.in -o requirements/dev.txt

clean:
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: help demo test bench lint lock clean
