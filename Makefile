# make run    installs, trains if needed, serves the chat page and prints its address
# make test   installs and runs everything that CI runs
# Others: train, check, chat, demo, screenshots, lint, evaluate, bench, encoder, clean. Only python3, make and curl or pip are needed.

UV_VERSION := 0.13.9
UV := $(shell command -v uv 2>/dev/null || echo .tools/bin/uv)
SIGNPOST := $(UV) run --frozen --no-dev signpost
DEV := $(UV) run --frozen

.PHONY: run test train check chat lint types browser-check widget-types rasa-check bench evaluate encoder screenshots demo install install-dev clean

run: install
	$(SIGNPOST) run --train

test: install-dev browser-check lint types widget-types check
	$(DEV) signpost train --if-needed
	$(MAKE) --no-print-directory rasa-check
# Playwright keeps an event loop running in its process, so the browser tests have one of their own.
	$(DEV) pytest --ignore=tests/browser
	$(DEV) pytest tests/browser

train: install
	$(SIGNPOST) train

check: install
	$(SIGNPOST) check

# The chat, and a page of somebody else's that shows it.
demo: install
	$(SIGNPOST) train --if-needed
	$(SIGNPOST) demo

chat: install
	$(SIGNPOST) chat

lint: install-dev
	$(DEV) ruff check .

types: install-dev
	$(DEV) mypy

# The widget is plain JavaScript with JSDoc types; the compiler only reads it.
widget-types:
	npx --yes --package typescript@5.9.3 tsc --project widget/jsconfig.json

# Rasa's own checks: the data hangs together, and the model does what rules and stories say. It warns of intents that only
# buttons and components give and of responses that only actions utter; those two kinds do not fail.
rasa-check: install-dev
	$(DEV) signpost rasa data validate --fail-on-warnings
	$(DEV) signpost rasa test core --stories data/stories --fail-on-prediction-errors --no-plot --no-errors --out .rasa/test

browser-check:
	@for browser in chromium firefox-esr; do command -v $$browser >/dev/null \
	  || { echo "The browser tests need Debian's $$browser: apt-get install $$browser"; exit 1; }; done

# The pictures in docs/images.
screenshots: install-dev browser-check
	$(DEV) signpost train --if-needed
	$(DEV) python docs/screenshots.py

install: $(UV)
	$(UV) sync --frozen --no-dev --quiet

install-dev: $(UV)
	$(UV) sync --frozen --quiet

# uv where it is not on the path: from PyPI with pip, or by its own installer with curl.
.tools/bin/uv:
	python3 -m venv .tools 2>/dev/null && .tools/bin/pip install --quiet uv==$(UV_VERSION) \
	  || { rm -rf .tools && curl --fail --silent --show-error --location https://astral.sh/uv/$(UV_VERSION)/install.sh \
	       | env UV_INSTALL_DIR=$(CURDIR)/.tools/bin UV_NO_MODIFY_PATH=1 sh; }

# What the bot understands: on the test voices in this process, then through a server's public contract.
evaluate: install-dev
	$(DEV) signpost train --if-needed
	$(DEV) signpost evaluate --voices test --out reports
	$(DEV) python bench/contract_score.py --voices test --out reports

# What a turn costs, by component and through the server.
bench: install-dev
	$(DEV) signpost train --if-needed
	$(DEV) python bench/bench.py --out reports

clean:
	rm -rf .venv .tools models .rasa .pytest_cache .mypy_cache .ruff_cache reports

# Fine-tunes the sentence encoder anew, three runs averaged: an hour of processor time, in an environment of its own with torch.
encoder:
	test -x .encoder-venv/bin/python || python3.11 -m venv .encoder-venv
	.encoder-venv/bin/pip install --quiet -r encoder/requirements.txt
	OMP_WAIT_POLICY=passive .encoder-venv/bin/python encoder/recipe.py --data data/nlu --validation tests/voices/validation --out encoder --bfloat16
