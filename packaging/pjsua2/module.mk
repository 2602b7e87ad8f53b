# The Python extension compiled directly, beside the library: SWIG's wrapper is one long compilation that would
# otherwise wait for all the others. Run in pjproject's top folder with PYTHON_INCLUDE set.
include build.mak
STRIP ?= strip
D := pjsip-apps/src/swig/python
SWIG := swig -c++ -python -threads -doxygen -w312 \
	$(foreach m,pjlib pjlib-util pjmedia pjsip pjnath,-I$(PJDIR)/$(m)/include)

.PHONY: module lib fuzz warnings
module: $(D)/_pjsua2.so

lib:
	$(MAKE) -f Makefile lib

$(D)/pjsua2_wrap.cpp:
	cd $(D) && $(SWIG) -o pjsua2_wrap.cpp ../pjsua2.i

# -O1: glue code, which gains nothing from -O2 but a longer build.
$(D)/pjsua2_wrap.o: $(D)/pjsua2_wrap.cpp
	$(PJ_CXX) $(PJ_CXXFLAGS) -O1 -fno-strict-aliasing -I$(PYTHON_INCLUDE) -c -o $@ $<

# --exclude-libs: the static libraries' symbols stay out of the dynamic table, so that strip can drop them.
# spandsp's detector of digits is linked statically: the shared library would bring libtiff and a dozen others.
$(D)/_pjsua2.so: $(D)/pjsua2_wrap.o lib
	$(PJ_CXX) -shared $(PJ_LDXXFLAGS) -Wl,--exclude-libs,ALL -Wl,--as-needed -o $@ $< $(PJ_LDXXLIBS) -l:libspandsp.a -lm
	$(STRIP) --strip-unneeded $@

# Our own sources, in the directory OWN, compile without a warning; upstream's headers may have some.
QUIET = $(patsubst -I%,-isystem%,$(1)) -Wall -Wextra -Werror -fsyntax-only
warnings:
	set -e; for file in $(OWN)/*.c; do $(PJ_CC) $(call QUIET,$(PJ_CFLAGS)) $$file; done
	set -e; for file in $(OWN)/*.cpp; do $(PJ_CXX) $(call QUIET,$(PJ_CXXFLAGS)) -isystem pjsip/src/pjsua2 $$file; done

# The echo canceller alone, for measurements: sound files in, sound file out.
canceller/canceller: $(PROGRAMS)/canceller.c lib
	mkdir -p canceller
	$(PJ_CC) $(PJ_CFLAGS) -Wall -Werror -o $@ $< $(PJ_LDFLAGS) $(PJ_LDLIBS) -lstdc++ -l:libspandsp.a -lm

# The fuzz targets: pjproject's that read what comes by the network and is built here (no video, no DNS), and those in
# the directory NATIVE. absent.c has what upstream's name and this build does not have.
UPSTREAM := audio auth crypto ice multipart presence rtcp rtp sdes sdp sip sip-dialog sip-transaction srtp stream stun \
	uri xml
OWN := $(filter-out absent,$(basename $(notdir $(wildcard $(NATIVE)/*.c))))
FUZZED = $(PJ_CC) $(PJ_CFLAGS) -fsanitize=address,fuzzer -o $@ $(filter %.c,$^) $(PJ_LDFLAGS) $(WRAP) $(PJ_LDLIBS) \
	-lstdc++ -lcrypto -lz
fuzz: $(addprefix fuzz/,$(UPSTREAM) $(OWN))

fuzz/uptime: WRAP := -Wl,--wrap=pj_get_timestamp
$(addprefix fuzz/,$(UPSTREAM)): fuzz/%: tests/fuzz/fuzz-%.c $(NATIVE)/absent.c | lib
	mkdir -p fuzz
	$(FUZZED)
$(addprefix fuzz/,$(OWN)): fuzz/%: $(NATIVE)/%.c | lib
	mkdir -p fuzz
	$(FUZZED) -Wall -Werror
