# The six doors. Each sets up what it needs; ARGS are passed on.
.PHONY: run test check bench release desk

run:
	@scripts/run.sh $(ARGS)

test:
	@scripts/test.sh $(ARGS)

check:
	@scripts/check.sh

bench:
	@scripts/bench.sh

release:
	@scripts/release.sh $(ROOT)

desk:
	@scripts/desk.sh
