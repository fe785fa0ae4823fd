# make demo          build, then show the whole story on this machine; `make demo ARGS=--exit` ends by itself
# make test          every test, installing what it needs; the last line is `N passed, N failed`
# make bench         the benchmarks, each beside its baseline; ARGS go to them

TARGET := $(or $(CARGO_TARGET_DIR),target)

.PHONY: demo test bench tools

demo: tools
	cargo build --release --locked -p bellwether
	@$(TARGET)/release/bellwether demo $(ARGS)

test: tools
	@scripts/test.sh

bench: tools
	cargo run --release --locked -p bellwether-bench -- $(ARGS)

tools:
	@scripts/tools.sh
