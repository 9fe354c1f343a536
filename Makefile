# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# The architecture: a directory of inventories/.
PROFILE ?= jyoti

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
export PATH := $(CURDIR)/.local/venv/bin:$(PATH)
export PYTHONUNBUFFERED := 1

python := .local/venv/bin/python
cloud := $(python) -m local_cloud
# `run` gives its command dummy keys and the loopback endpoint, whatever the caller's environment holds.
playbook = $(cloud) run -- ansible-playbook -i inventories/$(PROFILE) -i inventories/local

.PHONY: help bootstrap cloud demo plan converge loadtest teardown demo-down test test-all bench lint clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo "  PROFILE=$(PROFILE) selects the architecture: $(notdir $(filter-out %/local,$(wildcard inventories/*)))"

bootstrap:
	@.ci/bootstrap

cloud: bootstrap
	@$(cloud) up

demo: cloud ## Start the local cloud, provision the stack and its hosts, show the URL
	@TERRACE_REPORT=.local/run/report.json $(playbook) playbooks/site.yml
	@$(cloud) summary

plan: cloud ## Show what a run would change, and change nothing
	@$(playbook) playbooks/site.yml --check --diff

converge: cloud ## Make the local cloud equal to the description again
	@$(playbook) playbooks/site.yml --diff

loadtest: ## Load the running demo, fail if a threshold is missed; LOADTEST="-e loadtest_users=2000" for more than 100 users
	@.ci/bootstrap --python
	@$(cloud) summary >/dev/null
	@$(playbook) playbooks/loadtest.yml $(LOADTEST)

teardown: cloud ## Delete the stack from the local cloud, in reverse order
	@$(playbook) playbooks/teardown.yml -e 'confirm={{ terrace_stack.name }}'

demo-down: ## Stop the local cloud; its containers and networks go away
	@if [[ -x $(python) ]]; then $(cloud) down; fi

test: bootstrap ## Run every gate that fits into half an hour, or only STAGES="lint unit"
	@$(python) .ci/stages.py $(STAGES)

test-all: bootstrap ## Run every gate, the slow ones too
	@$(python) .ci/stages.py --slow $(STAGES)

bench: ## Measure Terrace beside its alternatives, and write docs/benchmarks.md; goes on where it was interrupted
	@.ci/bootstrap --python
	@$(python) -m tests.benchmarks $(BENCH)

lint: ## Run the static gates only
	@.ci/bootstrap --python
	@$(python) .ci/stages.py lint

clean: demo-down ## Remove everything that a checkout has made, the environment too
	@rm -rf .local build .ansible .mypy_cache .pytest_cache .ruff_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
