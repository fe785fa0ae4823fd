# make demo          build, then show the whole story on this machine; `make demo ARGS=--exit` ends by itself
# make test          every test, installing what it needs; the last line is `N passed, N failed`
# make console       the web page that the program holds, when a source of it is newer; needs Node and npm
# make build         the program as it is released, with the page in it
# make bench         the benchmarks, each beside its baseline; ARGS go to them

TARGET := $(or $(CARGO_TARGET_DIR),target)

PAGE := console/dist/index.html
PAGE_SOURCES := $(shell find console -type f -not -path '*/node_modules/*' -not -path 'console/dist*' -not -path '*/out/*' \
                  2>/dev/null) scripts/console.sh scripts/pack-page.mjs

.PHONY: build console demo test bench tools

build: tools console
	cargo build --release --locked -p bellwether

console: $(PAGE)

$(PAGE): $(PAGE_SOURCES)
	@scripts/console.sh
	@touch $@

demo: build
	@$(TARGET)/release/bellwether demo $(ARGS)

test: tools console
	@scripts/test.sh

bench: tools
	cargo run --release --locked -p bellwether-bench -- $(ARGS)

tools:
	@scripts/tools.sh
