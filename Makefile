# Each target sets up .venv when it is missing. `make help` lists them.
.PHONY: help demo test check docs deep bench lock clean setup stages netbox seed inventory catalogue mutants
help: ; @grep -E '^[a-z]+:.*##' Makefile | sed 's/:.*##/  -/'
setup: ## make .venv from the hashed lock
	@scripts/setup.sh
stages: setup ## make the environments of servers that tests start: NetBox, OpenBao 2.6.2, MiniStack
	@.venv/bin/python scripts/stages.py
demo: setup ## run the main job on the example company, against real servers on loopback
	.venv/bin/guardrails demo
test: stages ## run all tests
	.venv/bin/python -m pytest -n 3
inventory: stages ## record the inventory of the example from a live NetBox
	.venv/bin/python scripts/record_inventory.py
catalogue: setup ## rebuild the snapshot of AWS actions and condition keys from the package that the lock names
	.venv/bin/python scripts/rebuild_catalogue.py
	.venv/bin/python scripts/rebuild_linked.py
netbox: stages ## run the tests against a live NetBox
	.venv/bin/python -m pytest tests/connectors -m netbox
seed: stages ## make NetBox's database anew, and the dump that tests start from; minutes
	.venv/bin/python scripts/netbox_seed.py
check: setup ## format, lint, types, import floors
	.venv/bin/ruff format --check . && .venv/bin/ruff check . && .venv/bin/mypy && .venv/bin/lint-imports && .venv/bin/deptry src
docs: setup ## render the documentation into docs/_build; a warning is an error
	.venv/bin/python -m sphinx -q -W --keep-going -b html docs docs/_build
deep: stages ## the long quotas (fuzz, differential); counts are kept in deep-results/
	@mkdir -p deep-results
	@if command -v node && command -v npm; then .venv/bin/python scripts/iam_differential.py install; else echo "deep: no node, so iam-simulate is not asked"; fi
	GUARDRAILS_DEEP_CASES=$${GUARDRAILS_DEEP_CASES:-20000} .venv/bin/python -m pytest -n 2 --hypothesis-profile=deep --timeout=3600 \
	  --junitxml=deep-results/tests.xml --hypothesis-show-statistics > deep-results/log.txt 2>&1; code=$$?; tail -n 3 deep-results/log.txt; \
	  .venv/bin/python scripts/deep_counts.py deep-results; exit $$code
mutants: setup ## change the policy code one place at a time and print what no test notices; MODULES=iam/truth.py for one
	nice -n 10 .venv/bin/python scripts/mutants.py $(MODULES)
bench: setup ## measure against the peers
	.venv/bin/python benchmarks/run.py
lock: ## resolve the lock again (needs uv)
	uv pip compile -q --python-version 3.11 --universal --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate --extra demo --extra age --extra postgresql --extra notify pyproject.toml requirements/dev.in -o requirements/dev.txt
	uv pip compile -q --python-version 3.12 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate --override requirements/netbox-overrides.in requirements/netbox.in -o requirements/netbox.txt
	for name in openbao-2.6.2 ministack; do uv pip compile -q --python-version 3.11 --universal --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate requirements/$$name.in -o requirements/$$name.txt; done
clean: ; rm -rf .venv .stages
