# List the recipes.
default:
    @just --list

# Install everything, including the git hooks.
setup:
    python -m pip install -e '.[test,lint]'
    pre-commit install

# Format and apply safe fixes.
fix:
    ruff check --fix
    ruff format

# Static checks: style, types, architecture, dependencies, spelling.
lint:
    ruff format --check
    ruff check
    mypy
    lint-imports
    deptry .
    codespell

# Run the tests; extra arguments go to pytest.
test *args:
    pytest {{args}}

# Check every shipped policy.
policies:
    rebalancer check policies

# Regenerate schemas/; fails if they change.
generate:
    rebalancer schema --write schemas
    git diff --exit-code schemas docs

# Everything that CI runs, in the environment you are in.
check: lint (test "-n" "auto" "--cov") policies generate

# Long run of the property tests with fresh seeds.
nightly:
    HYPOTHESIS_PROFILE=nightly pytest -m property -n auto

# Measure speed and memory against bare numpy and bare Python.
bench *args:
    python -m benchmarks {{args}}
