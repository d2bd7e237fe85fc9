# The C programs behind bench/bench_*.mjs. Not tested, but built with everything else.
file(GLOB bench_mix_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/bench/mix/*.c)
add_executable(hop-bench-mix ${bench_mix_sources} tests/audio/speech.c tests/audio/scene.c
  tests/audio/measure.c)
target_link_libraries(hop-bench-mix PRIVATE hop_media_pipeline PkgConfig::OPUS m)

set(bench_sound ${CMAKE_SOURCE_DIR}/bench/mix/voices.c)
if(TARGET hop_client)
  add_executable(hop-bench-audio bench/audio/load.c bench/audio/meeting.c bench/audio/onset.c
    bench/audio/tone.c bench/audio/delays.c bench/lib/process.c bench/mix/cases.c ${bench_sound})
  target_link_libraries(hop-bench-audio PRIVATE hop_client)
endif()
add_executable(hop-bench-audio-floor bench/audio/floor.c bench/mix/floor.c bench/mix/cases.c
  ${bench_sound})
target_link_libraries(hop-bench-audio-floor PRIVATE hop_media_base PkgConfig::OPUS PkgConfig::CRYPTO
  PkgConfig::GLIB m)
